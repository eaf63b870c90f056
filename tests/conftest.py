import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

import httpx2
import pytest
from hypothesis import settings

from osteokg.kg.files import find_sources
from osteokg.kg.version import Version, build

# The gate says the same everywhere; look further with pytest --hypothesis-profile=default.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the top folder of the source tree."""
    return PROJECT


@pytest.fixture(scope="session")
def tracked(project: Path) -> list[Path]:
    """Return the files that git tracks and that are there, relative to the top, links included."""
    if not (project / ".git").exists():
        pytest.skip("an unpacked sdist, not a clone: git cannot say which files belong to it")
    # safe.directory: continuous integration may run as another user than the clone's owner.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if os.path.lexists(project / path)]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder beside the project with the review's text and the W3C suites.

    It is OSTEOKG_SHARED, ``../shared`` unless set. Where it is absent the test is skipped, or
    fails if OSTEOKG_REQUIRE_SHARED=1 says that it must be there.
    """
    folder = Path(os.environ.get("OSTEOKG_SHARED", PROJECT.parent / "shared")).resolve()
    if not (folder / "source").is_dir():
        reason = "the shared folder is absent: set OSTEOKG_SHARED to where it lies"
        if os.environ.get("OSTEOKG_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def engine_processes() -> Callable[[int], dict[int, str]]:
    """Return the engine's processes that a process made: id and module, without the ended ones.

    Those of a server that the process started are the server's.
    """
    if not Path("/proc/self/stat").exists():
        pytest.skip("this system has no /proc to look for processes in")

    def made_by(top: int) -> dict[int, str]:
        parents, commands = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                line = (folder / "cmdline").read_text().split("\0")  # it may have ended meanwhile
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
                    commands[int(folder.name)] = line
        of_engine = {
            process: line[3]
            for process, line in commands.items()
            if process != top and "osteokg.kg.worker" in "".join(line[:4])
        }
        found: dict[int, str] = {}
        for process in sorted(of_engine):
            maker = parents[process]
            while maker in of_engine:
                maker = parents[maker]
            if maker == top:
                found[process] = of_engine[process]
        return found

    return made_by


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nobody's stamps reach the tests; within a session nothing is validated twice."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def good() -> Path:
    """Return the folder of the invented evidence: five small files in which all is well."""
    return PROJECT / "tests" / "cases" / "evidence" / "good"


@pytest.fixture(scope="session")
def version(good: Path) -> Version:
    """Return the version made of the invented evidence."""
    return build(find_sources([str(good)]), use_stamp=False)


@pytest.fixture(scope="session")
def command() -> list[str]:
    """Return the words that run the command line of this tree."""
    return [sys.executable, "-m", "osteokg.api.cli"]


@pytest.fixture(scope="session")
def surroundings() -> dict[str, str]:
    """Return an environment that nobody's settings reach."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OSTEOKG_")}


@pytest.fixture(scope="session")
def serving(
    command: list[str], surroundings: dict[str, str]
) -> Callable[..., AbstractContextManager[httpx2.Client]]:
    """Start a server on a free port, wait until it answers, and end it by its process id."""
    return contextmanager(partial(_served, [*command, "serve", "--port", "0"], surroundings))


@pytest.fixture(scope="session")
def plain(serving: Callable[..., AbstractContextManager[httpx2.Client]]) -> Iterator[httpx2.Client]:
    """Return a client of a real server of an empty dataset, that it may write to."""
    with serving("--plain") as client:
        yield client


def _served(
    command: list[str], surroundings: dict[str, str], *arguments: str
) -> Iterator[httpx2.Client]:
    # What it logs goes to a file: a pipe that nobody reads would stop it one day.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen([*command, *arguments], env=surroundings, stderr=log)
        try:
            with httpx2.Client(
                base_url=_address_in(log, process), timeout=30, trust_env=False
            ) as c:
                c.get("/health").raise_for_status()
                yield c
        finally:
            process.terminate()
            process.wait(10)


def _address_in(log: TextIO, process: subprocess.Popen[bytes]) -> str:
    """Return the address that a server tells once it listens; fail if it ends or takes too long."""
    for _ in range(600):
        log.seek(0)
        told = re.search(r"^OsteoKG version .* (http://\S+)/\n", log.read(), re.MULTILINE)
        if told:
            return told[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"there is no server, it said:\n{log.read()}")


@pytest.fixture
def listening() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Return an address of this machine, and whether anybody has asked there."""
    with socket.create_server(("127.0.0.1", 0)) as heard:
        heard.settimeout(0)

        def asked() -> bool:
            try:
                heard.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield f"http://127.0.0.1:{heard.getsockname()[1]}/", asked
