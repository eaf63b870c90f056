"""Studies, terms and things: lists to look through, narrowed, sorted and page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.findings import askable_kept
from osteokg.api.lists import FORMATS, Asked, Slice, asked_of, format_of, links
from osteokg.api.ontology import ontology_kept
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import store_for
from osteokg.kg.contract.items import Page, as_json, resources_of
from osteokg.kg.contract.models import (
    CountedTerm,
    StudiesPage,
    Term,
    TermsPage,
    Thing,
    ThingsPage,
)
from osteokg.kg.contract.parts import Study
from osteokg.kg.errors import NotFoundError
from osteokg.kg.filters import FILTERS
from osteokg.kg.listing import Listed, in_order, studies_of, terms_of, things_of

__all__ = ["router"]

router = APIRouter()

_OFFERED = ("json", "jsonld", "html")


@dataclass(frozen=True)
class _List:
    """Say what a list is: where it lies, what it is called, takes, and can be sorted by."""

    path: str
    title: str
    words: str
    taken: tuple[str, ...]
    sorts: tuple[str, ...]


_STUDIES = _List(
    "/studies",
    "Studies",
    "What one publication, or one number of a list of references, reports. Each filter leaves the "
    "studies that have a finding with it.",
    FILTERS,
    ("label", "year", "id"),
)
_TERMS = _List(
    "/terms",
    "Terms",
    "What interventions, animal models, places and outcomes are called here, and by others.",
    ("q", "kind", "below"),
    ("label", "kind", "id"),
)
_THINGS = _List(
    "/things",
    "Things",
    "Everything that has a name of its own here: studies, arms, findings, sentences …",
    ("q", "kind"),
    ("label", "kind", "id"),
)


@router.get(
    "/studies",
    summary="Studies",
    response_class=Response,
    openapi_extra=openapi.listing(StudiesPage, _STUDIES.taken, _STUDIES.sorts, _OFFERED),
)
@router.get("/studies.{suffix}", include_in_schema=False)
@router.head("/studies", include_in_schema=False)
@router.head("/studies.{suffix}", include_in_schema=False)
async def studies(request: Request, suffix: str = "") -> Response:
    """Give the studies that have a finding which the filters leave; all without filters."""
    chosen = _chosen(request, _STUDIES, suffix)
    asked = asked_of(request, _STUDIES.path, _STUDIES.taken)
    filters = (await askable_kept(request)).read(asked.narrowing)
    listed = await studies_of(store_for(request), filters)
    found = asked.page_of(in_order(listed, asked.orders, _STUDIES.sorts), _dotted(suffix))
    iris = [one.iri for one in found.items]
    items = [] if chosen == "html" else await resources_of(store_for(request), Study, iris)
    return await _given(request, _STUDIES, asked, found, items)


@router.get(
    "/terms",
    summary="Terms of the ontology",
    response_class=Response,
    openapi_extra=openapi.listing(
        TermsPage,
        _TERMS.taken,
        _TERMS.sorts,
        _OFFERED,
        examples={"kind": ["site"], "q": ["femoral"]},
    ),
)
@router.get("/terms.{suffix}", include_in_schema=False)
@router.head("/terms", include_in_schema=False)
@router.head("/terms.{suffix}", include_in_schema=False)
async def terms(request: Request, suffix: str = "") -> Response:
    """Give the terms that have some words in label or synonym, of a kind, below a term.

    Each with how many findings name it, or it and anything below it, by direction.
    """
    chosen = _chosen(request, _TERMS, suffix)
    asked = asked_of(request, _TERMS.path, _TERMS.taken)
    kinds, words, below = (_values(asked, name) for name in ("kind", "q", "below"))
    askable = await askable_kept(request)
    listed = await terms_of(store_for(request), askable, kinds, words, below)
    found = asked.page_of(in_order(listed, asked.orders, _TERMS.sorts), _dotted(suffix))
    items: list[CountedTerm] = []
    if chosen != "html":
        known = (await ontology_kept(request)).terms
        iris = [one.iri for one in found.items]
        for iri, term in zip(iris, await resources_of(store_for(request), Term, iris), strict=True):
            counts = known.get(iri)
            items.append(
                CountedTerm(
                    **dict(term),
                    findings=dict(counts.own) if counts else {},
                    findings_below=dict(counts.below) if counts else {},
                )
            )
    return await _given(request, _TERMS, asked, found, items)


@router.get(
    "/things",
    summary="Things",
    response_class=Response,
    openapi_extra=openapi.listing(
        ThingsPage,
        _THINGS.taken,
        _THINGS.sorts,
        _OFFERED,
        examples={"kind": ["arm"], "q": ["ovariectomized"]},
    ),
)
@router.get("/things.{suffix}", include_in_schema=False)
@router.head("/things", include_in_schema=False)
@router.head("/things.{suffix}", include_in_schema=False)
async def things(request: Request, suffix: str = "") -> Response:
    """Give the things of a kind that have some words in label, paraphrase or name."""
    chosen = _chosen(request, _THINGS, suffix)
    asked = asked_of(request, _THINGS.path, _THINGS.taken)
    listed = await things_of(store_for(request), _values(asked, "kind"), _values(asked, "q"))
    found = asked.page_of(in_order(listed, asked.orders, _THINGS.sorts), _dotted(suffix))
    iris = [one.iri for one in found.items]
    items = [] if chosen == "html" else await resources_of(store_for(request), Thing, iris)
    return await _given(request, _THINGS, asked, found, items)


def _chosen(request: Request, list_: _List, suffix: str) -> str:
    if not suffix:
        return format_of(request, _OFFERED)
    if suffix not in _OFFERED:
        offered = " ".join(f".{name}" for name in _OFFERED)
        raise NotFoundError(f"There is no {list_.path[1:]}.{suffix}; there is {offered}.")
    return suffix


def _dotted(suffix: str) -> str:
    return f".{suffix}" if suffix else ""


def _values(asked: Asked, name: str) -> list[str]:
    return [value for key, value in asked.narrowing if key == name]


async def _given(
    request: Request,
    list_: _List,
    asked: Asked,
    found: Slice[Listed],
    items: Sequence[BaseModel],
) -> Response:
    suffix = request.path_params.get("suffix", "")
    chosen = _chosen(request, list_, suffix)
    if chosen == "html":
        made = await asyncio.to_thread(page, "list.html", list=list_, asked=asked, found=found)
        body = bytes(made.body)
    else:
        texts = await asyncio.to_thread(lambda: [as_json(item) for item in items])
        told = Page(found.total, texts, asked.whole(found.next))
        body = told.as_json() if chosen == "json" else told.as_jsonld()
    link = links(asked, found, _dotted(suffix), _OFFERED)
    return represent(request, body, FORMATS[chosen], validator_for(request, chosen), Link=link)
