"""The store that strangers may ask: each query in a process that can be ended at any moment."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from osteokg.kg.delay import Delay
from osteokg.kg.engine.errand import Errand
from osteokg.kg.engine.lanes import Lanes
from osteokg.kg.engine.loaders import Forked
from osteokg.kg.engine.pool import ENDED, Pool
from osteokg.kg.engine.processes import Source, Spawned
from osteokg.kg.engine.spool import Space, Spooled, SpooledChunks
from osteokg.kg.errors import (
    EngineError,
    GoneError,
    LimitError,
    SizeLimitError,
    UnavailableError,
)
from osteokg.kg.results import BACKGROUND, Answer, Format, Query
from osteokg.kg.store import StreamedAnswer, whole
from osteokg.kg.worker.confinement import LIMITS_MEMORY
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.messages import Kind, decode, framed
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import Write

__all__ = ["WORKERS", "EngineStatus", "ProcessStore", "Workers"]

Workers = Literal["fork", "spawn"]
WORKERS: tuple[Workers, ...] = get_args(Workers)
"""How the processes that answer can be made."""

_SMALL = 1 << 16
"""An answer of so many bytes is handed over as it is, not through the spool."""


def _nothing() -> None:
    """Let go of nothing more."""


@dataclass(frozen=True)
class EngineStatus:
    """Hold the engine's figures at one moment; counts are since the start.

    ``stopped`` counts requests that ended in an error of the engine's, by the error's name;
    ``at_work`` are the process ids of workers that run something.
    ``isolated`` says whether workers are without network, ``memory_limited`` whether the system
    keeps them to ``memory`` bytes.
    """

    workers: int
    idle: int
    quick: int
    slow: int
    waiting: int
    promoted: int
    restarts: int
    stopped: dict[str, int]
    spool_memory: int
    spool_disk: int
    loaded: tuple[str, ...]
    at_work: tuple[int, ...]
    isolated: bool
    memory: int
    memory_limited: bool


class ProcessStore:
    """Answer from processes of their own, of the current version and of those kept.

    Nothing that is asked can stop this process: workers read queries too. Cancelling a call, or
    closing its answer's chunks, ends the worker behind it and frees its place at once.
    """

    def __init__(
        self, limits: Limits, workers: Workers, kept: Callable[[str], Snapshot | None]
    ) -> None:
        """Prepare a store; ``start`` gives one that answers."""
        self.limits = limits
        self._workers = workers
        self._snapshot_of = kept
        self._lanes = Lanes(limits)
        self._promotion = Delay(limits.promote_after)
        self._space = Space(limits)
        self._current: Pool
        self._kept: OrderedDict[str, Pool] = OrderedDict()
        self._leaving: set[Pool] = set()
        self._opening: dict[str, asyncio.Task[Pool]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: Counter[str] = Counter()
        self._closed = False

    @classmethod
    async def start(
        cls,
        snapshot: Snapshot,
        limits: Limits,
        *,
        workers: Workers,
        kept: Callable[[str], Snapshot | None] = lambda _version: None,
    ) -> ProcessStore:
        """Return a store that answers from a snapshot, when the first worker is there.

        ``kept`` finds the snapshot of an earlier version. Raises UnavailableError where the
        snapshot cannot be loaded.
        """
        store = cls(limits, workers, kept)
        store._current = await store._open(snapshot, limits.quick_slots)
        return store

    @property
    def version(self) -> str:
        """Return the id of the current version."""
        return self._current.version

    async def query(self, query: Query) -> Answer:
        """Answer a query whole. Raises SizeLimitError for more than may be held in memory."""
        answer = await self.stream(query)
        parts: list[bytes] = []
        size = 0
        try:
            async for part in answer.chunks:
                parts.append(part)
                size += len(part)
                if size > self.limits.whole_bytes:
                    most = self.limits.whole_bytes
                    raise SizeLimitError(f"The answer has more than {most} bytes.")
        finally:
            await answer.chunks.aclose()
        return Answer(answer.format, b"".join(parts), answer.version)

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query; raise what is wrong with it before the first bytes.

        Most answers are short: the first bytes are waited for here, and only what is longer gets
        a task of its own.
        """
        errand = self._errand(framed(query), self.limits.seconds, query.client)
        chosen: Format | None = None
        parts: list[bytes] = []
        size = 0
        try:
            await self._begin(errand, query.version)
            while not errand.is_over and size < self.limits.first_bytes:
                for kind, content in await errand.hear():
                    if kind is Kind.DATA:
                        parts.append(content)
                        size += len(content)
                    else:
                        chosen = query.rows if kind is Kind.ROWS else query.graph
        except BaseException as error:
            errand.end()
            if query.client != BACKGROUND:
                self._note(error)
            raise
        assert chosen is not None
        if errand.is_over and size <= _SMALL:
            return whole(Answer(chosen, b"".join(parts), errand.version))
        answer = Spooled(self._space)
        if errand.is_over:
            try:
                await self._spool(errand, parts, answer)
            except BaseException:
                answer.close()
                raise
            return StreamedAnswer(chosen, errand.version, SpooledChunks(answer, _nothing), size)
        task = self._in_background(self._spool(errand, parts, answer))
        task.add_done_callback(lambda _: errand.end())  # one that is cancelled may never begin
        return StreamedAnswer(chosen, errand.version, SpooledChunks(answer, task.cancel))

    async def evaluate(self, write: Write, client: str = "") -> dict[str | None, bytes | None]:
        """Return what a write would make of the current version, which stays as it is.

        Of every graph whose triples would be others, or that would be new, the sorted
        N-Triples; None where it would be gone. The key None is the default graph. Raises
        QuerySyntaxError, QueryRefusedError, RequestError, NotFoundError, LimitError.
        """
        graphs: dict[str | None, bytearray | None] = {}
        names: list[str | None] = []
        request = await asyncio.to_thread(framed, write)  # it may be large
        errand = self._errand(request, self.limits.write_seconds, client, is_last=True)
        try:
            await self._begin(errand)
            while not errand.is_over:
                for kind, content in await errand.hear():
                    if kind is Kind.DATA:
                        triples = graphs[names[-1]]
                        assert triples is not None
                        triples += content
                    else:
                        names.append(decode(content))
                        graphs[names[-1]] = bytearray() if kind is Kind.CHANGED else None
        except BaseException as error:
            self._note(error)
            raise
        finally:
            errand.end()
        return {name: None if held is None else bytes(held) for name, held in graphs.items()}

    async def swap(self, snapshot: Snapshot) -> None:
        """Make a snapshot the current version; what runs ends on the version it began with."""
        if snapshot.id == self._current.version:
            return
        if snapshot.id not in self._kept:
            pool = await self._open(snapshot, self.limits.quick_slots)
        else:
            pool = self._kept.pop(snapshot.id)
            pool.want(self.limits.quick_slots)
        before, self._current = self._current, pool
        self._keep(before)

    def status(self) -> EngineStatus:
        """Return the figures of this moment."""
        pools = (self._current, *self._kept.values())
        found = self._current.source.found
        idle = sum(len(pool.idle) for pool in pools)
        busy = [worker for pool in pools for worker in (*pool.busy, *pool.slow)]
        return EngineStatus(
            workers=idle + len(busy),
            idle=idle,
            quick=len(self._lanes.quick),
            slow=len(self._lanes.slow),
            waiting=self._lanes.waiting,
            promoted=self._lanes.promoted,
            restarts=sum(pool.source.restarts for pool in pools),
            stopped=dict(self._stopped),
            spool_memory=self._space.in_memory,
            spool_disk=self._space.on_disk,
            loaded=tuple(pool.version for pool in pools),
            at_work=tuple(one.process for one in busy if one.process is not None),
            isolated=found is not None and found.isolated,
            memory=self.limits.memory if found is None else found.memory,
            memory_limited=LIMITS_MEMORY,
        )

    async def close(self) -> None:
        """End every process and wait until it has ended."""
        self._closed = True
        for task in (*self._tasks, *self._opening.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._opening.values(), return_exceptions=True)
        pools = (self._current, *self._kept.values(), *self._leaving)
        await asyncio.gather(*(pool.end() for pool in pools))

    async def _spool(self, errand: Errand, parts: Iterable[bytes], answer: Spooled) -> None:
        """Have the rest of an answer written behind its first parts."""
        with answer.filled():
            try:
                for part in parts:
                    await answer.write(part)
                while not errand.is_over:
                    for _, content in await errand.hear():
                        await answer.write(content)
            except BaseException as error:
                self._note(error)
                raise

    def _errand(
        self, request: bytes, seconds: float, client: str, *, is_last: bool = False
    ) -> Errand:
        return Errand(request, seconds, self._lanes, self._promotion, client, is_last=is_last)

    async def _begin(self, errand: Errand, version: str | None = None) -> None:
        """Have an errand begun in a version that is kept, None for the one that is current then."""
        pinned = None
        while version is not None and (pinned is None or pinned.is_closing):
            pinned = await self._pool_of(version)
        await errand.begin(lambda: self._current, pinned)

    def _note(self, error: BaseException) -> None:
        """Count an errand that came to nothing."""
        if isinstance(error, (LimitError, EngineError)):
            self._stopped[type(error).__name__] += 1
        elif isinstance(error, asyncio.CancelledError):
            self._stopped["gone"] += 1

    async def _pool_of(self, version: str) -> Pool:
        """Return the pool of a version, loaded if it is kept. Raises GoneError if it is not."""
        if self._closed:  # its pools are closing, and no other will come
            raise UnavailableError(ENDED)
        if version == self._current.version:
            return self._current
        if version in self._kept:
            self._kept.move_to_end(version)
            return self._kept[version]
        if version not in self._opening:
            snapshot = self._snapshot_of(version)
            if snapshot is None:
                raise GoneError.of_version(version)
            opening = asyncio.create_task(self._open(snapshot, 1))
            opening.add_done_callback(lambda done: self._note_opened(version, done))
            self._opening[version] = opening
        return await asyncio.shield(self._opening[version])

    def _note_opened(self, version: str, done: asyncio.Task[Pool]) -> None:
        del self._opening[version]
        if not done.cancelled() and done.exception() is None:
            self._keep(done.result())

    async def _open(self, snapshot: Snapshot, wanted: int) -> Pool:
        source: Source = (Forked if self._workers == "fork" else Spawned)(snapshot, self.limits)
        pool = Pool(snapshot.id, source, wanted, wanted + self.limits.slow_slots)
        try:
            await pool.open()
        except BaseException:
            await pool.end()
            raise
        return pool

    def _keep(self, pool: Pool) -> None:
        """Keep a pool loaded, with one worker, and let go of the one that was asked longest ago."""
        pool.want(1)
        self._kept[pool.version] = pool
        while len(self._kept) > self.limits.kept_loaded:
            _, oldest = self._kept.popitem(last=False)
            self._leaving.add(oldest)
            self._in_background(self._let_go(oldest))

    async def _let_go(self, pool: Pool) -> None:
        await pool.close()
        self._leaving.discard(pool)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
