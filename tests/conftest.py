import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

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
def good() -> Path:
    """Return the folder of the invented evidence: five small files in which all is well."""
    return PROJECT / "tests" / "cases" / "evidence" / "good"


@pytest.fixture(scope="session")
def version(good: Path) -> Version:
    """Return the version made of the invented evidence."""
    return build(find_sources([str(good)]), use_stamp=False)


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Run ``osteokg serve`` in a process of its own, on a free port, until the block ends."""
    command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield address_of(process)
        finally:
            process.terminate()


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address that a server says it has, once somebody listens there."""
    assert process.stderr
    told = ""
    for line in process.stderr:
        told += line
        if found := re.search(r"http://([\w.]+):(\d+)", line):
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection((found[1], int(found[2]))).close()
                    return found[0]
                time.sleep(0.01)
    pytest.fail(f"the server did not start:\n{told}")


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Return what runs a real server: ``with serving("--evidence", folder) as address``."""
    return served
