"""A run: one request in one worker, from the first byte to the last or to why it ended."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import Callable, Mapping

from osteokg.kg.delay import Delay, Delayed
from osteokg.kg.engine.processes import Worker
from osteokg.kg.errors import (
    EngineError,
    MemoryLimitError,
    OsteoKGError,
    QueryNestingError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.worker.messages import GAVE_WAY, TIRED, Kind, as_error

__all__ = ["NotStartedError", "Run"]

_GRACE = 1.0
"""A worker that has not ended so many seconds after its time is ended by us."""
_ATTENTION = 0.00025
"""For so many seconds a short answer is looked for: to be woken by it takes 50 µs more."""
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


class Run:
    """Hold one request that a worker is doing; the worker is idle again when it is over.

    After a ``delay`` ``promote`` is called, and ``release`` as soon as the worker has said all,
    perhaps before that is heard here. Whatever is raised but by a worker that is
    idle again: that worker is of no more use.
    """

    def __init__(
        self,
        worker: Worker,
        request: bytes,
        seconds: float,
        delay: Delay,
        *,
        promote: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        """Send a request, framed, to an idle worker."""
        self._worker = worker
        self._seconds = seconds
        self._promote = promote
        self._release = release
        self.is_over = False
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        self._said = False
        self._failed: OsteoKGError | None = None
        self._attended_until = 0.0
        worker.is_idle = False
        # Few run so long that there has to be a timer of their own.
        self._timer: Delayed | asyncio.TimerHandle = delay.call(self._is_long)
        worker.channel.send(request)

    async def hear(self) -> list[tuple[Kind, bytes]]:
        """Return what comes next of the answer, perhaps nothing yet; see ``is_over``.

        Raises what the worker found wrong, NotStartedError where it ended before it began, and
        what its end means else.
        """
        worker = self._worker
        try:
            heard = await worker.channel.hear(self._end_of_answer)
        except (EOFError, OSError) as error:
            raise await self._why_not(error) from error
        self._said = True
        frames: list[tuple[Kind, bytes]] = []
        for kind, content in heard:
            if kind is Kind.END:
                self._end_of_answer(content)
            elif kind is Kind.FAILED:
                self._failed = as_error(content)
            elif kind is not Kind.STARTED:
                frames.append((kind, content))
        if self.is_over and self._failed:
            raise self._failure()
        return frames

    def attend(self) -> None:
        """Keep the event loop awake until the answer is there, if it comes at once.

        It does everything else meanwhile. That is good where nobody else wants the processor.
        """
        self._attended_until = time.perf_counter() + _ATTENTION
        self._loop.call_soon(self._attend)

    def _attend(self) -> None:
        if not self.is_over and time.perf_counter() < self._attended_until:
            self._loop.call_soon(self._attend)

    def end(self) -> None:
        """Stop the clock; the worker is stopped by whoever takes it back."""
        self._timer.cancel()

    def _end_of_answer(self, told: bytes) -> None:
        """Let the worker do what is next: it may be another's already when this run is heard."""
        if self.is_over:
            return
        self.is_over = True
        self._worker.is_tired = TIRED in told
        self._worker.gave_way = GAVE_WAY in told
        self._worker.is_idle = True
        self._release()

    def _failure(self) -> OsteoKGError:
        """Return what the worker found wrong and forget it: the error will know this run."""
        failed, self._failed = self._failed, None
        assert failed is not None
        return failed

    def _is_long(self) -> None:
        due = self.since + self._seconds + _GRACE
        self._timer = self._loop.call_at(due, self._is_overdue)
        self._promote()

    def _is_overdue(self) -> None:
        self._worker.stop(_late(self._seconds))

    async def _why_not(self, error: Exception) -> Exception:
        """Return what to tell of a worker that says no more."""
        worker = self._worker
        took = self._loop.time() - self.since
        failed = self._failed or await _why(worker, self._seconds, took)
        # A socket that is closed with something unread is reset; of a pipe the worker says that
        # it has read. To say so always would wake the service once more for every query.
        unread = isinstance(error, OSError) or worker.tells_start
        by_others = type(failed) is UnavailableError  # neither its query nor a limit ended it
        return NotStartedError() if by_others and unread and not self._said else failed


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
