"""A worker: takes one request after the other from its channel and answers each from one store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

import pyoxigraph as ox

from osteokg.kg.errors import EngineError, MemoryLimitError, OsteoKGError, SizeLimitError
from osteokg.kg.results import ROW_FORMATS, Format, Query, evaluate_into
from osteokg.kg.sparql import rows_at_most
from osteokg.kg.worker.confinement import (
    Deadline,
    HeldMemory,
    Yielding,
    limit_memory,
    peak_memory,
    run_deep,
    watch,
)
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.messages import (
    GAVE_WAY,
    HEAD,
    TIRED,
    Kind,
    encode,
    encode_error,
    frame,
    parse_head,
    request_in,
)
from osteokg.kg.worker.rows import RowCount, row_count
from osteokg.kg.worker.snapshot import Stores
from osteokg.kg.worker.writing import changes
from osteokg.kg.writes import Write

__all__ = ["work"]

_PART = 1 << 18
"""An answer is sent in parts of about so many bytes."""
_TOGETHER = 1 << 14
"""So many bytes, a short answer with what stands around it, are sent at once."""

_STANDARD = (0, 1)

_ROWS, _GRAPH, _NO_MORE = map(frame, (Kind.ROWS, Kind.GRAPH, Kind.END))

_MUCH = 0.005
"""A request that took so many seconds may have left much memory behind."""
_SOME = 16
"""After so many others, each of which may have left a little, it is looked at too."""


def work(incoming: int, outgoing: int, stores: Stores, limits: Limits) -> NoReturn:
    """Answer what comes over a channel, given as file descriptors, until it is closed.

    Ends the process: by itself when nobody asks any more, by a signal when a limit is met. Call
    it in a process of one thread, with nothing open that the worker should not have; whoever
    started it reads its stderr, where the engine says why it aborts.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in _STANDARD:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    limited = limit_memory(limits.memory + limits.stack)
    most = None if limited else peak_memory() + limits.memory + limits.stack

    yielding = Yielding(limits.give_way_after)

    def answer_all() -> None:
        status = 1
        try:
            reading = os.fdopen(incoming, "rb", closefd=False)
            writing = os.fdopen(outgoing, "wb", _TOGETHER, closefd=False)
            yielding.begin()
            _answer_all((reading, writing), stores, limits, yielding)
            status = 0
        except OSError:  # the service is gone, or has had enough
            status = 0
        finally:
            os._exit(status)

    run_deep(answer_all, limits.stack)
    watch(incoming, most)
    os._exit(0)


def _answer_all(
    channel: tuple[BinaryIO, BinaryIO],
    stores: Stores,
    limits: Limits,
    yielding: Yielding,
) -> None:
    incoming, outgoing = channel
    held = HeldMemory()
    usual = held.now() + limits.memory // 8
    is_socket = incoming.fileno() == outgoing.fileno()
    for number, request in enumerate(_requests(incoming)):
        if not is_socket:  # a pipe does not tell, when this process ends, whether it was read
            outgoing.write(frame(Kind.STARTED))
            outgoing.flush()
        deadline = _deadline(request, limits)
        try:
            with yielding, deadline:
                _do(outgoing, stores, request, limits)
        except OsteoKGError as error:
            outgoing.write(frame(Kind.FAILED, encode_error(error)))
        except MemoryError:
            told = MemoryLimitError("It needed more memory than it may have here.")
            outgoing.write(frame(Kind.FAILED, encode_error(told)))
        except OSError:
            raise
        except BaseException as error:  # the engine's own panics are no Exception
            told_ = EngineError(f"The engine failed: {type(error).__name__}: {error}")
            outgoing.write(frame(Kind.FAILED, encode_error(told_)))
            outgoing.flush()
            raise
        may_be_tired = deadline.took > _MUCH or number % _SOME == 0
        is_tired = may_be_tired and held.now() > usual
        become = GAVE_WAY * yielding.gave_way + TIRED * is_tired
        outgoing.write(frame(Kind.END, become) if become else _NO_MORE)
        outgoing.flush()


