"""Sending: what a client is sent is what uvicorn would send, in one piece, and protected."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from osteokg.api.protection import RAW_HEADERS
from osteokg.api.sending import Exchange


class Wire:
    """A transport that keeps what is written to it, call by call."""

    def __init__(self):
        self.calls = []
        self.closed = False

    def write(self, data):
        if data:
            self.calls.append(bytes(data))

    def writelines(self, parts):
        self.write(b"".join(parts))

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def resume_reading(self):
        pass

    def pause_reading(self):
        pass


def exchanged(kind, app, method="GET", keep_alive=True, paused=False):
    """Return what an application sends over a wire, whose client reads late where it is paused."""
    wire = Wire()

    async def run():
        logger = logging.getLogger("nobody")
        logger.disabled = True
        flow = FlowControl(wire)
        cycle = kind(
            scope={"type": "http", "method": method, "http_version": "1.1"},
            transport=wire,
            flow=flow,
            logger=logger,
            access_logger=logger,
            access_log=False,
            default_headers=[(b"date", b"today")],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=lambda: None,
        )
        if paused:
            flow.pause_writing()
            asyncio.get_running_loop().call_soon(flow.resume_writing)
        await cycle.run_asgi(app)

    asyncio.run(run())
    return wire


def answering(status, headers, parts):
    """Return an application that sends a head and the parts of a body."""

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [*headers]})
        for part in parts[:-1]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": parts[-1]})

    return app


names = st.sampled_from([b"content-type", b"etag", b"vary", b"x-request-id"])
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.encode)
bodies = st.lists(st.binary(max_size=20), min_size=1, max_size=3)
PROTECTING = b"".join(b"%s: %s\r\n" % one for one in RAW_HEADERS)


answers = st.tuples(
    st.sampled_from([200, 204, 303, 304, 404, 503]),
    st.lists(st.tuples(names, values), max_size=4),
    bodies,
    st.sampled_from(["no length", "right", "wrong"]),
    st.sampled_from([None, b"close", b"keep-alive"]),
)


@given(answers, st.sampled_from(["GET", "HEAD"]), st.booleans())
def test_what_is_sent_is_what_uvicorn_sends(answer, method, keep_alive):
    status, headers, parts, length, connection = answer
    if status in (204, 304):
        parts = [b""]
    if connection:
        headers = [*headers, (b"connection", connection)]
    if length != "no length":
        size = len(b"".join(parts)) + (length == "wrong")
        headers = [*headers, (b"content-length", b"%d" % size)]
    app = answering(status, headers, parts)
    ours, theirs = (
        exchanged(one, app, method, keep_alive) for one in (Exchange, RequestResponseCycle)
    )
    head, end, body = b"".join(ours.calls).partition(b"\r\n\r\n")
    assert PROTECTING in head + end
    sent = (head + end).replace(PROTECTING, b"") + body
    expected, end, body = b"".join(theirs.calls).partition(b"\r\n\r\n")
    # uvicorn says last how the body is sent; where ours says it does not matter
    assert sorted(sent.split(b"\r\n")) == sorted((expected + end + body).split(b"\r\n"))
    assert sent.endswith(body)
    assert ours.closed == theirs.closed


@pytest.mark.parametrize("parts", [[b"a"], [b"a", b"b"]], ids=["whole", "in parts"])
def test_a_head_goes_with_what_follows(parts):
    wire = exchanged(Exchange, answering(200, [(b"content-length", b"%d" % len(parts))], parts))
    assert wire.calls[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(wire.calls) == len(parts) + (len(parts) > 1)


def test_a_short_answer_is_one_call_of_the_system():
    wire = exchanged(Exchange, answering(200, [(b"content-length", b"1")], [b"a"]))
    (sent,) = wire.calls
    assert sent.endswith(b"\r\n\r\na")


def test_an_answer_s_own_header_stays_and_is_not_said_twice():
    own = (b"content-security-policy", b"sandbox")
    wire = exchanged(Exchange, answering(200, [own, (b"content-length", b"0")], [b""]))
    (head,) = wire.calls
    assert head.count(b"content-security-policy: ") == 1
    assert b"\r\ncontent-security-policy: sandbox\r\n" in head
    assert b"\r\nx-frame-options: DENY\r\n" in head


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\0", "\x7f"])
@pytest.mark.parametrize("where", ["x{}x", "{}", "x: y{}Set-Cookie: a=b"])
def test_no_header_begins_another(sign, where):
    """Nothing of such an answer is sent: uvicorn answers in its place."""
    value = where.format(sign).encode()
    wire = exchanged(Exchange, answering(200, [(b"location", value)], [b"a"]))
    sent = b"".join(wire.calls)
    assert sent.startswith(b"HTTP/1.1 500 ")
    assert b"ookie" not in sent
    assert b"\r\nlocation" not in sent


def test_an_answer_to_who_reads_late_is_protected_too():
    app = answering(200, [(b"content-length", b"1")], [b"a"])
    sent = b"".join(exchanged(Exchange, app, paused=True).calls)
    assert PROTECTING in sent
    assert sent == b"".join(exchanged(Exchange, app).calls)
