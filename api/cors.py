"""Other origins: any page may read and ask, none may write, and none sends credentials.

Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Scope

from osteokg.api.heads import Head, vary_by
from osteokg.api.representations import VERSION
from osteokg.api.sending import DONE
from osteokg.api.visits import REQUEST_ID

__all__ = ["WRITABLE", "allow", "for_options", "is_for_all"]

WRITABLE = ("/update", "/graphs")
"""The paths below which things can be written."""

_READING = ("GET", "HEAD")


_EXPOSED = ("ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy")


def for_options(app: ASGIApp) -> CORSMiddleware:
    """Return what answers an OPTIONS request, a preflight by itself, any other by ``app``."""
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["If-None-Match"],
        expose_headers=[*_EXPOSED, REQUEST_ID, VERSION],
    )


_ALLOWED = [
    (name.lower().encode(), value.encode())
    for name, value in for_options(lambda *_: DONE).simple_headers.items()
]


def allow(head: Head, is_asked_for: bool) -> None:
    """Let a page of another origin read an answer, if one asks for it."""
    if is_asked_for:
        head += _ALLOWED
    vary_by(head, b"Origin")


def is_for_all(scope: Scope) -> bool:
    """Return whether other origins may learn the answer to a request: of writes they may not."""
    return not _is_write(scope)


def _is_write(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(WRITABLE):  # most are told apart so
        return False
    if not any(path == place or path.startswith(f"{place}/") for place in WRITABLE):
        return False
    asked = Headers(scope=scope).get("access-control-request-method")
    method = asked if scope["method"] == "OPTIONS" and asked else scope["method"]
    return method not in _READING
