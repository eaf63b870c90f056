"""A pool: the workers of one version, an idle one always among them."""

from __future__ import annotations

import asyncio
from collections import deque

from osteokg.kg.engine.processes import Source, Worker
from osteokg.kg.errors import OsteoKGError, UnavailableError

__all__ = ["ENDED", "Pool"]

ENDED = "The service is being ended."


class Pool:
    """Hold the workers of one version; ``wanted`` of them idle or in the quick lane.

    ``most`` are kept when they have answered: they have the version at hand. One that gave way to
    others is ended where another is had at once, else it is kept for when no other is idle.
    """

    def __init__(self, version: str, source: Source, wanted: int, most: int) -> None:
        """Begin without workers."""
        self.version = version
        self.source = source
        self.idle: deque[Worker] = deque()
        self.busy: set[Worker] = set()
        self.slow: set[Worker] = set()
        self._wanted = wanted
        self._most = most
        self._starting: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._users = 0
        self._unused = asyncio.Event()
        self.is_closing = False
        self._ended = False

    async def open(self) -> None:
        """Start the workers and wait for the first. Raises UnavailableError."""
        self.give_back(await self.take())

    def enter(self) -> None:
        """Keep the pool open, for somebody who asks or will, until ``leave``."""
        self._users += 1

    def leave(self) -> None:
        """Let the pool close where nobody else asks it."""
        self._users -= 1
        if self.is_closing and not self._users:
            self._unused.set()

    async def take(self) -> Worker:
        """Return an idle worker. Raises UnavailableError where none can be had."""
        if self._ended:
            raise UnavailableError(ENDED)
        if (worker := self.take_idle()) is not None:
            return worker
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._balance()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back(turn.result())
            raise

    def take_idle(self) -> Worker | None:
        """Return an idle worker, None where there is none."""
        while self.idle:
            worker = self.idle.pop()
            if worker.is_alive:
                self.busy.add(worker)
                return worker
            worker.stop()
            self._balance()
        return None

    def give_back(self, worker: Worker) -> None:
        """Take a worker back, or end it where it is of no more use."""
        of_use = worker.is_idle and worker.is_alive and not worker.is_tired
        self.busy.discard(worker)
        self.slow.discard(worker)
        if not of_use or self.is_closing or (worker.gave_way and self.source.is_quick):
            worker.stop()
            self._balance()
            return
        self._offer(worker, last=worker.gave_way)
        while len(self.idle) > max(self._most - len(self.busy), 0):
            self.idle.popleft().stop()
        if len(self.idle) + len(self.busy) < self._wanted:
            self._balance()

    def promote(self, worker: Worker) -> None:
        """Have another worker in the place of one that has run long."""
        if worker in self.busy:
            self.busy.discard(worker)
            self.slow.add(worker)
            self._balance()

    def want(self, workers: int) -> None:
        """Have so many workers from now on, idle or in the quick lane."""
        self._wanted = workers
        self._most = min(self._most, workers)
        while len(self.idle) > workers:
            self.idle.popleft().stop()
        self._balance()

    async def close(self) -> None:
        """End every worker once nobody uses the pool any more."""
        self.is_closing = True
        while self._users:
            self._unused.clear()
            await self._unused.wait()
        await self.end()

    async def end(self) -> None:
        """End every worker, used or not."""
        self.is_closing = self._ended = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        self._refuse(UnavailableError(ENDED))
        for worker in (*self.idle, *self.busy, *self.slow):
            worker.stop()
        self.idle.clear()
        await self.source.close()

    def _balance(self) -> None:
        """Start workers that are wanted and not there."""
        if self._ended or (self.is_closing and not self._users):
            return
        there = len(self.idle) + len(self.busy)
        missing = max(len(self._waiting), self._wanted - there) - len(self._starting)
        for _ in range(missing):
            task = asyncio.create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            worker = await self.source.start()
        except OsteoKGError as error:
            self._starting.discard(task)
            self._refuse(error)
            return
        self._starting.discard(task)  # before anybody counts again
        worker.ended.add_done_callback(lambda _status: self._lose(worker))
        self._offer(worker)

    def _offer(self, worker: Worker, *, last: bool = False) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self.busy.add(worker)
                turn.set_result(worker)
                return
        if last:
            self.idle.appendleft(worker)
        else:
            self.idle.append(worker)

    def _refuse(self, error: OsteoKGError) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)

    def _lose(self, worker: Worker) -> None:
        """Have another in place of an idle worker that ended."""
        if worker in self.idle:
            self.idle.remove(worker)
            asyncio.get_running_loop().call_later(0.1, self._balance)
