"""The builder: a process of its own that makes drafts, ended when it takes too long or too much.

Whatever happens to it, nothing has changed: a draft is a folder that nobody reads. It stays warm
between drafts – parsed files, loaded shapes – and is begun again where it was ended.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import queue
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from osteokg.kg.drafting import ChangedGraphs, Draft, Drafter, GraphDrafter, PlainDrafter
from osteokg.kg.errors import (
    DataError,
    LimitError,
    MemoryLimitError,
    OsteoKGError,
    RequestError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.files import Sources, digest_of_file, sources_of
from osteokg.kg.payloads import Payload
from osteokg.kg.problems import Problem
from osteokg.kg.version import basis_of
from osteokg.kg.worker.snapshot import Snapshot

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]  # asked for before each use

__all__ = ["Beginning", "Builder", "BuilderLimits", "FromFiles", "FromSnapshot"]

_SIZE = struct.Struct(">Q")


@dataclass(frozen=True)
class BuilderLimits:
    """Bound the work on one draft: seconds, bytes of memory of the process as a whole."""

    seconds: float = 60
    memory: int = 4 << 30


@dataclass(frozen=True)
class FromFiles:
    """Begin with the dataset of these files, and of files in ``home`` where graphs are written.

    They were found valid on a ``basis`` (all that a verdict rests on); of the written ones the
    SHA-256 is known by name.
    """

    beside: Sources
    basis: str
    home: Path
    written: Mapping[str, str]

    def begin(self) -> Drafter:
        """Read them. Raises UnavailableError where they are not what they were."""
        written = {self.home / name: digest for name, digest in self.written.items()}
        drafter = GraphDrafter(sources_of(self.beside.given, written), self.home)
        same = all(path.exists() and digest_of_file(path) == was for path, was in written.items())
        if not same or basis_of(self.beside) != self.basis:
            raise UnavailableError(
                "Files that this version was made of, or the software, have been changed since "
                "the service began: restart it to have them checked."
            )
        return drafter


@dataclass(frozen=True)
class FromSnapshot:
    """Begin with a dataset as it is, empty where there is no snapshot."""

    snapshot: Snapshot | None

    def begin(self) -> Drafter:
        """Read it."""
        return PlainDrafter(self.snapshot)


Beginning: TypeAlias = FromFiles | FromSnapshot


class Builder:
    """Have drafts made in a process of its own, one at a time."""

    def __init__(self, beginning: Callable[[], Beginning], limits: BuilderLimits) -> None:
        """Prepare; the process begins when it is first needed, with what ``beginning`` says."""
        self._beginning = beginning
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._busy = asyncio.Lock()

    async def warm(self) -> None:
        """Begin the process, so that the first draft need not wait for it."""
        await self._ask("warm")

    async def draft(self, changes: ChangedGraphs, folder: Path) -> Draft:
        """Make a draft of the next version in an empty folder.

        Raises DataError with every problem, RequestError, LimitError; then there is no draft.
        """
        draft: Draft = await self._ask("draft", dict(changes), folder)
        return draft

    async def accept(self) -> None:
        """Let the last draft be what the next one begins with."""
        await self._ask("accept")

    async def judge(self, document: Payload, graph: str | None, folder: Path) -> list[Problem]:
        """Return the problems of the dataset with a document in it, those it has part in."""
        named = document.format.media_type  # the engine's own name of it cannot be sent
        sent = (document.content, named, document.base)
        problems: list[Problem] = await self._ask("judge", sent, graph, folder)
        return problems

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _ask(self, task: str, *arguments: object) -> Any:
        async with self._busy:
            done = False
            try:
                async with asyncio.timeout(self._limits.seconds):
                    kind, value = await self._exchange(task, arguments)
                done = True
            except TimeoutError as error:
                raise TimeLimitError(
                    f"It was not made within {self._limits.seconds:g} s, and nothing has changed. "
                    "Write less at once, or ask the operator for more time.",
                    retry_after=None,
                ) from error
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise MemoryLimitError(
                    "The process that was to make it ended, most likely for it needed more than "
                    f"{self._limits.memory >> 20} MB; nothing has changed. Write less at once."
                ) from error
            finally:
                if not done:  # whoever waits no longer leaves nothing running behind
                    await asyncio.shield(self.close())
        if kind == "done":
            return value
        if kind == "problems":
            raise DataError(value)
        errors = {"request": RequestError, "system": UnavailableError, "failed": RuntimeError}
        raise errors[kind](value)

    async def _exchange(self, task: str, arguments: tuple[object, ...]) -> tuple[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "osteokg.kg.builder",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            await _send(process, (self._limits, self._beginning()))
        await _send(process, (task, arguments))
        assert process.stdout is not None
        (size,) = _SIZE.unpack(await process.stdout.readexactly(_SIZE.size))
        kind, value = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301 - our own
        return kind, value


async def _send(process: asyncio.subprocess.Process, message: object) -> None:
    assert process.stdin is not None
    packed = pickle.dumps(message)
    process.stdin.write(_SIZE.pack(len(packed)) + packed)
    await process.stdin.drain()


# What follows runs in the process.


def _read(stream: BinaryIO) -> Any:
    """Return the next message; end the process where nobody is there to send one."""
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        os._exit(0)
    body = stream.read(_SIZE.unpack(head)[0])
    try:
        return pickle.loads(body)  # noqa: S301 - from our own parent
    except EOFError:
        os._exit(0)


def main() -> None:
    """Do what the parent asks, one thing after the other, until it is gone."""
    # What anything prints goes to the log: the pipe is for answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when
    limits, beginning = _read(sys.stdin.buffer)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    tasks: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()

    def listen() -> None:
        while True:
            tasks.put(_read(sys.stdin.buffer))

    # A thread of its own sees that the parent is gone while a draft is being made.
    threading.Thread(target=listen, daemon=True).start()
    drafter: Drafter | None = None
    while True:
        task, arguments = tasks.get()
        _end_after(limits.seconds + 5)
        try:
            drafter = drafter or beginning.begin()
            value = None if task == "warm" else getattr(drafter, task)(*arguments)
            answer: tuple[str, Any] = ("done", value)
        except DataError as error:
            answer = ("problems", error.problems)
        except LimitError as error:
            answer = ("system", str(error))
        except OsteoKGError as error:
            answer = ("request", str(error))
        except OSError as error:
            traceback.print_exc()
            answer = ("system", f"The write could not be put on disk: {error.strerror or error}.")
        except MemoryError:
            os._exit(1)
        except Exception as error:  # noqa: BLE001 - ours to mend: the parent fails, and says so
            traceback.print_exc()
            answer = ("failed", f"{type(error).__name__} in the builder, whose log says where")
        _end_after(0)
        packed = pickle.dumps(answer)
        answers.write(_SIZE.pack(len(packed)) + packed)
        answers.flush()


def _end_after(seconds: float) -> None:
    """End this process at a deadline even where the parent is gone; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
