"""The cache: a store that keeps answers, and evaluates at once only one of many equal queries."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeAlias

from osteokg.kg.errors import BusyError, OsteoKGError
from osteokg.kg.results import Answer, Query
from osteokg.kg.sparql import is_repeatable
from osteokg.kg.store import Chunks, Store, StreamedAnswer, whole

__all__ = ["CacheStatus", "CachedStore"]

_OVERHEAD = 2600
"""Bytes that an entry takes besides its answer's body, at most."""

_LONG = 500
"""A query of more signs is known again by its digest, a shorter one by what it says."""

_KNOWN_LARGE = 1000
"""So many queries are remembered whose answers are too large to be kept."""


Key: TypeAlias = tuple[object, ...] | bytes


@dataclass
class CacheStatus:
    """Hold what is told of a cache: what it holds, and what became of the queries.

    A query was a ``hit``, or ``shared`` the evaluation of an equal one under way, or was a
    ``miss`` and evaluated, or ``passed`` by, because its answer may differ each time, is too
    large, or belongs to no version that is known and current.
    """

    capacity: int
    bytes: int = 0
    entries: int = 0
    hits: int = 0
    shared: int = 0
    misses: int = 0
    passed: int = 0
    evicted: int = 0


class _Flight:
    """Hold one evaluation, which is done by who asked first, and those who wait for its outcome."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._waiting: list[asyncio.Future[_Outcome]] = []

    async def landed(self) -> _Outcome:
        """Return what comes of it, None where who asked first has left or keeps it to himself."""
        turn: asyncio.Future[_Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return await turn

    def land(self, outcome: _Outcome) -> None:
        """Tell all who wait."""
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(outcome)


_Outcome: TypeAlias = "Answer | OsteoKGError | None"


class CachedStore:
    """Wrap a store; keep answers of its current version, bounded in bytes, least asked out first.

    Errors are not kept. Where who asked first stops waiting, one of the others asks anew.
    """

    def __init__(self, store: Store, capacity: int, largest: int) -> None:
        """Keep ``capacity`` bytes of answers, none of more than ``largest`` bytes."""
        self._store = store
        self._largest = min(largest, capacity - _OVERHEAD)
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._kept_of = store.version
        self._large: OrderedDict[Key, None] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}
        self._status = CacheStatus(capacity)

    @property
    def version(self) -> str:
        """Return the id of the current version."""
        return self._store.version

    def status(self) -> CacheStatus:
        """Return what the cache holds and what became of the queries."""
        return self._status

    async def query(self, query: Query) -> Answer:
        """Answer a query whole."""
        key = self._key_of(query)
        got = None if key is None else self._take(key) or await self._share(key, query)
        if isinstance(got, Answer):
            return got
        if got is not None:
            await got.chunks.aclose()
        # How large an answer may be that is held whole, the store knows.
        return await self._store.query(query)

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query of any size."""
        key = self._key_of(query)
        got = None if key is None else self._take(key) or await self._share(key, query)
        if got is None:
            return await self._store.stream(query)
        if isinstance(got, StreamedAnswer):
            return got
        return whole(got)

    async def close(self) -> None:
        """Forget everything and close the store."""
        self._forget()
        await self._store.close()

    def _key_of(self, query: Query) -> Key | None:
        """Return what a query is known by again; None for one that is passed by."""
        version = self._store.version
        if version != self._kept_of:
            self._forget()
            self._kept_of = version
        if version and query.version in (None, version) and is_repeatable(query.text):
            key = _key(query, version)
            if key not in self._large:
                return key
        self._status.passed += 1
        return None

    def _take(self, key: Key) -> Answer | None:
        """Return an answer that was kept."""
        answer = self._kept.get(key)
        if answer is not None:
            self._kept.move_to_end(key)
            self._status.hits += 1
        return answer

    async def _share(self, key: Key, query: Query) -> Answer | StreamedAnswer | None:
        """Return an answer, whole or as it comes, which who is evaluating it already may share.

        None where the store is to be asked. Where another client's query had to make way, that
        is not this client's fault: it is evaluated again, for this one.
        """
        version = self._kept_of
        while (flight := self._flights.get(key)) is not None:
            self._status.shared += 1
            outcome = await flight.landed()
            if isinstance(outcome, Answer):
                return outcome
            if key in self._large:
                return None
            if outcome and not (isinstance(outcome, BusyError) and flight.client != query.client):
                try:
                    raise outcome
                finally:
                    del outcome  # it holds this frame
        self._status.misses += 1
        flight = self._flights[key] = _Flight(query.client)
        outcome = None
        try:
            got = await self._evaluate(key, query, version)
            outcome = got if isinstance(got, Answer) else None
        except OsteoKGError as error:
            outcome = error
            raise
        finally:
            del self._flights[key]
            flight.land(outcome)
            del outcome  # an error holds this frame, and with it all of the request
        return got

    async def _evaluate(self, key: Key, query: Query, version: str) -> Answer | StreamedAnswer:
        """Return an answer, kept if it is not too large, else as it comes."""
        streamed = await self._store.stream(query)
        if streamed.body is not None and len(streamed.body) <= self._largest:
            return self._keep(key, streamed, streamed.body, version)
        parts: list[bytes] = []
        room = self._largest if (streamed.size or 0) <= self._largest else -1
        try:
            while room >= 0:
                parts.append(await anext(streamed.chunks))
                room -= len(parts[-1])
        except StopAsyncIteration:
            return self._keep(key, streamed, b"".join(parts), version)
        except BaseException:
            await streamed.chunks.aclose()
            raise
        self._remember_large(key)
        chunks = _Chunks(parts, streamed.chunks)
        return StreamedAnswer(streamed.format, streamed.version, chunks, streamed.size)

    def _keep(self, key: Key, streamed: StreamedAnswer, body: bytes, version: str) -> Answer:
        """Return an answer whole; keep it where it is of the version that was and is current."""
        answer = Answer(streamed.format, body, streamed.version)
        if version == answer.version == self._store.version:
            status = self._status
            self._kept[key] = answer
            status.bytes += len(body) + _OVERHEAD
            while status.bytes > status.capacity:
                _, oldest = self._kept.popitem(last=False)
                status.bytes -= len(oldest.body) + _OVERHEAD
                status.evicted += 1
            status.entries = len(self._kept)
        return answer

    def _remember_large(self, key: Key) -> None:
        self._large[key] = None
        if len(self._large) > _KNOWN_LARGE:
            self._large.popitem(last=False)

    def _forget(self) -> None:
        self._kept.clear()
        self._large.clear()
        self._status.bytes = self._status.entries = 0


def _key(query: Query, version: str) -> Key:
    """Return what tells a query from every other: all that its answer depends on."""
    told = (
        version,
        query.text,
        query.default_graphs,
        query.named_graphs,
        query.base,
        query.rows,
        query.graph,
    )
    if len(query.text) + sum(map(len, query.default_graphs + query.named_graphs)) <= _LONG:
        return told
    formats = [format_ and format_.name for format_ in (query.rows, query.graph)]
    return hashlib.sha256(repr((*told[:5], formats)).encode()).digest()


class _Chunks(Chunks):
    """Give parts that are there, then what is still to come; closing closes that."""

    def __init__(self, parts: list[bytes], rest: AsyncGenerator[bytes, None] | None = None) -> None:
        self._parts = parts[::-1]
        self._rest = rest

    async def asend(self, _value: None) -> bytes:
        if self._parts:
            return self._parts.pop()
        if self._rest is None:
            raise StopAsyncIteration
        return await anext(self._rest)

    async def let_go(self) -> None:
        self._parts.clear()
        if self._rest is not None:
            await self._rest.aclose()
