"""An endpoint that says what a test tells it to, and a store in front of it."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest

from osteokg.kg.engine import Limits
from osteokg.kg.files import Sources
from osteokg.kg.remote import Endpoint, Login, RemoteStore
from osteokg.kg.results import Query
from osteokg.kg.store import InProcessStore, StreamedAnswer
from osteokg.kg.version import Version

JSON = "application/sparql-results+json"
LIMITS = Limits(seconds=5, quick_slots=2, slow_slots=2)


@dataclass
class Said:
    """Hold what an endpoint answers; ``hold`` keeps it from saying the rest until it is set."""

    body: bytes | str
    content_type: str = JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    size: int | None = None
    hold: threading.Event | None = None


class FakeEndpoint:
    """Answer every query by what ``script`` returns for its form; note what was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        """Answer, unless told otherwise, that there is nothing."""
        self.url = f"http://127.0.0.1:{server.server_port}/sparql"
        self.asked: list[dict[str, str]] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.script: Callable[[dict[str, str]], Said] = lambda form: Said(self.rows())
        self.left = threading.Event()
        self.headers: dict[str, str] = {}

    def says(self, body: bytes | str, content_type: str = JSON, **more: Any) -> None:
        """Answer so from now on whatever is asked but what is held, which is nothing."""
        own = Said(body, content_type, **more)
        self.script = lambda form: Said(self.rows()) if "identifier" in form["query"] else own

    @staticmethod
    def rows(*found: dict[str, Any], variables: tuple[str, ...] = ("a",)) -> str:
        """Return SPARQL JSON."""
        return json.dumps({"head": {"vars": variables}, "results": {"bindings": found}})


@pytest.fixture
def fake() -> Iterator[FakeEndpoint]:
    """Return an endpoint on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            form = {name: values[-1] for name, values in parse_qs(content.decode()).items()}
            endpoint.seen.append((self.command, self.path, dict(self.headers.items())))
            endpoint.asked.append(form)
            said = endpoint.script(form)
            body = said.body.encode() if isinstance(said.body, str) else said.body
            self.send_response(said.status)
            self.send_header("Content-Type", said.content_type)
            self.send_header("Content-Length", str(len(body) if said.size is None else said.size))
            for name, value in {**endpoint.headers, **said.headers}.items():
                self.send_header(name, value)
            # Whoever asked may go at any moment from now on.
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                self.end_headers()
                self.wfile.write(body)
                if said.hold is not None:
                    self.wfile.flush()
                    self.connection.settimeout(20)
                    assert not self.connection.recv(1)
            if said.hold is not None:
                endpoint.left.set()
                self.close_connection = True
            elif said.size is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        endpoint = FakeEndpoint(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield endpoint
        server.shutdown()


class Rehearsal(InProcessStore):
    """Read queries in this process; note what was read."""

    def __init__(self) -> None:
        """Hold an empty dataset."""
        super().__init__(Version("", ox.Store(), Sources((), ())))
        self.asked: list[Query] = []

    async def stream(self, query: Query) -> StreamedAnswer:
        """Answer a query."""
        self.asked.append(query)
        return await super().stream(query)

    async def close(self) -> None:
        """Stay open for the next store of a test."""


@pytest.fixture
def rehearsal() -> Iterator[Rehearsal]:
    """Return what a query is asked of first."""
    first = Rehearsal()
    yield first
    asyncio.run(InProcessStore.close(first))


@pytest.fixture
def opened(fake: FakeEndpoint, rehearsal: Rehearsal) -> Callable[..., Any]:
    """Open a store in front of the endpoint, call a function with it, close it."""

    @asynccontextmanager
    async def store(**given: Any) -> Any:
        limits = given.pop("limits", LIMITS)
        endpoint = Endpoint(given.pop("url", fake.url), given.pop("login", Login()))
        remote = await RemoteStore.start(endpoint, rehearsal, limits, **given)
        try:
            yield remote
        finally:
            await remote.close()

    def call(function: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
        async def run() -> Any:
            async with store(**given) as remote:
                return await function(remote, *arguments)

        return asyncio.run(run())

    return call
