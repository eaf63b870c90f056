import pyoxigraph as ox
import pytest

from osteokg.kg.files import find_sources
from osteokg.kg.version import build


@pytest.fixture(scope="session")
def store() -> ox.Store:
    """Return the store of the packaged evidence."""
    return build(find_sources()).store
