"""A worker: takes one request after the other from its channel and answers each from one store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, NoReturn

import pyoxigraph as ox

from osteokg.kg.errors import EngineError, MemoryLimitError, OsteoKGError
from osteokg.kg.results import Query, evaluate_into
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
    encode_error,
    frame,
    parse_head,
    request_in,
)
from osteokg.kg.worker.output import TOGETHER, Output
from osteokg.kg.worker.snapshot import Stores
from osteokg.kg.worker.writing import changes
from osteokg.kg.writes import Write

__all__ = ["work"]

_STANDARD = (0, 1)

_NO_MORE = frame(Kind.END)

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
            writing = os.fdopen(outgoing, "wb", TOGETHER, closefd=False)
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
    output = Output(outgoing, limits)
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
                _do(output, stores, request, limits)
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


def _do(output: Output, stores: Stores, request: Query | Write, limits: Limits) -> None:
    try:
        if isinstance(request, Query):
            begin = partial(output.begin, request.text)
            store = stores.asked_by(request)
            evaluate_into(store, request, begin, limits.rows, stores.is_small)
            output.end()
        else:
            _change(output, stores.whole, request, stores.union is not None)
    except BaseException:
        output.drop()
        raise


def _requests(incoming: BinaryIO) -> Iterator[Query | Write]:
    while len(head := incoming.read(HEAD.size)) == HEAD.size:
        kind, length = parse_head(head)
        content = incoming.read(length)
        if len(content) < length:
            return
        yield request_in(kind, content)


def _change(output: Output, store: ox.Store, write: Write, union: bool) -> None:
    """Send what a write changes; the store is another afterwards, so this is a worker's last."""
    output.begin_changes()
    for graph, triples in changes(store, write, union).items():
        output.begin_graph(graph, is_gone=triples is None)
        output.write(triples or b"")
        output.end()
