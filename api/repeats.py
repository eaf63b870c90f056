"""Repeats: a request that was answered before is answered with what was sent then.

What depends on nothing but the request and the current version of the data says so: it has an
entity tag and names its version. All that then decides what is sent is in the key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.heads import said_in
from osteokg.api.representations import VERSION
from osteokg.api.visits import Visit

__all__ = ["Repeats"]

_OVERHEAD = 2000
"""Bytes that an entry takes besides body and key."""

_DECIDE = (b"host", b"accept", b"accept-encoding")
_PASS = frozenset({b"authorization", b"if-match", b"if-none-match", b"if-modified-since", b"range"})
_VERSION = VERSION.lower().encode()

Headers = list[tuple[bytes, bytes]]
Key: TypeAlias = tuple[str | bytes | None, ...]


@dataclass
class _Sent:
    """Hold an answer as it was sent, by which route, and how many bytes it takes to keep it."""

    route: str
    headers: Headers
    tells_length: bool
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    size: int = 0

    def add(self, part: bytes) -> None:
        """Add a part of the body."""
        self.parts.append(part)
        self.length += len(part)


class Repeats:
    """Keep what was sent, least asked out first (ASGI middleware); ``size`` is in bytes."""

    def __init__(
        self, app: ASGIApp, *, version: Callable[[], str], capacity: int, largest: int
    ) -> None:
        """Wrap an application that answers from ``version``; keep no body over ``largest``."""
        self._app = app
        self._version = version
        self._kept_of = version()
        self._capacity = capacity
        self._largest = min(largest, capacity // 2)
        self._kept: OrderedDict[Key, _Sent] = OrderedDict()
        self.size = 0

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request with what was sent before, or keep what is sent now."""
        key = _key(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if key is None:
            return self._app(scope, receive, send)
        version = self._version()
        if version != self._kept_of:
            self._kept.clear()
            self.size, self._kept_of = 0, version
        sent = self._kept.get(key)
        if sent is None:
            return self._app(scope, receive, self._keeping(key, scope, version, send))
        self._kept.move_to_end(key)
        visit: Visit = scope["state"]["visit"]
        visit.route, visit.version, visit.repeated = sent.route, version, True
        return _send_again(sent, send)

    def _keeping(self, key: Key, scope: Scope, version: str, send: Send) -> Send:
        sent: _Sent | None = None

        def send_and_keep(message: Message) -> Awaitable[None]:
            nonlocal sent
            if message["type"] == "http.response.start":
                sent = _begun(message, version, scope["state"]["visit"])
            elif sent is not None:
                sent.add(message.get("body", b""))
                if sent.length > self._largest:
                    sent = None
                elif not message.get("more_body"):
                    self._keep(key, sent, version)
            return send(message)

        return send_and_keep

    def _keep(self, key: Key, sent: _Sent, version: str) -> None:
        if version != self._kept_of or key in self._kept:
            return
        if not sent.tells_length:
            sent.headers.append((b"content-length", b"%d" % sent.length))
        sent.parts = [b"".join(sent.parts)]
        self._kept[key] = sent
        sent.size = _OVERHEAD + sum(len(part or b"") for part in key) + sent.length
        self.size += sent.size
        while self.size > self._capacity:
            _, oldest = self._kept.popitem(last=False)
            self.size -= oldest.size


async def _send_again(sent: _Sent, send: Send) -> None:
    head = {"type": "http.response.start", "status": 200, "headers": list(sent.headers)}
    await send(head)
    await send({"type": "http.response.body", "body": sent.parts[0]})


def _key(scope: Scope) -> Key | None:
    """Return all of a request that decides what is sent; None where more than that decides."""
    said = said_in(scope)
    if not _PASS.isdisjoint(said):
        return None
    return (
        scope["scheme"],
        scope["http_version"],
        scope.get("root_path", ""),
        scope["path"],
        scope["query_string"],
        b"" if b"origin" in said else None,  # that there is one decides, not which
        *map(said.get, _DECIDE),
    )


def _begun(message: MutableMapping[str, Any], version: str, visit: Visit) -> _Sent | None:
    """Return what is to be kept of an answer whose head is sent, if it may be."""
    by_name = dict(message["headers"])
    same = message["status"] == 200 and b"etag" in by_name and version
    if not same or by_name.get(_VERSION) != version.encode():
        return None
    return _Sent(visit.route, list(message["headers"]), b"content-length" in by_name)
