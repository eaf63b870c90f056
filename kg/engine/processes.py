"""Processes: workers forked from a loader or spawned one by one, seen from the service.

Both ways give the same: a worker with a channel, whose end is told with its reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from osteokg.kg.engine.channels import BUFFER, Channel, StreamChannel
from osteokg.kg.errors import LimitError, UnavailableError
from osteokg.kg.worker.limits import Limits
from osteokg.kg.worker.loader import LAST_WORDS
from osteokg.kg.worker.messages import Kind, as_error, encode
from osteokg.kg.worker.snapshot import Snapshot

__all__ = ["Found", "Source", "Spawned", "Worker", "run_module"]

_ATTEMPTS = 3


@dataclass(frozen=True)
class Found:
    """Hold what a process found when it had loaded a version.

    Whether the network is out of its reach; how many bytes the store takes, and a query may take.
    """

    isolated: bool
    size: int
    memory: int


async def run_module(name: str, *arguments: str, **streams: Any) -> Process:
    """Start a module of ours as a process. Raises UnavailableError where that is not possible."""
    environment = {**os.environ, "RUST_BACKTRACE": "0"}  # what the engine says last helps nobody
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", name, *arguments, env=environment, limit=BUFFER, **streams
        )
    except OSError as error:
        raise UnavailableError(f"No process could be started: {error.strerror}.", 1) from error


class Worker:
    """Hold the service's side of one worker.

    ``ended`` comes to its exit status (negative: the signal), None where nobody could tell;
    ``last_words`` are then what it said on stderr.
    One that ``tells_start`` says when it has read a request.
    ``stopped_for`` is why we ended it, if we told. An ``orphan`` has lost its loader: it may
    finish what it is doing. One that is ``is_tired`` holds more memory than it should.
    """

    def __init__(self, source: Source, number: int, channel: Channel) -> None:
        """Begin with an open channel."""
        self.number = number
        self.tells_start = not source.is_quick
        self.process: int | None = None
        self.channel = channel
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self.stopped_for: LimitError | None = None
        self.orphan = False
        self.is_idle = True
        self.is_tired = False
        self.gave_way = False
        self.last_words = ""
        self._stopped = False
        self._source = source

    @property
    def is_alive(self) -> bool:
        """Return whether the worker can be asked, as far as anybody knows."""
        over = self.ended.done() or self.orphan or self._stopped
        return not over and self.channel.is_open

    def stop(self, reason: LimitError | None = None) -> None:
        """End the worker whatever it is doing."""
        self.stopped_for = self.stopped_for or reason
        self._stopped = True
        self._source.kill(self)
        self.channel.close()

    def abandon(self) -> None:
        """Note that nobody can tell any more how the worker ends."""
        self.orphan = True
        if self.is_idle:
            self.note_end(None)

    def note_end(self, status: int | None, words: str = "") -> None:
        """Note how the worker ended, and what it said then."""
        if not self.ended.done():
            self.last_words = words
            self.ended.set_result(status)
        self.channel.close()


class Source(Protocol):
    """Make workers that hold one version.

    ``found`` is what the processes found, None before the first; ``restarts`` counts how often
    there had to be a new beginning; ``is_quick`` says that a worker is had at once.
    """

    found: Found | None
    restarts: int
    is_quick: bool

    async def start(self) -> Worker:
        """Return a new worker. Raises UnavailableError where none can be had."""
        ...

    def kill(self, worker: Worker) -> None:
        """End a worker at once."""
        ...

    async def close(self) -> None:
        """End what was started and wait until it has ended."""
        ...


class Spawned:
    """Make workers that load the version by themselves: where there is no fork."""

    is_quick = False

    def __init__(self, snapshot: Snapshot, limits: Limits) -> None:
        """Spawn workers for a snapshot."""
        self.found: Found | None = None
        self.restarts = 0
        self._arguments = (encode(snapshot).decode(), encode(limits).decode())
        self._numbers = count(1)
        self._processes: dict[int, Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def start(self) -> Worker:
        """Return a new worker that has loaded the version."""
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(EOFError, OSError):
                return await self._start()
            self.restarts += 1  # killed, or for lack of memory: that may pass
        raise UnavailableError("A worker ended before it had loaded the store.", 1)

    async def _start(self) -> Worker:
        process = await run_module(
            "osteokg.kg.worker", *self._arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert process.stdout is not None
        assert process.stdin is not None
        channel = StreamChannel(process.stdout, process.stdin)
        worker = Worker(self, next(self._numbers), channel)
        worker.process = process.pid
        self._processes[worker.number] = process
        waiting = asyncio.create_task(self._wait(worker, process))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        try:
            ((kind, content),) = await channel.hear()
        except asyncio.CancelledError:
            worker.stop()
            raise
        if kind is not Kind.READY:
            raise as_error(content)
        self.found = Found(**json.loads(content))
        return worker

    async def _wait(self, worker: Worker, process: Process) -> None:
        status = await process.wait()
        del self._processes[worker.number]
        assert process.stderr is not None
        words = await process.stderr.read(LAST_WORDS)
        worker.note_end(status, words.decode(errors="replace"))

    def kill(self, worker: Worker) -> None:
        """End a worker; its number finds it only while it has not been waited for."""
        if process := self._processes.get(worker.number):
            _kill(process)

    async def close(self) -> None:
        """End every worker and wait."""
        for process in self._processes.values():
            _kill(process)
        await asyncio.gather(*self._waiting)


def _kill(process: Process) -> None:
    """End a process that has not been waited for.

    Not by its own ``kill``, which waits for one that has just ended and leaves asyncio without
    its status.
    """
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        elif process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
