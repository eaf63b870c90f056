"""Judging: what would be wrong if a document were part of the data; nothing is stored.

In a process of its own, for a document of a stranger may take it down.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from osteokg.kg.builder import Beginning, Builder, BuilderLimits
from osteokg.kg.errors import BusyError
from osteokg.kg.payloads import Payload
from osteokg.kg.problems import Problem

__all__ = ["Judge"]

_WAITING = 8
"""So many documents may wait for the one before them."""

_IDLE = 600.0
"""Seconds after which a process that nobody needs ends."""


class Judge:
    """Judge documents against the current version, one at a time."""

    def __init__(
        self,
        beginning: Callable[[], Beginning],
        version: Callable[[], str],
        limits: BuilderLimits,
        unmoved: AbstractAsyncContextManager[object] | None = None,
        idle: float = _IDLE,
    ) -> None:
        """Prepare; ``beginning`` gives the dataset, ``version`` tells which it is by now.

        The dataset is read while nothing is written to it, which ``unmoved`` sees to.
        """
        self._builder = Builder(beginning, limits)
        self._version = version
        self._unmoved = unmoved or nullcontext()
        self._idle = idle
        self._judged_by = ""
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._rest: asyncio.Task[None] | None = None

    async def judge(self, document: Payload, graph: str | None = None) -> list[Problem]:
        """Return the problems of a document as the graph of a study, named or its own.

        Raises RequestError for a graph that is none of a study's, LimitError.
        """
        if self._waiting >= _WAITING:
            raise BusyError(f"{_WAITING} documents wait already: try again later.", retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                if self._judged_by != self._version():
                    await self._builder.close()
                    self._judged_by = self._version()
                async with self._unmoved:
                    await self._builder.warm()
                with tempfile.TemporaryDirectory(prefix="osteokg-") as folder:
                    return await self._builder.judge(document, graph, Path(folder))
        finally:
            self._waiting -= 1
            if self._rest is not None:
                self._rest.cancel()
            self._rest = asyncio.create_task(self._end_when_idle())

    async def _end_when_idle(self) -> None:
        await asyncio.sleep(self._idle)
        async with self._turn:
            await self._builder.close()

    async def close(self) -> None:
        """End the process."""
        if self._rest is not None:
            self._rest.cancel()
        await self._builder.close()
