"""JSON-LD: our context, made from the ontology, and compact documents made with it.

The document shape is stable: keys are the names of the ontology's properties, links are objects
with ``id`` and, where known, ``label``, and a property that may have several values is always an
array. What is written here is plain JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/): any
processor expands it to exactly the triples it was made from (tests hold it to that with PyLD).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

import pyoxigraph as ox

from osteokg.kg.files import context_file
from osteokg.kg.names import ID, KINDS, PREFIXES, VOCAB

__all__ = [
    "Node",
    "compact",
    "context",
    "context_text",
    "curie",
    "document",
    "literal",
    "predicate_of",
]

Node = dict[str, Any]

_RDF = PREFIXES["rdf"]
_OWL = PREFIXES["owl"]
_XSD = PREFIXES["xsd"]
_LABEL = PREFIXES["rdfs"] + "label"
_NATIVE = {_XSD + "boolean", _XSD + "integer", _XSD + "string"}

# A key cannot be a property and a prefix at once: things are osteokg:arm/…, and "arm" stays free
# to name the property. Outside terms are written whole: their prefixes would be half the context.
_PREFIXES = {
    "osteokg": ID,
    **{prefix: iri for prefix, iri in PREFIXES.items() if prefix not in KINDS},
}

_FIXED: dict[str, Any] = {
    "id": "@id",
    "items": "@graph",
    "type": {"@id": "@type", "@container": "@set"},
    "label": {"@id": "rdfs:label", "@language": "en"},
    "altLabel": {"@id": "skos:altLabel", "@language": "en", "@container": "@set"},
    "hiddenLabel": {"@id": "skos:hiddenLabel", "@language": "en", "@container": "@set"},
    "definition": {"@id": "skos:definition", "@language": "en"},
    "comment": {"@id": "rdfs:comment", "@language": "en", "@container": "@set"},
    "notation": {"@id": "skos:notation"},
    "title": {"@id": "dcterms:title"},
    "creator": {"@id": "dcterms:creator"},
    "issued": {"@id": "dcterms:issued", "@type": "xsd:gYear"},
    "definitionSource": {"@id": "IAO:0000119", "@type": "@id", "@container": "@set"},
    "subClassOf": {"@id": "rdfs:subClassOf", "@type": "@id", "@container": "@set"},
    **{
        name: {"@id": f"skos:{name}", "@type": "@id", "@container": "@set"}
        for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
    },
    "equivalentClass": {"@id": "owl:equivalentClass", "@type": "@id", "@container": "@set"},
    "hadPrimarySource": {"@id": "prov:hadPrimarySource", "@type": "@id", "@container": "@set"},
}

_TYPES = _FIXED["type"]
_UNKNOWN = {"@container": "@set"}
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9]\d{0,14}")  # 15 digits: what a JSON number keeps
_DEPTH = 4
"""Nodes above a node told in full, at most: finding, comparison, arm, exposure."""


def context_text(ontology: Iterable[ox.Triple]) -> str:
    """Return the text of the context (``ontology/context/``), as the ontology demands it.

    Object properties become links, functional properties single values, all others arrays.
    """
    about: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for triple in ontology:
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode):
            about[triple.subject.value].add((triple.predicate.value, triple.object.value))
    terms: dict[str, Any] = {
        "@version": 1.1,
        **{prefix: _as_prefix(_PREFIXES[prefix]) for prefix in sorted(_PREFIXES)},
        **_FIXED,
    }
    for iri in sorted(about):
        kinds = {value for predicate, value in about[iri] if predicate == _RDF + "type"}
        if not iri.startswith(VOCAB) or not any(kind.endswith("Property") for kind in kinds):
            continue
        terms[_key_for(iri, terms)] = _definition(iri, kinds, about[iri])
    return json.dumps({"@context": terms}, indent=2, ensure_ascii=False) + "\n"


def _as_prefix(namespace: str) -> str | dict[str, Any]:
    """Return what makes a key a prefix; one that ends in a letter or ``_`` has to be called so.

    https://www.w3.org/TR/json-ld11/#compact-iris
    """
    return namespace if namespace[-1] in ":/?#[]@" else {"@id": namespace, "@prefix": True}


def _key_for(iri: str, terms: dict[str, Any]) -> str:
    """Return a property's key: its local name, or its CURIE where that key is a prefix already."""
    local = iri.removeprefix(VOCAB)
    return local if local not in terms else f"okg:{local}"


def _definition(iri: str, kinds: set[str], facts: set[tuple[str, str]]) -> dict[str, Any]:
    definition: dict[str, Any] = {"@id": "okg:" + iri.removeprefix(VOCAB)}
    ranges = [value for predicate, value in facts if predicate == PREFIXES["rdfs"] + "range"]
    if _OWL + "ObjectProperty" in kinds:
        definition["@type"] = "@id"
    elif not ranges and _OWL + "DatatypeProperty" in kinds:
        definition["@language"] = "en"  # OWL 2 DL has no datatype for text in a language
    elif len(ranges) == 1 and ranges[0].startswith(_XSD) and ranges[0] not in _NATIVE:
        definition["@type"] = "xsd:" + ranges[0].removeprefix(_XSD)
    if _OWL + "FunctionalProperty" not in kinds:
        definition["@container"] = "@set"
    return definition


