"""The remote store: answers from a SPARQL endpoint as if it were an engine of ours.

A query is read on this machine first, by asking it of an empty dataset in a process that can be
ended: what does not parse, asks for SERVICE or has no acceptable format never leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from osteokg.kg.engine.spool import Space, Spooled, SpooledChunks
from osteokg.kg.errors import (
    BusyError,
    GoneError,
    OsteoKGError,
    SizeLimitError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.remote.caps import Caps
from osteokg.kg.remote.conversion import (
    BooleanConversion,
    Conversion,
    GraphConversion,
    RowConversion,
)
from osteokg.kg.remote.dialects import Form, Posted
from osteokg.kg.remote.endpoint import Endpoint, said_by
from osteokg.kg.remote.holdings import Holdings
from osteokg.kg.remote.triples import ACCEPTED
from osteokg.kg.results import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Answer,
    Format,
    Query,
    checked,
    format_named,
)
from osteokg.kg.sparql import words
from osteokg.kg.store import Store, StreamedAnswer
from osteokg.kg.worker.limits import Limits

__all__ = ["RemoteStore"]

_log = logging.getLogger("osteokg.remote")

_LINES = format_named("nt", GRAPH_FORMATS)
_READ = 512
"""So many queries are remembered as read."""
_SHORT = 20_000
"""Longer ones are not."""
_ENOUGH = 1 << 16


@dataclass(frozen=True)
class _Reading:
    """Hold what reading a query tells: its form and, of SELECT, the columns in order."""

    form: Form
    variables: tuple[str, ...] = ()


class RemoteStore:
    """Answer queries from an endpoint, read only.

    Cancelling a call, or closing its answer's chunks, closes the connection, which ends the work
    there. The version is what the endpoint is known to hold, "" where it holds none of ours.
    """

    def __init__(self, endpoint: Endpoint, rehearsal: Store, limits: Limits) -> None:
        """Prepare a store; ``start`` gives one that answers."""
        self.limits = limits
        self._endpoint = endpoint
        self._rehearsal = rehearsal
        self._holdings = Holdings(endpoint)
        self._caps = Caps(endpoint)
        self._space = Space(limits)
        self._places = asyncio.Semaphore(limits.quick_slots + limits.slow_slots)
        self._waiting = 0
        self._read: OrderedDict[tuple[object, ...], _Reading] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(
        cls, endpoint: Endpoint, rehearsal: Store, limits: Limits, every: float = 5.0
    ) -> RemoteStore:
        """Return a store that answers from an endpoint; it looks ``every`` seconds what is held.

        ``rehearsal`` answers from an empty dataset, in processes that can be ended; the store
        closes it. Raises UnavailableError where the endpoint does not answer.
        """
        store = cls(endpoint, rehearsal, limits)
        try:
            await store._holdings.refresh()
        except BaseException:
            await store.close()
            raise
        store._in_background(store._watch(every))
        return store

    @property
    def version(self) -> str:
        """Return the id of the version that the endpoint is known to hold, "" for none."""
        return self._holdings.loaded.version

    @property
    def engine(self) -> str:
        """Return what kind of engine answers."""
        return self._holdings.dialect.name

    async def query(self, query: Query) -> Answer:
        """Answer a query whole. Raises SizeLimitError for more than may be held in memory."""
        answer = await self.stream(query)
        parts: list[bytes] = []
        size = 0
        async with contextlib.aclosing(answer.chunks) as chunks:
            async for part in chunks:
                parts.append(part)
                size += len(part)
                if size > self.limits.whole_bytes:
                    most = self.limits.whole_bytes
                    raise SizeLimitError(f"The answer has more than {most} bytes.")
        return Answer(answer.format, b"".join(parts), answer.version)

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query; raise what is wrong with it before the first bytes."""
        if query.version not in (None, self.version):
            raise GoneError(f"Version {query.version} is not kept there.")
        reading = await self._read_here(query)
        answer = Spooled(self._space)
        answer.format = query.rows if reading.form in ("ASK", "SELECT") else query.graph
        assert answer.format is not None  # else reading it would have said so
        task = self._in_background(self._answer(query, reading, answer))
        try:
            await answer.begun()
        except BaseException:
            answer.close()
            task.cancel()
            raise
        size = answer.size if answer.is_whole else None
        return StreamedAnswer(
            answer.format, answer.version, SpooledChunks(answer, task.cancel), size
        )

    async def close(self) -> None:
        """End what is under way, close the connections and the rehearsal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._endpoint.close()
        await self._rehearsal.close()

    async def _read_here(self, query: Query) -> _Reading:
        """Return what a query is. Raises what the embedded engine raises for one that is none."""
        key = (
            query.text,
            query.base,
            query.default_graphs,
            query.named_graphs,
            query.rows is None,
            query.graph is None,
        )
        if key in self._read:
            self._read.move_to_end(key)
            return self._read[key]
        rows = query.rows and ROW_FORMATS[0]
        graph = query.graph and _LINES
        asked = replace(query, rows=rows, graph=graph, version=None)
        answer = await self._rehearsal.stream(asked)
        head = b""
        async with contextlib.aclosing(answer.chunks) as chunks:
            async for part in chunks:
                head += part
                if len(head) > _ENOUGH:
                    break
        reading = await asyncio.to_thread(_reading_of, query.text, answer.format, head)
        if len(query.text) <= _SHORT:
            self._read[key] = reading
            if len(self._read) > _READ:
                self._read.popitem(last=False)
        return reading

    async def _answer(self, query: Query, reading: _Reading, answer: Spooled) -> None:
        """Have a query answered into the spool."""
        with answer.filled():
            try:
                async with self._place(), asyncio.timeout(self.limits.seconds):
                    await self._fetch(query, reading, answer)
            except TimeoutError as error:
                told = f"The query ran longer than {self.limits.seconds:g} s."
                raise TimeLimitError(told) from error

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Wait for one of the places for queries. Raises BusyError where too many wait."""
        if self._waiting >= self.limits.waiting:
            raise BusyError("Too many queries wait for the remote engine.", 1)
        self._waiting += 1
        try:
            async with asyncio.timeout(self.limits.waiting_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise BusyError("The remote engine is busy with other queries.", 1) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()

    async def _fetch(self, query: Query, reading: _Reading, answer: Spooled) -> None:
        """Ask the endpoint, make the answer ours, and see that it was of one version."""
        loaded, dialect = self._holdings.loaded, self._holdings.dialect
        answer.version = loaded.version
        posted = await asyncio.to_thread(  # a long query is read and translated
            dialect.post, query, reading.form, loaded, self.limits.seconds
        )
        accept = ROW_FORMATS[0].media_types[0] if reading.form in ("ASK", "SELECT") else ACCEPTED
        async with self._endpoint.ask(posted.fields, accept) as response:
            kind = response.headers.get("content-type", "")
            if response.status_code not in (200, 206):
                raise dialect.failure(response.status_code, await said_by(response))
            dialect.check_head(response.status_code, response.headers, posted)
            if "html" in kind:
                said = await said_by(response)
                raise UnavailableError(f"The remote engine answers with a page: {said[:200]}")
            conversion = _conversion(reading, answer.format, posted, kind)
            await self._convert(response, conversion, answer)
        if isinstance(conversion, GraphConversion) and not dialect.own_default_graph:
            await self._caps.check(reading.form, conversion.count, conversion.subjects)
        await self._holdings.still(loaded)

    async def _convert(
        self,
        response: httpx2.Response,
        conversion: Conversion,
        answer: Spooled,
    ) -> None:
        limits, ours = self.limits, io.BytesIO()
        assert answer.format is not None
        with checked(ours, answer.format) as sink:
            async for part in response.aiter_bytes(_ENOUGH):
                sink.write(await asyncio.to_thread(conversion.convert, part))
                if conversion.count > limits.rows:
                    raise SizeLimitError(f"The answer has more than {limits.rows} rows or triples.")
                await _move(ours, answer)
                if max(answer.size, conversion.held) > limits.answer_bytes:
                    raise SizeLimitError(f"The answer has more than {limits.answer_bytes} bytes.")
            sink.write(await asyncio.to_thread(conversion.end))
        await _move(ours, answer)

    async def _watch(self, every: float) -> None:
        """Look again and again what the endpoint holds."""
        while True:
            await asyncio.sleep(every)
            try:
                before = self._holdings.loaded
                after = await self._holdings.refresh()
                if after != before:
                    _log.warning("the endpoint holds version '%s' now", after.version[:12])
            except OsteoKGError as error:
                _log.warning("the endpoint does not say what it holds: %s", error)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _move(written: io.BytesIO, answer: Spooled) -> None:
    """Move what was written into the spool; an empty part would be the end."""
    if data := written.getvalue():
        written.seek(0)
        written.truncate()
        await answer.write(data)


def _conversion(
    reading: _Reading, chosen: Format | None, posted: Posted, media_type: str
) -> Conversion:
    assert chosen is not None
    if reading.form == "ASK":
        return BooleanConversion(chosen)
    if reading.form == "SELECT":
        return RowConversion(chosen, reading.variables, posted.repeats)
    return GraphConversion(chosen, media_type)


def _reading_of(text: str, found: Format, head: bytes) -> _Reading:
    if found == _LINES:
        forms = [word for word, _ in words(text) if word in ("CONSTRUCT", "DESCRIBE")]
        return _Reading("DESCRIBE" if forms[:1] == ["DESCRIBE"] else "CONSTRUCT")
    start = b'{"head":'
    said, _ = json.JSONDecoder().raw_decode(head.removeprefix(start).decode("utf-8", "ignore"))
    return _Reading("SELECT", tuple(said["vars"])) if "vars" in said else _Reading("ASK")
