"""Placed: the service below a path of somebody's address, behind a proxy that takes the path off.

Everything inside writes addresses as they are here, ``/findings``; where the service is reached
as ``https://example.org/k2`` they are put below ``/k2`` on their way out: in pages, in Location
and in Link. So no page and no route has to know of it.
"""

from __future__ import annotations

import re

from starlette.datastructures import URL, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Placed"]

# Templates write every attribute in double quotes, and text never holds one that is not escaped.
_IN_PAGE = re.compile(rb'(\b(?:href|src|action)=")/(?!/)')
_IN_LINK = re.compile(r"<(/(?!/)[^>]*)>")


class Placed:
    """Put the addresses in an application's answers below a path (ASGI middleware)."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        """Wrap an application that is reached below ``path`` (``/k2``)."""
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; change what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Placing(send, self.path, _own_address(scope)).send)


def _own_address(scope: Scope) -> str:
    """Return the address of this service as the framework writes it (a slash too many or few)."""
    return str(URL(scope=scope).replace(path="", query="", fragment=""))


class _Placing:
    """Send one answer; the body of a page once it is whole."""

    def __init__(self, send: Send, path: str, own: str) -> None:
        self._send = send
        self._path = path
        self._own = own
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        """Send the head or a part of the body."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            location = headers.get("location", "").removeprefix(self._own)
            if location.startswith("/") and not location.startswith("//"):
                headers["Location"] = self._path + location
            if "link" in headers:
                headers["Link"] = _IN_LINK.sub(rf"<{self._path}\1>", headers["link"])
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            page = _IN_PAGE.sub(rb"\1" + self._path.encode() + rb"/", b"".join(self._parts))
            headers = MutableHeaders(raw=self._start["headers"])
            if page and "content-length" in headers:
                headers["Content-Length"] = str(len(page))
            await self._send(self._start)
            self._start = None
            message = {**message, "body": page}
        await self._send(message)
