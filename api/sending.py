"""Sending: a head together with its body, and what the other side has not taken yet."""

from __future__ import annotations

import struct
import sys
from asyncio import Event, WriteTransport
from collections.abc import Awaitable, Generator
from typing import Any, ClassVar, cast

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from osteokg.api.heads import Head
from osteokg.api.protection import RAW_HEADERS

__all__ = ["DONE", "Exchange", "untaken"]

_EMPTY = frozenset({204, 304})
"""Answers of these kinds have no body."""

_PRINTED = bytes({*range(256)} - {*range(32), 127} | {ord("\t")})
"""What may stand in a header (RFC 9110, section 5.5)."""


def _lines(headers: Head) -> bytes:
    """Return headers as they are sent. Raises RuntimeError for one that would be no header."""
    lines = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
    if lines.translate(None, _PRINTED) != b"\r\n" * len(headers):
        raise RuntimeError("A header of the answer has a control character.")
    return lines


_PROTECTING = _lines(RAW_HEADERS)
_PROTECTING_NAMES = frozenset(name for name, _ in RAW_HEADERS)


class _Done:
    """Wait for nothing."""

    def __await__(self) -> Generator[None, None, None]:
        """Be over."""
        yield from ()


DONE = _Done()
"""What a layer returns that has sent something, or keeps it, and waits for nothing.

Layers hand on what the next one returns: a coroutine of each takes its time at every message.
"""

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


class Exchange(RequestResponseCycle):
    """Hold one request and its answer, whose head is sent with what follows.

    uvicorn's own writes both one after the other, and its event loop sends what is written at
    once: two calls of the system, two packets, and a client who wakes twice for a short answer.
    It also looks at each header of each answer, most of which are the same in all of them.

    Every answer has the headers that protect, unless it has its own.
    """

    _head: bytes | None = None
    _common: ClassVar[tuple[Head, bytes]] = ([], b"")
    """The headers that the server gives every answer for a second, and as they are sent."""

    @classmethod
    def over(cls, connection: HttpToolsProtocol, *, keep_alive: bool) -> Exchange:
        """Return the exchange of the request whose head a connection has just read."""
        return cls(
            scope=connection.scope,
            transport=connection.transport,
            flow=connection.flow,
            logger=connection.logger,
            access_logger=connection.access_logger,
            access_log=False,
            default_headers=connection.server_state.default_headers,
            message_event=Event(),
            expect_100_continue=connection.expect_100_continue,
            keep_alive=keep_alive,
            on_response=connection.on_response_complete,
        )

    # uvicorn's is a coroutine, whose caller does nothing with it but to await it.
    def send(self, message: Message) -> Awaitable[None]:  # type: ignore[override]  # see above
        """Send a part of the answer. Raises RuntimeError for a header that would be no header."""
        waits = self.flow.write_paused or self.disconnected
        is_start = message["type"] == "http.response.start"
        if is_start and not (self.response_started or self.disconnected):
            self._begin(message)  # nothing is written yet, so it need not wait
            return DONE
        if self._head is not None and message["type"] == "http.response.body":
            head, self._head = self._head, None
            body = message.get("body", b"")
            is_whole = not (message.get("more_body") or self.chunked_encoding or waits)
            if is_whole and len(body) == self.expected_content_length:
                self.transport.writelines((head, body))
                self._complete()
                return DONE
            self.transport.write(head)
        if self.chunked_encoding and message.get("more_body") and not waits:
            body = message.get("body", b"")
            if body and self.scope["method"] != "HEAD" and not self.response_complete:
                self.transport.writelines((b"%x\r\n" % len(body), body, b"\r\n"))
                return DONE
        return super().send(cast(Any, message))

    def _begin(self, message: Message) -> None:
        headers: Head = message["headers"]
        told = dict(headers)
        if self._common[0] is not self.default_headers:
            Exchange._common = self.default_headers, _lines(self.default_headers)
        protecting = _PROTECTING
        if not _PROTECTING_NAMES.isdisjoint(told):
            protecting = _lines([one for one in RAW_HEADERS if one[0] not in told])
        status = message["status"]
        head = [STATUS_LINE[status], self._common[1], _lines(headers), protecting]
        self.response_started = True
        self.waiting_for_100_continue = False
        if told.get(b"transfer-encoding", b"").lower() == b"chunked":
            self.chunked_encoding = True
        elif b"content-length" in told:
            self.chunked_encoding = False
            is_head = self.scope["method"] == "HEAD"
            self.expected_content_length = 0 if is_head else int(told[b"content-length"])
        elif self.scope["method"] != "HEAD" and status not in _EMPTY:
            self.chunked_encoding = True
            head.append(b"transfer-encoding: chunked\r\n")
        if b"close" in told.get(b"connection", b"").lower():
            self.keep_alive = False
        elif not self.keep_alive:
            head.append(b"connection: close\r\n")
        head.append(b"\r\n")
        self._head = b"".join(head)

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
