"""Sending: a head together with its body, and what the other side has not taken yet."""

from __future__ import annotations

import asyncio
import struct
import sys
from asyncio import WriteTransport
from typing import Any

__all__ = ["Together", "untaken"]

_HEAD = b"HTTP/1."

if sys.platform == "win32":

    def _queued(_file: int) -> int:
        return 0

else:
    import fcntl
    import termios

    def _queued(file: int) -> int:
        answer = fcntl.ioctl(file, termios.TIOCOUTQ, struct.pack("i", 0))
        (size,) = struct.unpack("i", answer)
        return int(size)


def untaken(transport: WriteTransport) -> int:
    """Return the bytes written to a connection that the other side has not acknowledged.

    The system's own queue is counted as well (tcp(7), SIOCOUTQ): it is megabytes long, and as long
    as a slow reader takes from it, nothing moves in ours.
    """
    connection = transport.get_extra_info("socket")
    try:
        return transport.get_write_buffer_size() + _queued(connection.fileno())
    except (AttributeError, OSError, ValueError):  # closed meanwhile, or no such queue
        return transport.get_write_buffer_size()


class Together:
    """Send the head of an answer with what follows at once: a transport around a transport.

    uvicorn writes both one after the other, and its event loop sends what is written at once:
    two calls of the system, two packets, and a client who wakes twice for a short answer.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """Wrap a transport; what is not said here is as there."""
        self._transport = transport
        self._head: bytes | None = None
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write something, a head together with what follows until the loop goes on."""
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines((head, data))
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._send_head)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close when all is sent."""
        self._send_head()
        self._transport.close()

    def write_eof(self) -> None:
        """Say that nothing follows."""
        self._send_head()
        self._transport.write_eof()

    def _send_head(self) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            if not self._transport.is_closing():
                self._transport.write(head)
