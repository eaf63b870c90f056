"""Lanes: who runs next, who has run long, and who has to stop for others.

Every query begins in the quick lane, whatever it says. One that has run for a moment moves to the
slow lane and frees its place. When both are full and somebody waits, a long query is stopped: of
the client who has taken most time the one that has run longest. So many long queries at once are
no offence; to hold up those who have taken less is.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from osteokg.kg.errors import BusyError
from osteokg.kg.results import BACKGROUND
from osteokg.kg.worker.limits import Limits

__all__ = ["Lanes", "Ledger", "Place"]

_HALF_LIFE = 60.0
_FORGOTTEN = 0.001
_MUCH_MORE = 1.0
"""Who has taken twice as much as another, and so many seconds more, makes way for that one."""
_LOOK_AGAIN = 0.05
_TRY_AGAIN = 5
_STOPPED = (
    "The query was stopped: others wait, all places are taken by long queries, and nobody has "
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
    """Hold one query's place: whose, since when, whether it has run long, and how to stop it."""

    client: str
    since: float
    is_long: bool = False
    stop: Callable[[BusyError], None] = field(default=lambda _reason: None)


_Turn: TypeAlias = tuple["asyncio.Future[Place]", Callable[[Place], None]]


class Lanes:
    """Give out places in the quick lane, each client in turn, and move long queries over."""

    def __init__(self, limits: Limits) -> None:
        """Begin with every place free."""
        self.quick: set[Place] = set()
        self.slow: set[Place] = set()
        self.promoted = 0
        self._limits = limits
        self._ledger = Ledger()
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()
        self._looking: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Return how many wait for a place."""
        return sum(map(len, self._waiting.values()))

    @property
    def are_quiet(self) -> bool:
        """Return whether one query has a place, and nothing else is to be done."""
        return len(self.quick) == 1 and not self.slow and not self._waiting

    async def enter(
        self, client: str, begin: Callable[[Place], None] = lambda _place: None
    ) -> Place:
        """Return a place in the quick lane. Raises BusyError where too many wait, or too long.

        ``begin`` is called with the place at the moment it is free, before whoever waits for it
        hears of that: a worker would have nothing to do until then. What is asked in the
        background never waits: those who would rather ask now go first.
        """
        if len(self.quick) >= self._limits.quick_slots or self._waiting:
            if client == BACKGROUND:
                raise BusyError("No place is free for what nobody waits for.", 1)
            if self.waiting >= self._limits.waiting:
                raise BusyError("Too many queries are waiting already.", _TRY_AGAIN)
            return await self._turn(client, begin)
        place = self._place(client)
        begin(place)
        return place

    def promote(self, place: Place) -> None:
        """Move a place to the slow lane, as soon as one is free there."""
        if place in self.quick:
            place.is_long = True
            self._arrange()

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._end(place)
        if self._waiting or self.quick:
            self._arrange()

    async def _turn(self, client: str, begin: Callable[[Place], None]) -> Place:
        """Wait until it is this client's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Place] = loop.create_future()
        mine = (turn, begin)
        self._waiting.setdefault(client, deque()).append(mine)
        self._arrange()
        late = loop.call_later(self._limits.waiting_seconds, _give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(turn.result())  # it was called at the moment it left
            raise
        finally:
            late.cancel()
            queue = self._waiting.get(client)
            if queue and mine in queue:
                queue.remove(mine)
                if not queue:
                    del self._waiting[client]

    def _arrange(self) -> None:
        """Move long queries over, call whose turn it is, and make room for them if need be."""
        self._move()
        self._call()
        while self._waiting and any(place.is_long for place in self.quick):
            found = ((client, self._to_stop(client)) for client in self._waiting)
            client, last = next(((one, last) for one, last in found if last), (None, None))
            if client is None or last is None:
                self._look_again()
                return
            self._end(last)
            last.stop(BusyError(_STOPPED, _TRY_AGAIN))
            self._move()
            self._waiting.move_to_end(client, last=False)
            self._call()

    def _move(self) -> None:
        if not any(place.is_long for place in self.quick):
            return
        long = sorted((one for one in self.quick if one.is_long), key=lambda one: one.since)
        for place in long[: self._limits.slow_slots - len(self.slow)]:
            self.quick.discard(place)
            self.slow.add(place)
            self.promoted += 1

    def _call(self) -> None:
        """Call those who wait: of each client one, then of each the next."""
        while self._waiting and len(self.quick) < self._limits.quick_slots:
            client, queue = self._waiting.popitem(last=False)
            turn, begin = queue.popleft()
            if queue:
                self._waiting[client] = queue
            if not turn.done():
                place = self._place(client)
                turn.set_result(place)
                begin(place)

    def _to_stop(self, client: str) -> Place | None:
        """Return the long query that makes way for a client who waits, None if none has to.

        For one of his own it has to when it has had half of its time.
        """
        now = self._now()
        taken = {client: self._ledger.taken(client, now)}
        for place in self.quick | self.slow:
            before = taken.get(place.client, self._ledger.taken(place.client, now))
            taken[place.client] = before + now - place.since
        if BACKGROUND in taken:
            taken[BACKGROUND] = math.inf
        long = [place for place in self.quick | self.slow if place.is_long]
        last = max(long, key=lambda place: (taken[place.client], now - place.since))
        if last.client == client:
            return last if now - last.since > self._limits.seconds / 2 else None
        return last if taken[last.client] > 2 * taken[client] + _MUCH_MORE else None

    def _look_again(self) -> None:
        """Look soon whether somebody has taken too much by then."""
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(_LOOK_AGAIN, self._look)

    def _look(self) -> None:
        self._looking = None
        self._arrange()

    def _place(self, client: str) -> Place:
        place = Place(client, self._now())
        self.quick.add(place)
        return place

    def _end(self, place: Place) -> None:
        if place in self.quick or place in self.slow:
            self.quick.discard(place)
            self.slow.discard(place)
            if place.client:  # our own pages are asked for by many
                now = self._now()
                self._ledger.add(place.client, now - place.since, now)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _give_up(turn: asyncio.Future[Place]) -> None:
    if not turn.done():
        turn.set_exception(BusyError("No place has become free in time.", _TRY_AGAIN))
