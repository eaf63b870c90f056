"""Dressing: what an answer is given on its way out – for other origins, a tag, compression.

It is one layer and not three: each takes a good part of a hundredth of a short query's time, and
most answers need none to do more than to look at their heads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.compression import Packer, accepts_gzip, packer_for, with_plain_tags
from osteokg.api.cors import allow, for_options, is_for_all
from osteokg.api.heads import put, said_in
from osteokg.api.sending import DONE
from osteokg.api.tagged import tagged, waits_for_tag

__all__ = ["Dressing"]


class Dressing:
    """Dress the answers of an application (ASGI middleware)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app
        self._for_options = for_options(app)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, its conditions as they are without compression; dress its answer."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        is_open = is_for_all(scope)
        if is_open and scope["method"] == "OPTIONS":
            return self._for_options(scope, receive, send)
        said = said_in(scope)
        if b"if-none-match" in said or b"if-match" in said:
            scope = with_plain_tags(scope)
        return self.app(scope, receive, _Dressed(scope, said, send, is_open=is_open).send)


class _Dressed:
    """Send one answer, its head once it is known whether its body comes whole, if that matters."""

    def __init__(
        self, scope: Scope, said: Mapping[bytes, bytes], send: Send, *, is_open: bool
    ) -> None:
        self._scope = scope
        self._said = said
        self._send = send
        self._is_open = is_open
        self._start: Message | None = None
        self._packer: Packer | None = None

    def send(self, message: Message) -> Awaitable[None]:
        """Send the head or a part of the body."""
        if message["type"] == "http.response.start":
            if self._is_open:
                allow(message["headers"], b"origin" in self._said)
            if self._scope["method"] in ("GET", "HEAD") and waits_for_tag(message):
                self._start = message
                return DONE
            self._packer = self._packer_for(message)
            if self._packer is not None:
                self._start = message
                return DONE
        elif self._start is not None:
            return self._send_both(self._start, message)
        elif self._packer is not None:
            return self._send_packed(self._packer, message)
        return self._send(message)

    def _packer_for(self, start: Message) -> Packer | None:
        wanted = self._said.get(b"accept-encoding", b"")
        # HTTP/1.0 has no chunks: without its length, nobody could tell an answer that was cut.
        may = self._scope["http_version"] != "1.0" and accepts_gzip(wanted.decode("latin-1"))
        return packer_for(start, may, self._said.get(b"if-none-match", b""))

    async def _send_both(self, start: Message, message: Message) -> None:
        """Send the head and the first part of the body."""
        self._start = None
        is_whole = not message.get("more_body")
        if self._packer is None:
            if is_whole:
                start, message = await tagged(self._scope, start, message.get("body", b""))
            self._packer = self._packer_for(start)
        if self._packer is not None:
            body = message.get("body", b"")
            packed = await self._packer.pack(body, is_last=is_whole)
            if is_whole and body:
                put(start["headers"], b"content-length", b"%d" % len(packed))
            message = {**message, "body": packed}
        await self._send(start)
        await self._send(message)

    async def _send_packed(self, packer: Packer, message: Message) -> None:
        is_last = not message.get("more_body")
        packed = await packer.pack(message.get("body", b""), is_last=is_last)
        await self._send({**message, "body": packed})
