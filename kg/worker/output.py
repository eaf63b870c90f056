"""Output: an answer on its way out of a worker, in parts, and no more of it than may be."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from osteokg.kg.errors import SizeLimitError
from osteokg.kg.results import ROW_FORMATS, Format
from osteokg.kg.sparql import rows_at_most
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.messages import HEAD, PART, Kind, encode, frame
from osteokg.kg.worker.rows import RowCount, row_count

__all__ = ["TOGETHER", "Output"]

TOGETHER = 1 << 14
"""So many bytes, a short answer with what stands around it, are sent at once."""
_PIECE = 1 << 13
"""So many fit into the processor's nearest cache with what is made of them."""

_ROWS, _GRAPH = frame(Kind.ROWS), frame(Kind.GRAPH)


class Output(io.BufferedWriter):
    """Take one answer after the other and send each over a channel.

    The engine writes some kB at a time: they are put together without any Python. Whatever
    ``write`` takes is part of the answer; it and ``end`` raise SizeLimitError for what is beyond
    the limits, and OSError where nobody hears.
    """

    def __init__(self, outgoing: BinaryIO, limits: Limits) -> None:
        """Begin without an answer; a channel holds back at most ``TOGETHER`` bytes."""
        self._outgoing = outgoing
        self._parts = _Parts(outgoing, limits)
        super().__init__(self._parts, PART)

    def begin(self, query: str, chosen: Format) -> Output:
        """Say which format the answer to a query has, and take the answer."""
        is_rows = chosen in ROW_FORMATS
        self._outgoing.write(_ROWS if is_rows else _GRAPH)
        self._parts.begin(query, row_count(chosen.name) if is_rows else None)
        return self

    def begin_changes(self) -> None:
        """Begin with what a write changes; the limits are for all its graphs together."""
        self._parts.begin()

    def begin_graph(self, name: str | None, *, is_gone: bool) -> None:
        """Say which graph a write changes, and take its triples."""
        self._outgoing.write(frame(Kind.GONE if is_gone else Kind.CHANGED, encode(name)))

    def flush(self) -> None:
        """Let it wait: what is left goes with the end of the answer."""

    def end(self) -> None:
        """Send what is left."""
        self._parts.is_last = True
        super().flush()

    def drop(self) -> None:
        """Forget what is left of an answer that failed."""
        self._parts.is_wanted = False
        super().flush()


class _Parts(io.RawIOBase):
    """Send parts of answers as frames."""

    def __init__(self, outgoing: BinaryIO, limits: Limits) -> None:
        self._outgoing = outgoing
        self._limits = limits
        self.begin()

    def begin(self, query: str = "", rows: RowCount | None = None) -> None:
        """Be ready for an answer, whose rows are counted."""
        self._query = query
        self._rows = rows
        self._size = 0
        self.is_wanted = True
        self.is_last = False

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, data: Any) -> int:  # what is read as a buffer has no name before Python 3.12
        """Send as much as is one part, and return how much that is."""
        part = memoryview(data)[:PART]
        if self.is_wanted:
            self._size += len(part)
            self._check(part)
            head = HEAD.pack(Kind.DATA.value, len(part))
            together = TOGETHER - len(head)
            self._outgoing.write(b"".join((head, part[:together])))
            self._outgoing.write(part[together:])
        return len(part)

    def _check(self, part: memoryview) -> None:
        limits = self._limits
        if self._size > limits.answer_bytes:
            told = f"The answer has more than {limits.answer_bytes} bytes: ask for a part of it."
            raise SizeLimitError(told)
        if self._size == len(part) and self._has_few_rows():
            self._rows = None
        if self._rows is None:
            return
        for place in range(0, len(part), _PIECE):
            if self._rows.add(bytes(part[place : place + _PIECE])) > limits.rows:
                raise SizeLimitError(
                    f"The answer has more than {limits.rows} rows: ask for a part of it "
                    "(LIMIT, OFFSET)."
                )

    def _has_few_rows(self) -> bool:
        """Return whether nothing has to be counted, at the first part."""
        if self.is_last and self._size <= self._limits.rows:  # a row takes a byte at least
            return True
        most = rows_at_most(self._query)
        return most is not None and most <= self._limits.rows
