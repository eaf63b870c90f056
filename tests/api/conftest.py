"""Real processes: the command line, and servers on free ports of this machine."""

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pyoxigraph as ox
import pytest
from pyld import jsonld

from osteokg.api.cli import main

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