@cache
def context() -> dict[str, Any]:
    """Return the context object that is published in ``ontology/context/``."""
    loaded: dict[str, Any] = json.loads(context_file().read_text(encoding="utf-8"))["@context"]
    return loaded


@cache
def _terms_by_iri() -> dict[str, tuple[str, dict[str, Any]]]:
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for key, definition in context().items():
        if (
            isinstance(definition, dict)
            and definition["@id"] != "@type"
            and not definition.get("@prefix")
        ):
            found[_full(definition["@id"])] = (key, definition)
    return found


def predicate_of(key: str) -> tuple[str, dict[str, Any]]:
    """Return the IRI of a key's property and the key's definition. Raises KeyError for no key."""
    definition = context()[key]
    if definition["@id"] == "@type":
        return _RDF + "type", definition
    return _full(definition["@id"]), definition


def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return _PREFIXES[prefix] + local if prefix in _PREFIXES else name


def curie(iri: str) -> str:
    """Return the compact IRI of the longest fitting prefix, else the IRI."""
    fitting = [
        (len(namespace), prefix)
        for prefix, namespace in _PREFIXES.items()
        if iri.startswith(namespace) and len(iri) > len(namespace)
    ]
    if not fitting:
        return iri
    length, prefix = max(fitting)
    local = iri[length:]
    return iri if local.startswith("//") else f"{prefix}:{local}"


def document(triples: Iterable[ox.Triple], roots: list[str], many: bool = False) -> Node:
    """Return a compact JSON-LD document: one object per root, linked nodes nested within.

    A link back to a root, to a node it stands in, or deeper than ``_DEPTH`` nodes is brief: id
    and label. A node that is nowhere told in full is appended, so that the document holds every
    triple. ``many`` gives ``{"@context", "@graph": […]}`` even for one root.
    """
    nest = _Nest(triples, roots)
    nodes = [nest.node(root, ()) for root in roots]
    nodes.extend(nest.node(name, ()) for name in sorted(nest.subjects) if name not in nest.told)
    if len(nodes) == 1 and not many:
        return {"@context": context(), **nodes[0]}
    return {"@context": context(), "@graph": nodes}


def compact(triples: Iterable[ox.Triple], roots: list[str], many: bool = False) -> str:
    """Return ``document`` as JSON text, UTF-8 signs unescaped, ended by a line feed."""
    return json.dumps(document(triples, roots, many), indent=1, ensure_ascii=False) + "\n"


def _name(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


class _Nest:
    """Nest the nodes of a graph in each other, and remember which were told in full."""

    def __init__(self, triples: Iterable[ox.Triple], roots: Iterable[str]) -> None:
        self.subjects: dict[str, list[ox.Triple]] = defaultdict(list)
        for triple in sorted(set(triples), key=str):
            self.subjects[_name(triple.subject)].append(triple)
        self.roots = frozenset(roots)
        self.told: set[str] = set()

    def node(self, name: str, above: tuple[str, ...]) -> Node:
        """Return a node with its properties, or briefly below itself, a root or too deep."""
        triples = self.subjects.get(name, [])
        if above and (name in self.roots or name in above or len(above) > _DEPTH):
            triples = [triple for triple in triples if triple.predicate.value == _LABEL]
        if len(triples) == len(self.subjects.get(name, ())):
            self.told.add(name)
        values: dict[str, list[Any]] = defaultdict(list)
        definitions: dict[str, dict[str, Any]] = {}
        for triple in triples:
            key, definition = _term_for(triple)
            values[key].append(self._value(triple, definition, (*above, name)))
            definitions[key] = definition
        node: Node = {"id": name if name.startswith("_:") else curie(name)}
        for key in sorted(values):
            several = definitions[key].get("@container") == "@set" or len(values[key]) > 1
            node[key] = values[key] if several else values[key][0]
        return node

    def _value(self, triple: ox.Triple, definition: dict[str, Any], above: tuple[str, ...]) -> Any:
        if isinstance(triple.object, ox.Literal):
            return literal(triple.object, definition)
        if definition is _TYPES:
            return curie(_name(triple.object))
        return self.node(_name(triple.object), above)


def _term_for(triple: ox.Triple) -> tuple[str, dict[str, Any]]:
    """Return the key for a triple and its definition; what the context lacks is an array."""
    predicate = triple.predicate.value
    if predicate == _RDF + "type" and isinstance(triple.object, ox.NamedNode):
        return "type", _TYPES
    return _terms_by_iri().get(predicate, (curie(predicate), _UNKNOWN))


def literal(literal: ox.Literal, definition: dict[str, Any]) -> Any:
    """Return a literal as the term's definition lets a processor read it back unchanged."""
    coerced = definition.get("@type")
    datatype = literal.datatype.value
    plain = coerced is None and "@language" not in definition
    if literal.language:
        as_is = definition.get("@language") == literal.language
        return literal.value if as_is else {"@value": literal.value, "@language": literal.language}
    if coerced and _full(coerced) == datatype:
        return literal.value
    if datatype == _XSD + "string":
        return literal.value if plain else {"@value": literal.value}
    if datatype == _XSD + "boolean" and literal.value in ("true", "false"):
        native = literal.value == "true"
        return native if plain else {"@value": native}
    if datatype == _XSD + "integer" and plain and _CANONICAL_INTEGER.fullmatch(literal.value):
        return int(literal.value)
    return {"@value": literal.value, "@type": curie(datatype)}