def _deadline(request: Query | Write, limits: Limits) -> Deadline:
    return Deadline(limits.seconds if isinstance(request, Query) else limits.write_seconds)


def _do(outgoing: BinaryIO, stores: Stores, request: Query | Write, limits: Limits) -> None:
    if isinstance(request, Query):
        _answer(outgoing, stores, request, limits)
    else:
        _change(outgoing, stores.whole, request, stores.union is not None, limits)


def _requests(incoming: BinaryIO) -> Iterator[Query | Write]:
    while len(head := incoming.read(HEAD.size)) == HEAD.size:
        kind, length = parse_head(head)
        content = incoming.read(length)
        if len(content) < length:
            return
        yield request_in(kind, content)


def _answer(outgoing: BinaryIO, stores: Stores, query: Query, limits: Limits) -> None:
    output = _Output(outgoing, limits, query.text)
    store = stores.asked_by(query)
    evaluate_into(store, query, output.begin, limits.rows, stores.is_small)
    output.end()


def _change(outgoing: BinaryIO, store: ox.Store, write: Write, union: bool, limits: Limits) -> None:
    """Send what a write changes; the store is another afterwards, so this is a worker's last."""
    output = _Output(outgoing, limits)
    for graph, triples in changes(store, write, union).items():
        kind = Kind.GONE if triples is None else Kind.CHANGED
        outgoing.write(frame(kind, encode(graph)))
        output.write(triples or b"")
        output.end()


class _Output:
    """Send an answer in parts, and no more of it than the limits allow."""

    def __init__(self, outgoing: BinaryIO, limits: Limits, query: str = "") -> None:
        self._outgoing = outgoing
        self._limits = limits
        self._query = query
        self._part: list[bytes] = []  # as the engine wrote it, some kB each
        self._length = 0
        self._size = 0
        self._rows: RowCount | None = None

    def begin(self, chosen: Format) -> _Output:
        """Say which format follows, and take the answer."""
        is_rows = chosen in ROW_FORMATS
        self._rows = row_count(chosen.name) if is_rows else None
        self._outgoing.write(_ROWS if is_rows else _GRAPH)
        return self

    def write(self, data: bytes) -> int:
        """Send some bytes, perhaps later. Raises SizeLimitError for what is beyond a limit."""
        self._size += len(data)
        if self._size > self._limits.answer_bytes:
            most = self._limits.answer_bytes
            raise SizeLimitError(f"The answer has more than {most} bytes: ask for a part of it.")
        self._part.append(data)
        self._length += len(data)
        if self._length >= _PART:
            self._send()
        return len(data)

    def flush(self) -> None:
        """Let it wait: what is left goes with the end of the answer."""

    def end(self) -> None:
        """Send what is left. Raises SizeLimitError as ``write`` does."""
        # A row takes a byte at least: an answer of one part is most often too small to count.
        if self._size == self._length <= self._limits.rows:
            self._rows = None
        if self._length:
            self._send()

    def _send(self) -> None:
        if self._size == self._length and self._is_limited():
            self._rows = None
        if self._rows is not None:
            for piece in self._part:  # alone each fits into the processor's cache
                if self._rows.add(piece) > self._limits.rows:
                    most = self._limits.rows
                    raise SizeLimitError(
                        f"The answer has more than {most} rows: ask for a part of it "
                        "(LIMIT, OFFSET)."
                    )
        head = HEAD.pack(Kind.DATA.value, self._length)
        self._outgoing.write(b"".join((head, *self._part)))
        self._part.clear()
        self._length = 0

    def _is_limited(self) -> bool:
        """Return whether nothing has to be counted: the query itself asks for few enough rows."""
        if self._rows is None:
            return False
        most = rows_at_most(self._query)
        return most is not None and most <= self._limits.rows
