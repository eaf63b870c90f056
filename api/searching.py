"""Search: the terms, studies and findings that some words, or an identifier, lead to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.findings import askable_kept
from osteokg.api.lists import asked_of
from osteokg.api.negotiation import HTML
from osteokg.api.ontology import ontology_kept
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import store_for
from osteokg.kg.errors import FilterError
from osteokg.kg.filters import Askable
from osteokg.kg.listing import Listed, in_order, terms_of, things_of
from osteokg.kg.names import contract
from osteokg.kg.selection import select
from osteokg.kg.store import Store
from osteokg.kg.table import selected_rows
from osteokg.kg.terms import Ontology

__all__ = ["router"]

router = APIRouter()

_MOST = 12
"""So many of each kind are shown; the rest is one link away."""


@dataclass(frozen=True)
class _FoundTerm:
    """Hold a term that was found, by which of its names, and how many findings are below it."""

    term: Listed
    through: str
    findings: int


@router.get(
    "/search",
    tags=["Findings"],
    summary="The terms, studies and findings that words or an identifier lead to",
    response_class=Response,
    openapi_extra=openapi.document(
        [HTML],
        parameters=[openapi.parameter("q", "Words, or an identifier: CHEBI:28384.")],
    ),
)
@router.head("/search", include_in_schema=False)
async def search(request: Request) -> Response:
    """Show what some words lead to; an identifier (``CHEBI:28384``) leads to what it covers."""
    asked = asked_of(request, "/search", ("q",))
    words = " ".join(value for _, value in asked.narrowing).strip()
    store, askable = store_for(request), await askable_kept(request)
    terms: Sequence[_FoundTerm] = ()
    studies: list[Listed] = []
    rows: list[dict[str, str]] = []
    total = 0
    if words:
        terms = await _terms(store, askable, await ontology_kept(request), words)
        studies = in_order(await things_of(store, ["study"], [words]), [], ())
        selected = await select(store, askable.read([("q", words)]))
        total = len(selected)
        rows = await selected_rows(store, selected[:_MOST])
    response = await asyncio.to_thread(
        page,
        "search.html",
        words=words,
        terms=terms,
        studies=studies,
        rows=rows,
        total=total,
        most=_MOST,
    )
    return represent(
        request, bytes(response.body), "text/html; charset=utf-8", validator_for(request, "html")
    )


async def _terms(
    store: Store, askable: Askable, ontology: Ontology, words: str
) -> Sequence[_FoundTerm]:
    """Return the terms, those first whose name begins so, and then those with most findings."""
    listed = await terms_of(store, askable, [], [words], [])
    if not listed:
        try:
            meant = askable.term(words)
        except FilterError:
            return []
        covered = await terms_of(store, askable, [], [], [contract(iri) for iri in meant])
        return _counted(ontology, covered, "")
    return _counted(ontology, listed, words.casefold())


def _counted(ontology: Ontology, listed: Sequence[Listed], words: str) -> Sequence[_FoundTerm]:
    found = []
    for one in listed:
        known = ontology.terms.get(one.iri)
        through = "" if words in one.label.casefold() else _through(one, words)
        found.append(_FoundTerm(one, through, sum(known.below.values()) if known else 0))
    return sorted(
        found,
        key=lambda one: (
            not one.term.label.casefold().startswith(words),
            -one.findings,
            one.term.label.casefold(),
        ),
    )


def _through(term: Listed, words: str) -> str:
    """Return the synonym by which a term was found, empty if its label says enough."""
    return next((name for name in term.names if words in name.casefold()), "")
