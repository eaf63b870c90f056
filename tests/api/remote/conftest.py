"""Engines elsewhere: a plain server of ours, which keeps to the standard, and Virtuoso.

Virtuoso is started for the tests, with files, ports and a password of its own, and ended by its
process id.
"""

import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from osteokg.kg.names import graph_iri

CONFIGURATION = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CheckpointInterval = 0
DirsAllowed = .
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
MaxQueryMem = 512M
ThreadsPerQuery = 2
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 20
[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = 60
"""


@dataclass
class Engine:
    """Hold where an engine is asked and written to, and who may: parts of an environment."""

    name: str
    url: str
    options: tuple[str, ...] = ()
    login: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    sql: Callable[[str], str] = lambda statement: ""

    def ask(self, query: str, accept: str = "text/csv", **more: str) -> httpx2.Response:
        """Ask the engine itself, past us."""
        with httpx2.Client(trust_env=False, timeout=60) as client:
            form = {"query": query, **more}
            return client.post(self.url, data=form, headers={"Accept": accept})

    def update(self, text: str) -> None:
        """Change what the engine holds, past us."""
        login = (
            httpx2.DigestAuth("dba", self.login["OSTEOKG_STORE_PASSWORD"]) if self.login else None
        )
        url = self.options[1] if self.options else self.url + "-auth"
        with httpx2.Client(trust_env=False, timeout=60, auth=login) as client:
            response = client.post(url, data={"update": text})
            assert response.is_success, response.text

    def empty(self) -> None:
        """Let the engine hold no version."""
        self.update(f"CLEAR SILENT GRAPH <{graph_iri('metadata')}>")
        if self.name == "standard":
            self.update("CLEAR DEFAULT")


@contextmanager
def virtuoso(folder: Path, rows: int = 10_000) -> Iterator[Engine]:
    """Start Virtuoso in a folder of its own on free ports of this machine."""
    program, tool = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if program is None or tool is None:
        pytest.fail("virtuoso-t is not installed: apt-get install virtuoso-opensource")
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        sql, http = one.getsockname()[1], two.getsockname()[1]
    path = folder / "virtuoso.ini"
    path.write_text(CONFIGURATION.format(sql=sql, http=http, rows=rows), encoding="utf-8")
    log = (folder / "said").open("wb")
    process = subprocess.Popen(
        [program, "+foreground", "+configfile", path.name], cwd=folder, stdout=log, stderr=log
    )
    try:
        wait_for(http, process, folder / "virtuoso.log")

        def run(statement: str, password: str) -> str:
            command = [tool, f"127.0.0.1:{sql}", "dba", password, f"exec={statement}"]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
            assert "*** Error" not in done.stdout + done.stderr, done.stdout + done.stderr
            return done.stdout

        password = f"p{secrets.token_hex(8)}"
        run(f'set password "dba" "{password}";', "dba")
        login = {"OSTEOKG_STORE_USER": "dba", "OSTEOKG_STORE_PASSWORD": password}
        url = f"http://127.0.0.1:{http}/sparql"
        yield Engine(
            "virtuoso",
            url,
            login=login,
            process=process,
            sql=lambda statement: run(statement, password),
        )
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        log.close()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something answers at a port; fail if the process ends before."""
    with httpx2.Client(trust_env=False, timeout=60) as client:
        for _ in range(600):
            try:
                form = {"query": "ASK {}"}
                if client.post(f"http://127.0.0.1:{port}/sparql", data=form).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail(f"Virtuoso does not start: {log.read_text() if log.exists() else 'no log'}")


@pytest.fixture(scope="session")
def of_virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return Virtuoso as Debian sets it up, but for the estimate of a query's cost."""
    with virtuoso(tmp_path_factory.mktemp("virtuoso")) as engine:
        yield engine


@pytest.fixture(scope="session")
def of_the_standard(plain: httpx2.Client) -> Engine:
    """Return a plain server of ours."""
    base = str(plain.base_url).rstrip("/")
    options = ("--update-url", f"{base}/update", "--graphs-url", f"{base}/graphs")
    return Engine("standard", f"{base}/sparql", options)


@pytest.fixture(
    scope="session", params=["standard", pytest.param("virtuoso", marks=pytest.mark.virtuoso)]
)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine."""
    names = {"standard": "of_the_standard", "virtuoso": "of_virtuoso"}
    found: Engine = request.getfixturevalue(names[request.param])
    return found


@pytest.fixture(scope="session")
def load(osteokg: Callable[..., object], surroundings: dict[str, str]) -> Callable[..., object]:
    """Run ``osteokg load`` for an engine."""

    def run(engine: Engine, *arguments: str) -> object:
        command = ("load", "--store", engine.url, *engine.options, *arguments)
        return osteokg(*command, env={**surroundings, **engine.login})

    return run


@pytest.fixture(scope="session")
def in_front(
    engine: Engine, load: Callable[..., object], serving: Callable[..., object], good: Path
) -> Iterator[httpx2.Client]:
    """Return a server in front of an engine that holds the invented evidence."""
    engine.empty()
    done = load(engine, "--evidence", str(good))
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]  # by pytest
    with serving("--store", engine.url) as client:  # type: ignore[operator]  # by pytest
        yield client
