"""The page of one term: what it means, where it stands, its names elsewhere, its findings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from osteokg.api.answers import page
from osteokg.api.description import Description, Group, describe_for_page
from osteokg.api.ontology import ontology_kept
from osteokg.api.requests import store_for
from osteokg.kg.catalogue import view
from osteokg.kg.entity import Entity
from osteokg.kg.names import PREFIXES, VOCAB
from osteokg.kg.results import Format
from osteokg.kg.terms import Term, findings_of

__all__ = ["term_page"]

_SOURCE = "IAO_0000119"
"""The local name of obo:IAO_0000119, definition source."""

_SHOWN_ABOVE = {
    *("altLabel", "hiddenLabel", "notation", "scopeNote", "termNature"),
    *("subClassOf", "subPropertyOf"),
    _SOURCE,
    *("partOf", "broaderTerm", "coveredBy", "domain", "range"),
}
"""What the page tells in its own way; the rest of the facts follow as on every page."""

_HIERARCHY = {
    PREFIXES["rdfs"] + "subClassOf",
    PREFIXES["rdfs"] + "subPropertyOf",
    VOCAB + "partOf",
}


async def term_page(
    request: Request,
    term: Term,
    entity: Entity,
    linked: Sequence[tuple[str, str, str]],
    suffixes: Mapping[str, Format],
    *,
    data: str | None,
) -> Response:
    """Return the page of a term of the ontology, with what stands in its data block."""
    store = store_for(request)
    ontology = await ontology_kept(request)
    rows = await findings_of(store, term.iri)
    stated = {row["finding"] for row in rows}
    others = [link for link in linked if link[1] not in stated and link[0] not in _HIERARCHY]
    description = await describe_for_page(store, entity, others)
    sources = [
        value
        for group in description.groups
        for fact in group.facts
        if fact.name == _SOURCE
        for value in fact.values
    ]
    return await asyncio.to_thread(
        page,
        "term.html",
        entity=entity,
        description=_without_what_is_above(description),
        suffixes=suffixes,
        data=data,
        term=term,
        sources=sources,
        kinds=ontology.kinds(term),
        paths=ontology.paths(term),
        narrower=ontology.narrower(term),
        wholes=ontology.wholes(term),
        parts=ontology.parts(term),
        findings=_by_nearness(rows, term.iri),
        domain=ontology.ordered(term.values("rdfs:domain")),
        range=ontology.ordered(term.values("rdfs:range")),
        question="/sparql?" + urlencode({"query": view("term-findings", [term.iri])}),
        is_class=PREFIXES["owl"] + "Class" in term.values("rdf:type"),
    )


def _without_what_is_above(description: Description) -> Description:
    groups = [
        Group(group.title, [fact for fact in group.facts if fact.name not in _SHOWN_ABOVE])
        for group in description.groups
    ]
    return replace(description, groups=[group for group in groups if group.facts])


def _by_nearness(
    rows: Sequence[Mapping[str, str]], term: str
) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Return each finding once: under those that name the term itself, or something below it."""
    own = {row["finding"]: row for row in rows if row["used"] == term}
    below = {row["finding"]: row for row in rows if row["finding"] not in own}
    return {"own": list(own.values()), "below": list(below.values())}
