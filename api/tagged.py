"""Tagged: what nobody has given an entity tag gets one from its content.

What is made from the data has a tag that names their version; pages and small documents that are
made whole (the context, the shapes, the list of versions) are known again by what they say.
RFC 9110, section 8.8.3, https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.
"""

from __future__ import annotations

import asyncio
import hashlib

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.heads import Head, put, value_in
from osteokg.api.representations import tags_in

__all__ = ["Tagged"]

_AT_ONCE = 1 << 16
"""Bytes that are hashed without leaving the event loop."""


class Tagged:
    """Give the answers of an application entity tags (ASGI middleware)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer 304 to a client that holds what comes back."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Tagging(Request(scope), send).send)


class _Tagging:
    """Send one answer, its head once it is known whether its body comes whole."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        """Send the head or a part of the body."""
        if message["type"] == "http.response.start" and _waits(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body"):
                start, message = await self._tagged(start, message.get("body", b""))
            await self._send(start)
        await self._send(message)

    async def _tagged(self, start: Message, body: bytes) -> tuple[Message, Message]:
        tag = await asyncio.to_thread(_tag, body) if len(body) > _AT_ONCE else _tag(body)
        head: Head = start["headers"]
        head.append((b"etag", tag.encode()))
        if value_in(head, b"cache-control") is None:
            head.append((b"cache-control", b"no-cache"))
        held = tags_in(self._request, "if-none-match")
        if held is not None and {"*", tag} & held:
            for name in (b"content-length", b"content-type"):
                put(head, name, None)
            start, body = {**start, "status": 304}, b""
        return start, {"type": "http.response.body", "body": body, "more_body": False}


def _waits(start: Message) -> bool:
    head: Head = start["headers"]
    kept = b"no-store" not in (value_in(head, b"cache-control") or b"")
    return start["status"] == 200 and kept and value_in(head, b"etag") is None


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
