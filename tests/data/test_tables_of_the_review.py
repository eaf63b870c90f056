"""The whole review leaves as tables and comes back as the same version."""

from pathlib import Path

import pytest

from osteokg.api.cli import main
from osteokg.kg.curation.delimited import read_delimited
from osteokg.kg.files import find_sources
from osteokg.kg.version import build


@pytest.mark.parametrize("form", ["tsv", "xlsx"])
def test_the_review_exported_and_imported_is_the_same_version(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged = find_sources()
    tables, evidence = tmp_path / "tables", tmp_path / "evidence"

    assert main(["export", str(tables), "--study", "all", "--format", form]) == 0
    assert main(["import", str(tables), "--into", str(evidence)]) == 0

    told = capsys.readouterr()
    assert f"{len(packaged.evidence)} studies written: 0 violations" in told.err
    for path in packaged.evidence:
        assert (evidence / path.name).read_bytes() == path.read_bytes(), path.name
    assert build(find_sources([str(evidence)])).id == build(packaged).id


def test_every_statement_of_the_review_has_a_column(tmp_path: Path) -> None:
    assert main(["export", str(tmp_path), "--study", "all"]) == 0

    assert list(tmp_path.glob("*/other.tsv")) == []
    grid, _ = read_delimited(tmp_path / "asawa-2004" / "findings.tsv", "findings", ["finding"])
    heads = grid[0]
    row = next(dict(zip(heads, row, strict=True)) for row in grid if "k2-bone-resorption" in row[0])
    assert row["arm"] == "ovx-k2"
    assert row["compared with"] == "ovx"
    assert row["outcome"] == "bone resorption"
    assert row["degree"] == "partial"
    assert row["anchors"] == "anchor:iwamoto-2006-s035"
