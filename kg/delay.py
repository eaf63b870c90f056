"""Delays: calls most of which are called off before they are due, with few timers.

A timer of the event loop for each would take a good part of the time of a short query.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["Alarm", "Delay", "Delayed"]


def _nothing() -> None:
    """Do nothing."""


class Delayed:
    """Hold a call that is not due yet."""

    __slots__ = ("callback", "when")

    def __init__(self, callback: Callable[[], object], when: float) -> None:
        """Call something at a time of the event loop."""
        self.callback: Callable[[], object] | None = callback
        self.when = when

    def cancel(self) -> None:
        """Call it off; what is over already stays so."""
        self.callback = None


class Delay:
    """Call things after so many seconds each, in the event loop of whoever asks.

    What is due first was asked for first, so one timer does for all. One loop after the other
    may ask, not several at a time.
    """

    def __init__(self, seconds: float) -> None:
        """Begin with nothing to call."""
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[Delayed] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def call(self, callback: Callable[[], object]) -> Delayed:
        """Call something later, unless it is called off."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the one before has ended, and with it what waited there
            self._loop, self._timer = loop, None
            self._waiting = deque()
        one = Delayed(callback, loop.time() + self._seconds)
        self._waiting.append(one)
        if self._timer is None:
            self._timer = loop.call_at(one.when, self._call, loop, self._waiting)
        return one

    def _call(self, loop: asyncio.AbstractEventLoop, waiting: deque[Delayed]) -> None:
        """Call what is due, and set the timer for what is not."""
        now = loop.time()
        try:
            while waiting and (waiting[0].callback is None or waiting[0].when <= now):
                callback = waiting.popleft().callback
                if callback is not None:
                    callback()
        finally:  # a call that fails holds up no other
            if waiting is self._waiting:
                self._timer = None
                if waiting:
                    self._timer = loop.call_at(waiting[0].when, self._call, loop, waiting)


class Alarm:
    """Call something when a time is over that is set again and again.

    The timer stays as it is when the time is put off or stopped: it rings early then, and is set
    for what is left.
    """

    def __init__(self, callback: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
        """Begin without a time."""
        self._callback = callback
        self._loop = loop
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Call after so many seconds from now, and not when it was to be before."""
        self._due = self._loop.time() + seconds
        if self._timer is not None and self._due < self._timer.when():
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._ring)

    def stop(self) -> None:
        """Call nothing until it is set again."""
        self._due = None

    def let_go(self) -> None:
        """Call nothing any more: what was to be called is forgotten, and no timer left."""
        self._callback = _nothing
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._ring)
        else:
            self._due = None
            self._callback()
