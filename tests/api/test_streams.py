"""Answers that are still on their way: cut ones are seen to be cut, unwanted ones end the work."""

import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.errors import TimeLimitError
from osteokg.kg.results import ROW_FORMATS, Answer
from osteokg.kg.store import StreamedAnswer

JSON = ROW_FORMATS[0]
CHUNK = b"0123456789abcdef" * 512


class Slow:
    """A store whose answers are as the query's text says; it notes what became of them."""

    version = "1" * 64

    def __init__(self):
        self.begun = threading.Event()
        self.ended = threading.Event()

    async def query(self, _query):
        return Answer(JSON, CHUNK * 4, self.version)

    async def stream(self, query):
        if "before" in query.text:
            await self._wait()
        return StreamedAnswer(JSON, self.version, self._chunks(query.text))

    async def _wait(self):
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def _chunks(self, text) -> AsyncIterator[bytes]:
        try:
            for _ in range(4):
                yield CHUNK
            if "cut" in text:
                raise TimeLimitError("The query ran longer than it may.")
            if "within" in text:
                await self._wait()
        finally:
            self.ended.set()

    async def close(self):
        pass


@pytest.fixture
def store():
    return Slow()


@pytest.fixture
def address(store):
    """Serve the store by uvicorn, as the command does, and return host and port."""
    # The cache of answers waits for the end of those that it may keep.
    app = create_app(Settings(cache_size=0), store)
    config = uvicorn.Config(app, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            running.join(10)


def get(address, query, version="1.1", more=""):
    """Send a request and return the connection: what comes back is read as it is."""
    connection = socket.create_connection(address, timeout=10)
    head = f"GET /sparql?query={query} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n{more}\r\n"
    connection.sendall(head.encode())
    return connection


def everything(connection) -> tuple[bytes, bytes]:
    with connection:
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.lower(), body


def test_a_stream_comes_whole(address, store):
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(f"http://{address[0]}:{address[1]}/sparql?query=whole")
    assert answer.content == CHUNK * 4
    assert store.ended.wait(10)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_cut_answer_is_no_answer(address, store, coding):
    """A client must not take it for one: the last chunk never comes."""
    head, body = everything(get(address, "cut", more=f"Accept-Encoding: {coding}\r\n"))
    assert head.startswith(b"http/1.1 200")
    assert b"transfer-encoding: chunked" in head
    assert not body.endswith(b"0\r\n\r\n")
    assert store.ended.wait(10)
    url = f"http://{address[0]}:{address[1]}/sparql?query=cut"
    with httpx2.Client(trust_env=False) as client, pytest.raises(httpx2.RemoteProtocolError):
        client.get(url, headers={"Accept-Encoding": coding})


def test_a_client_of_http_1_0_gets_the_answer_with_its_length(address):
    head, body = everything(get(address, "whole", version="1.0"))
    assert f"content-length: {len(CHUNK) * 4}".encode() in head
    assert body == CHUNK * 4


@pytest.mark.parametrize("query", ["before", "within"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_work_ends_when_the_client_goes(address, store, query, method):
    connection = socket.create_connection(address, timeout=10)
    if method == "GET":
        sent = f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\n\r\n"
    else:
        sent = (
            "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
            f"Content-Length: {len(query)}\r\n\r\n{query}"
        )
    connection.sendall(sent.encode())
    assert store.begun.wait(10)
    assert not store.ended.is_set()
    connection.close()
    assert store.ended.wait(10)


def test_head_asks_and_sends_nothing(address, store):
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(
            b"HEAD /sparql?query=within HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""
    assert not store.begun.is_set()


def test_a_stream_is_compressed_while_it_comes(address):
    _, body = everything(get(address, "whole", more="Accept-Encoding: gzip\r\n"))
    packed = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        packed, body = packed + body[: int(size, 16)], body[int(size, 16) + 2 :]
    assert gzip.decompress(packed) == CHUNK * 4
