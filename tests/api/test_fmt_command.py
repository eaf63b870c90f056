"""The canonical form, from the command: what it writes, and what it leaves alone."""

import shutil
from pathlib import Path

import pytest

from osteokg.kg.contract.record import record_file
from osteokg.kg.files import mappings_file


@pytest.fixture
def copy_of(good, tmp_path):
    def copied(name):
        return Path(shutil.copy(good.parent / name, tmp_path))

    return copied


def test_the_good_evidence_is_in_canonical_form(told, good):
    assert told("fmt", "--check", good) == (0, "", "")


def test_fmt_says_which_files_are_not_canonical_and_what_to_run(told, copy_of):
    file = copy_of("broken/two-directions.ttl")
    before = file.read_bytes()
    words = f"{file.resolve()} is not in canonical form: run 'osteokg fmt'\n"
    assert told("fmt", "--check", file) == (1, words, "")
    assert file.read_bytes() == before
    assert told("fmt", file) == (0, f"{file.resolve()}\n", "")
    assert told("fmt", "--check", file) == (0, "", "")


def test_fmt_takes_no_comment_away(told, copy_of, monkeypatch):
    file = copy_of("broken/comment.ttl")
    monkeypatch.chdir(file.parent)
    before = file.read_bytes()
    words = (
        "comment.ttl:64: violation [comment] a comment does not survive formatting: "
        "make it okg:curatorNote or take it out.\n"
    )
    assert told("fmt", "--check", file.name) == (1, words, "")
    assert told("fmt", file.name) == (1, words, "")
    assert file.read_bytes() == before


def test_fmt_changes_nothing_that_it_cannot_read_or_name(told, copy_of, monkeypatch):
    files = [copy_of(f"broken/{name}.ttl") for name in ("blank-node", "latin-1", "syntax")]
    monkeypatch.chdir(files[0].parent)
    before = [file.read_bytes() for file in files]
    code, out, _ = told("fmt", ".")
    assert code == 1
    assert [line.partition(" ")[0] for line in out.splitlines()] == [
        "blank-node.ttl:1:",
        "latin-1.ttl:72:",
        "syntax.ttl:70:",
    ]
    assert [file.read_bytes() for file in files] == before
    assert sorted(files[0].parent.iterdir()) == sorted(files)


def test_fmt_mends_line_ends_and_byte_order_marks(told, copy_of):
    file = copy_of("good/nib-2002.ttl")
    canonical = file.read_bytes()
    file.write_bytes(b"\xef\xbb\xbf" + canonical.replace(b"\n", b"\r\n"))
    assert told("fmt", file)[0] == 0
    assert file.read_bytes() == canonical


def test_fmt_sorts_the_table_of_mappings(told, tmp_path, monkeypatch):
    canonical = mappings_file().read_bytes()
    *head, last = canonical.splitlines(keepends=True)
    file = tmp_path / "mappings.sssom.tsv"
    file.write_bytes(b"".join([*head[:-300], last, *head[-300:]]))
    monkeypatch.setattr("osteokg.api.commands.mappings_file", lambda: file)
    words = f"{file} is not in canonical form: run 'osteokg fmt'\n"
    assert told("fmt", "--check") == (1, words, "")
    assert told("fmt") == (0, f"{file}\n", "")
    assert file.read_bytes() == canonical


def test_fmt_leaves_a_broken_table_of_mappings_alone(told, tmp_path, monkeypatch):
    file = tmp_path / "mappings.sssom.tsv"
    broken = mappings_file().read_bytes().replace(b"\tUBERON:0000981\t", b"\tFMA:9611\t")
    file.write_bytes(broken)
    monkeypatch.setattr("osteokg.api.commands.mappings_file", lambda: file)
    monkeypatch.chdir(tmp_path)
    code, out, _ = told("fmt")
    assert (code, out.count("\n")) == (1, 1)
    assert "okg:Femur skos:exactMatch FMA:9611: the prefix FMA of object_id is not in" in out
    assert file.read_bytes() == broken


def test_fmt_tells_a_promise_that_is_not_kept_and_leaves_the_record_alone(
    told, tmp_path, monkeypatch
):
    record = Path(shutil.copy(record_file(), tmp_path))
    with record.open("a", encoding="utf-8") as more:
        more.write('key\tspecies2\t{"@id": "okg:species2"}\n')
    monkeypatch.setattr("osteokg.api.made_files.record_file", lambda: record)
    monkeypatch.setattr("osteokg.kg.contract.record.record_file", lambda: record)
    monkeypatch.chdir(tmp_path)
    before = record.read_bytes()
    code, out, _ = told("fmt")
    assert code == 1
    lines = len(before.splitlines())
    assert out.startswith(f"{record.name}:{lines}: violation [broken-promise] ")
    assert "promises the key species2" in out
    assert "raise CONTRACT in kg/names.py" in out
    assert record.read_bytes() == before


def test_the_packaged_evidence_and_the_context_are_in_canonical_form(told):
    """If this fails, run 'osteokg fmt' and look at what it changed."""
    assert told("fmt", "--check") == (0, "", "")
