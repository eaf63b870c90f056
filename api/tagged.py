"""Tagged: what nobody has given an entity tag gets one from its content.

What is made from the data has a tag that names their version; pages and small documents that are
made whole (the context, the shapes, the list of versions) are known again by what they say.
RFC 9110, section 8.8.3, https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.
"""

from __future__ import annotations

import asyncio
import hashlib

from fastapi import Request
from starlette.types import Message, Scope

from osteokg.api.heads import Head, put, value_in
from osteokg.api.representations import tags_in

__all__ = ["tagged", "waits_for_tag"]

_AT_ONCE = 1 << 16
"""Bytes that are hashed without leaving the event loop."""


def waits_for_tag(start: Message) -> bool:
    """Return whether an answer whose head this is gets a tag once its body is there whole."""
    head: Head = start["headers"]
    if start["status"] != 200 or value_in(head, b"etag") is not None:
        return False
    return b"no-store" not in (value_in(head, b"cache-control") or b"")


async def tagged(scope: Scope, start: Message, body: bytes) -> tuple[Message, Message]:
    """Return head and body of an answer with its tag; 304 to a client that holds it."""
    tag = await asyncio.to_thread(_tag, body) if len(body) > _AT_ONCE else _tag(body)
    head: Head = start["headers"]
    head.append((b"etag", tag.encode()))
    if value_in(head, b"cache-control") is None:
        head.append((b"cache-control", b"no-cache"))
    held = tags_in(Request(scope), "if-none-match")
    if held is not None and {"*", tag} & held:
        for name in (b"content-length", b"content-type"):
            put(head, name, None)
        start, body = {**start, "status": 304}, b""
    return start, {"type": "http.response.body", "body": body, "more_body": False}


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
