"""Compression: gzip for those who accept it, as the answer comes.

A compressed answer is another representation, so its entity tag is another: ``"….gzip"`` (RFC
9110, section 8.8.3.3, https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3). Nobody inside of
this layer sees such tags.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Compression", "accepts_gzip"]

_SMALLEST = 500
"""Bytes below which nothing is won."""
_AT_ONCE = 1 << 16
"""Bytes that are compressed without leaving the event loop (about a millisecond)."""
_LEVEL = 5
_GZIP = 16 + zlib.MAX_WBITS
_COMPRESSED = re.compile(
    r"text/|image/svg|application/(.*\+)?(json|xml|javascript)"
    r"|application/(trig|n-quads|n-triples|sparql-query)"
)
_CONDITIONS = (b"if-none-match", b"if-match")


@lru_cache(256)
def accepts_gzip(header: str) -> bool:
    """Return whether a client that sends this Accept-Encoding takes gzip, and as gladly as none.

    RFC 9110, section 12.5.3, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3.
    """
    qualities: dict[str, float] = {}
    for item in header.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        qualities[coding] = quality
    gzip = max(qualities.get(name, -1) for name in ("gzip", "x-gzip"))
    gzip = qualities.get("*", 0.0) if gzip < 0 else gzip
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


class Compression:
    """Compress the answers of an application (ASGI middleware)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; compress what comes back if it may be."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted, held = (_joined(scope, name) for name in (b"accept-encoding", b"if-none-match"))
        if any(name in _CONDITIONS for name, _ in scope["headers"]):
            scope = {**scope, "headers": [_plain(*header) for header in scope["headers"]]}
        # HTTP/1.0 has no chunks: without its length, nobody could tell an answer that was cut.
        may = scope["http_version"] != "1.0" and accepts_gzip(wanted)
        await self.app(scope, receive, _Compressing(send, may, held).send)


def _joined(scope: Scope, name: bytes) -> str:
    """Return the value of a header, lines that repeat it joined."""
    return b", ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a condition with the tags that it would have without compression."""
    return name, value.replace(b'.gzip"', b'"') if name in _CONDITIONS else value


class _Compressing:
    """Send one answer, compressed if it may be and is worth it."""

    def __init__(self, send: Send, may: bool, held: str) -> None:
        self._send = send
        self._may = may
        self._held = held
        self._start: Message | None = None
        self._packer: Any = None  # zlib does not tell the name of its class

    async def send(self, message: Message) -> None:
        """Send the head or a part of the body."""
        if message["type"] == "http.response.start":
            self._begin(message)
            if self._packer is not None:
                self._start = message  # until it is known whether the body is whole
                return
        elif message["type"] == "http.response.body" and self._packer is not None:
            whole = self._start is not None and not message.get("more_body")
            body = await self._pack(message)
            if self._start is not None:
                if whole and message.get("body"):
                    MutableHeaders(raw=self._start["headers"])["Content-Length"] = str(len(body))
                await self._send(self._start)
                self._start = None
            message = {**message, "body": body}
        await self._send(message)

    def _begin(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(raw=message["headers"])
        tag = headers.get("etag", "")
        packed_tag = tag[:-1] + '.gzip"' if tag else ""
        if message["status"] == 304:
            if packed_tag and packed_tag in self._held:
                headers["ETag"] = packed_tag
            headers.add_vary_header("Accept-Encoding")
            return
        if message["status"] == 206:  # a part is one of the representation that it was asked of
            return
        if "content-encoding" in headers or not _COMPRESSED.match(headers.get("content-type", "")):
            return
        headers.add_vary_header("Accept-Encoding")
        if not self._may or int(headers.get("content-length", _SMALLEST)) < _SMALLEST:
            return
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        headers["Content-Encoding"] = "gzip"
        if packed_tag:
            headers["ETag"] = packed_tag
        del headers["content-length"]

    async def _pack(self, message: Message) -> bytes:
        body: bytes = message.get("body", b"")
        if len(body) > _AT_ONCE:
            packed: bytes = await asyncio.to_thread(self._packer.compress, body)
        else:
            packed = self._packer.compress(body)
        return packed if message.get("more_body") else packed + self._packer.flush()
