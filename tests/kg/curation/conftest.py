"""What the tests of curation tables share."""

from pathlib import Path

import pytest

from osteokg.kg.curation.importing import words_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.files import find_sources


@pytest.fixture(scope="session")
def words(good: Path) -> Wordlist:
    """Return the words for the ontology's terms."""
    return words_of(find_sources([str(good)]))
