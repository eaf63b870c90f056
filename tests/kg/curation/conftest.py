"""Words of the ontology, and books made of text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from osteokg.kg.curation.importing import words_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.files import find_sources


@pytest.fixture(scope="session")
def words(good: Path) -> Wordlist:
    """Return the words for the ontology's terms."""
    return words_of(find_sources([str(good)]))


@pytest.fixture
def tables(tmp_path: Path) -> Callable[..., Path]:
    """Write tables of a study, columns parted by | and lines stripped, and return the folder."""

    def write(stem: str = "marsh-2019", **sheets: str) -> Path:
        folder = tmp_path / stem
        folder.mkdir(exist_ok=True)
        for name, text in sheets.items():
            lines = [line.strip() for line in text.strip().splitlines()]
            cells = ("\t".join(cell.strip() for cell in line.split("|")) for line in lines)
            (folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in cells), "utf-8")
        return folder

    return write
