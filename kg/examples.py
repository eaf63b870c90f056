"""Examples: the named questions as RDF, as collections of SPARQL examples have them.

One ``sh:SPARQLExecutable`` each, https://github.com/sib-swiss/sparql-examples: label and comment
in RDFS, the text in SHACL, the endpoint in schema.org. Where the answer is to be had is told as
the W3C's test manifests tell it (``mf:result``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from osteokg.kg.catalogue import NamedQuery
from osteokg.kg.metadata import named
from osteokg.kg.names import BASE, PREFIXES
from osteokg.kg.sparql import words

__all__ = ["example_iri", "examples"]

_RESULT = ox.NamedNode("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#result")
_DECLARED = re.compile(r"^\s*PREFIX\s+([\w-]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)
_FORMS = ("SELECT", "ASK", "CONSTRUCT")
_ANY_URI = ox.NamedNode(PREFIXES["xsd"] + "anyURI")

# The convention has a blank node of this name for the prefixes of all examples.
_PREFIXES = ox.BlankNode("sparql_examples_prefixes")


def example_iri(name: str) -> str:
    """Return the name of a question as a thing."""
    return f"{BASE}query/{name}"


def examples(queries: Iterable[NamedQuery], base: str) -> list[ox.Triple]:
    """Return questions as examples for the endpoint of the service at ``base``."""
    chosen = list(queries)
    triples = [triple for query in chosen for triple in _example(query, base)]
    declared = {found for query in chosen for found in _DECLARED.findall(query.text)}
    for prefix, namespace in sorted(declared):
        node = ox.BlankNode(f"prefix_{prefix}")
        triples += [
            ox.Triple(_PREFIXES, named("sh:declare"), node),
            ox.Triple(node, named("sh:prefix"), ox.Literal(prefix)),
            ox.Triple(node, named("sh:namespace"), ox.Literal(namespace, datatype=_ANY_URI)),
        ]
    return triples


def _example(query: NamedQuery, base: str) -> Iterator[ox.Triple]:
    node = ox.NamedNode(example_iri(query.name))
    form = next(word for word, _ in words(query.text) if word in _FORMS).capitalize()
    for kind in ("sh:SPARQLExecutable", f"sh:SPARQL{form}Executable"):
        yield ox.Triple(node, named("rdf:type"), named(kind))
    yield ox.Triple(node, named("rdfs:label"), ox.Literal(query.title, language="en"))
    yield ox.Triple(node, named("rdfs:comment"), ox.Literal(query.description, language="en"))
    yield ox.Triple(node, named("sh:prefixes"), _PREFIXES)
    yield ox.Triple(node, named(f"sh:{form.lower()}"), ox.Literal(query.text))
    yield ox.Triple(node, named("schema:target"), ox.NamedNode(f"{base}/sparql"))
    yield ox.Triple(node, _RESULT, ox.NamedNode(f"{base}/queries/{query.name}.csv"))
