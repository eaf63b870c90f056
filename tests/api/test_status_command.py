"""``osteokg status import``: dry runs that tell everything, and imports that check."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def evidence(good, tmp_path) -> Path:
    folder = Path(shutil.copytree(good, tmp_path / "evidence"))
    path = folder / "nib-2002.ttl"
    text = path.read_text(encoding="utf-8")
    status = "okg:publicationStatus okg:NotChecked"
    path.write_text(text.replace(status, f'okg:pmid "1234567" ;\n    {status}'), encoding="utf-8")
    return folder


@pytest.fixture
def feed(tmp_path) -> Path:
    path = tmp_path / "list.csv"
    row = "{},retracted,Withdrawn by its authors.,https://example.org/notice\n"
    path.write_text("pmid,status,notice,source\n" + row.format(1234567) + row.format(99))
    return path


def test_a_dry_run_tells_what_would_change_and_writes_nothing(told, evidence, feed):
    before = {path: path.read_bytes() for path in evidence.iterdir()}
    code, out, _ = told("status", "import", feed, "--dry-run", "--evidence", evidence)
    assert code == 0
    assert "publication:nib-2002: not-checked → retracted (line 2: Withdrawn by its" in out
    assert "1 rows match 1 publications; 1 match nothing here; 0 name no DOI or PMID" in out
    assert "finding:nib-2002-k2-bone-mass-femur" in out
    assert "publication status: not-checked → retracted" in out
    assert "conclusion:larch-2010" in out, "conclusions that rest on it"
    assert "Nothing was written" in out
    assert {path: path.read_bytes() for path in evidence.iterdir()} == before


def test_what_is_imported_passes_the_check_and_is_there_once(told, evidence, feed):
    arguments = ("status", "import", feed, "--seen", "2026-01-31", "--evidence", evidence)
    code, out, _ = told(*arguments)
    assert (code, out.splitlines()[-1]) == (0, f"written: {evidence / 'nib-2002.ttl'}")
    code, out, err = told("check", "--evidence", evidence)
    assert (code, out) == (0, ""), err
    assert told("fmt", "--check", "--evidence", evidence, evidence)[0] == 0
    code, out, _ = told(*arguments, "--list-unmatched")
    assert code == 0
    assert "retracted already, left as it is" in out
    assert "row at line 3: PMID 99: not here" in out
    assert out.endswith("Nothing changes.\n")


def test_wrong_rows_are_told_like_wrong_evidence(told, evidence, feed):
    feed.write_text("pmid,status\nx,retracted\n")
    code, out, _ = told("status", "import", feed, "--evidence", evidence)
    assert code == 1
    assert "list.csv:2: violation [status-row] 'x' is no PubMed identifier" in out
    code, _, err = told("status", "import", feed.with_name("none.csv"), "--evidence", evidence)
    assert code == 2
    assert "none.csv: No such file" in err


def test_rows_of_others_that_name_nothing_are_counted_and_told_on_request(told, evidence, feed):
    columns = ("RetractionDOI", "RetractionPubMedID", "OriginalPaperDOI", "OriginalPaperPubMedID")
    head = ",".join(["Record ID", "RetractionDate", *columns, "RetractionNature"])
    feed.write_text(
        f"{head}\n1,7/15/24 0:00,,0,unavailable,1234567,Retraction\n"
        "2,7/15/2024 0:00,,0,10.1/x,0,Retraction\n"
    )
    arguments = ("status", "import", feed, "--evidence", evidence, "--dry-run")
    code, out, _ = told(*arguments)
    assert (code, "record 1: retraction of 2024-07-15." in out) == (0, True)
    assert "1 rows have an identifier that is neither a DOI nor a PMID" in out
    assert "row at line 3" not in out
    _, out, _ = told(*arguments, "--list-unmatched")
    assert "  row at line 3: OriginalPaperDOI: '10.1/x' is no DOI: write 10.…/…, or nothing." in out
