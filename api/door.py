"""The door: a connection has to send, to read, and to make way, or it is closed.

A subclass of uvicorn's protocol over httptools, which by itself waits for ever for the rest of a
head or a body and for a client that does not read. Nothing here looks at what is asked; for that
see ``visits``.
"""

from __future__ import annotations

import json
from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from osteokg.api.addresses import one_client
from osteokg.api.keeper import Doorkeeper
from osteokg.api.protection import HEADERS, PROTECTS
from osteokg.api.sending import Exchange, untaken
from osteokg.api.settings import Settings
from osteokg.kg.delay import Alarm

__all__ = ["Door"]

_PIPELINED = 64
"""So many requests may wait behind the one that is answered; who sends more is no browser."""

_UPGRADE = b"upgrade"

_EXTENSIONS: dict[str, dict[object, object]] = {PROTECTS: {}}

_LINGER = 2.0
"""Seconds in which a client that was turned away may read that it was.

To close at once, with something of the client's unread, would reset the connection and with it
what we said (RFC 9112, section 9.6, https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
"""


class Door(HttpToolsProtocol):
    """Let one connection in, hold it to its time, and turn it away in one shape of problem."""

    def __init__(self, keeper: Doorkeeper, settings: Settings, **given: Any) -> None:
        """Take the limits from the settings; ``given`` is uvicorn's."""
        super().__init__(**given)
        self._keeper = keeper
        self._settings = settings
        self._guest: str | None = None
        self._lingers = False
        self._turned_away = False
        self._fault: tuple[int, str] | None = None
        self._answering: RequestResponseCycle | None = None
        # What the parser is in, and the number of the message that is.
        self._in_head = False
        self._in_body = False
        self._message = 0
        self._head_size = 0
        self._fed = 0
        self._offered = False
        # What the client owes, and until when.
        self._is_idle = False
        self._owed: tuple[str, int] | None = None
        self._deadline = Alarm(self._too_late, self.loop)
        self._reading: TimerHandle | None = None
        self._unread = 0
        self._has_read = False

    # The connection

    # uvicorn narrows the transport to its own kind; asyncio hands over any.
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # see above
        """Let a connection in, or say why not."""
        super().connection_made(transport)
        client = one_client(self.client[0] if self.client else "")
        refusal = self._keeper.enter(client)
        if refusal is None:
            self._guest = client
            self._watch()
            return
        self.connections.discard(self)
        if self._keeper.turn_away():
            self._lingers = True
            self._say(*refusal, "Retry-After: 1\r\n")
        else:
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of timers and place, and tell the application that nobody waits any more."""
        self._deadline.let_go()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._guest is not None:
            self._keeper.leave(self._guest)
        if self._lingers:
            self._keeper.turned_away -= 1
        self._guest, self._lingers = None, False
        self.pipeline.clear()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    # What the client sends

    def data_received(self, data: bytes) -> None:
        """Parse what came; what is no request is told so."""
        if not self._turned_away:
            self._is_idle = False
            self._take(data)

    def _take(self, data: bytes) -> None:
        before = self._message
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse(*(self._fault or (400, "This is no request in HTTP/1.1.")))
        if self._turned_away or self.transport.is_closing():
            return
        # A header is counted when it is whole; until then, what was fed is.
        self._fed = self._fed + len(data) if self._in_head and self._message == before else 0
        if self._fed > self._settings.max_head:
            self._refuse(*self._head_too_large())
        elif len(self.pipeline) > _PIPELINED:
            self._keeper.cut["pipeline"] += 1
            self._cut()
        else:
            self._watch()

    def _feed(self, data: bytes) -> None:
        """Parse, passing over every offer to speak another protocol.

        httptools leaves the body of a request with such an offer unread
        (https://github.com/MagicStack/httptools/issues/124), and Java's client offers h2c with
        its first request. So the request is read again without the offer (RFC 9110, section 7.8,
        https://www.rfc-editor.org/rfc/rfc9110#section-7.8).
        """
        while len(self.pipeline) <= _PIPELINED:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._head_without_offer() + data[offer.args[0] :]
                self._offered = False
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            else:
                return

    def _head_without_offer(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token for token in value.split(b",") if token.strip().lower() != _UPGRADE]
                lines.append(b"connection: " + b",".join(tokens))
            elif name != _UPGRADE:
                lines.append(b"%s: %s" % (name, value))
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._message += 1
        self._in_head, self._in_body = True, False
        self._head_size = 0
        super().on_message_begin()
        self.scope["extensions"] = _EXTENSIONS

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._head_size += len(url)
        if self._head_size > self._settings.max_head:
            self._stop(*self._head_too_large())
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that comes after the body is let go.

        A proxy does not look at those (RFC 9110, section 6.5.1,
        https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1).
        """
        self._head_size += len(name) + len(value) + 4
        if self._head_size > self._settings.max_head:
            self._stop(*self._head_too_large())
        if self._in_body:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hand a request to the application, if it says which host it is for."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            self._stop(501, "This is no proxy: CONNECT is not answered here.")
        if version not in ("1.0", "1.1"):
            self._stop(505, "Speak HTTP/1.1.")
        hosts = len([name for name, _ in self.headers if name == b"host"])
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            # RFC 9112, section 3.2, https://www.rfc-editor.org/rfc/rfc9112#section-3.2
            self._stop(400, f"A request names one host; this one names {hosts}.")
        if self.parser.should_upgrade():
            self._offered = True
            return
        self._begin(method.decode("ascii"), version)
        self.flow.resume_reading()  # else nobody would notice that the client has gone
        self._in_head, self._in_body = False, True

    def _begin(self, method: str, version: str) -> None:
        """Begin the exchange of a request whose head is whole, or let it wait for its turn."""
        address = httptools.parse_url(self.url)
        path = address.path.decode("ascii")
        self.scope["method"] = method
        self.scope["http_version"] = version
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = address.path
        self.scope["query_string"] = address.query or b""
        self.cycle = Exchange.over(
            self, keep_alive=version != "1.0" and self.parser.should_keep_alive()
        )
        if self._is_answering():
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
        else:
            self._start_asgi_task(self.cycle, self.app)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._offered:
            return
        self._in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        task = self.loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        """Go on to the next request, and see whether the client reads this answer."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            else:
                self._is_idle = True
            self._watch()
        self._watch_reading()

    def _head_too_large(self) -> tuple[int, str]:
        largest = self._settings.max_head
        return 431, f"The head of the request is larger than {largest} bytes: send it as a body."

    def _stop(self, status: int, detail: str) -> None:
        """End the parser's work: it takes any exception of ours for an error of the request."""
        self._fault = status, detail
        raise httptools.HttpParserError(detail)

    # What the client owes

    def _owes(self) -> tuple[str, int] | None:
        """Return what is awaited from the client, and of which message; None if it is our turn."""
        turn_is_ours = self._is_answering()
        if self._in_body:
            if self.cycle is not self._answering:
                return None
            return ("body" if turn_is_ours else "rest", self._message)
        if turn_is_ours:
            return None
        if self._in_head:
            return ("head", self._message)
        return ("idle" if self._is_idle else "head", self._message + 1)

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _watch(self) -> None:
        """Set the time for what is owed; what was already owed gets no more of it."""
        owed = self._owes()
        if owed == self._owed:
            return
        self._owed = owed
        if owed is None:
            self._deadline.stop()
            return
        allowed = {
            "head": self._settings.head_seconds,
            "body": self._settings.body_seconds,
            "rest": min(_LINGER, self._settings.body_seconds),
            "idle": self._settings.idle_seconds,
        }
        self._deadline.set(allowed[owed[0]])

    def _too_late(self) -> None:
        owed = self._owed[0] if self._owed else ""
        if self._turned_away or owed == "idle":
            self._close()
            return
        self._keeper.cut[owed] += 1
        if owed == "body" or self._in_head:
            within = self._settings.body_seconds if owed == "body" else self._settings.head_seconds
            self._refuse(408, f"The {owed} of the request was not whole within {within:g} s.")
        else:
            self._close()

    # What the client reads

    def pause_writing(self) -> None:
        """Let the answer wait, and see whether the client reads it."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        self._has_read = True
        super().resume_writing()

    def _watch_reading(self) -> None:
        if self._reading is None and self.transport.get_write_buffer_size():
            self._unread, self._has_read = untaken(self.transport), False
            pause = self._settings.reading_seconds
            self._reading = self.loop.call_later(pause, self._check_reading)

    def _check_reading(self) -> None:
        """Cut a connection whose client has read too little since we last looked.

        While writing is paused, or the connection closes, nothing is added to what waits.
        """
        self._reading = None
        if not self.transport.get_write_buffer_size():
            return
        waiting = untaken(self.transport)
        stuck = self.flow.write_paused or self.transport.is_closing()
        least = min(self._unread, self._settings.reading_rate * self._settings.reading_seconds)
        if stuck and not self._has_read and self._unread - waiting < least:
            self._keeper.cut["reading"] += 1
            self._cut()
        else:
            self._watch_reading()

    # Endings

    def _refuse(self, status: int, detail: str) -> None:
        """Say what is wrong with a request and close, never inside another answer.

        There the words would be taken for a part of it: what is under way is answered first.
        """
        if status != 408:
            self._keeper.cut["malformed"] += 1
        if not self._is_answering():
            self._say(status, detail)
        elif not self._in_body:
            self._turned_away = True
            self.cycle.keep_alive = False
        elif self.cycle is self._answering and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._say(status, detail)
        else:
            self._cut()

    def _say(self, status: int, detail: str, more: str = "") -> None:
        self._turned_away = True
        request_id = uuid4().hex
        phrase = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
        body = json.dumps({**problem, "request_id": request_id}).encode() + b"\n"
        headers = {
            **HEADERS,
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "X-Request-ID": request_id,
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        date = b"".join(b"%s: %s\r\n" % one for one in self.server_state.default_headers)
        head = f"HTTP/1.1 {status} {phrase}\r\n{lines}{more}".encode("latin-1") + date + b"\r\n"
        self.transport.write(head + body)
        self._keeper.told(self.client[0] if self.client else "", request_id, status, len(body))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline.set(_LINGER)

    def _close(self) -> None:
        """Close when the last word is sent, which takes only as long as the client reads."""
        self.transport.close()
        self._watch_reading()

    def _cut(self) -> None:
        self._turned_away = True
        self.transport.abort()
