"""The door, knocked at with raw sockets: what is late, malformed, too large or too much.

Times are short by setting; no test measures one: each waits for what must happen.
"""

import json
import re
import socket
import struct
import time
from ipaddress import ip_network

import pytest

LOOPS = ["asyncio", "uvloop"]
ASK = "/sparql?query=ASK%20%7B%7D"
GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
QUERY = b"ASK {}"


def post(body=QUERY, *headers: str, close: bool = True) -> bytes:
    lines = [
        "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n",
        *[f"{header}\r\n" for header in headers],
        "Connection: close\r\n" if close else "",
        "\r\n",
    ]
    return "".join(lines).encode() + body


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one answer with a length, and no byte more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        assert part, f"the connection was closed after {head!r}"
        head += part
    first, *lines = head.decode().strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = b""
    while len(body) < int(headers["content-length"]):
        part = connection.recv(int(headers["content-length"]) - len(body))
        assert part, "the connection was closed within a body"
        body += part
    return int(first.split()[1]), headers, body


def answers_in(sent: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Return the answers among bytes, each with a length."""
    answers = []
    while sent:
        head, _, sent = sent.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers["content-length"])
        answers.append((int(first.split()[1]), headers, sent[:length]))
        sent = sent[length:]
    return answers


def assert_turned_away(sent: bytes, status: int, words: str) -> None:
    """Assert that all that was sent is one problem, protected like every answer, and the end."""
    ((found, headers, body),) = answers_in(sent)
    problem = json.loads(body)
    assert (found, problem["status"]) == (status, status)
    assert words in problem["detail"]
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in headers
    assert headers["x-request-id"] == problem["request_id"]


def cut(server) -> dict[str, int]:
    """Return how often a connection was closed, and for what."""
    return {what: count for what, count in server.app.state.doorkeeper.cut.items() if count}


# Late


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("sent", [b"G", GET[:-2], GET + GET[:20]])
def test_half_a_head_is_not_waited_for(opened, loop, sent, until_closed):
    server = opened(loop=loop, head_seconds=0.2, idle_seconds=30)
    with server.connect() as connection:
        connection.sendall(sent)
        told = until_closed(connection)
    *before, (status, _, body) = answers_in(told)
    assert [answer[0] for answer in before] == [200] * sent.count(b"\r\n\r\n")
    assert status == 408
    assert "head of the request was not whole within 0.2 s" in json.loads(body)["detail"]
    assert cut(server) == {"head": 1}


def test_who_says_nothing_is_let_go_without_a_word(opened, until_closed):
    server = opened(head_seconds=0.2)
    with server.connect() as connection:
        assert until_closed(connection) == b""
    assert cut(server) == {"head": 1}


def test_who_trickles_gains_no_time(opened):
    """Each byte comes long before the time is over; the head never does."""
    server = opened(head_seconds=0.5)
    with server.connect() as connection:
        connection.settimeout(0.05)
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        told = trickle(connection, b"a")
    assert b" 408 " in told.partition(b"\r\n")[0] or told == b""
    assert cut(server) == {"head": 1}


def test_empty_lines_are_no_head(opened):
    """They are passed over before a request, but keep nobody in."""
    server = opened(head_seconds=0.5, idle_seconds=0.5)
    with server.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection)[0] == 200
        connection.settimeout(0.05)
        assert trickle(connection, b"\r\n") == b""
    assert cut(server) == {"head": 1}


def trickle(connection: socket.socket, byte: bytes) -> bytes:
    """Send a byte again and again until the server closes; return what it says."""
    told = b""
    for _ in range(2000):
        try:
            connection.sendall(byte)
            part = connection.recv(65536)
        except TimeoutError:
            continue
        except ConnectionError:
            return told
        if not part:
            return told
        told += part
    pytest.fail("the server goes on listening")


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "sent",
    [
        post(b"ASK", "Content-Length: 6"),
        post(b"3\r\nASK\r\n", "Transfer-Encoding: chunked"),
        post(b"", "Content-Length: 6"),
    ],
)
def test_half_a_body_is_not_waited_for(opened, loop, sent):
    server = opened(loop=loop, body_seconds=0.2)
    assert_turned_away(server.answer(sent), 408, "body of the request was not whole within 0.2 s")
    assert cut(server) == {"body": 1}
    assert server.store.queries == []


def test_a_connection_that_is_not_used_is_closed(opened, until_closed):
    server = opened(idle_seconds=0.2)
    with server.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection)[0] == 200
        assert until_closed(connection) == b""
    assert cut(server) == {}


def test_who_waits_for_an_answer_is_not_late(opened):
    """All times are over long before the answer is there."""
    server = opened(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1)
    server.store.gate.clear()
    with server.connect() as connection:
        connection.sendall(post(QUERY, f"Content-Length: {len(QUERY)}"))
        with server.connect() as other:
            assert other.recv(1) == b""  # this one is late: its time is over
        server.store.gate.set()
        assert read_answer(connection)[0] == 200


# Too large


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 3000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 300 + b"\r\n",
    ],
)
def test_a_large_head_is_431(opened, loop, sent):
    server = opened(loop=loop, max_head=2000)
    assert_turned_away(server.answer(sent), 431, "larger than 2000 bytes: send it as a body")


def test_a_head_without_end_is_431(opened):
    """The parser keeps a header to itself until it is whole: what it is fed is counted."""
    server = opened(max_head=2000)
    with server.connect() as connection:
        connection.settimeout(0.05)
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        told = trickle(connection, b"a" * 1000)
    assert b" 431 " in told.partition(b"\r\n")[0] or told == b""
    assert cut(server) == {"malformed": 1}


def test_a_body_that_says_it_is_large_is_413_unread(opened):
    server = opened(max_body=1000)
    with server.connect() as connection:
        connection.sendall(post(b"", "Content-Length: 1001", "Expect: 100-continue", close=False))
        status, _, body = read_answer(connection)
        assert status == 413
        assert "larger than 1000 bytes" in json.loads(body)["detail"]


def test_a_chunked_body_is_413_as_soon_as_it_is_too_large(opened):
    server = opened(max_body=1000)
    with server.connect() as connection:
        connection.sendall(post(b"", "Transfer-Encoding: chunked", close=False))
        connection.sendall(b"3e9\r\n" + b"a" * 1001 + b"\r\n")
        assert read_answer(connection)[0] == 413


def test_what_is_left_of_an_unwanted_body_is_not_read_for_ever(opened):
    server = opened(max_body=1000, body_seconds=0.5)
    with server.connect() as connection:
        connection.sendall(post(b"", "Transfer-Encoding: chunked", close=False))
        connection.sendall(b"3e9\r\n" + b"a" * 1001 + b"\r\n")
        assert read_answer(connection)[0] == 413
        connection.settimeout(0.05)
        assert trickle(connection, b"1\r\na\r\n") == b""
    assert cut(server) == {"rest": 1}


# Too many


def test_connections_of_one_address_are_bounded(opened, until_closed):
    server = opened(connections_per_address=2)
    with server.connect() as first, server.connect() as second:
        for connection in (first, second):
            connection.sendall(GET)
            assert read_answer(connection)[0] == 200
        with server.connect() as third:
            told = until_closed(third)
        assert_turned_away(told, 429, "There are 2 connections from your address")
        assert answers_in(told)[0][1]["retry-after"] == "1"
        assert server.app.state.doorkeeper.present == 2
        first.sendall(GET)
        assert read_answer(first)[0] == 200
    assert server.app.state.doorkeeper.refused["address"] == 1


def test_a_trusted_proxy_brings_as_many_as_it_likes(opened):
    server = opened(connections_per_address=1, trusted_proxies=(ip_network("127.0.0.1"),))
    with server.connect() as first, server.connect() as second:
        for connection in (first, second):
            connection.sendall(GET)
            assert read_answer(connection)[0] == 200


def test_all_connections_are_bounded_and_a_place_that_is_left_is_free(opened, until_closed, until):
    server = opened(connections=2, connections_per_address=2)
    with server.connect() as first:
        first.sendall(GET)
        assert read_answer(first)[0] == 200
        with server.connect() as second:
            second.sendall(GET)
            assert read_answer(second)[0] == 200
            with server.connect() as third:
                assert_turned_away(until_closed(third), 503, "All connections are taken")
        until(lambda: server.app.state.doorkeeper.present == 1)
        with server.connect() as fourth:
            fourth.sendall(GET)
            assert read_answer(fourth)[0] == 200
    until(lambda: server.app.state.doorkeeper.present == 0)


def test_a_flood_from_one_address_leaves_the_house_open(opened, until):
    """Who is turned away takes no place of those who may come in, and is told only for a while."""
    server = opened(connections=200, connections_per_address=3)
    keeper = server.app.state.doorkeeper
    flood = [server.connect() for _ in range(100)]
    until(lambda: keeper.refused["address"] == 97)
    assert keeper.present == 3
    assert keeper.refused["house"] == 0
    assert keeper.turned_away <= 64
    for connection in flood:
        connection.close()
    until(lambda: (keeper.present, keeper.turned_away) == (0, 0))
    assert b"200 OK" in server.answer(LAST)


# Requests in a row


def test_requests_in_a_row_are_answered_in_their_order(opened):
    server = opened()
    paths = ["/health", "/nowhere", "/ready", "/context.jsonld"] * 5
    requests = [f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths]
    told = answers_in(server.answer(b"".join(requests) + LAST))
    assert [status for status, _, _ in told] == [200, 404, 200, 200] * 5 + [200]


def test_a_client_is_told_how_long_its_connection_may_wait(opened):
    for idle, told in ((7.9, "timeout=7"), (0.2, None)):
        ((_, headers, _),) = answers_in(opened(idle_seconds=idle).answer(LAST))
        assert headers.get("keep-alive") == told


def test_a_row_without_end_is_cut(opened, until, until_closed):
    server = opened()
    server.store.gate.clear()
    with server.connect() as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: len(server.store.queries) == 1)
        connection.sendall(GET * 1000)
        assert until_closed(connection) == b""
    assert cut(server) == {"pipeline": 1}
    until(lambda: server.app.state.doorkeeper.present == 0)


def test_who_leaves_ends_what_runs_also_when_more_was_sent_behind_it(opened, until):
    """uvicorn by itself tells only the newest request of a row that its client has gone."""
    server = opened()
    server.store.gate.clear()
    with server.connect() as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: len(server.store.queries) == 1)
        connection.sendall(GET)
    until(lambda: server.store.ended == 1)
    assert not server.store.gate.is_set()


def test_what_is_no_request_does_not_get_into_the_answer_before_it(opened, until):
    server = opened()
    server.store.gate.clear()
    with server.connect() as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: len(server.store.queries) == 1)
        connection.sendall(b"\x00nonsense\r\n\r\n")
        until(lambda: cut(server) == {"malformed": 1})
        server.store.gate.set()
        status, headers, body = read_answer(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert json.loads(body) == {"head": {}, "boolean": True}
        assert connection.recv(1) == b""


# Malformed, or read in two ways


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "no request"),  # TLS
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no request"),
        (b"nonsense\r\n\r\n", "no request"),
        (b"GET /health HTTP/3.0\r\nHost: x\r\n\r\n", "no request"),
        (b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n", "no request"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "no request"),
        (b"GET /health HTTP/1.1\r\nHost: a\x00b\r\n\r\n", "no request"),
        (b"GET /health HTTP/1.1\nHost: x\n\n", "no request"),
        (b"GET /h\xc3\xa4lth HTTP/1.1\r\nHost: x\r\n\r\n", "no request"),
        (b"GET /health HTTP/1.1\r\n\r\n", "names one host; this one names 0"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "names one host; this one names 2"),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", "no proxy"),
        (post(QUERY, "Content-Length: 6", "Transfer-Encoding: chunked"), "no request"),
        (post(QUERY, "Transfer-Encoding: chunked", "Content-Length: 6"), "no request"),
        (post(QUERY, "Content-Length: 6", "Content-Length: 7"), "no request"),
        (post(QUERY, "Content-Length: 6", "Content-Length: 6"), "no request"),
        (post(QUERY, "Content-Length: +6"), "no request"),
        (post(QUERY, "Content-Length: 6, 6"), "no request"),
        (post(QUERY, "Content-Length: -1"), "no request"),
        (post(QUERY, f"Content-Length: {2**64}"), "no request"),
        (post(QUERY, "Transfer-Encoding: gzip"), "no request"),
        (post(QUERY, "Transfer-Encoding: chunked, gzip"), "no request"),
        (post(b"6;\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: xchunked"), "no request"),
        (post(b"zz\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), "no request"),
        (post(b"6\nASK {}\n0\n\n", "Transfer-Encoding: chunked"), "no request"),
        (post(b"-6\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), "no request"),
        (post(b"11111111111111111\r\nASK", "Transfer-Encoding: chunked"), "no request"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_not_read(opened, loop, sent, words):
    server = opened(loop=loop, body_seconds=5, head_seconds=5)
    told = server.answer(sent)
    assert_turned_away(told, 501 if b"CONNECT" in sent else 400, words)
    assert server.store.queries == []


def test_headers_after_the_body_are_let_go(opened):
    """A proxy does not look at them, and here they would be taken for its own."""
    server = opened(trusted_proxies=(ip_network("127.0.0.1"),))
    body = b"6\r\nASK {}\r\n0\r\nX-Forwarded-For: 192.0.2.7\r\nContent-Type: text/plain\r\n\r\n"
    ((status, _, _),) = answers_in(server.answer(post(body, "Transfer-Encoding: chunked")))
    assert status == 200


# Old and odd clients


def test_http_0_9_is_told_what_to_speak(opened):
    assert_turned_away(opened().answer(b"GET /health\r\n\r\n"), 505, "Speak HTTP/1.1.")


def test_http_1_0_is_answered_and_closed(opened):
    server = opened()
    ((status, headers, body),) = answers_in(server.answer(b"GET /health HTTP/1.0\r\n\r\n"))
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert "transfer-encoding" not in headers


OFFER = ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")


@pytest.mark.parametrize("connection", ["Upgrade, HTTP2-Settings", "close, Upgrade"])
@pytest.mark.parametrize(
    ("body", "framing"),
    [(QUERY, "Content-Length: 6"), (b"6\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")],
)
@pytest.mark.parametrize("split", [0, 30, 200])
def test_an_offer_of_http_2_is_passed_over_and_the_body_read(
    opened, connection, body, framing, split
):
    """Java's HttpClient, and so Apache Jena, makes it with the first request."""
    server = opened()
    sent = post(body, f"Connection: {connection}", *OFFER, framing, close=False)
    with server.connect() as one:
        one.sendall(sent[:split])
        one.sendall(sent[split:])
        assert read_answer(one)[0] == 200
        assert [query.text for query in server.store.queries] == ["ASK {}"]
        if "close" not in connection:
            one.sendall(LAST)
            assert read_answer(one)[0] == 200


def test_offers_in_a_row_are_bounded(opened):
    server = opened()
    server.store.gate.clear()
    offer = f"GET {ASK} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".encode()
    server.answer(offer * 2000)
    assert cut(server) == {"pipeline": 1}


# Slow readers


LARGE = b'{"head":{},"boolean":true}'.ljust(20_000_000)


@pytest.fixture
def large(opened, asked):
    """Open a server of one large answer."""
    return lambda **given: opened(asked(LARGE), **given)


@pytest.fixture
def reader():
    """Connect with as small a buffer as there is, so that what is unread waits with the server."""

    def connect(server) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(server.address)
        return connection

    return connect


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("last", ["", "Connection: close\r\n"])
def test_who_does_not_read_is_cut(large, loop, reader, last, until):
    server = large(loop=loop, reading_seconds=0.2, idle_seconds=0.1)
    with reader(server) as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n{last}\r\n".encode())
        until(lambda: cut(server) == {"reading": 1})
        until(lambda: server.app.state.doorkeeper.present == 0)


@pytest.mark.parametrize("loop", LOOPS)
def test_who_reads_too_little_is_cut(large, loop, reader):
    server = large(loop=loop, reading_seconds=0.3, reading_rate=10_000_000)
    with reader(server) as connection:
        connection.settimeout(0.05)
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for _ in range(2000):
            try:
                if not connection.recv(1000):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if cut(server):
                break
            time.sleep(0.01)  # as a slow reader does
        assert cut(server) == {"reading": 1}


@pytest.mark.parametrize("loop", LOOPS)
def test_who_reads_slowly_but_enough_is_not_cut(large, loop, reader):
    """For long, nothing moves but what the system holds."""
    server = large(loop=loop, reading_seconds=0.2, reading_rate=1000)
    with reader(server) as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        taken = 0
        while taken < 500_000:
            part = connection.recv(65536)
            assert part, "the connection was cut"
            taken += len(part)
    assert cut(server) == {}


@pytest.mark.parametrize("loop", LOOPS)
def test_who_reads_gets_all(large, loop):
    server = large(loop=loop, reading_seconds=0.05, reading_rate=1000)
    with server.connect() as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert read_answer(connection)[2] == LARGE
    assert cut(server) == {}


def test_a_reset_in_the_middle_ends_the_connection(large, reader, until):
    server = large()
    with reader(server) as connection:
        connection.sendall(f"GET {ASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: server.app.state.doorkeeper.present == 0)


# Numbers


def test_the_numbers_of_the_door_are_told(opened):
    server = opened()
    server.answer(b"nonsense\r\n\r\n")
    told = server.answer(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").decode()
    assert re.search(r"^osteokg_connections 1\.0$", told, re.MULTILINE)
    assert 'osteokg_connections_cut_total{owed="malformed"} 1.0' in told
