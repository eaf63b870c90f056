import os
import subprocess
from pathlib import Path

import pytest

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
