"""Queries of agents: the answer as rows, a truth or triples, cut to what a reader can hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TypeVar

from osteokg.api.agents.answers import Result, provenance_of
from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS, Query, format_named
from osteokg.kg.sparql import language_of
from osteokg.kg.store import Store

__all__ = ["result_of"]

_TEXT = 40_000
"""Signs of rows or triples in one answer: more would crowd out what a reader holds in mind."""

_Item = TypeVar("_Item")


async def result_of(store: Store, text: str, rows: int) -> Result:
    """Return the answer to a query, with ``rows`` rows or triples at most.

    Raises what the store does: QuerySyntaxError, QueryRefusedError, also for an update, LimitError.
    """
    graph = format_named("nt", GRAPH_FORMATS)
    try:
        answer = await store.query(Query(text, ROW_FORMATS[0], graph, client="agents"))
    except QuerySyntaxError as error:
        if language_of(text) == "update":
            raise QueryRefusedError("This is an update: nothing is written here.") from error
        raise
    read = _rows_of if answer.format.name == "json" else _triples_of
    return await asyncio.to_thread(read, store.version or answer.version, answer.body, rows)


def _rows_of(version: str, body: bytes, rows: int) -> Result:
    told = json.loads(body)
    if "boolean" in told:
        return Result(
            provenance=provenance_of(version), truncated=False, truth=told["boolean"], total=1
        )
    found = told["results"]["bindings"]
    texts = [{name: _text(term) for name, term in row.items()} for row in found]
    given = _as_many(texts, rows, lambda row: sum(map(len, row.values())))
    return Result(
        provenance=provenance_of(version),
        truncated=len(given) < len(found),
        what_to_do=_how_to_see_more(len(given), len(found), "rows"),
        columns=told["head"]["vars"],
        rows=given,
        total=len(found),
    )


def _triples_of(version: str, body: bytes, rows: int) -> Result:
    lines = body.decode().splitlines()
    given = _as_many(lines, rows, len)
    return Result(
        provenance=provenance_of(version),
        truncated=len(given) < len(lines),
        what_to_do=_how_to_see_more(len(given), len(lines), "triples"),
        triples=given,
        total=len(lines),
    )


def _as_many(items: list[_Item], most: int, size: Callable[[_Item], int]) -> list[_Item]:
    """Return the first items, as many as may be given, and at least one."""
    given: list[_Item] = []
    signs = 0
    for item in items[:most]:
        signs += size(item)
        if given and signs > _TEXT:
            break
        given.append(item)
    return given


def _how_to_see_more(given: int, total: int, what: str) -> str | None:
    if given == total:
        return None
    return (
        f"These are the first {given} of {total} {what}. Raise rows (to 1000), select fewer "
        "columns, page with ORDER BY, LIMIT and OFFSET, or count with COUNT and GROUP BY."
    )


def _text(term: dict[str, str]) -> str:
    if term["type"] == "uri":
        return f"<{term['value']}>"
    return f"_:{term['value']}" if term["type"] == "bnode" else term["value"]
