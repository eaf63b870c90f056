"""Entities: what the graph says of one thing, as triples, Turtle, JSON-LD or for a page."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.errors import NotFoundError
from osteokg.kg.jsonld import compact
from osteokg.kg.names import contract
from osteokg.kg.results import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Format,
    Query,
    format_named,
    graph_bytes,
)
from osteokg.kg.store import Store

__all__ = ["Entity", "Value", "construct", "describe", "entity_bytes", "linked_from"]

_NT = format_named("nt", GRAPH_FORMATS)
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_PARAPHRASE = "https://w3id.org/osteokg/vocab/paraphrase"


@dataclass(frozen=True)
class Value:
    """Hold one value of a property: its text, its IRI if it is a thing, and what to call it."""

    text: str
    iri: str | None = None


@dataclass(frozen=True)
class Entity:
    """Hold the description of one thing: its triples, and those of the nodes it is made of."""

    iri: str
    triples: list[ox.Triple] = field(repr=False)

    def label(self) -> str:
        """Return what to call the thing: label, paraphrase or CURIE."""
        return self.name_of(self.iri)

    def name_of(self, iri: str) -> str:
        """Return what to call a thing that this description mentions."""
        names = {
            triple.predicate.value: triple.object.value
            for triple in self.triples
            if isinstance(triple.object, ox.Literal)
            and isinstance(triple.subject, ox.NamedNode)
            and triple.subject.value == iri
            and triple.predicate.value in (_LABEL, _PARAPHRASE)
        }
        return names.get(_LABEL) or names.get(_PARAPHRASE) or contract(iri)

    def is_statement(self) -> bool:
        """Return whether the thing is told in words of ours, as statements are."""
        me, told = ox.NamedNode(self.iri), ox.NamedNode(_PARAPHRASE)
        return any(triple.subject == me and triple.predicate == told for triple in self.triples)

    def properties(self, iri: str | None = None) -> list[tuple[str, list[Value]]]:
        """Return what is said of the thing (or a node of it): property IRIs and their values."""
        wanted = iri or self.iri
        found: dict[str, list[Value]] = {}
        for triple in self.triples:
            if not isinstance(triple.subject, ox.NamedNode) or triple.subject.value != wanted:
                continue
            if isinstance(triple.object, ox.NamedNode):
                value = Value(self.name_of(triple.object.value), triple.object.value)
            elif isinstance(triple.object, ox.Literal):
                value = Value(triple.object.value)
            else:
                continue
            found.setdefault(triple.predicate.value, []).append(value)
        return sorted(
            (predicate, sorted(values, key=lambda value: value.text))
            for predicate, values in found.items()
        )


async def construct(store: Store, text: str) -> list[ox.Triple]:
    """Return the triples that a CONSTRUCT query gives."""
    answer = await store.query(Query(text, graph=_NT))
    return await asyncio.to_thread(_triples_of, answer.body)


def _triples_of(body: bytes) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(body, ox.RdfFormat.N_TRIPLES)]


async def describe(store: Store, iri: str) -> Entity:
    """Return the description of a thing. Raises NotFoundError when nothing is said of it."""
    triples = await construct(store, view("describe", [iri]))
    if not any(triple.subject == ox.NamedNode(iri) for triple in triples):
        raise NotFoundError(f"{contract(iri)} is not in the graph.")
    return Entity(iri, triples)


def entity_bytes(entity: Entity, chosen: Format) -> bytes:
    """Return a description in a graph format; JSON-LD compact, with our context."""
    if chosen.name == "jsonld":
        return compact(entity.triples, [entity.iri]).encode()
    return graph_bytes(entity.triples, chosen)


async def linked_from(store: Store, iri: str) -> list[tuple[str, str, str]]:
    """Return what points at a thing: property IRI, source IRI, what to call the source."""
    answer = await store.query(Query(view("linked", [iri]), rows=ROW_FORMATS[0]))
    return [
        (
            binding["property"]["value"],
            binding["source"]["value"],
            binding["label"]["value"]
            if "label" in binding
            else contract(binding["source"]["value"]),
        )
        for binding in json.loads(answer.body)["results"]["bindings"]
    ]
