"""Rows: what a query of ours answers, read into Python."""

from __future__ import annotations

import asyncio
import json

from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import Store

__all__ = ["read_rows", "rows_of"]

_LARGE = 100_000
"""A body of so many bytes is read beside the event loop."""


async def rows_of(store: Store, text: str) -> list[dict[str, str]]:
    """Return the rows of a SELECT: of each variable that is bound its text, an IRI without <>."""
    answer = await store.query(Query(text, rows=ROW_FORMATS[0]))
    if len(answer.body) < _LARGE:
        return read_rows(answer.body)
    return await asyncio.to_thread(read_rows, answer.body)


def read_rows(body: bytes) -> list[dict[str, str]]:
    """Return the rows in SPARQL results as JSON: of each variable that is bound its text."""
    return [
        {name: term["value"] for name, term in row.items()}
        for row in json.loads(body)["results"]["bindings"]
    ]
