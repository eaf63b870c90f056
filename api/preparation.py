"""What the first reader of a version would wait for, made before there is one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from osteokg.api.synthesis.kinds import KINDS
from osteokg.kg.errors import BusyError, OsteoKGError
from osteokg.kg.filters import askable_of
from osteokg.kg.kept import Kept
from osteokg.kg.results import BACKGROUND, Answer, Query
from osteokg.kg.service import counts_of
from osteokg.kg.store import PinnedStore, Store, StreamedAnswer
from osteokg.kg.synthesis import Selection, offered
from osteokg.kg.terms import ontology_of

__all__ = ["Preparation"]

_log = logging.getLogger("osteokg")

_Work: TypeAlias = Callable[[], Awaitable[Any]]

_READ: Iterable[tuple[str, Callable[[Store], Awaitable[Any]]]] = (
    ("counts", counts_of),
    ("askable", askable_of),
    ("ontology", ontology_of),
    ("offered", offered),
)


class Preparation:
    """Make, in the background, what all readers of the current version have in common.

    One query at a time, and only where a place is free, so that nobody who asks meanwhile waits
    for it or makes way; what a reader asks for first is made once for both. These queries are
    nobody's: neither metrics nor cache know them.
    """

    def __init__(self, engine: Store, pause: float = 1.0) -> None:
        """Prepare what an engine serves; look again after ``pause`` seconds where it is busy."""
        self._engine = engine
        self._pause = pause
        self.under_way: asyncio.Task[None] | None = None

    def begin(self, kept: Kept) -> None:
        """Begin with a version, and give up the one before."""
        if self.under_way is not None:
            self.under_way.cancel()
        quiet = kept.through(_InBackground(PinnedStore(self._engine, kept.store.version)))
        self.under_way = asyncio.create_task(self._make(quiet))

    async def end(self) -> None:
        """Give up what is not made yet."""
        if self.under_way is not None:
            self.under_way.cancel()
            with suppress(asyncio.CancelledError):
                await self.under_way

    async def _make(self, kept: Kept) -> None:
        works: list[_Work] = [partial(kept.of, name, make) for name, make in _READ]
        for kind in KINDS.values():
            works.append(partial(kind.run, kept, Selection(), slice(kind.at_once)))
        try:
            for work in works:
                await self._finish(work)
        except OsteoKGError as error:
            # Whoever asks for it is told, too: here it has only come to nothing.
            _log.info("not prepared: %s", error)
        except Exception:  # noqa: BLE001 - told now, it does not meet the service's end
            _log.exception("not prepared")

    async def _finish(self, work: _Work) -> None:
        while True:
            try:
                await work()
            except BusyError:  # those who ask now need every place
                await asyncio.sleep(self._pause)
            else:
                return


class _InBackground:
    """Ask a store for what nobody waits for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def version(self) -> str:
        return self._store.version

    async def query(self, query: Query) -> Answer:
        return await self._store.query(replace(query, client=BACKGROUND))

    async def stream(self, query: Query) -> StreamedAnswer:
        return await self._store.stream(replace(query, client=BACKGROUND))

    async def close(self) -> None:
        """Do nothing: the store belongs to another."""
