"""Conversion: an engine's answer made ours, part by part, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

import pyoxigraph as ox

from osteokg.kg.errors import RequestError
from osteokg.kg.remote.pieces import GraphWriter, RowWriter, boolean_bytes
from osteokg.kg.remote.rows import Row, RowReader, broken_off
from osteokg.kg.remote.triples import TripleReader
from osteokg.kg.results import SORTED, Format

__all__ = ["BooleanConversion", "Conversion", "GraphConversion", "RowConversion"]


_YES_OR_NO = '"__ASK_RETVAL"'


class Conversion(Protocol):
    """Turn the bytes of an engine's answer into those of ours.

    ``count`` rows or triples came so far; ``held`` bytes, about, wait for more to come.
    """

    count: int
    held: int

    def convert(self, part: bytes) -> bytes:
        """Return what more bytes come to.

        Raises UnavailableError for what is no answer, RequestError for rows that came twice.
        """
        ...

    def end(self) -> bytes:
        """Return the rest. Raises UnavailableError where the answer ends before its time."""
        ...


class BooleanConversion:
    """Make ours the answer to ASK.

    From Virtuoso it may come as a row with 1 in it for yes, and as no row for no.
    """

    held = 0

    def __init__(self, chosen: Format) -> None:
        """Begin an answer."""
        self.count = 0
        self._chosen = chosen
        self._reader = RowReader()
        self._rows: list[Row] = []

    def convert(self, part: bytes) -> bytes:
        """Read more bytes; nothing can be said before the end."""
        self._rows = (self._rows + self._reader.read(part))[:2]
        self.count = len(self._rows)
        return b""

    def end(self) -> bytes:
        """Return yes or no."""
        self._reader.end()
        answer = self._reader.boolean
        if answer is None:
            values = [term["value"] for row in self._rows for term in row.values()]
            if not values and _YES_OR_NO in self._reader.head:
                values = ["0"]
            if len(values) != 1 or values[0] not in ("0", "1", "false", "true"):
                raise broken_off("it says neither yes nor no")
            answer = values[0] in ("1", "true")
        return boolean_bytes(answer, self._chosen)


class RowConversion:
    """Make ours the answer to SELECT."""

    held = 0

    def __init__(self, chosen: Format, variables: Sequence[str], repeats: bool = False) -> None:
        """Begin an answer with these columns.

        Where an engine ``repeats`` rows that are there once, a row that comes twice is an error.
        """
        self.count = 0
        self._variables = list(variables)
        self._reader = RowReader()
        self._writer = RowWriter(chosen, variables)
        self._seen: set[int] | None = set() if repeats else None

    def convert(self, part: bytes) -> bytes:
        """Return the solutions that are whole now."""
        rows = [
            {name: row[name] for name in self._variables if name in row}
            for row in self._reader.read(part)
        ]
        self.count += len(rows)
        if self._seen is not None:
            self._seen.update(hash(json.dumps(row)) for row in rows)
            if len(self._seen) < self.count:
                raise RequestError(
                    "Rows came twice, and the remote engine may have found twice what is there "
                    "once (it does so with paths and several FROM): ask SELECT DISTINCT."
                )
        return self._writer.write(rows)

    def end(self) -> bytes:
        """Return what closes the answer."""
        self._reader.end()
        if self._reader.boolean is not None:
            raise broken_off("it says yes or no to a SELECT")
        return self._writer.end()


class GraphConversion:
    """Make ours the answer to CONSTRUCT or DESCRIBE: the first triples sorted, each once.

    ``subjects`` counts the different subjects.
    """

    def __init__(self, chosen: Format, media_type: str) -> None:
        """Begin an answer that comes as this type. Raises UnavailableError for one not read."""
        self.count = 0
        self.held = 0
        self._reader = TripleReader(media_type)
        self._writer = GraphWriter(chosen)
        self._first: list[ox.Triple] | None = []
        self._subjects: set[int] = set()

    @property
    def subjects(self) -> int:
        """Return how many different subjects came so far."""
        return len(self._subjects)

    def convert(self, part: bytes) -> bytes:
        """Return the triples that can be written now."""
        return self._written(self._reader.read(part), last=False)

    def end(self) -> bytes:
        """Return what is left."""
        rest = self._written(self._reader.end(), last=True)
        return rest + self._writer.end()

    def _written(self, triples: list[ox.Triple], *, last: bool) -> bytes:
        self.count += len(triples)
        self._subjects.update(hash(triple.subject) for triple in triples)
        if self._first is not None:
            self._first += triples
            if len(self._first) < SORTED and not last:
                return b""
            triples, self._first = self._first, None
        return self._writer.write(triples)
