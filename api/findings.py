"""The findings: narrowed by filters, sorted, page by page, in every format."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.lists import LIMIT, Asked, Collection, Slice
from osteokg.api.requests import store_for
from osteokg.kg.contract.items import ToldRows
from osteokg.kg.contract.models import FindingsPage
from osteokg.kg.filters import FILTERS, Askable, askable_of
from osteokg.kg.selection import SORTS, Order, Selected, select
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows, selected_rows

__all__ = ["askable_kept", "router"]

router = APIRouter()


class _Findings(Collection[Selected]):
    name = "findings"
    title = "Findings and claims"
    words = (
        "Each filter takes our name, a CURIE or an IRI, ours or an outside one, and means it with "
        "everything below it; given several times it means any of them."
    )
    page = FindingsPage
    taken = FILTERS
    sorts = SORTS

    async def found(self, request: Request, asked: Asked) -> Sequence[Selected]:
        filters = (await askable_kept(request)).read(asked.narrowing)
        orders = [Order.read(text) for text in asked.orders]
        return await select(store_for(request), filters, orders)

    async def told(
        self, request: Request, items: Sequence[Selected], *, linked: bool
    ) -> list[bytes]:
        rows = await kept(request, f"told rows, {linked}", _linked if linked else _plain)
        return await rows.of(store_for(request), items)

    async def table(self, request: Request, asked: Asked, items: Sequence[Selected]) -> bytes:
        store = store_for(request)
        everything = not asked.narrowing and not asked.orders and asked.limit is None
        rows = await (findings_rows(store) if everything else selected_rows(store, items))
        return (await asyncio.to_thread(findings_csv, rows)).encode()

    async def shown(self, request: Request, asked: Asked, found: Slice[Selected]) -> Response:
        statements: dict[str, list[list[dict[str, str]]]] = {}
        rows = await selected_rows(store_for(request), found.items)
        for _, rows_of_one in groupby(rows, key=lambda row: row["finding"].partition("#")[0]):
            one = list(rows_of_one)
            statements.setdefault(one[0]["kind"], []).append(one)
        askable = await askable_kept(request)
        return await asyncio.to_thread(
            page,
            "findings.html",
            statements=statements,
            asked=asked,
            found=found,
            limit=LIMIT,
            form=_form(asked, askable),
            studies=askable.shown["study"],
        )


_Findings().add_to(router)


async def askable_kept(request: Request) -> Askable:
    """Return what the filters of the asked version take."""
    return await kept(request, "askable", askable_of)


async def _plain(_store: Store) -> ToldRows:
    return ToldRows()


async def _linked(_store: Store) -> ToldRows:
    return ToldRows(linked=True)


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
