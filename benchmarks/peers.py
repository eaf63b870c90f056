"""The peers: this service and three others, each in an environment of its own.

What is a Python program is installed into a virtual environment below the work folder, made when
it is not there. Virtuoso is Debian's (``apt install virtuoso-opensource``).
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from clients import asking, memory, wait_until
from sizes import Graph

from osteokg.kg.names import graph_iri

__all__ = ["OURS", "PEERS", "Missing", "Server"]

HERE = Path(__file__).resolve().parent
OURS = "this service"
STARTING = 900.0
"""Seconds in which a server must have loaded its graph."""


class Missing(Exception):  # noqa: N818 - no error, it is told and passed over
    """Say that a peer is not on this machine."""


@dataclass
class Server:
    """Hold a server that answers: its address, its process, how long it took to the first answer.

    ``write`` adds triples to its graph.
    """

    address: str
    process: int
    seconds: float | None
    write: Callable[[str], None] | None = None

    def memory(self) -> int:
        """Return its bytes, those of its own processes included."""
        return memory(self.process)


def environment(work: Path, name: str, requirements: Sequence[str]) -> Path:
    """Return the scripts of an environment in which so much is installed."""
    folder = work / "environments" / name
    stamp = folder / "installed.txt"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        command = [folder / "bin" / "pip", "install", "--quiet", *requirements]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        stamp.write_text(wanted)
    return folder / "bin"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[object], folder: Path, address: str) -> Iterator[Server]:
    """Start a server and wait for its first answer; end it afterwards, whatever happened."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "said").open("wb") as log:
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=log, stderr=log)
        try:

            def answers() -> bool:
                if process.poll() is not None:
                    raise RuntimeError((folder / "said").read_text()[-2000:])
                with suppress(httpx2.TransportError):
                    return client.get(asking(address, "ASK {}")).is_success
                return False

            with httpx2.Client(trust_env=False, timeout=30) as client:
                seconds = wait_until(answers, STARTING)
            yield Server(address, process.pid, seconds)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _posting(address: str, headers: dict[str, str], graph: str = "") -> Callable[[str], None]:
    """Return what adds triples by SPARQL Update, to the default graph or another."""
    sent = {"Content-Type": "application/sparql-update", **headers}

    def write(triples: str) -> None:
        put = f"GRAPH {graph} {{ {triples} }}" if graph else triples
        update = f"INSERT DATA {{ {put} }}"
        response = httpx2.post(address, content=update, headers=sent, timeout=300, trust_env=False)
        assert response.is_success, response.text

    return write


@contextmanager
def ours(graph: Graph, work: Path) -> Iterator[Server]:
    """Serve a graph as ``osteokg serve`` does, every feature as it comes.

    A large one, without computed graphs, is put into a plain service; so its start is not told.
    """
    scripts = environment(work, "ours", ["-e", str(HERE.parent)])
    folder = work / "ours"
    port = free_port()
    token = secrets.token_hex(16)
    folder.mkdir(exist_ok=True)
    (folder / "token").touch(0o600)
    (folder / "token").write_text(token)
    command: list[object] = [scripts / "osteokg", "serve", "--port", port]
    if not graph.evidence:
        command += ["--plain", "--write-seconds", 600, "--build-seconds", 600]
        command += ["--max-payload", 1_000_000_000, "--build-memory", 16_000_000_000]
        command += ["--body-seconds", 600]
        # A write reads a graph of a million triples as text, twice: that takes more than a query.
        command += ["--query-memory", 3_500_000_000, "--slow-slots", 2]
    for one in graph.evidence:
        command += ["--evidence", one]
    if graph.evidence:
        data = folder / f"data-{graph.name}"
        shutil.rmtree(data, ignore_errors=True)
        command += ["--data-dir", data]
    command += ["--write-token-file", folder / "token"]
    base = f"http://127.0.0.1:{port}"
    login = {"Authorization": f"Bearer {token}"}
    with running(command, folder, f"{base}/sparql") as server:
        if not graph.evidence:
            headers = {**login, "Content-Type": "application/n-triples"}
            with graph.file.open("rb") as body:
                answer = httpx2.put(
                    f"{base}/graphs?default",
                    content=body,
                    headers=headers,
                    timeout=900,
                    trust_env=False,
                )
            if not answer.is_success:
                raise RuntimeError(answer.text)
            server.seconds = None
        graph_name = f"<{graph_iri('study', 'benchmark')}>" if graph.evidence else ""
        server.write = _posting(f"{base}/update", login, graph_name)
        yield server


@contextmanager
def bare(graph: Graph, work: Path) -> Iterator[Server]:
    """Serve a graph with pyoxigraph under Starlette and nothing else."""
    wanted = ["pyoxigraph>=0.5.13,<0.6", "starlette>=1,<2", "uvicorn", "httptools", "uvloop"]
    python = environment(work, "bare", wanted) / "python"
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [python, HERE / "bare.py", graph.file, port]
    with running(command, work / "bare", f"{base}/sparql") as server:
        server.write = _posting(f"{base}/update", {})
        yield server


@contextmanager
def rdflib_endpoint(graph: Graph, work: Path) -> Iterator[Server]:
    """Serve a graph with rdflib-endpoint."""
    wanted = ["rdflib-endpoint[cli]==0.6.3", "httptools", "uvloop"]
    program = environment(work, "rdflib-endpoint", wanted) / "rdflib-endpoint"
    port = free_port()
    command = [program, "serve", "--enable-update", "--host", "127.0.0.1", "--port", port]
    address = f"http://127.0.0.1:{port}/"
    with running([*command, graph.file], work / "rdflib-endpoint", address) as server:
        # It cannot take triples into its default graph, which is the union of all.
        server.write = _posting(address, {}, "<https://example.org/>")
        yield server


@contextmanager
def virtuoso(graph: Graph, work: Path) -> Iterator[Server]:
    """Serve a graph with Virtuoso."""
    program, tool = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if program is None or tool is None:
        raise Missing("Virtuoso is not on this machine: apt install virtuoso-opensource")
    folder = work / "virtuoso"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sql, port = free_port(), free_port()
    configuration = (HERE / "virtuoso.ini").read_text()
    (folder / "virtuoso.ini").write_text(configuration.format(sql=sql, http=port))
    (folder / "load").mkdir()
    (folder / "load" / graph.file.name).hardlink_to(graph.file)

    def run(*statements: str) -> None:
        command = [tool, f"127.0.0.1:{sql}", "dba", "dba", f"exec={' '.join(statements)}"]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        assert "*** Error" not in told.stdout + told.stderr, told.stdout + told.stderr

    # Without it, it answers from graphs of its own as well.
    address = f"http://127.0.0.1:{port}/sparql?default-graph-uri=https%3A%2F%2Fexample.org%2F"
    command = [program, "+foreground", "+configfile", "virtuoso.ini"]
    with running(command, folder, address) as server:

        def load() -> bool:
            run(
                f"ld_dir('load', '{graph.file.name}', 'https://example.org/');",
                "rdf_loader_run(); checkpoint;",
            )
            return True

        assert server.seconds is not None
        server.seconds += wait_until(load, STARTING)
        server.write = lambda triples: run(
            f"SPARQL INSERT DATA {{ GRAPH <https://example.org/> {{ {triples} }} }};"
        )
        yield server


PEERS = {
    OURS: ours,
    "bare pyoxigraph": bare,
    "rdflib-endpoint": rdflib_endpoint,
    "Virtuoso": virtuoso,
}
"""How each peer serves a graph, by its name; ours first."""
