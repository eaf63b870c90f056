"""What the first reader of a version would wait for, made before there is one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from osteokg.api.synthesis.kinds import KINDS
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.filters import askable_of
from osteokg.kg.kept import Kept
from osteokg.kg.service import counts_of
from osteokg.kg.store import PinnedStore, Store
from osteokg.kg.synthesis import Selection, offered
from osteokg.kg.terms import ontology_of

__all__ = ["Preparation"]

_READ: Iterable[tuple[str, Callable[[Store], Awaitable[Any]]]] = (
    ("counts", counts_of),
    ("askable", askable_of),
    ("ontology", ontology_of),
    ("offered", offered),
)


class Preparation:
    """Make, in the background, what all readers of the current version have in common.

    One query at a time, so that whoever asks meanwhile finds a worker; what a reader asks for
    first is made once for both. These queries are nobody's: neither metrics nor cache know them.
    """

    def __init__(self, engine: Store) -> None:
        """Prepare what an engine serves."""
        self._engine = engine
        self.under_way: asyncio.Task[None] | None = None

    def begin(self, kept: Kept) -> None:
        """Begin with a version, and give up the one before."""
        if self.under_way is not None:
            self.under_way.cancel()
        quiet = kept.through(PinnedStore(self._engine, kept.store.version))
        self.under_way = asyncio.create_task(self._make(quiet))

    async def end(self) -> None:
        """Give up what is not made yet."""
        if self.under_way is not None:
            self.under_way.cancel()
            with suppress(asyncio.CancelledError):
                await self.under_way

    async def _make(self, kept: Kept) -> None:
        try:
            for name, make in _READ:
                await kept.of(name, make)
            for kind in KINDS.values():
                await kind.run(kept, Selection(), slice(kind.at_once))
        except OsteoKGError as error:
            # Whoever asks for it is told, too: here it has only come to nothing.
            logging.getLogger("osteokg").info("not prepared: %s", error)
