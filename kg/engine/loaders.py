"""Loaders: the process that holds a version and forks its workers, seen from the service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from itertools import count

from osteokg.kg.engine.channels import BUFFER, SocketChannel
from osteokg.kg.engine.processes import Found, Worker, run_module
from osteokg.kg.errors import UnavailableError
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.loader import FORK, KILL, ORDER
from osteokg.kg.worker.messages import PART, encode
from osteokg.kg.worker.snapshot import Snapshot

__all__ = ["Forked"]

_LONGEST_PAUSE = 5.0
_ATTEMPTS = 3
_GRACE = 5.0
"""So many seconds a loader gets to end what it started."""


class Forked:
    """Make workers that a loader forks: they begin with its store, at once.

    A loader that ends is begun again. Workers that it leaves behind go on with what they do;
    nobody can tell any more how they end.
    """

    is_quick = True

    def __init__(self, snapshot: Snapshot, limits: Limits) -> None:
        """Fork workers from a loader of a snapshot."""
        self.found: Found | None = None
        self.restarts = 0
        self._arguments = (encode(snapshot).decode(), encode(limits).decode())
        self._numbers = count(1)
        self._failures = 0
        self._loading: asyncio.Task[_Loader] | None = None
        self._present: _Loader | None = None
        self._attending: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self) -> Worker:
        """Return a new worker, from a new loader if the last one has ended."""
        for _ in range(_ATTEMPTS):
            loader = await self._loader()
            ours, its = socket.socketpair()
            # A worker goes on while a part waits to be read. The system may give less.
            its.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * PART)
            with its:
                worker = Worker(self, next(self._numbers), SocketChannel(ours))
                try:
                    loader.order(FORK, worker.number, its)
                except OSError:
                    worker.note_end(None)
                    await loader.over.wait()
                else:
                    loader.workers[worker.number] = worker
                    return worker
        raise UnavailableError("The engine is being started again.", 1)

    def kill(self, worker: Worker) -> None:
        """End a worker; one without a loader ends by itself when its channel is closed."""
        loader = self._present
        if loader is not None and worker.number in loader.workers:
            with contextlib.suppress(OSError):
                loader.order(KILL, worker.number)

    async def close(self) -> None:
        """End the loader and with it every worker, and wait."""
        self._closing = True
        if self._loading is not None:
            self._loading.cancel()
            with contextlib.suppress(asyncio.CancelledError, UnavailableError):
                await (await self._loading).end()
        await asyncio.gather(*self._attending)

    async def _loader(self) -> _Loader:
        """Return the loader, begun if there is none; whoever waits for it may leave."""
        if self._closing:
            raise UnavailableError("The service is being ended.")
        failed = self._loading and self._loading.done() and self._loading.exception()
        if self._loading is None or failed:
            self._loading = asyncio.create_task(self._begin())
        return await asyncio.shield(self._loading)

    async def _begin(self) -> _Loader:
        """Begin a loader, another where one ends while it loads."""
        for _ in range(_ATTEMPTS):
            if self._failures:
                await asyncio.sleep(min(0.05 * 2**self._failures, _LONGEST_PAUSE))
            self._failures += 1
            loader = await _Loader.begin(self._arguments)
            try:
                self.found = await loader.ready()
            except BaseException:
                await loader.end()
                raise
            if self.found is not None:
                break
            await loader.end()
        else:
            raise UnavailableError("The engine ends as soon as it is started.", 5)
        self._present = loader
        attending = asyncio.create_task(self._attend(loader))
        self._attending.add(attending)
        attending.add_done_callback(self._attending.discard)
        return loader

    async def _attend(self, loader: _Loader) -> None:
        """Hear what a loader tells; when it ends before it should, begin another."""
        since = asyncio.get_running_loop().time()
        await loader.listen()
        self._present = None
        if asyncio.get_running_loop().time() - since > _LONGEST_PAUSE:
            self._failures = 0
        if not self._closing:
            self.restarts += 1
            self._loading = asyncio.create_task(self._begin())
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        loader.over.set()


class _Loader:
    """Hold the service's side of one loader."""

    def __init__(
        self,
        process: Process,
        control: socket.socket,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.workers: dict[int, Worker] = {}
        self.over = asyncio.Event()
        self._process = process
        self._control = control.dup()  # a transport's socket cannot pass descriptors
        self._reader = reader
        self._writer = writer

    @classmethod
    async def begin(cls, arguments: Sequence[str]) -> _Loader:
        """Return a loader that has been started."""
        ours, its = socket.socketpair()
        with its:
            process = await run_module(
                "osteokg.kg.worker.loader",
                str(its.fileno()),
                *arguments,
                pass_fds=(its.fileno(),),
                stdin=DEVNULL,
                stdout=DEVNULL,
            )
        ours.setblocking(False)
        return cls(process, ours, *await asyncio.open_connection(sock=ours, limit=BUFFER))

    async def ready(self) -> Found | None:
        """Return what the loader found once it has loaded, None where it ended before.

        Raises UnavailableError for what cannot be loaded.
        """
        line = await self._reader.readline()
        if not line:
            return None
        told = json.loads(line)
        if "failed" in told:
            raise UnavailableError(told["failed"])
        return Found(told["isolated"], told["size"], told["memory"])

    async def listen(self) -> None:
        """Note what becomes of the workers, until the loader ends."""
        with contextlib.suppress(OSError):
            while line := await self._reader.readline():
                told = json.loads(line)
                if "started" in told and (worker := self.workers.get(told["started"])):
                    worker.process = told["process"]
                elif "ended" in told and (worker := self.workers.pop(told["ended"], None)):
                    worker.note_end(told.get("status"), told.get("words", ""))
        for worker in self.workers.values():
            worker.abandon()
        self.workers.clear()
        await self.end()

    def order(self, what: bytes, number: int, channel: socket.socket | None = None) -> None:
        """Tell the loader to do something. Raises OSError where it does not hear."""
        channels = [] if channel is None else [channel.fileno()]
        socket.send_fds(self._control, [ORDER.pack(what, number)], channels)

    async def end(self) -> None:
        """End the loader, which ends its workers first, and wait for it."""
        if self._control.fileno() != -1:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)
            self._control.close()
        self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
