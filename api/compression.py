"""Compression: gzip for those who accept it, as the answer comes.

A compressed answer is another representation, so its entity tag is another: ``"….gzip"`` (RFC
9110, section 8.8.3.3, https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3). Nobody but the
client sees such tags.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from functools import lru_cache

from starlette.types import Message, Scope

from osteokg.api.heads import Head, put, vary_by

__all__ = ["Packer", "accepts_gzip", "packer_for", "with_plain_tags"]

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


def with_plain_tags(scope: Scope) -> Scope:
    """Return a request whose conditions name the tags that are those without compression."""
    return {**scope, "headers": [_plain(*header) for header in scope["headers"]]}


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, value.replace(b'.gzip"', b'"') if name in _CONDITIONS else value


class Packer:
    """Compress the body of one answer, part by part."""

    def __init__(self) -> None:
        """Begin."""
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    async def pack(self, body: bytes, *, is_last: bool) -> bytes:
        """Return what is to be sent for a part, a large one without holding up others."""
        if len(body) > _AT_ONCE:
            packed = await asyncio.to_thread(self._packer.compress, body)
        else:
            packed = self._packer.compress(body)
        return packed + self._packer.flush() if is_last else packed


def packer_for(start: Message, may: bool, held: bytes) -> Packer | None:
    """Return what compresses the answer whose head this is, and say so there; None if nothing does.

    ``may`` says that the client takes gzip, ``held`` are the tags of what it has.
    """
    head: Head = start["headers"]
    told = dict(head)
    tag = told.get(b"etag")
    packed_tag = tag and tag[:-1] + b'.gzip"'
    if start["status"] == 304:
        if packed_tag and packed_tag in held:
            put(head, b"etag", packed_tag)
        vary_by(head, b"Accept-Encoding")
        return None
    if start["status"] == 206:  # a part is one of the representation that it was asked of
        return None
    if b"content-encoding" in told or not _is_compressed(told.get(b"content-type")):
        return None
    vary_by(head, b"Accept-Encoding")
    if not may or int(told.get(b"content-length", _SMALLEST)) < _SMALLEST:
        return None
    head.append((b"content-encoding", b"gzip"))
    if packed_tag:
        put(head, b"etag", packed_tag)
    put(head, b"content-length", None)
    return Packer()
