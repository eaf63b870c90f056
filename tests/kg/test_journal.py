"""The journal: what was appended is read again; what was changed is told, with its line."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import DataError
from osteokg.kg.journal import Journal, Record, files_after

FIRST = Record(
    version="a" * 64,
    made="2026-01-02T03:04:05Z",
    note="begun",
    truth="packaged-files",
    basis="b" * 64,
    triples=3,
    snapshot="c" * 64,
    files={"quill-2001.ttl": "d" * 64},
    added={"https://example.org/g": 3},
)
SECOND = replace(FIRST, version="e" * 64, files={"quill-2001.ttl": None, "nib-2002.ttl": "f" * 64})


@pytest.fixture
def path(tmp_path):
    journal = Journal(tmp_path / "versions.jsonl")
    journal.append(FIRST)
    journal.append(SECOND)
    return journal.path


def test_what_was_appended_is_read_again(path):
    journal = Journal(path)
    assert journal.records == [FIRST, SECOND]
    assert journal.cut is None
    journal.append(replace(FIRST, note="ändert"))
    assert [record.note for record in Journal(path).records] == ["begun", "begun", "ändert"]


def test_each_version_is_a_line_of_json_that_anybody_reads(path):
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [{**line, "check": None} for line in lines] == [
        {**asdict(record), "check": None} for record in (FIRST, SECOND)
    ]


def test_files_are_those_after_the_last_line():
    assert files_after([FIRST]) == {"quill-2001.ttl": "d" * 64}
    assert files_after([FIRST, SECOND]) == {"nib-2002.ttl": "f" * 64}


@given(cut=st.integers(1, 400), rest=st.sampled_from([b"", b"\0\0\0", b"\0\n", b"{"]))
def test_what_a_crash_left_of_the_last_line_is_cut_off(tmp_path_factory, cut, rest):
    """A line is there wholly or not at all, whatever part of it came to the disk."""
    path = tmp_path_factory.mktemp("journal") / "versions.jsonl"
    journal = Journal(path)
    journal.append(FIRST)
    whole = path.read_bytes()
    journal.append(SECOND)
    both = path.read_bytes()
    path.write_bytes(both[: max(len(whole), len(both) - cut)] + rest)
    torn = path.read_bytes() != whole
    journal = Journal(path)
    assert journal.records == [FIRST]
    assert journal.cut == (2 if torn else None)
    assert path.read_bytes() == whole
    journal.append(SECOND)
    assert Journal(path).records == [FIRST, SECOND]


@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize(
    ("old", "new"),
    [(b"begun", b"begin"), (b'"triples": 3', b'"triples": 4'), (b"{", b"["), (b"made", b"mode")],
)
def test_a_line_that_was_changed_is_told(path, line, old, new):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_bytes(b"".join(lines))
    if old == b"{" and line == 2:  # no object: the line that a crash may leave at the end
        assert Journal(path).cut == 2
        return
    with pytest.raises(DataError) as error:
        Journal(path)
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.constraint) == (path, line, "journal")


@pytest.mark.parametrize("order", [(1,), (1, 0), (0, 0, 1)])
def test_a_line_that_is_gone_moved_or_doubled_is_told(path, order):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[position] for position in order))
    with pytest.raises(DataError, match=r"versions\.jsonl:[12]: violation \[journal\]"):
        Journal(path)


def test_a_line_that_cannot_be_written_leaves_the_journal_as_it_was(path, monkeypatch):
    before = path.read_bytes()
    journal = Journal(path)
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        journal.append(FIRST)
    assert path.read_bytes() == before
    assert journal.is_whole()
    journal.append(FIRST)
    assert Journal(path).records == [FIRST, SECOND, FIRST]
