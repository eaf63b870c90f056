"""Names: the namespaces of OsteoKG, prefixes, and the way between CURIE and IRI."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from osteokg.kg.errors import RequestError

__all__ = [
    "BASE",
    "CONTEXT",
    "CONTRACT",
    "DESCRIBING",
    "GRAPH",
    "ID",
    "KINDS",
    "PREFIXES",
    "SHAPE",
    "VOCAB",
    "contract",
    "expand",
    "graph_iri",
    "kind_of",
    "kind_of_graph",
    "okg",
    "prefixes",
]

BASE = "https://w3id.org/osteokg/"
VOCAB = BASE + "vocab/"
ID = BASE + "id/"
GRAPH = BASE + "graph/"
SHAPE = BASE + "shape/"

KINDS = (
    "publication",
    "study",
    "reference",
    "experiment",
    "exposure",
    "arm",
    "comparison",
    "finding",
    "explanation",
    "claim",
    "component",
    "conclusion",
    "proposition",
    "mechanism",
    "clinical",
    "population",
    "characteristic",
    "anchor",
    "discrepancy",
    "pair",
    "cell",
    "vote",
    "count",
    "gap",
)
"""The kinds of thing, in the order in which a study's file tells them; computed ones last."""

CONTRACT = "1"
"""The version of the contract: raised when a key, a field or an IRI goes away or changes.

``kg.contract.record`` holds it to what it promises; the contexts of earlier versions stay.
"""

CONTEXT = f"{BASE}context/{CONTRACT}.jsonld"
"""The JSON-LD context that our JSON is read with, under its version."""

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "okg": VOCAB,
        **{kind: f"{ID}{kind}/" for kind in KINDS},
        "dcterms": "http://purl.org/dc/terms/",
        "IAO": "http://purl.obolibrary.org/obo/IAO_",
        "owl": "http://www.w3.org/2002/07/owl#",
        "prov": "http://www.w3.org/ns/prov#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "sh": "http://www.w3.org/ns/shacl#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "void": "http://rdfs.org/ns/void#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)
"""The prefixes of our own names and of the vocabularies that the evidence is written with."""

# pyoxigraph 0.5.13 reads the second dot of okg:0.0.0 in SPARQL as the beginning of a number.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:(?:[A-Za-z0-9_-]|\.(?!\d))*[A-Za-z0-9_-])?")


DESCRIBING: Mapping[str, str] = MappingProxyType(
    {
        "dcat": "http://www.w3.org/ns/dcat#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "schema": "https://schema.org/",
        "sd": "http://www.w3.org/ns/sparql-service-description#",
    }
)
"""Prefixes of what is said of the dataset and the service; no evidence is written with them."""


def okg(name: str) -> str:
    """Return the IRI of a name in our vocabulary."""
    return VOCAB + name


def graph_iri(kind: str, slug: str | None = None) -> str:
    """Return the IRI of a named graph, e.g. ``…/graph/study/iwamoto-2005``."""
    return GRAPH + kind if slug is None else f"{GRAPH}{kind}/{slug}"


@cache
def _outside() -> list[dict[str, str | list[str]]]:
    """Return the records of outside vocabularies (``ontology/prefixes.epm.json``).

    The file is an extended prefix map,
    https://oboacademy.github.io/obook/tutorial/curies.
    """
    text = files("osteokg").joinpath("ontology", "prefixes.epm.json").read_text(encoding="utf-8")
    records: list[dict[str, str | list[str]]] = json.loads(text)
    return records


@cache
def prefixes() -> Mapping[str, str]:
    """Return every prefix with its namespace: ours, and those of outside vocabularies."""
    outside = {str(record["prefix"]): str(record["uri_prefix"]) for record in _outside()}
    return MappingProxyType({**PREFIXES, **outside})


@cache
def _readable() -> Mapping[str, str]:
    """Return what ``expand`` reads: every prefix, and other spellings of outside ones."""
    others = {
        other: str(record["uri_prefix"])
        for record in _outside()
        for other in record["prefix_synonyms"]
    }
    return {**others, "osteokg": ID, **prefixes()}  # osteokg: is what our JSON-LD writes


def kind_of_graph(iri: str) -> str | None:
    """Return what a graph of ours is of (``study``, ``computed`` …), None for another's graph."""
    return iri[len(GRAPH) :].partition("/")[0] if iri.startswith(GRAPH) else None


def contract(iri: str) -> str:
    """Return the CURIE of an IRI by the longest matching prefix, or ``<iri>`` unchanged."""
    fitting = [
        (len(namespace), prefix)
        for prefix, namespace in prefixes().items()
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri[len(namespace) :])
    ]
    if not fitting:
        return f"<{iri}>"
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def expand(name: str) -> str:
    """Return the IRI of a CURIE (``okg:Femur``, ``CHEBI:28384``), ``<IRI>`` or IRI.

    Raises RequestError when the prefix is neither ours nor that of a vocabulary we map to.
    """
    text = name.strip()
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1]
    prefix, colon, local = text.partition(":")
    if colon and local.startswith("//"):
        return text
    if colon and prefix in _readable():
        return _readable()[prefix] + local
    known = ", ".join(prefixes())
    raise RequestError(f"'{name}' is neither an IRI nor a CURIE with a known prefix ({known}).")


def kind_of(iri: str) -> str | None:
    """Return the kind of a thing (``finding``, ``arm`` …) from its IRI, or None."""
    if not iri.startswith(ID):
        return None
    kind = iri[len(ID) :].partition("/")[0]
    return kind if kind in KINDS else None
