"""Real processes: the command line, and servers on free ports of this machine."""

import asyncio
import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from fastapi import FastAPI
from pyld import jsonld

from osteokg.api.app import create_app
from osteokg.api.cli import main
from osteokg.api.server import Server
from osteokg.api.settings import Settings
from osteokg.kg.results import ROW_FORMATS, Answer, Query
from osteokg.kg.store import StreamedAnswer

Result = subprocess.CompletedProcess[str]
Serving = Callable[..., AbstractContextManager[httpx2.Client]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process: exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def osteokg(command: list[str], surroundings: dict[str, str]) -> Callable[..., Result]:
    """Run the command in a process of its own."""

    def run(*arguments: str | Path, **options: object) -> Result:
        given = {"env": surroundings, "stdin": subprocess.DEVNULL, **options}
        if "input" in given:
            del given["stdin"]
        return subprocess.run(
            [*command, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            **given,
        )

    return run


@pytest.fixture(scope="session")
def server(serving: Serving, good: Path) -> Iterator[httpx2.Client]:
    """Return a client of a real server of the invented evidence."""
    with serving("--evidence", str(good)) as client:
        yield client


@pytest.fixture(scope="session")
def packaged_server(serving: Serving) -> Iterator[httpx2.Client]:
    """Return a client of a real server of the evidence that comes with OsteoKG."""
    with serving() as client:
        yield client


@pytest.fixture(scope="session")
def canonical_graph() -> Callable[[str | bytes, ox.RdfFormat], set[str]]:
    """Return the triples of a document with blank nodes named by RDFC-1.0.

    JSON-LD is read by PyLD, which is another's work, and without network.
    """

    def refuse(url: str, _options: object) -> None:
        raise AssertionError(f"{url} was asked for: a reader of our JSON-LD needs no network")

    def canonical(content: str | bytes, format_: ox.RdfFormat) -> set[str]:
        if format_ == ox.RdfFormat.JSON_LD:
            options = {"format": "application/n-quads", "documentLoader": refuse}
            content, format_ = jsonld.to_rdf(json.loads(content), options), ox.RdfFormat.N_QUADS
        dataset = ox.Dataset(ox.Quad(*quad.triple) for quad in ox.parse(content, format_))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return {str(quad) for quad in dataset}

    return canonical


@pytest.fixture(scope="session")
def raw(server: httpx2.Client) -> Callable[[bytes], tuple[int, dict[str, str], bytes]]:
    """Send bytes to the server and return status, headers and the bytes after them."""

    def send(request: bytes) -> tuple[int, dict[str, str], bytes]:
        address = (server.base_url.host, server.base_url.port)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, body

    return send


class Asked:
    """A store of one true answer, which may have to be waited for, or be large."""

    version = "0" * 64

    def __init__(self, body: bytes = b'{"head":{},"boolean":true}') -> None:
        self.body = body
        self.queries: list[Query] = []
        self.gate = threading.Event()
        self.gate.set()
        self.ended = 0
        self.closed = False

    async def query(self, query: Query) -> Answer:
        self.queries.append(query)
        try:
            while not self.gate.is_set():  # noqa: ASYNC110 - it is set in another thread
                await asyncio.sleep(0.01)
        finally:
            self.ended += 1
        return Answer(query.rows or ROW_FORMATS[0], self.body, self.version)

    async def stream(self, query: Query) -> StreamedAnswer:
        answer = await self.query(query)

        async def chunks() -> AsyncGenerator[bytes, None]:
            yield answer.body

        return StreamedAnswer(answer.format, answer.version, chunks(), len(answer.body))

    async def close(self) -> None:
        self.closed = True


class Opened:
    """A server of this process, in a thread: sockets, parser and event loop are real."""

    def __init__(self, address: tuple[str, int], app: FastAPI, store: Asked) -> None:
        self.address = address
        self.app = app
        self.store = store

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=30)

    def answer(self, request: bytes) -> bytes:
        """Send a request and return all that comes until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_until_closed(connection)


def read_until_closed(connection: socket.socket) -> bytes:
    """Return what is sent until the connection is closed, or reset."""
    read = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            read += part
    return read


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    """Open a server with settings, ``store`` and ``loop``; it is closed when the test ends."""
    with contextlib.ExitStack() as stack:

        def open_(store: Asked | None = None, loop: str = "auto", **given: object) -> Opened:
            asked = store or Asked()
            bound = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            address = bound.getsockname()
            settings = Settings(port=address[1], **given)
            app = create_app(settings, asked)
            started = threading.Event()
            server = Server(app, settings, started.set)
            server.config.loop = loop
            thread = threading.Thread(target=server.run, args=([bound],))
            thread.start()

            def end() -> None:
                server.should_exit = True
                asked.gate.set()
                thread.join(30)
                assert not thread.is_alive()
                assert asked.closed

            stack.callback(end)
            assert started.wait(30)
            return Opened(address, app, asked)

        yield open_


@pytest.fixture
def asked() -> type[Asked]:
    """Return a class of stores that tell what they were asked."""
    return Asked


@pytest.fixture
def until_closed() -> Callable[[socket.socket], bytes]:
    """Read what is sent until a connection is closed, or reset."""
    return read_until_closed


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so; fail if it never becomes so."""

    def wait(condition: Callable[[], bool]) -> None:
        for _ in range(600):
            if condition():
                return
            time.sleep(0.05)
        pytest.fail("it never became so")

    return wait
