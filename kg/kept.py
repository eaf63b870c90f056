"""What is kept of one version of the data: made once, then the same for every reader."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from osteokg.kg.errors import BusyError
from osteokg.kg.store import Store

__all__ = ["Kept"]

Thing = TypeVar("Thing")


class Kept:
    """Keep what is made of the version that a store answers from.

    It is to be one version: a store that goes on to another needs another one of these.
    """

    def __init__(self, store: Store, things: dict[str, asyncio.Future[Any]] | None = None) -> None:
        """Begin with nothing, or with what another of these keeps, and in common with it."""
        self.store = store
        self._things: dict[str, asyncio.Future[Any]] = {} if things is None else things

    def through(self, store: Store) -> Kept:
        """Return the same of the same version, what is missing asked of another store."""
        return Kept(store, self._things)

    async def of(self, name: str, make: Callable[[Store], Awaitable[Thing]]) -> Thing:
        """Return what is made of the store, under a name, and made once.

        Readers who come while it is made wait for the same work; what failed is made again. Where
        the work of another had to make way, a reader does it himself.
        """
        while True:
            made = self._things.get(name)
            is_mine = made is None
            if made is None:
                made = self._things[name] = asyncio.ensure_future(make(self.store))
                made.add_done_callback(_note)  # whoever waited for it may have gone
            try:
                thing: Thing = await asyncio.shield(made)
            except Exception as error:
                if self._things.get(name) is made:
                    del self._things[name]
                # The error holds this frame: with the work in it, which holds the error, both and
                # all that is kept would stay until somebody looks for circles.
                del made
                if is_mine or not isinstance(error, BusyError):
                    raise
            else:
                return thing


def _note(made: asyncio.Future[Any]) -> None:
    if not made.cancelled():
        made.exception()
