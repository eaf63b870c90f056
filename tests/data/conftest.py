from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.files import find_sources
from osteokg.kg.version import build


@pytest.fixture(scope="session")
def store() -> ox.Store:
    """Return the store of the packaged evidence."""
    return build(find_sources()).store


@pytest.fixture(scope="session")
def docs(project: Path) -> Path:
    """Return the folder of the documentation, which no sdist has."""
    if not (project / "docs").exists():
        pytest.skip("an unpacked sdist: docs/ is not in it")
    return project / "docs"
