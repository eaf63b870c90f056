"""Visits: what every request is given and what is written down of it.

An id, the headers that protect, an answer even when we fail, one line in the log, and numbers.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from random import getrandbits
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.heads import said_in
from osteokg.api.log import REQUESTS, RequestRecord
from osteokg.api.metrics import Metrics
from osteokg.api.protection import PROTECTS, RAW_HEADERS

__all__ = ["REQUEST_ID", "Routes", "Visit", "Visits", "visit_of", "visit_under_way"]

REQUEST_ID = "X-Request-ID"

_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST_PATH = 500
_REQUEST_ID = REQUEST_ID.lower().encode()
_MOMENT = 0.05
_TOGETHER = 50
"""Requests are written down so many at once, or what there is after a moment, in seconds: one by
one it takes three times as long."""

visit_under_way: ContextVar[Visit | None] = ContextVar("visit_under_way", default=None)


class Visit:
    """Hold what is told of one request; never its query, its body or its credentials."""

    route: str = ""
    status: int = 0
    sent: int = 0
    outcome: str = ""
    version: str = ""
    finished: bool = False
    left: bool = False
    repeated: bool = False

    def __init__(self, id_: str) -> None:
        """Begin now."""
        self.id = id_
        self.started = time.perf_counter()


def visit_of(request: Request) -> Visit | None:
    """Return the visit that a request belongs to."""
    visit = request.scope.get("state", {}).get("visit")
    return visit if isinstance(visit, Visit) else None


class Visits:
    """Wrap the application; every request passes here first and last."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        failed: Callable[[Request], Response],
        stopped: Callable[[Request], Response],
    ) -> None:
        """Answer with ``failed`` where the application raises, ``stopped`` where it is ended."""
        self._app = app
        self._metrics = metrics
        self._failed = failed
        self._stopped = stopped
        self._log = logging.getLogger(REQUESTS)
        self._over: list[_Over] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            self._write_down()  # the application has ended
            return
        visit = Visit(_request_id(scope))
        scope.setdefault("state", {})["visit"] = visit
        noted = _Noted(visit, scope, receive, send)
        visit_under_way.set(visit)  # in the request's own task: nobody else sees it
        self._metrics.in_progress += 1
        try:
            await self._app(scope, noted.receive, noted.send)
        except asyncio.CancelledError:
            visit.outcome = "stopped"
            if visit.status:
                raise
            await self._stopped(Request(scope))(scope, noted.receive, noted.send)
        except Exception:
            if visit.left:  # there is nobody to fail
                return
            visit.outcome = "failed"
            self._log.exception("a request failed", extra={"said": {"request": visit.id}})
            if visit.status:  # what was begun cannot be mended: the server cuts it off
                raise
            await self._failed(Request(scope))(scope, noted.receive, noted.send)
        finally:
            self._metrics.in_progress -= 1
            self._end(visit, scope)

    def _end(self, visit: Visit, scope: Scope) -> None:
        seconds = time.perf_counter() - visit.started
        self._metrics.visited(scope["method"], visit.route, visit.status, seconds)
        if visit.repeated:
            self._metrics.repeated += 1
        if not self._log.isEnabledFor(logging.INFO):
            return
        self._over.append(_Over(visit, scope, seconds, time.time()))
        if len(self._over) == 1:
            asyncio.get_running_loop().call_later(_MOMENT, self._write_down)
        elif len(self._over) >= _TOGETHER:
            self._write_down()

    def _write_down(self) -> None:
        for visit, scope, seconds, when in self._over:
            said = {
                "request": visit.id,
                "method": scope["method"],
                "path": _path(scope),
                "status": visit.status,
                "bytes": visit.sent,
                "ms": round(seconds * 1000, 2),
                "client": (scope.get("client") or ("",))[0],
                "outcome": visit.outcome or _outcome(visit),
                "version": visit.version,
            }
            self._log.handle(RequestRecord(said, when))
        self._over.clear()


class _Noted:
    """Note in a visit what passes between an application and its client."""

    def __init__(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        self._visit = visit
        self._receive = receive
        self._send = send
        self._is_protected = PROTECTS in scope.get("extensions", ())

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._visit.finished:
            self._visit.left = True
        return message

    def send(self, message: Message) -> Awaitable[None]:
        visit = self._visit
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            head = message["headers"] = [*message.get("headers", ())]
            head.append((_REQUEST_ID, visit.id.encode()))
            if not self._is_protected:
                there = {name for name, _ in head}
                head += [one for one in RAW_HEADERS if one[0] not in there]
        elif message["type"] == "http.response.body":
            visit.sent += len(message.get("body", b""))
            visit.finished = not message.get("more_body", False)
        return self._send(message)


class _Over(NamedTuple):
    visit: Visit
    scope: Scope
    seconds: float
    when: float


class Routes:
    """Note in a visit the route that the framework led it to (ASGI middleware, the innermost).

    Outside of it a layer may have copied what the router writes into.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, and look where it went."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)

        def send_and_note(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                scope["state"]["visit"].route = getattr(scope.get("route"), "path", "")
            return send(message)

        return self._app(scope, receive, send_and_note)


def _request_id(scope: Scope) -> str:
    """Return the id that a client or proxy has given the request, if it can be one, or a new id."""
    given = said_in(scope).get(_REQUEST_ID)
    if given is not None and _ID.fullmatch(given):
        return str(given, "ascii")
    return f"{getrandbits(128):032x}"


def _path(scope: Scope) -> str:
    """Return the path as it was sent, without what follows a ``?``."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("ascii", "backslashreplace")
    return path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + "…"


def _outcome(visit: Visit) -> str:
    if visit.left and not visit.finished:
        return "left"
    return "answered" if visit.status < 400 else "refused" if visit.status < 500 else "unavailable"
