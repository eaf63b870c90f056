"""The spool: keeps answers between engines that are fast and readers that are slow.

An answer goes through memory while its reader keeps up, else through a temporary file, and is
gone once read. So a reader who takes his time costs disk, never a worker.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

from osteokg.kg.errors import OsteoKGError, SizeLimitError, UnavailableError
from osteokg.kg.results import Format
from osteokg.kg.store import Chunks
from osteokg.kg.worker.limits import Limits

__all__ = ["Space", "Spooled", "SpooledChunks"]

Result = TypeVar("Result")

_FULL = "There is no more room for answers that wait for their readers."
_SHARE = 4
"""An answer in memory takes no more than this part of what it leaves free."""
_PART = 1 << 16
"""From disk so many bytes are read at once."""


class Space:
    """Count what all answers that wait for their readers take together."""

    def __init__(self, limits: Limits) -> None:
        """Begin empty."""
        self.limits = limits
        self.in_memory = 0
        self.on_disk = 0


class Spooled:
    """Hold one answer between the worker that writes it and the client that reads it."""

    def __init__(self, space: Space) -> None:
        """Begin an answer in a space shared with others."""
        self.format: Format | None = None
        self.version = ""
        self.size = 0
        self.is_whole = False
        self.error: OsteoKGError | None = None
        self._space = space
        self._parts: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read = 0
        self._closed = False
        self._changed = asyncio.Event()
        self._disk = asyncio.Lock()

    async def write(self, data: bytes) -> None:
        """Take a part. Raises SizeLimitError where there is no room for it."""
        if self._closed:
            return
        limits = self._space.limits
        self._parts.append(data)
        self.size += len(data)
        self._in_memory += len(data)
        self._space.in_memory += len(data)
        # Of what is free nobody takes all: readers who are slow leave room to those who are not.
        free = limits.spool_memory - self._space.in_memory
        if self._in_memory > min(limits.memory_before_disk, free // _SHARE):
            await self._to_disk()
        self._changed.set()

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Take what is written within as the whole answer; where it ends early, say why."""
        try:
            yield
        except OsteoKGError as error:
            self.fail(error)
        except asyncio.CancelledError:
            self.fail(UnavailableError("The service is being ended."))
            raise
        except Exception:
            self.fail(UnavailableError("The service failed; its log says why."))
            raise
        else:
            self.finish()

    def finish(self) -> None:
        """Note that the answer is whole."""
        self.is_whole = True
        self._changed.set()

    def fail(self, error: OsteoKGError) -> None:
        """Note that no more will come, and why."""
        self.error = self.error or error
        self._changed.set()

    async def begun(self) -> None:
        """Wait until enough is there to begin with, or all of it.

        Raises the error that ended the answer before.
        """
        enough = self._space.limits.first_bytes
        while not (self.is_whole or self.error or (self.format and self.size >= enough)):
            await self._change()
        if self.error:
            raise self.error

    async def read(self) -> bytes:
        """Return the next part, nothing at the end.

        Raises the error that ended the answer before its time.
        """
        while True:
            if self._written > self._read:
                return await self._from_disk()
            if self._parts:
                part = self._parts.popleft()
                self._forget(len(part))
                return part
            if self.error:
                raise self.error
            if self.is_whole or self._closed:
                return b""
            await self._change()

    def close(self) -> None:
        """Let go of what is held; what still comes is dropped."""
        self._closed = True
        self.error = None  # it holds the frames that it went through, and they this
        self._forget(self._in_memory)
        self._parts.clear()
        self._changed.set()
        self._leave_disk()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _forget(self, size: int) -> None:
        self._in_memory -= size
        self._space.in_memory -= size

    async def _to_disk(self) -> None:
        """Move what is in memory to the end of the file."""
        try:
            async with self._disk:
                data = b"".join(self._parts)
                if self._space.on_disk + len(data) > self._space.limits.spool_bytes:
                    raise SizeLimitError(_FULL, 10)
                self._parts.clear()
                self._forget(len(data))
                self._space.on_disk += len(data)
                self._written += len(data)
                await _in_thread(self._put, self._written - len(data), data)
        except OSError as error:
            raise SizeLimitError(f"The answer could not be kept: {error.strerror}.") from error
        finally:
            self._leave_disk()

    async def _from_disk(self) -> bytes:
        try:
            async with self._disk:
                if self._file is None:  # closed while we waited
                    return b""
                data = await _in_thread(_get, self._file, self._read, _PART)
                self._read += len(data)
        finally:
            self._leave_disk()
        return data

    def _put(self, position: int, data: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the answer is
        self._file.seek(position)
        self._file.write(data)
        self._file.flush()

    def _leave_disk(self) -> None:
        """Let go of the file if all of it has been read, or will not be."""
        if self._disk.locked() or not (self._closed or self._read == self._written):
            return
        self._space.on_disk -= self._written
        self._written = self._read = 0
        if self._file is not None:
            self._file.close()
            self._file = None


def _get(file: IO[bytes], position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)


async def _in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Do something in a thread and see it done even if nobody waits for it any more."""
    done = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        raise


class SpooledChunks(Chunks):
    """Give an answer's parts once; closing it, read or not, lets go of all that lies behind."""

    def __init__(self, answer: Spooled, let_go: Callable[[], object]) -> None:
        """Read an answer; ``let_go`` is called when nobody wants more of it."""
        self._answer = answer
        self._let_go = let_go

    async def asend(self, _value: None) -> bytes:
        """Return the next part."""
        try:
            part = await self._answer.read()
        except BaseException:
            self._end()
            raise
        if not part:
            self._end()
            raise StopAsyncIteration
        return part

    async def let_go(self) -> None:
        """Let go of the answer and whatever else."""
        self._end()

    def __del__(self) -> None:
        """Let go of an answer that somebody forgot."""
        self._end()

    def _end(self) -> None:
        self._answer.close()
        self._let_go()
