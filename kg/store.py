"""The store: one interface to whatever answers queries, and the embedded one behind it.

Everything above asks a Store. Today the embedded engine answers in a thread beside the event
loop; worker processes and a remote SPARQL endpoint fit behind the same three methods.
"""

from __future__ import annotations

import asyncio
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pyoxigraph as ox

from osteokg.kg.results import Answer, Query, evaluate
from osteokg.kg.version import Version

__all__ = ["EmbeddedStore", "Store"]


class Store(Protocol):
    """Answer queries against one immutable version at a time."""

    @property
    def version(self) -> str:
        """Return the id of the version that answers."""
        ...

    async def query(self, query: Query) -> Answer:
        """Answer a query without blocking the event loop.

        Raises QuerySyntaxError, QueryRefusedError, NotAcceptableError.
        """
        ...

    async def close(self) -> None:
        """Let go of threads, processes and connections."""
        ...


class EmbeddedStore:
    """Answer from pyoxigraph in memory, each query in a thread of a small pool."""

    def __init__(self, version: Version, threads: int = 4) -> None:
        """Serve a version with at most ``threads`` queries at once; more wait their turn."""
        self._version = version.id
        self._store: ox.Store = version.store
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="query")

    @property
    def version(self) -> str:
        """Return the id of the version that answers."""
        return self._version

    async def query(self, query: Query) -> Answer:
        """Answer a query without blocking the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _evaluate, self._store, query)

    async def close(self) -> None:
        """Stop taking queries; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _evaluate(store: ox.Store, query: Query) -> Answer:
    """Evaluate a query; leave nothing of the engine in the traceback of an error.

    The engine's results must be let go in the thread that made them (they leak otherwise), and an
    error takes the frames that hold them to the event loop's.
    """
    try:
        return evaluate(store, query)
    except Exception as error:
        link: BaseException | None = error
        while link is not None:
            traceback.clear_frames(link.__traceback__)
            link = link.__context__
        raise
