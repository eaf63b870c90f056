"""The store: one interface to whatever answers queries, and the plainest thing behind it.

Everything above asks a Store: a pool of processes that a server can afford to let strangers ask,
a remote SPARQL endpoint, or, for one command of one user, this process.
"""

from __future__ import annotations

import asyncio
import traceback
from abc import abstractmethod
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import pyoxigraph as ox

from osteokg.kg.errors import GoneError
from osteokg.kg.results import Answer, Format, Query, evaluate

if TYPE_CHECKING:  # a store in another process is told a version's id and file, no more
    from osteokg.kg.version import Version

__all__ = ["Chunks", "InProcessStore", "PinnedStore", "Store", "StreamedAnswer", "whole"]


@dataclass(frozen=True)
class StreamedAnswer:
    """Hold an answer whose body is still on its way.

    ``chunks`` gives the body once and must be read to its end or closed (``aclose``), which lets
    go of what lies behind it. It raises an OsteoKGError where the body ends before its time: then
    what was read is not an answer. ``size`` is in bytes, None while it is not known. ``body`` is
    all that ``chunks`` would give where it is there already and nothing lies behind it.
    """

    format: Format
    version: str
    chunks: AsyncGenerator[bytes, None]
    size: int | None = None
    body: bytes | None = None


def whole(answer: Answer) -> StreamedAnswer:
    """Return an answer as one that is streamed, for whoever takes no other."""
    body = answer.body
    return StreamedAnswer(answer.format, answer.version, _Once(body), len(body), body)


class Chunks(AsyncGenerator[bytes, None]):
    """Give an answer's parts once; to close it, read or not, lets go of what lies behind."""

    @abstractmethod
    async def let_go(self) -> None:
        """Let go of what lies behind, once is enough."""

    async def athrow(
        self,
        kind: type[BaseException] | BaseException,
        _value: BaseException | object = None,
        _traceback: TracebackType | None = None,
    ) -> bytes:
        """Let go and raise what was thrown in; closing throws GeneratorExit."""
        await self.let_go()
        raise kind


class _Once(Chunks):
    """Give one part, once."""

    def __init__(self, part: bytes) -> None:
        self._left = [part] if part else []  # an empty part would be the end of others

    async def asend(self, _value: None) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()

    async def let_go(self) -> None:
        self._left.clear()


class Store(Protocol):
    """Answer queries against immutable versions: the current one and those that are kept.

    Cancelling a call ends the work behind it.
    """

    @property
    def version(self) -> str:
        """Return the id of the current version."""
        ...

    async def query(self, query: Query) -> Answer:
        """Answer a query whole, for answers that fit in memory: our own pages and tables.

        Raises QuerySyntaxError, QueryRefusedError, QueryNestingError, NotAcceptableError,
        GoneError for a version that is not kept, LimitError.
        """
        ...

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query of any size: an error before the first bytes is raised here."""
        ...

    async def close(self) -> None:
        """Let go of threads, processes and connections."""
        ...


class PinnedStore:
    """Ask one version of a store, whatever its current one is."""

    def __init__(self, store: Store, version: str) -> None:
        """Pin a store to a version; whether it is kept is known when something is asked."""
        self._store = store
        self._version = version

    @property
    def version(self) -> str:
        """Return the id of the version that answers."""
        return self._version

    async def query(self, query: Query) -> Answer:
        """Answer a query from this version."""
        return await self._store.query(replace(query, version=self._version))

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query of any size from this version."""
        return await self._store.stream(replace(query, version=self._version))

    async def close(self) -> None:
        """Do nothing: the store belongs to another."""


class InProcessStore:
    """Answer from pyoxigraph in this process, each query in a thread of a small pool.

    Nothing stops a query here: this is for a command whose user can end it.
    """

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
        if query.version not in (None, self._version):
            raise GoneError.of_version(query.version)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._pool, _evaluate, self._store, query)
        return Answer(answer.format, answer.body, self._version)

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query; the body is there at once."""
        return whole(await self.query(query))

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
