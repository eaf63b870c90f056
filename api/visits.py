"""Visits: what every request is given and what is written down of it.

An id, the headers that protect, an answer even when we fail, one line in the log, and numbers.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import getrandbits

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.log import REQUESTS, RequestRecord
from osteokg.api.metrics import Metrics
from osteokg.api.protection import HEADERS

__all__ = ["REQUEST_ID", "Routes", "Visit", "Visits", "visit_of", "visit_under_way"]

REQUEST_ID = "X-Request-ID"

_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST_PATH = 500
_REQUEST_ID = REQUEST_ID.lower().encode()
_PROTECTING = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

visit_under_way: ContextVar[Visit | None] = ContextVar("visit_under_way", default=None)


@dataclass
class Visit:
    """Hold what is told of one request; never its query, its body or its credentials."""

    id: str
    started: float = field(default_factory=time.perf_counter)
    route: str = ""
    status: int = 0
    sent: int = 0
    outcome: str = ""
    version: str = ""
    finished: bool = False
    left: bool = False
    repeated: bool = False


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit(_request_id(scope))
        scope.setdefault("state", {})["visit"] = visit

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not visit.finished:
                visit.left = True
            return message

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                head = message["headers"] = list(message.get("headers", ()))
                there = {name for name, _ in head}
                head += [one for one in _PROTECTING if one[0] not in there]
                head.append((_REQUEST_ID, visit.id.encode()))
            elif message["type"] == "http.response.body":
                visit.sent += len(message.get("body", b""))
                visit.finished = not message.get("more_body", False)
            await send(message)

        token = visit_under_way.set(visit)
        self._metrics.in_progress += 1
        try:
            await self._answer(visit, scope, receive_and_note, send_and_note)
        finally:
            visit_under_way.reset(token)
            self._metrics.in_progress -= 1
            self._write_down(visit, scope)

    async def _answer(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            visit.outcome = "stopped"
            if visit.status:
                raise
            await self._stopped(Request(scope))(scope, receive, send)
        except Exception:
            if visit.left:  # there is nobody to fail
                return
            visit.outcome = "failed"
            self._log.exception("a request failed", extra={"said": {"request": visit.id}})
            if visit.status:  # what was begun cannot be mended: the server cuts it off
                raise
            await self._failed(Request(scope))(scope, receive, send)

    def _write_down(self, visit: Visit, scope: Scope) -> None:
        seconds = time.perf_counter() - visit.started
        outcome = visit.outcome or _outcome(visit)
        self._metrics.visited(scope["method"], visit.route, visit.status, seconds)
        if visit.repeated:
            self._metrics.repeated += 1
        if not self._log.isEnabledFor(logging.INFO):
            return
        said = {
            "request": visit.id,
            "method": scope["method"],
            "path": _path(scope),
            "status": visit.status,
            "bytes": visit.sent,
            "ms": round(seconds * 1000, 2),
            "client": (scope.get("client") or ("",))[0],
            "outcome": outcome,
            "version": visit.version,
        }
        self._log.handle(RequestRecord(said))


class Routes:
    """Note in a visit the route that the framework led it to (ASGI middleware, the innermost).

    Outside of it a layer may have copied what the router writes into.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look where it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["state"]["visit"].route = getattr(scope.get("route"), "path", "")
            await send(message)

        await self._app(scope, receive, send_and_note)


def _request_id(scope: Scope) -> str:
    """Return the id that a client or proxy has given the request, if it can be one, or a new id."""
    given = [value for name, value in scope["headers"] if name == _REQUEST_ID]
    if len(given) == 1 and _ID.fullmatch(given[0]):
        return str(given[0], "ascii")
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
