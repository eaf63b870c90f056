"""Channels: what carries requests to a worker and its answers back, frame by frame."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from osteokg.kg.worker.messages import PART, Frames, Kind

__all__ = ["BUFFER", "Channel", "SocketChannel", "StreamChannel"]

BUFFER = 1 << 20
"""So many bytes of a channel are read ahead."""

_HEAD_AND_PART = range(2)
"""Readings in one turn of the event loop: behind what was only a head its part is most often."""

Heard = list[tuple[Kind, bytes]]


class Channel(Protocol):
    """Carry frames; one listener at a time."""

    @property
    def is_open(self) -> bool:
        """Return whether the other end is there, as far as anybody knows."""
        ...

    def send(self, content: bytes) -> None:
        """Send something without waiting; whether it arrives is known when nothing is heard."""
        ...

    async def hear(self, at_end: Callable[[bytes], None] | None = None) -> Heard:
        """Return what comes next: frames that came together, one at least.

        ``at_end`` is called with what the frame that ends an answer holds, as soon as it is there
        and perhaps before anybody's turn to read it: the worker has nothing to do from then on. A
        channel that cannot tell does not call it. Raises EOFError or OSError where nothing more
        can come.
        """
        ...

    def close(self) -> None:
        """Let go of the channel."""
        ...


class SocketChannel:
    """Hear a socket as it is read, without a stream in between: most answers are one piece.

    It is read and written here and not by a transport, which copies all that it reads once more,
    and writes at the end of the event loop's turn.
    """

    def __init__(self, connected: socket.socket) -> None:
        """Hear a connected socket, which is closed with the channel."""
        connected.setblocking(False)
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._heard: Heard = []
        self._ahead = 0
        self._paused = False
        self._unsent = b""
        self._lost: Exception | None = None
        self._listener: asyncio.Future[Heard] | None = None
        self._at_end: Callable[[bytes], None] | None = None
        self._loop.add_reader(connected, self._read)

    @property
    def is_open(self) -> bool:
        """Return whether the other end is there, as far as anybody knows."""
        return self._lost is None

    def send(self, content: bytes) -> None:
        """Send something without waiting."""
        is_sending = bool(self._unsent)
        self._unsent += content
        if not is_sending and self.is_open:
            self._write()
            if self._unsent:
                self._loop.add_writer(self._socket, self._write_on)

    async def hear(self, at_end: Callable[[bytes], None] | None = None) -> Heard:
        """Return the frames that came together. Raises EOFError or OSError where none can come."""
        heard = self._take()
        while not heard:
            if self._lost is not None:
                raise self._lost
            listener = self._listener = self._loop.create_future()
            self._at_end = at_end
            try:
                heard = await listener
            finally:
                if self._listener is listener:  # by now another may listen
                    self._listener = self._at_end = None
        if self._paused:
            self._paused = False
            if self._lost is None:
                self._loop.add_reader(self._socket, self._read)
        return heard

    def close(self) -> None:
        """Let go of the socket."""
        self._lose(EOFError())

    def _read(self) -> None:
        """Take what came; what is no frame ends the channel."""
        heard: Heard = []
        try:
            for _ in _HEAD_AND_PART:
                data = self._socket.recv(self._frames.wanted)
                if not data:
                    raise EOFError
                self._ahead += len(data)
                if heard := self._frames.feed(data):
                    break
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        except (EOFError, KeyError):
            self._lose(EOFError())
            return
        if not heard:
            return
        self._heard += heard
        self._tell()
        if self._ahead > BUFFER and self._heard:
            self._paused = True
            self._loop.remove_reader(self._socket)

    def _write(self) -> None:
        """Send as much as there is room for."""
        try:
            sent = self._socket.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
        else:
            self._unsent = self._unsent[sent:]

    def _write_on(self) -> None:
        self._write()
        if not self._unsent and self.is_open:
            self._loop.remove_writer(self._socket)

    def _lose(self, error: Exception) -> None:
        """Let go of the socket, and note that nothing more comes."""
        if self._lost is not None:
            return
        self._lost = error
        self._unsent = b""
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._tell()

    def _take(self) -> Heard:
        heard, self._heard, self._ahead = self._heard, [], 0
        return heard

    def _tell(self) -> None:
        """Give whoever listens what was heard, even nothing."""
        if self._listener is None or self._listener.done():
            return
        heard = self._take()
        listener, at_end = self._listener, self._at_end
        self._listener = self._at_end = None
        listener.set_result(heard)
        if at_end is not None and heard and heard[-1][0] is Kind.END:
            at_end(heard[-1][1])


class StreamChannel:
    """Hear a process over its standard streams: where sockets cannot be handed over."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin with open streams."""
        self._reader = reader
        self._writer = writer
        self._frames = Frames()

    @property
    def is_open(self) -> bool:
        """Return whether the other end is there, as far as anybody knows."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    def send(self, content: bytes) -> None:
        """Send something without waiting."""
        self._writer.write(content)

    async def hear(self, at_end: Callable[[bytes], None] | None = None) -> Heard:
        """Return the frames that came together. Raises EOFError or OSError where none can come."""
        del at_end  # what is read here is read by who asks for it
        while data := await self._reader.read(PART):
            if frames := self._frames.feed(data):
                return frames
        raise EOFError

    def close(self) -> None:
        """Let go of the streams."""
        self._writer.close()
