"""Versions: a dataset over time, one write after the other, each whole and valid or not at all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from osteokg.kg.builder import Builder
from osteokg.kg.drafting import ChangedGraphs, Draft
from osteokg.kg.errors import (
    BusyError,
    LimitError,
    NotFoundError,
    OsteoKGError,
    PreconditionError,
    UnavailableError,
)
from osteokg.kg.store import Store
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import DropGraph, KeptVersion, Update, Write, Written

__all__ = ["Shelf", "StoredVersions", "WritableStore"]

_WAITING = 16
"""So many writes may wait for the one before them."""


class WritableStore(Store, Protocol):
    """Say what a write would change, and go over to another version."""

    async def evaluate(self, write: Write, client: str = "") -> dict[str | None, bytes | None]:
        """Return the sorted N-Triples of every graph that a write would change, None: gone."""
        ...

    async def swap(self, snapshot: Snapshot) -> None:
        """Answer from another version; what is under way ends on the one before."""
        ...


class Shelf(Protocol):
    """Hold versions: make the next one durable as far as is promised, find the kept ones."""

    def stage(self) -> Path:
        """Return a new, empty folder for a draft."""
        ...

    def commit(self, draft: Draft, stage: Path) -> Snapshot:
        """Let a draft be the next version. Raises OSError, and then nothing has changed."""
        ...

    def kept(self) -> Sequence[KeptVersion]:
        """Return the kept versions, newest first."""
        ...

    def refuse(self, graphs: Iterable[str | None]) -> None:
        """Raise ReadOnlyError for a graph that is not written here, saying why."""
        ...

    def close(self) -> None:
        """Let go of the folder."""
        ...


class StoredVersions:
    """Implement Versions: a store that answers, a builder that drafts, a shelf that holds.

    While somebody holds ``unmoved`` no version is put on disk: what lies there can be read.
    """

    def __init__(self, store: WritableStore, builder: Builder, shelf: Shelf) -> None:
        """Put the three together; they agree on the current version."""
        self._store = store
        self._builder = builder
        self._shelf = shelf
        self._turn = asyncio.Lock()
        self.unmoved = asyncio.Lock()
        self._waiting = 0
        self._ahead: Snapshot | None = None
        self._warming: asyncio.Task[None] | None = None

    def warm(self) -> None:
        """Let the builder begin, so that the first write need not wait for it."""

        async def begin() -> None:
            with suppress(OsteoKGError):  # whoever writes is told
                await self._builder.warm()

        self._warming = asyncio.create_task(begin())

    @property
    def store(self) -> Store:
        """Return the store that answers for the current and the kept versions."""
        return self._store

    def kept(self) -> Sequence[KeptVersion]:
        """Return the versions that can be asked, newest first."""
        return self._shelf.kept()

    async def write(self, write: Write, if_match: Collection[str] | None = None) -> Written:
        """Make the next version: evaluate, draft, judge, make durable, swap.

        Besides what Versions names, UnavailableError where a version is on disk and the store
        does not answer from it yet: the message names it, the next write tries again.
        """
        if self._waiting >= _WAITING:
            raise BusyError(f"{_WAITING} writes wait already: try again later.", retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._next(write, if_match)
        finally:
            self._waiting -= 1

    async def _next(self, write: Write, if_match: Collection[str] | None) -> Written:
        await self._catch_up()
        current = self._store.version
        if if_match is not None and current not in if_match:
            raise PreconditionError(
                f"The current version is {current}, not the one the change was made for: read "
                "again what you are about to change."
            )
        if not isinstance(write, Update):
            self._shelf.refuse([write.graph])
        changes = await self._store.evaluate(write)
        self._shelf.refuse(changes)
        if not changes:
            if isinstance(write, DropGraph) and write.graph is not None:
                raise NotFoundError(f"There is no graph {write.graph}.")
            return Written(current, (), ())
        return await self._make(changes, current)

    async def _make(self, changes: ChangedGraphs, current: str) -> Written:
        stage = await asyncio.to_thread(self._shelf.stage)
        try:
            draft = await self._builder.draft(changes, stage)
            if draft.id == current:
                return Written(current, (), ())
            await _to_its_end(self._commit(draft, stage))
        finally:
            await asyncio.to_thread(partial(shutil.rmtree, stage, ignore_errors=True))
        changed = sorted(graph for graph in changes if graph is not None)
        return Written(draft.id, tuple(sorted(draft.created)), tuple(changed))

    async def _commit(self, draft: Draft, stage: Path) -> None:
        try:
            async with self.unmoved:
                self._ahead = await asyncio.to_thread(self._shelf.commit, draft, stage)
        except OSError as error:
            raise UnavailableError(
                f"The version could not be put on disk, and nothing has changed: {error.strerror}."
            ) from error
        with suppress(LimitError):  # a builder that fails is begun again with what is there now
            await self._builder.accept()
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Let the store answer from the last version that is on disk."""
        if self._ahead is not None:
            await self._store.swap(self._ahead)
            self._ahead = None

    async def close(self) -> None:
        """Let go of everything; what was acknowledged is on disk."""
        if self._warming is not None:
            self._warming.cancel()
        async with self._turn:
            await self._builder.close()
            await self._store.close()
            await asyncio.to_thread(self._shelf.close)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Wait for work that must not stop halfway, even where nobody waits for its outcome."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except OsteoKGError:
            break
    if cancelled is not None:
        raise cancelled
    task.result()
