"""Lanes: who runs next, who has run long, and who has to stop for others.

Every query begins in the quick lane, whatever it says. One that has run for a moment moves to the
slow lane and frees its place. When the slow lane is full, the client who has taken most time of it
loses the query that has run longest.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from osteokg.kg.errors import BusyError
from osteokg.kg.worker.limits import Limits

__all__ = ["Lanes", "Ledger", "Place"]

_HALF_LIFE = 60.0
_TRY_AGAIN = 5
_FORGOTTEN = 0.001
_STOPPED = (
    "The query was stopped: more long queries run than there are places for, and no client has "
    "taken more time than you. Ask again later, or for less at once."
)


class Ledger:
    """Keep what time each client has taken, in seconds; half of it is forgotten in a minute."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._taken: dict[str, tuple[float, float]] = {}  # seconds, and when that was right

    def add(self, client: str, seconds: float, now: float) -> None:
        """Note time that a client's query has taken."""
        self._taken[client] = (self.taken(client, now) + seconds, now)
        if len(self._taken) > 1000:
            self._taken = {
                one: noted
                for one, noted in self._taken.items()
                if self.taken(one, now) > _FORGOTTEN
            }

    def taken(self, client: str, now: float) -> float:
        """Return what is remembered of a client."""
        seconds, when = self._taken.get(client, (0.0, now))
        return seconds * math.pow(0.5, (now - when) / _HALF_LIFE)


@dataclass(eq=False)
class Place:
    """Hold one query's place: since when, in which lane, and how to stop it."""

    client: str
    since: float
    slow: bool = False
    stop: Callable[[BusyError], None] = field(default=lambda _reason: None)


class Lanes:
    """Give out places in the quick lane, each client in turn, and move long queries over."""

    def __init__(self, limits: Limits) -> None:
        """Begin with every place free."""
        self.quick: set[Place] = set()
        self.slow: set[Place] = set()
        self.promoted = 0
        self._limits = limits
        self._ledger = Ledger()
        self._waiting: OrderedDict[str, deque[asyncio.Future[Place]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Return how many wait for a place."""
        return sum(map(len, self._waiting.values()))

    async def enter(self, client: str) -> Place:
        """Return a place in the quick lane. Raises BusyError where too many wait, or too long."""
        if len(self.quick) >= self._limits.quick_slots or self._waiting:
            if self.waiting >= self._limits.waiting:
                raise BusyError("Too many queries are waiting already.", _TRY_AGAIN)
            return await self._turn(client)
        return self._place(client)

    def promote(self, place: Place) -> None:
        """Move a place to the slow lane; stop a query there if none is free."""
        if place not in self.quick:
            return
        self.quick.discard(place)
        self.slow.add(place)
        place.slow = True
        self.promoted += 1
        while len(self.slow) > self._limits.slow_slots:
            last = self._to_stop()
            self._leave(last)
            last.stop(BusyError(_STOPPED, _TRY_AGAIN))
        self._call()

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._leave(place)
        self._call()

    def _leave(self, place: Place) -> None:
        if place in self.quick or place in self.slow:
            self.quick.discard(place)
            self.slow.discard(place)
            now = self._now()
            if place.client:  # our own pages are asked for by many
                self._ledger.add(place.client, now - place.since, now)

    def _to_stop(self) -> Place:
        now = self._now()
        taken: dict[str, float] = {}
        for place in self.slow:
            before = taken.get(place.client, self._ledger.taken(place.client, now))
            taken[place.client] = before + now - place.since
        return max(self.slow, key=lambda place: (taken[place.client], now - place.since))

    async def _turn(self, client: str) -> Place:
        """Wait until it is this client's turn."""
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            async with asyncio.timeout(self._limits.waiting_seconds):
                return await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.leave(turn.result())  # it was called at the moment it left
            if isinstance(error, asyncio.CancelledError):
                raise
            raise BusyError("No place has become free in time.", _TRY_AGAIN) from error
        finally:
            queue = self._waiting.get(client, deque())
            if turn in queue:
                queue.remove(turn)
                if not queue:
                    del self._waiting[client]

    def _call(self) -> None:
        """Call whose turn it is: of each client one, then of each the next."""
        while self._waiting and len(self.quick) < self._limits.quick_slots:
            client, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[client] = queue
            if not turn.done():
                turn.set_result(self._place(client))

    def _place(self, client: str) -> Place:
        place = Place(client, self._now())
        self.quick.add(place)
        return place

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
