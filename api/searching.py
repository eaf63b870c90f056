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
from osteokg.kg.names import VOCAB, contract
from osteokg.kg.selection import select
from osteokg.kg.store import Store
from osteokg.kg.table import selected_rows
from osteokg.kg.term_index import TERM_KINDS, Hit, KnownTerm
from osteokg.kg.terms import Ontology

__all__ = ["router"]

router = APIRouter()

_MOST = 12
"""So many of each kind are shown; the rest is one link away."""


@dataclass(frozen=True)
class _FoundTerm:
    """Hold a term that was found, how if not by its label, and how many findings are below it."""

    iri: str
    label: str
    kind: str
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
    """Return the terms that are called so, or nearly so; of an identifier all that it covers."""
    if ":" in words:
        try:
            meant = askable.term(words)
        except FilterError:
            return []
        covered = await terms_of(store, askable, [], [], [contract(iri) for iri in meant])
        found = [_found(ontology.index.terms[one.iri]) for one in covered]
        return sorted(found, key=lambda one: (-one.findings, one.label.casefold()))
    hits = await asyncio.to_thread(ontology.index.search, words, None, None, definitions=True)
    return [_found(hit.term, _through(hit)) for hit in hits]


def _through(hit: Hit) -> str:
    """Say how a term was found where its label does not say it."""
    if hit.kind == "definition":
        return "by its definition"
    return "" if hit.name == hit.term.label else f"also “{hit.name}”"


_KINDS = {VOCAB + class_: word for word, class_ in TERM_KINDS.items()}


def _found(term: KnownTerm, through: str = "") -> _FoundTerm:
    kinds = [_KINDS.get(kind, contract(kind).removeprefix("okg:")) for kind in sorted(term.kinds)]
    return _FoundTerm(term.iri, term.label, kinds[0], through, term.findings)
