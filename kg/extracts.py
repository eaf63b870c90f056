"""Extracts: the rows that a table of a release has of some things."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

from osteokg.kg.packages import tables
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store

__all__ = ["extract"]


async def extract(store: Store, name: str, things: Sequence[str]) -> bytes:
    """Return the rows that the table of a release has of some things, in order, with its header.

    The first column of a table names the thing that a row is of. CSV, RFC 4180 with CRLF line
    ends, UTF-8. Raises KeyError for a table that no query makes.
    """
    texts = {table.name: table.text for table in tables()}
    columns = [
        field["name"]
        for table in tables()
        if table.name == name
        for field in table.schema["fields"]
    ]
    text = texts[name]
    if text is None:
        raise KeyError(name)
    return await asyncio.to_thread(_written, columns, await rows_of(store, text), things)


def _written(
    columns: Sequence[str], rows: Sequence[Mapping[str, str]], things: Sequence[str]
) -> bytes:
    of_thing: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        of_thing[row[columns[0]]].append(row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    for thing in things:
        writer.writerows(of_thing[thing])
    return text.getvalue().encode()
