"""An errand: one request from its turn in the lanes to its worker's last word."""

from __future__ import annotations

from collections.abc import Callable

from osteokg.kg.engine.lanes import Lanes, Place
from osteokg.kg.engine.pool import Pool
from osteokg.kg.engine.processes import Worker
from osteokg.kg.engine.run import NotStartedError, Run
from osteokg.kg.errors import UnavailableError
from osteokg.kg.worker.messages import Kind

__all__ = ["Errand"]

_ATTEMPTS = 3


class Errand:
    """Hold a request, its place in the lanes and the worker that does it.

    Whoever begins one has to end it: then a worker that has not said all is ended with it, and
    the place is free at once. ``is_last`` says that the worker is of no use afterwards.
    ``version`` is the one that answers, ``is_over`` says that the worker has said all.
    """

    def __init__(
        self,
        request: bytes,
        seconds: float,
        lanes: Lanes,
        promote_after: float,
        client: str = "",
        *,
        is_last: bool = False,
    ) -> None:
        """Prepare a request, framed, that may take so many seconds once it has begun."""
        self._request = request
        self._seconds = seconds
        self._lanes = lanes
        self._promote_after = promote_after
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
        self._place = await self._lanes.enter(self._client)
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

    async def _hand_over(self) -> None:
        place = self._place
        assert place is not None
        pool = self._pool = self._pinned or self._current()
        self.version = pool.version
        pool.enter()
        worker = self._worker = await pool.take()
        run = Run(worker, self._request, self._seconds, self._promote_after, self._promote)
        self._run = run
        place.since = run.since
        place.stop = worker.stop

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
