"""Write access: who may change the data.

Bearer tokens: RFC 6750, https://www.rfc-editor.org/rfc/rfc6750.
"""

from __future__ import annotations

import hmac
import stat
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from osteokg.api.settings import Settings
from osteokg.kg.errors import ForbiddenError, RequestError, UnauthorizedError
from osteokg.kg.writes import Versions

__all__ = ["TOKEN", "read_token", "versions_to_write", "writing_is_on"]

TOKEN = Depends(HTTPBearer(scheme_name="write token", auto_error=False))
"""What tells readers of the API's description of the token; who may write is decided below."""

_SHORTEST = 16
_LOCAL = ("localhost", "127.0.0.1", "::1")


def read_token(path: Path) -> bytes:
    """Return the write token in a file: its one line, without the line's end.

    Raises RequestError for a file that is not there, that others can read, that is empty, or
    whose token is short or not printable ASCII.
    """
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise RequestError(f"--write-token-file {path}: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RequestError(
            f"--write-token-file {path}: others may read it; chmod 600 keeps it yours."
        )
    token = content.strip()
    if len(token) < _SHORTEST or not all(33 <= byte <= 126 for byte in token):
        raise RequestError(
            f"--write-token-file {path}: a token is one word of at least {_SHORTEST} printable "
            "ASCII characters; 'openssl rand -hex 32' makes one."
        )
    return token


def writing_is_on(request: Request) -> bool:
    """Return whether anybody may write here."""
    settings: Settings = request.app.state.settings
    may = settings.write_token is not None or settings.plain
    return may and request.app.state.versions is not None


def versions_to_write(request: Request) -> Versions:
    """Return what a request may write to.

    Raises ForbiddenError where writing is off, or for a page of another origin, and
    UnauthorizedError without the token. To be called before the body is read.
    """
    settings: Settings = request.app.state.settings
    if not writing_is_on(request):
        raise ForbiddenError(
            "This service is read-only. To write to it, start it with --write-token-file FILE."
        )
    _refuse_other_origins(request, settings)
    if settings.write_token is not None:
        _check_token(request, settings.write_token)
    versions: Versions = request.app.state.versions
    return versions


def _refuse_other_origins(request: Request, settings: Settings) -> None:
    """Raise ForbiddenError for what a foreign page makes a browser send.

    Without a token the service trusts this machine alone: then the name that the browser knows
    it by must be one of this machine too (a foreign name may lead here, DNS rebinding).
    """
    host = request.headers.get("host", "")
    if settings.write_token is None and urlsplit(f"//{host}").hostname not in _LOCAL:
        raise ForbiddenError(f"Without a token only this machine may write, not '{host}'.")
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {f"{request.url.scheme}://{host}"}
    if settings.base_url:
        parts = urlsplit(settings.base_url)
        own.add(f"{parts.scheme}://{parts.netloc}")
    if origin not in own:
        raise ForbiddenError(f"A page of {origin} may read here, not write.")


def _check_token(request: Request, token: bytes) -> None:
    given = request.headers.get("authorization", "")
    scheme, _, credentials = given.partition(" ")
    # compare_digest takes as long for a wrong token as for the right one.
    right = hmac.compare_digest(credentials.strip().encode("utf-8", "surrogateescape"), token)
    if scheme.lower() != "bearer" or not right:
        told = "is not the one" if given else "is missing"
        raise UnauthorizedError(
            f"The write token {told}: send 'Authorization: Bearer' and the token."
        )
