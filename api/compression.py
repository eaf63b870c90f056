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

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.heads import Head, put, value_in, vary_by

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


@lru_cache(256)
def _is_compressed(media_type: bytes | None) -> bool:
    """Return whether a type is one that becomes shorter."""
    return bool(_COMPRESSED.match((media_type or b"").decode("latin-1")))


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
        wanted = held = b""
        is_conditional = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                wanted = wanted + b", " + value if wanted else value
            elif name in _CONDITIONS:
                is_conditional = True
                held += value if name == b"if-none-match" else b""
        if is_conditional:
            scope = {**scope, "headers": [_plain(*header) for header in scope["headers"]]}
        # HTTP/1.0 has no chunks: without its length, nobody could tell an answer that was cut.
        may = scope["http_version"] != "1.0" and accepts_gzip(wanted.decode("latin-1"))
        await self.app(scope, receive, _Compressing(send, may, held).send)


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a condition with the tags that it would have without compression."""
    return name, value.replace(b'.gzip"', b'"') if name in _CONDITIONS else value


class _Compressing:
    """Send one answer, compressed if it may be and is worth it."""

    def __init__(self, send: Send, may: bool, held: bytes) -> None:
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
                    put(self._start["headers"], b"content-length", b"%d" % len(body))
                await self._send(self._start)
                self._start = None
            message = {**message, "body": body}
        await self._send(message)

    def _begin(self, message: MutableMapping[str, Any]) -> None:
        head: Head = message["headers"]
        tag = value_in(head, b"etag")
        packed_tag = tag and tag[:-1] + b'.gzip"'
        if message["status"] == 304:
            if packed_tag and packed_tag in self._held:
                put(head, b"etag", packed_tag)
            vary_by(head, b"Accept-Encoding")
            return
        if message["status"] == 206:  # a part is one of the representation that it was asked of
            return
        if not _is_compressed(value_in(head, b"content-type")) or value_in(
            head, b"content-encoding"
        ):
            return
        vary_by(head, b"Accept-Encoding")
        if not self._may or int(value_in(head, b"content-length") or _SMALLEST) < _SMALLEST:
            return
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        head.append((b"content-encoding", b"gzip"))
        if packed_tag:
            put(head, b"etag", packed_tag)
        put(head, b"content-length", None)

    async def _pack(self, message: Message) -> bytes:
        body: bytes = message.get("body", b"")
        if len(body) > _AT_ONCE:
            packed: bytes = await asyncio.to_thread(self._packer.compress, body)
        else:
            packed = self._packer.compress(body)
        return packed if message.get("more_body") else packed + self._packer.flush()
