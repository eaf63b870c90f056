import os
import subprocess
from collections.abc import Iterator
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
