"""The findings: narrowed by filters, sorted, page by page, in every format."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.lists import FORMATS, LIMIT, Asked, Slice, asked_of, format_of, links
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import store_for
from osteokg.kg.contract.items import Page, ToldRows, triples_told
from osteokg.kg.contract.models import FindingsPage
from osteokg.kg.errors import NotFoundError
from osteokg.kg.filters import FILTERS, Askable, askable_of
from osteokg.kg.results import GRAPH_FORMATS, format_named, graph_bytes
from osteokg.kg.selection import SORTS, Order, Selected, select
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows, selected_rows

__all__ = ["askable_kept", "router"]

router = APIRouter()

_OFFERED = ("json", "jsonld", "csv", "ttl", "html")
_WHOLE = ("jsonld", "csv", "ttl")
"""Formats that are given whole unless a page is asked for: a table or graph to be kept."""


@router.get(
    "/findings",
    summary="Findings and claims",
    response_class=Response,
    openapi_extra=openapi.listing(FindingsPage, [*FILTERS], SORTS, _OFFERED),
)
@router.head("/findings", include_in_schema=False)
async def findings(request: Request) -> Response:
    """Give the findings that the filters leave: JSON ``{"total", "items", "next"}``, or a page.

    Each filter takes our name, a CURIE or an IRI, ours or an outside one, and means it with
    everything below it; given several times it means any of them.
    """
    return await _given(request, format_of(request, _OFFERED), "")


@router.get(
    "/findings.{suffix}",
    summary="Findings and claims in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.listing(FindingsPage, [*FILTERS], SORTS, _OFFERED, suffix=True),
)
@router.head("/findings.{suffix}", include_in_schema=False)
async def findings_in_format(request: Request, suffix: str) -> Response:
    """Give the same as ``.json``, ``.jsonld``, ``.csv``, ``.ttl`` or ``.html``.

    JSON and the page of HTML come page by page, the others whole unless ``limit`` is given.
    """
    if suffix not in _OFFERED:
        offered = " ".join(f".{name}" for name in _OFFERED)
        raise NotFoundError(f"There is no findings.{suffix}; there is {offered}.")
    return await _given(request, suffix, f".{suffix}")


async def askable_kept(request: Request) -> Askable:
    """Return what the filters of the asked version take."""
    return await kept(request, "askable", askable_of)


async def _given(request: Request, chosen: str, suffix: str) -> Response:
    asked = asked_of(request, "/findings", FILTERS, whole=chosen in _WHOLE)
    store = store_for(request)
    askable = await askable_kept(request)
    filters = askable.read(asked.narrowing)
    orders = [Order.read(text) for text in asked.orders]
    found = asked.page_of(await select(store, filters, orders), suffix)
    if chosen == "html":
        body = await _page(store, asked, found, askable)
    elif chosen == "csv":
        body = await _table(store, asked, found)
    elif chosen == "ttl":
        body = await _turtle(store, found)
    else:
        told = await kept(request, "told rows", _told)
        page_of = Page(found.total, await told.of(store, found.items), asked.whole(found.next))
        body = page_of.as_json() if chosen == "json" else page_of.as_jsonld()
    more = {"Link": links(asked, found, suffix, _OFFERED)}
    if chosen == "csv":
        more["Content_Disposition"] = 'inline; filename="findings.csv"'
    known = validator_for(request, chosen)
    return represent(request, body, FORMATS[chosen], known, **more)


async def _told(_store: Store) -> ToldRows:
    return ToldRows()


async def _table(store: Store, asked: Asked, found: Slice[Selected]) -> bytes:
    everything = not asked.narrowing and not asked.orders and asked.limit is None
    rows = await (findings_rows(store) if everything else selected_rows(store, found.items))
    return (await asyncio.to_thread(findings_csv, rows)).encode()


async def _turtle(store: Store, found: Slice[Selected]) -> bytes:
    turtle = format_named("ttl", GRAPH_FORMATS)
    assert turtle is not None
    statements = list(dict.fromkeys(one.statement for one in found.items))
    return await asyncio.to_thread(graph_bytes, await triples_told(store, statements), turtle)


async def _page(store: Store, asked: Asked, found: Slice[Selected], askable: Askable) -> bytes:
    statements: dict[str, list[list[dict[str, str]]]] = {}
    rows = await selected_rows(store, found.items)
    for _, rows_of_one in groupby(rows, key=lambda row: row["finding"].partition("#")[0]):
        one = list(rows_of_one)
        statements.setdefault(one[0]["kind"], []).append(one)
    response = await asyncio.to_thread(
        page,
        "findings.html",
        statements=statements,
        asked=asked,
        found=found,
        limit=LIMIT,
        form=_form(asked, askable),
    )
    return bytes(response.body)


_FIELDS = (
    "intervention", "model", "outcome", "site", "compartment", "direction", "contrast", "study",
    "status",
)  # fmt: skip
_WORDS = {"model": "animal model", "status": "publication"}


def _form(asked: Asked, askable: Askable) -> list[dict[str, Any]]:
    """Return the fields of the form: name, words, what may be chosen, what is."""
    return [
        {
            "name": name,
            "words": _WORDS.get(name, name),
            "choices": sorted(
                ((iri.rpartition("/")[2], label) for iri, label in askable.shown[name].items()),
                key=lambda choice: choice[1].casefold(),
            ),
            "given": [value for key, value in asked.narrowing if key == name],
        }
        for name in _FIELDS
    ]
