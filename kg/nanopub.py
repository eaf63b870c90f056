"""Nanopublications: each statement with its provenance, under a name that its content gives it.

What is said in the three graphs of one is made by the rules of ``kg/projections/nanopub``.
https://nanopub.net/guidelines/working_draft/
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from osteokg.kg.catalogue import projection
from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.filters import Filters
from osteokg.kg.names import BASE, PREFIXES, contract
from osteokg.kg.results import (
    GRAPH_FORMATS,
    QUAD_FORMATS,
    Format,
    Query,
    format_named,
    prefixes_of,
)
from osteokg.kg.selection import select
from osteokg.kg.store import Store
from osteokg.kg.trusty import UNKNOWN, artifact_code, recoded

__all__ = [
    "DATASET_FORMATS",
    "NANOPUB",
    "NPX",
    "Nanopub",
    "assembled",
    "faults_of",
    "nanopub_of",
    "nanopubs",
    "nanopubs_bytes",
    "nanopubs_in",
    "statements_of",
    "with_trusty_name",
]

NANOPUB = BASE + "np/"
NP = "http://www.nanopub.org/nschema#"
"""The nanopublication schema."""
NPX = "http://purl.org/nanopub/x/"
"""What the tools for nanopublications say beyond the schema."""

_PARTS = {
    "assertion": "hasAssertion",
    "provenance": "hasProvenance",
    "pubinfo": "hasPublicationInfo",
}
_RULES = {"assertion": "assertion", "provenance": "provenance", "pubinfo": "publication-info"}
_OF = ox.NamedNode(BASE + "nanopub/of")
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_LABEL = ox.NamedNode(PREFIXES["rdfs"] + "label")
_AT_ONCE = 500
"""So many statements are asked about in one query: an answer has its limits."""

_MORE_PREFIXES = {
    "np": NP,
    "npx": NPX,
    "pav": "http://purl.org/pav/",
}

DATASET_FORMATS: tuple[Format, ...] = (
    *QUAD_FORMATS,
    Format("jsonld", ("application/ld+json", "application/json"), ox.RdfFormat.JSON_LD),
)
"""Formats that keep the graphs of a nanopublication apart; the first is given to ``*/*``."""


@dataclass(frozen=True)
class Nanopub:
    """Hold a nanopublication: its trusty URI, the statement that it publishes, its quads."""

    iri: str
    statement: str
    quads: Sequence[ox.Quad] = field(repr=False)

    @property
    def code(self) -> str:
        """Return the last part of the trusty URI, the hash of the content."""
        return self.iri.rpartition("/")[2]

    @property
    def label(self) -> str:
        """Return what it says in words, or its code where nothing is said so."""
        me = ox.NamedNode(self.iri)
        said = (q.object for q in self.quads if q.subject == me and q.predicate == _LABEL)
        return next((name.value for name in said if isinstance(name, ox.Literal)), self.code)

    @property
    def is_signed(self) -> bool:
        """Return whether it has a signature or a key; what that is worth is not known here."""
        signs = (NPX + "hasSignature", NPX + "hasPublicKey")
        return any(quad.predicate.value in signs for quad in self.quads)


async def nanopubs(store: Store, statements: Iterable[str] | None = None) -> list[Nanopub]:
    """Return the nanopublications of these statements, of all without any, ordered by statement.

    Raises NotFoundError for what is no statement of the graph.
    """
    known = await statements_of(store)
    wanted = known if statements is None else sorted(set(statements))
    strange = sorted(set(wanted) - set(known))
    if strange:
        raise NotFoundError(
            f"{contract(strange[0])} is no statement of the graph: findings, claims, explanations, "
            "mechanisms and conclusions have nanopublications."
        )
    made: list[Nanopub] = []
    for batch in _batches(wanted):
        parts = [await _part(store, rule, batch) for rule in _RULES.values()]
        made += await asyncio.to_thread(_composed, batch, parts)
    return made


async def statements_of(store: Store) -> list[str]:
    """Return the IRIs of all statements, sorted."""
    return sorted({one.statement for one in await select(store, Filters())})


async def nanopub_of(store: Store, statement: str) -> Nanopub:
    """Return the nanopublication of one statement. Raises NotFoundError for what is none."""
    return (await nanopubs(store, [statement]))[0]


def with_trusty_name(quads: Sequence[ox.Quad], statement: str) -> Nanopub:
    """Return the nanopublication whose names wait for their code (UNKNOWN), with that code."""
    code = artifact_code(quads)
    return Nanopub(NANOPUB + code, statement, recoded(quads, UNKNOWN, code))


def nanopubs_bytes(made: Sequence[Nanopub], format_: Format) -> bytes:
    """Return nanopublications in a format of quads, always the same bytes for the same ones.

    Graphs are whole, the head first, their triples sorted.
    """
    assert isinstance(format_.engine, ox.RdfFormat)
    ordered = [quad for one in made for quad in _in_order(one)]
    more = dict(_MORE_PREFIXES)
    if len(made) == 1:  # as nanopublications are usually written
        more |= {"this": made[0].iri, "sub": made[0].iri + "#"}
    used = {} if format_.engine == ox.RdfFormat.N_QUADS else prefixes_of(ordered, more)
    return ox.serialize(ordered, format=format_.engine, prefixes=used) or b""


def nanopubs_in(content: bytes, format_: ox.RdfFormat) -> list[Nanopub]:
    """Return the nanopublications of a document by their names; whatever else it has is left out.

    Raises RequestError for what cannot be parsed.
    """
    graphs: dict[object, list[ox.Quad]] = defaultdict(list)
    try:
        for quad in ox.parse(content, format_):
            graphs[quad.graph_name].append(quad)
    except SyntaxError as error:
        raise RequestError(f"The document is no {format_}: {error}.") from error
    found = []
    for head in graphs.values():
        for quad in head:
            if quad.predicate == _TYPE and quad.object == ox.NamedNode(NP + "Nanopublication"):
                parts = [one.object for one in head if _is_link(one)]
                whole = [*head, *(one for part in parts for one in graphs.get(part, []))]
                found.append(Nanopub(str(quad.subject).strip("<>"), "", whole))
    return sorted(found, key=lambda one: one.iri)


def faults_of(one: Nanopub) -> list[str]:
    """Return what is wrong with a nanopublication in its form, or its content for its name."""
    if any(isinstance(term, ox.BlankNode) for quad in one.quads for term in quad):
        return [f"{one.iri} has nodes without a name."]
    faults = []
    graphs = {quad.predicate.value: quad.object for quad in one.quads if _is_link(quad)}
    for part, link in _PARTS.items():
        graph = graphs.get(NP + link)
        if graph is None or not any(quad.graph_name == graph for quad in one.quads):
            faults.append(f"{one.iri} says nothing as its {part}.")
    right = artifact_code(one.quads, one.code)
    if right != one.code:
        faults.append(
            f"{one.iri} was changed: by its content it would be called {right}. Get it again."
        )
    return faults


def _is_link(quad: ox.Quad) -> bool:
    return quad.predicate.value in _LINKS


_LINKS = {NP + link for link in _PARTS.values()}


def _batches(names: Sequence[str]) -> Iterable[list[str]]:
    for begin in range(0, len(names), _AT_ONCE):
        yield list(names[begin : begin + _AT_ONCE])


async def _part(store: Store, rule: str, statements: Sequence[str]) -> bytes:
    text = projection("nanopub", rule, statements)
    answer = await store.query(Query(text, graph=format_named("nt", GRAPH_FORMATS)))
    return answer.body


def _composed(statements: Sequence[str], parts: Sequence[bytes]) -> list[Nanopub]:
    by_part = {
        part: _by_statement(ox.parse(body, ox.RdfFormat.N_TRIPLES))
        for part, body in zip(_RULES, parts, strict=True)
    }
    return [
        assembled(statement, {part: by_part[part][statement] for part in _PARTS})
        for statement in statements
    ]


def assembled(statement: str, parts: Mapping[str, Iterable[ox.Triple]]) -> Nanopub:
    """Return the nanopublication with these triples as assertion, provenance and pubinfo.

    In these it is called ``<statement#>``, the graph of its assertion ``<statement#assertion>``.
    """
    nanopub = ox.NamedNode(NANOPUB + UNKNOWN)
    graphs = {part: ox.NamedNode(f"{nanopub.value}#{part}") for part in _PARTS}
    head = ox.NamedNode(f"{nanopub.value}#Head")
    here = {f"<{statement}#>": nanopub, f"<{statement}#assertion>": graphs["assertion"]}
    quads = [ox.Quad(nanopub, _TYPE, ox.NamedNode(NP + "Nanopublication"), head)]
    for part, graph in graphs.items():
        quads.append(ox.Quad(nanopub, ox.NamedNode(NP + _PARTS[part]), graph, head))
        quads += [
            ox.Quad(here.get(str(node), node), predicate, value, graph)
            for node, predicate, value in parts[part]
        ]
    return with_trusty_name(quads, statement)


def _by_statement(quads: Iterable[ox.Quad]) -> Mapping[str, set[ox.Triple]]:
    """Return what the rules made, by the statement to whose nanopublication they say it belongs."""
    about: dict[object, set[ox.Triple]] = defaultdict(set)
    owners: dict[object, set[str]] = defaultdict(set)
    for quad in quads:
        if quad.predicate == _OF:
            assert isinstance(quad.object, ox.NamedNode)
            owners[quad.subject].add(quad.object.value)
        else:
            about[quad.subject].add(quad.triple)
    parts: dict[str, set[ox.Triple]] = defaultdict(set)
    for node, triples in about.items():
        for owner in owners[node]:
            parts[owner] |= triples
    return parts


def _in_order(one: Nanopub) -> list[ox.Quad]:
    """Return the quads in reading order: the graphs as the head names them, each sorted."""
    order = {f"<{one.iri}#{part}>": place for place, part in enumerate(("Head", *_PARTS))}

    def place(quad: ox.Quad) -> tuple[int, str, bool, str]:
        what = f"{quad.predicate} {quad.object}"
        return order[str(quad.graph_name)], str(quad.subject), quad.predicate != _TYPE, what

    return sorted(one.quads, key=place)
