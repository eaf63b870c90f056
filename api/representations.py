"""Representations: an answer in one format, under its validator, sent as it comes.

RFC 9110, sections 8.8.3 and 13, https://www.rfc-editor.org/rfc/rfc9110#section-13.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from osteokg.api.heads import said_in
from osteokg.api.requests import (
    ClientGoneError,
    asked_version,
    in_address,
    store_for,
    while_connected,
)
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.store import StreamedAnswer

__all__ = [
    "VERSION",
    "Validator",
    "represent",
    "stream",
    "tags_in",
    "validator_for",
    "versions_in",
]

VERSION = "OsteoKG-Version"
"""The header that names the version of the data that an answer was made from."""

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_FOR_EVER = "public, max-age=31536000, immutable"

_log = logging.getLogger("osteokg.answers")

Header: TypeAlias = tuple[bytes, bytes]


@dataclass(frozen=True)
class Validator:
    """Say what an answer is the same as: a version of the data in one format.

    ``pinned`` tells that the client asked for this version by name: its answer never changes.
    """

    version: str
    name: str
    pinned: bool = False

    @property
    def tag(self) -> str:
        """Return the entity tag."""
        return f'"{self.version}.{self.name}"'

    def headers(self) -> dict[str, str]:
        """Return the headers that an answer has in full (200) and in short (304) alike."""
        return {
            "ETag": self.tag,
            "Cache-Control": _FOR_EVER if self.pinned else "no-cache",
            "Vary": "Accept",
            VERSION: self.version,
        }

    def unchanged(self, request: Request, by_name: bool = False) -> Response | None:
        """Return 304 if the client holds this answer already (If-None-Match), else None.

        ``by_name`` while it is not known that there is an answer: then ``*`` names none.
        """
        held = tags_in(request, "if-none-match")
        if held is None or request.method not in ("GET", "HEAD"):
            return None
        if not ({self.tag} if by_name else {"*", self.tag}) & held:
            return None
        return Response(status_code=304, headers=self.headers())


def validator_for(request: Request, name: str) -> Validator | None:
    """Return the validator of what a request asks for, in a format of this name.

    None where the store does not know its version.
    """
    version = store_for(request).version
    pinned = asked_version(in_address(request)) is not None
    return Validator(version, name, pinned) if version else None


def tags_in(request: Request, header: str) -> set[str] | None:
    """Return the entity tags of a condition, None without it.

    A tag that a proxy has marked as weak (``W/``), for compressing the answer, counts as ours.
    """
    said = said_in(request.scope).get(header.encode())
    if said is None:
        return None
    text = said.decode("latin-1")
    return {"*"} if text.strip() == "*" else {f'"{found[1]}"' for found in _TAG.finditer(text)}


def versions_in(tags: Iterable[str]) -> set[str]:
    """Return the versions that entity tags of ours name, whatever their format."""
    return {tag.strip('"').partition(".")[0] for tag in tags}


def represent(
    request: Request,
    body: bytes,
    content_type: str,
    validator: Validator | None,
    **more: str,
) -> Response:
    """Return an answer that is there whole, or 304 for one that the client holds.

    Without a validator the answer may differ each time, and nobody keeps it.
    """
    if validator is not None and (unchanged := validator.unchanged(request)):
        return unchanged
    headers = validator.headers() if validator else {"Cache-Control": "no-store", "Vary": "Accept"}
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return Response(body, headers={**headers, **named, "Content-Type": content_type})


def stream(
    request: Request, answer: StreamedAnswer, content_type: str, validator: Validator | None
) -> Response:
    """Return an answer that is sent as it comes, or 304 for one that the client holds."""
    if validator is not None and (unchanged := validator.unchanged(request)):
        return _Streamed(answer, unchanged.raw_headers, 304)
    head = _head(validator, answer.version, content_type)
    if answer.size is None:
        return _Streamed(answer, [*head])
    return _Streamed(answer, [*head, (b"content-length", b"%d" % answer.size)])


@lru_cache(256)  # the versions that are asked, each in a few formats
def _head(validator: Validator | None, version: str, content_type: str) -> tuple[Header, ...]:
    """Return what the heads of answers have that differ in their length only."""
    if validator is not None:
        headers = validator.headers()
    else:
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        if version:
            headers[VERSION] = version
    raw = Response(headers={**headers, "Content-Type": content_type}).raw_headers
    return tuple(one for one in raw if one[0] != b"content-length")


class _Streamed(Response):
    """Send chunks as they come; end the connection, not the answer, where they end too early."""

    def __init__(self, answer: StreamedAnswer, head: list[Header], status: int = 200) -> None:
        """Take a head as it is: with a Content-Length only where it is known."""
        self.answer = answer
        self.status_code = status
        self.background = None
        self.raw_headers = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, for as long as there is somebody to send it to."""
        only_head = scope["method"] == "HEAD" or self.status_code == 304
        if self.answer.body is not None:  # nothing is waited for, nothing lies behind it
            await self._send_whole(b"" if only_head else self.answer.body, send)
            return
        try:
            if only_head:
                await self._send_whole(b"", send)
            else:
                await while_connected(receive, self._send(send))
        except ClientGoneError:
            return
        except OsteoKGError as error:
            # Without its last chunk, or its full length, HTTP tells an answer that was cut.
            _log.warning("an answer was cut: %s", error)
        finally:
            await self.answer.chunks.aclose()

    async def _send_whole(self, body: bytes, send: Send) -> None:
        await self._begin(send)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send(self, send: Send) -> None:
        await self._begin(send)
        async for chunk in self.answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Send) -> None:
        head = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": head})
