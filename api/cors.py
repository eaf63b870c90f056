"""Other origins: any page may read and ask, none may write, and none sends credentials.

Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.heads import Head, vary_by
from osteokg.api.representations import VERSION
from osteokg.api.visits import REQUEST_ID

__all__ = ["WRITABLE", "OpenForReading"]

WRITABLE = ("/update", "/graphs")
"""The paths below which things can be written."""

_READING = ("GET", "HEAD")


class OpenForReading(CORSMiddleware):
    """Let pages of any origin ask queries and read answers (ASGI middleware)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["If-None-Match"],
            expose_headers=[
                *("ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy"),
                *(REQUEST_ID, VERSION),
            ],
        )

        self._allowed = [
            (name.lower().encode(), value.encode()) for name, value in self.simple_headers.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass the request on; of writes other origins learn nothing."""
        if scope["type"] != "http" or _is_write(scope):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await super().__call__(scope, receive, send)
            return
        is_asked_for = any(name == b"origin" for name, _ in scope["headers"])

        async def send_and_allow(message: Message) -> None:
            if message["type"] == "http.response.start":
                head: Head = message["headers"]
                if is_asked_for:
                    head += self._allowed
                vary_by(head, b"Origin")
            await send(message)

        await self.app(scope, receive, send_and_allow)


def _is_write(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(WRITABLE):  # most are told apart so
        return False
    if not any(path == place or path.startswith(f"{place}/") for place in WRITABLE):
        return False
    asked = Headers(scope=scope).get("access-control-request-method")
    method = asked if scope["method"] == "OPTIONS" and asked else scope["method"]
    return method not in _READING
