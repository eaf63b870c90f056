"""An errand: one request from its turn in the lanes to its worker's last word."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from osteokg.kg.delay import Delay
from osteokg.kg.engine.lanes import Lanes, Place
from osteokg.kg.engine.pool import Pool
from osteokg.kg.engine.processes import Worker
from osteokg.kg.engine.run import NotStartedError, Run
from osteokg.kg.errors import UnavailableError
from osteokg.kg.results import BACKGROUND
from osteokg.kg.worker.messages import Kind

__all__ = ["Errand"]

_ATTEMPTS = 3

_PROCESSORS = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Errand:
    """Hold a request, its place in the lanes and the worker that does it.

    Whoever begins one has to end it, unless it is over: then a worker that has not said all is
    ended with it, and the place is free at once. One that has said all is given back as soon as
    it has, and does what the next asks while this one's answer is written. ``is_last`` says that
    the worker is of no use afterwards.
    ``version`` is the one that answers, ``is_over`` says that the worker has said all.
    """

    def __init__(
        self,
        request: bytes,
        seconds: float,
        lanes: Lanes,
        delay: Delay,
        client: str = "",
        *,
        is_last: bool = False,
    ) -> None:
        """Prepare a request, framed, that may take so many seconds once it has begun.

        What has run for the time of ``delay`` is moved to the slow lane.
        """
        self._request = request
        self._seconds = seconds
        self._lanes = lanes
        self._delay = delay
        self._client = client
        self._is_last = is_last
        self.version = ""
        self._attempts = 0
        self._current: Callable[[], Pool]
        self._pinned: Pool | None = None
        self._place: Place | None = None
        self._pool: Pool | None = None
        self._worker: Worker | None = None
        self._run: Run | None = None
        self.is_over = False

    async def begin(self, current: Callable[[], Pool], pinned: Pool | None = None) -> None:
        """Wait for a turn and have a worker begin, of a pinned pool or that which is current then.

        Raises BusyError, UnavailableError.
        """
        if pinned is not None:
            pinned.enter()
            self._pinned = pinned
        self._current = current
        self._place = await self._lanes.enter(self._client, self._begin_at)
        if self._run is None:
            await self._hand_over()

    async def hear(self) -> list[tuple[Kind, bytes]]:
        """Return what comes next, perhaps nothing yet; another worker begins where one had not.

        Raises OsteoKGError for what is wrong with the request or ended it.
        """
        while True:
            run = self._run
            assert run is not None
            try:
                heard = await run.hear()
            except NotStartedError as error:
                self._take_back()
                self._attempts += 1
                if self._attempts == _ATTEMPTS:
                    told = "The engine ended before it began: ask again."
                    raise UnavailableError(told, 1) from error
                await self._hand_over()
            else:
                self.is_over = run.is_over
                return heard

    def end(self) -> None:
        """Give back what is held; once is enough."""
        self._take_back()
        if self._place is not None:
            self._lanes.leave(self._place)
            self._place = None
        if self._pinned is not None:
            self._pinned.leave()
            self._pinned = None

    def _begin_at(self, place: Place) -> None:
        """Have an idle worker begin at the moment there is a place, not when we are told of it."""
        pool = self._pinned or self._current()
        if (worker := pool.take_idle()) is not None:
            self._enter(pool)
            self._start(worker, place)

    async def _hand_over(self) -> None:
        pool = self._pinned or self._current()
        self._enter(pool)
        worker = await pool.take()
        assert self._place is not None
        self._start(worker, self._place)

    def _enter(self, pool: Pool) -> None:
        self._pool = pool
        self.version = pool.version
        pool.enter()

    def _start(self, worker: Worker, place: Place) -> None:
        self._worker, self._place = worker, place
        run = self._run = Run(
            worker,
            self._request,
            self._seconds,
            self._delay,
            promote=self._promote,
            release=self.end,
        )
        place.since = run.since
        place.stop = worker.stop
        if _PROCESSORS > 1 and self._lanes.are_quiet and self._client != BACKGROUND:
            run.attend()

    def _promote(self) -> None:
        assert self._pool is not None
        assert self._worker is not None
        assert self._place is not None
        self._pool.promote(self._worker)
        self._lanes.promote(self._place)

    def _take_back(self) -> None:
        if self._run is not None:
            self._run.end()
            self._run = None  # it knows this errand: together they would outlive the answer
        if self._worker is not None:
            assert self._pool is not None
            if self._is_last:
                self._worker.stop()
            self._pool.give_back(self._worker)
        if self._pool is not None:
            self._pool.leave()
        self._worker = None
        self._pool = None
