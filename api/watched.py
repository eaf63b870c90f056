"""A store that is watched: what came of each query, how long it took, and which were slow."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial

from osteokg.api.log import SLOW_QUERIES
from osteokg.api.metrics import Metrics
from osteokg.api.visits import visit_under_way
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.results import Answer, Query
from osteokg.kg.store import Chunks, Store, StreamedAnswer

__all__ = ["WatchedStore"]

_LONGEST_TEXT = 20_000


class WatchedStore:
    """Ask a store, and tell the metrics, the request's line in the log and the slow log of it."""

    def __init__(self, store: Store, metrics: Metrics, slow_seconds: float | None) -> None:
        """Watch a store; with ``slow_seconds`` log the text of what takes longer."""
        self._store = store
        self._metrics = metrics
        self._slow_seconds = slow_seconds
        self._log = logging.getLogger(SLOW_QUERIES)

    @property
    def version(self) -> str:
        """Return the id of the version that answers."""
        return self._store.version

    async def query(self, query: Query) -> Answer:
        """Answer a query whole."""
        begun = time.perf_counter()
        try:
            answer = await self._store.query(query)
        except BaseException as error:
            self.tell(query, outcome_of(error), time.perf_counter() - begun, "")
            raise
        self.tell(query, "answered", time.perf_counter() - begun, answer.version)
        return answer

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query; what comes of it is known when its body has ended."""
        begun = time.perf_counter()
        try:
            answer = await self._store.stream(query)
        except BaseException as error:
            self.tell(query, outcome_of(error), time.perf_counter() - begun, "")
            raise
        seconds = time.perf_counter() - begun  # from here on the time is the reader's
        if answer.body is not None:
            self.tell(query, "answered", seconds, answer.version)
            return answer
        told = partial(self.tell, query, seconds=seconds, version=answer.version)
        chunks = _WatchedChunks(answer.chunks, told)
        return StreamedAnswer(answer.format, answer.version, chunks, answer.size)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    def tell(self, query: Query, outcome: str, seconds: float, version: str) -> None:
        """Tell whoever wants to know what came of a query."""
        self._metrics.asked("client" if query.client else "page", outcome, seconds)
        visit = visit_under_way.get()
        if visit is not None:
            visit.version = version or visit.version
            if outcome != "answered":
                visit.outcome = outcome
        if self._slow_seconds is not None and seconds >= self._slow_seconds:
            said = {
                "request": visit.id if visit else "",
                "ms": round(seconds * 1000, 2),
                "outcome": outcome,
                "client": query.client,
                "version": version,
                "query": query.text[:_LONGEST_TEXT],
            }
            self._log.info("slow query", extra={"said": said})


class _WatchedChunks(Chunks):
    """Pass on the chunks of an answer; tell once how they ended."""

    def __init__(self, chunks: AsyncGenerator[bytes, None], tell: Callable[[str], None]) -> None:
        self._chunks = chunks
        self._tell: Callable[[str], None] | None = tell

    def _ends(self, outcome: str) -> None:
        if self._tell is not None:
            self._tell(outcome)
            self._tell = None

    async def asend(self, _value: None) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            self._ends("answered")
            raise
        except BaseException as error:
            self._ends(outcome_of(error))
            raise

    async def let_go(self) -> None:
        """Let go of the answer; if it has not ended, its reader has left."""
        self._ends("left")
        await self._chunks.aclose()


def outcome_of(error: BaseException) -> str:
    """Return one word, or two, for what came of a query, e.g. ``query syntax``."""
    if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        return "left"
    if isinstance(error, OsteoKGError):
        name = type(error).__name__.removesuffix("Error")
        return " ".join(re.findall(r"[A-Z][a-z]+", name)).lower()
    return "failed"
