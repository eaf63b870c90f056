"""Channels: what carries requests to a worker and its answers back, frame by frame."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from osteokg.kg.worker.messages import Frames, Kind

__all__ = ["BUFFER", "Channel", "SocketChannel", "StreamChannel"]

BUFFER = 1 << 20
"""So many bytes of a channel are read ahead."""

_PART = 1 << 18

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


class SocketChannel(asyncio.Protocol):
    """Hear a socket as it is read, without a stream in between: most answers are one piece."""

    def __init__(self) -> None:
        """Begin before there is a connection; ``over`` gives one that is connected."""
        self._frames = Frames()
        self._heard: Heard = []
        self._ahead = 0
        self._paused = False
        self._lost: BaseException | None = None
        self._listener: asyncio.Future[Heard] | None = None
        self._at_end: Callable[[bytes], None] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def over(cls, connected: socket.socket) -> SocketChannel:
        """Return a channel over a connected socket, which it closes."""
        connected.setblocking(False)
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(cls, sock=connected)
        return channel

    # asyncio gives a plain transport where the type says a base
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to hear."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came; what is no frame ends the channel."""
        self._heard += self._frames.feed(data)
        self._ahead += len(data)
        if self._heard:
            self._tell()
        if self._ahead > BUFFER and self._heard and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that nothing more comes."""
        self._lost = exc or EOFError()
        self._tell()

    @property
    def is_open(self) -> bool:
        """Return whether the other end is there, as far as anybody knows."""
        return self._lost is None and not self._transport.is_closing()

    def send(self, content: bytes) -> None:
        """Send something without waiting."""
        self._transport.write(content)

    async def hear(self, at_end: Callable[[bytes], None] | None = None) -> Heard:
        """Return the frames that came together. Raises EOFError or OSError where none can come."""
        heard = self._take()
        while not heard:
            if self._lost is not None:
                raise self._lost if isinstance(self._lost, OSError) else EOFError
            listener = self._listener = asyncio.get_running_loop().create_future()
            self._at_end = at_end
            try:
                heard = await listener
            finally:
                if self._listener is listener:  # by now another may listen
                    self._listener = self._at_end = None
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return heard

    def close(self) -> None:
        """Let go of the socket."""
        self._transport.close()

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
        while data := await self._reader.read(_PART):
            if frames := self._frames.feed(data):
                return frames
        raise EOFError

    def close(self) -> None:
        """Let go of the streams."""
        self._writer.close()
