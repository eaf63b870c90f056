"""Rows: what a query of ours answers, read into Python."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from osteokg.kg.catalogue import view
from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import Store

__all__ = ["read_rows", "rows_about", "rows_of"]

_LARGE = 100_000
"""A body of so many bytes is read beside the event loop."""

_AT_ONCE = 400
"""About so many things one query asks."""


async def rows_of(store: Store, text: str) -> list[dict[str, str]]:
    """Return the rows of a SELECT: of each variable that is bound its text, an IRI without <>."""
    answer = await store.query(Query(text, rows=ROW_FORMATS[0]))
    if len(answer.body) < _LARGE:
        return read_rows(answer.body)
    return await asyncio.to_thread(read_rows, answer.body)


async def rows_about(store: Store, name: str, things: Iterable[str]) -> list[dict[str, str]]:
    """Return the rows of a view about some things, each of which it is asked for once."""
    wanted = sorted(set(things))
    rows = []
    for start in range(0, len(wanted), _AT_ONCE):
        rows += await rows_of(store, view(name, wanted[start : start + _AT_ONCE]))
    return rows


def read_rows(body: bytes) -> list[dict[str, str]]:
    """Return the rows in SPARQL results as JSON: of each variable that is bound its text."""
    return [
        {name: term["value"] for name, term in row.items()}
        for row in json.loads(body)["results"]["bindings"]
    ]
