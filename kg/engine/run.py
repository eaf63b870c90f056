"""A run: one request in one worker, from the first byte to the last or to why it ended."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from osteokg.kg.engine.processes import Worker
from osteokg.kg.errors import (
    EngineError,
    MemoryLimitError,
    OsteoKGError,
    QueryNestingError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.worker.messages import GAVE_WAY, TIRED, Kind, as_error, frame

__all__ = ["NotStartedError", "Receive", "ask"]

Receive: TypeAlias = Callable[[Kind, bytes], Awaitable[None]]
"""What is done with a frame of an answer."""

_GRACE = 1.0
"""A worker that has not ended so many seconds after its time is ended by us."""
_REAPING = 2.0
"""How a worker ended is known at most so many seconds after its channel has closed."""


_TOLD: Mapping[str, tuple[type[OsteoKGError], str]] = {
    "SIGABRT": (MemoryLimitError, "It needed more memory than it may have here."),
    "SIGSEGV": (QueryNestingError, "It is nested so deeply that it cannot be read."),
    "SIGBUS": (QueryNestingError, "It is nested so deeply that it cannot be read."),
}
"""What it means that a worker was ended by a signal, unless it said otherwise."""

_SMALLER = re.compile(r"The stack has \d+ of \d+ MB\.")
"""What a worker says that has less of a stack than it should have."""

_PANIC = re.compile(r"panicked at [^\n]*\n([^\n]+)")
"""What the engine says before it aborts for a fault of its own, not for want of memory."""


class NotStartedError(Exception):
    """Report a worker that ended before it began: another can do what it was asked."""


async def ask(
    worker: Worker,
    request: bytes,
    seconds: float,
    receive: Receive,
) -> None:
    """Send a request to an idle worker and hand over the frames of its answer.

    The worker is idle again when this returns, or raises what the worker itself found wrong;
    whatever else is raised, the worker is of no more use. Raises NotStartedError, OsteoKGError.
    """
    loop = asyncio.get_running_loop()
    since = loop.time()
    overdue = loop.call_later(seconds + _GRACE, lambda: worker.stop(_late(seconds)))
    said = False
    failed: OsteoKGError | None = None
    worker.is_idle = False
    try:
        worker.writer.write(frame(Kind.REQUEST, request))
        await worker.writer.drain()
        while not worker.is_idle:
            for kind, content in await worker.hear():
                said = True
                if kind is Kind.END:
                    worker.is_tired = TIRED in content
                    worker.gave_way = GAVE_WAY in content
                    worker.is_idle = True
                elif kind is Kind.FAILED:
                    failed = as_error(content)
                elif kind is not Kind.STARTED:
                    await receive(kind, content)
    except (EOFError, OSError) as error:
        took = loop.time() - since
        failed = failed or await _why(worker, seconds, took)
        # A socket that is closed with something unread is reset; of a pipe the worker says that
        # it has read. To say so always would wake the service once more for every query.
        unread = isinstance(error, OSError) or worker.tells_start
        by_others = type(failed) is UnavailableError  # neither its query nor a limit ended it
        if by_others and unread and not said:
            raise NotStartedError from error
    finally:
        overdue.cancel()
    if failed:
        raise failed


def _late(seconds: float) -> TimeLimitError:
    return TimeLimitError(f"It took longer than {seconds:g} s.")


async def _why(worker: Worker, seconds: float, took: float) -> OsteoKGError:
    """Return what to tell of a worker that ended while it ran, of so many seconds, after some."""
    if worker.stopped_for is not None:
        return worker.stopped_for
    status = None
    if not worker.orphan:
        with contextlib.suppress(TimeoutError):
            status = await asyncio.wait_for(asyncio.shield(worker.ended), _REAPING)
    ended_by = signal.Signals(-status).name if status is not None and status < 0 else ""
    if ended_by == "SIGALRM" or (status is None and took >= seconds):
        return _late(seconds)
    if panic := _PANIC.search(worker.last_words):
        return EngineError(
            f"The engine failed by a fault of its own: {panic[1]}. Asked again it would fail "
            "again: ask in another way, and report the query to whoever runs this service."
        )
    if ended_by in _TOLD:
        error, words = _TOLD[ended_by]
        smaller = _SMALLER.search(worker.last_words)
        return error(f"{words} {smaller[0]}" if smaller else words)
    how = ended_by or ("nobody knows how" if status is None else f"status {status}")
    return UnavailableError(f"The engine ended while it ran ({how}): ask again.", 1)
