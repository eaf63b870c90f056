"""The data folder: a version is there wholly or not at all; what was changed outside is told."""

import gzip
import hashlib
import subprocess
import sys

import pytest

from osteokg.kg.data_folder import DataFolder
from osteokg.kg.drafting import SNAPSHOT, Draft
from osteokg.kg.errors import DataError, RequestError, UnavailableError
from osteokg.kg.files import file_of_graph, graph_of_file
from osteokg.kg.snapshots import Difference, read_snapshot

GRAPH = "https://w3id.org/osteokg/graph/study/quill"
OTHER = "https://example.org/Käfer?a=1#b"


def drafted(folder: DataFolder, number: int, graphs=(GRAPH,), gone=()):
    """Stage a version in which each graph says its number; return what commit is given."""
    stage = folder.stage()
    files, quads = {}, []
    for graph in graphs:
        name = file_of_graph(graph)
        text = f"<https://example.org/a> <https://example.org/p> {number} ."
        (stage / name).write_text(text + "\n", encoding="utf-8")
        files[name] = hashlib.sha256((stage / name).read_bytes()).hexdigest()
        value = f'"{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'
        quads.append(f"<https://example.org/a> <https://example.org/p> {value} <{graph}> .\n")
    files |= {file_of_graph(graph): None for graph in gone}
    whole = gzip.compress("".join(quads).encode())
    (stage / SNAPSHOT).write_bytes(whole)
    difference = Difference(dict.fromkeys(graphs, 1), dict.fromkeys(gone, 1))
    digest = hashlib.sha256(whole).hexdigest()
    draft = Draft(f"{number:064x}", 1, (), difference, files, digest)
    return draft, stage, f"number {number}", "packaged-files", "basis"


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data", keep=3)
    yield folder
    folder.close()


def again(folder: DataFolder) -> DataFolder:
    """Return the folder as the next process finds it."""
    folder.close()
    return DataFolder(folder.path, keep=3)


def says(folder: DataFolder) -> dict[str, str]:
    return {graph_of_file(path.name): path.read_text().split()[2] for path in folder.files()}


def test_a_committed_version_is_found_again(folder):
    folder.commit(*drafted(folder, 1, [GRAPH, OTHER]))
    found = again(folder)
    assert says(found) == {GRAPH: "1", OTHER: "1"}
    assert found.differences() == []
    assert found.is_whole()
    (kept,) = found.kept()
    assert (kept.id, kept.note, kept.added) == (f"{1:064x}", "number 1", {GRAPH: 1, OTHER: 1})
    assert read_snapshot(found.snapshot(kept.id)).keys() == {GRAPH, OTHER}
    found.close()


def test_a_graph_that_goes_takes_its_file_along(folder):
    folder.commit(*drafted(folder, 1, [GRAPH, OTHER]))
    folder.commit(*drafted(folder, 2, [GRAPH], gone=[OTHER]))
    assert says(folder) == {GRAPH: "2"}
    assert [path.name for path in folder.files_as_they_lie()] == ["quill.ttl"]


def test_only_the_latest_versions_are_kept_whole(folder):
    for number in range(1, 6):
        folder.commit(*drafted(folder, number))
    assert [int(kept.id, 16) for kept in folder.kept()] == [5, 4, 3]
    assert folder.snapshot(f"{2:064x}") is None
    assert len(list((folder.path / "versions").iterdir())) == 3
    assert len(folder.journal.records) == 5


def test_a_version_that_comes_back_is_kept_once(folder):
    for number in (1, 2, 1):
        folder.commit(*drafted(folder, number))
    assert [int(kept.id, 16) for kept in folder.kept()] == [1, 2]


def test_a_folder_is_one_process_s(folder):
    program = (
        "import sys; from pathlib import Path; from osteokg.kg.data_folder import DataFolder\n"
        "DataFolder(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, folder.path], check=False, capture_output=True, text=True
    )
    assert "RequestError" in run.stderr
    assert "two services cannot share a data folder" in run.stderr
    folder.close()
    subprocess.run([sys.executable, "-c", program, folder.path], check=True)


# What a crash leaves


class Crash(BaseException):
    """The process is no more: nothing after this is done."""


@pytest.fixture
def committed(folder):
    folder.commit(*drafted(folder, 1, [GRAPH, OTHER]))
    return folder


@pytest.mark.parametrize("at", ["append", "_put", "_prune"])
def test_a_crash_between_the_steps_of_a_commit_leaves_one_version_or_the_other(
    committed, monkeypatch, at
):
    def crash(*_):
        raise Crash

    draft = drafted(committed, 2, [GRAPH], gone=[OTHER])
    with monkeypatch.context() as patched:
        patched.setattr(committed.journal if at == "append" else committed, at, crash)
        with pytest.raises(Crash):
            committed.commit(*draft)
    found = again(committed)
    assert says(found) == ({GRAPH: "1", OTHER: "1"} if at == "append" else {GRAPH: "2"})
    assert found.differences() == []
    assert list((found.path / ".staged").iterdir()) == []
    found.close()


def test_a_crash_between_two_files_is_finished(committed, monkeypatch):
    """The second of two files is not in its place yet; the first is."""
    put = committed._put  # noqa: SLF001 - the crash comes within

    def half(files, stage):
        put(dict([next(iter(files.items()))]), stage)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(committed, "_put", half)
        with pytest.raises(Crash):
            committed.commit(*drafted(committed, 2, [GRAPH, OTHER]))
    assert sorted(says(committed).values()) == ["1", "2"]
    found = again(committed)
    assert says(found) == {GRAPH: "2", OTHER: "2"}
    assert found.differences() == []
    found.close()


def test_a_draft_that_was_never_committed_counts_for_nothing(committed):
    drafted(committed, 2)
    found = again(committed)
    assert says(found) == {GRAPH: "1", OTHER: "1"}
    assert list((found.path / ".staged").iterdir()) == []
    found.close()


def test_what_cannot_be_put_on_disk_changes_nothing(committed, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(committed.journal, "append", full)
        with pytest.raises(OSError, match="No space left"):
            committed.commit(*drafted(committed, 2))
    assert says(committed) == {GRAPH: "1", OTHER: "1"}
    committed.commit(*drafted(committed, 3))
    assert says(committed)[GRAPH] == "3"


def test_after_a_failure_behind_the_journal_s_line_only_a_restart_helps(committed, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(committed, "_put", broken)
        with pytest.raises(OSError, match="Input/output"):
            committed.commit(*drafted(committed, 2))
    with pytest.raises(UnavailableError, match="restart"):
        committed.commit(*drafted(committed, 3))
    found = again(committed)
    assert says(found)[GRAPH] == "2"
    found.close()


# What somebody else did


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("<https://example.org/a> <https://example.org/p> 1 ;\n a 2 .\n", 2, "integer> is new"),
        ("# nothing\n", None, "is missing"),
        ("<https://example.org/a>   <https://example.org/p> 1 .\n", 1, "written otherwise"),
        ("<https://example.org/a> <https://example.org/p> .\n", 1, "[syntax]"),
        (None, None, "the file is missing"),
    ],
)
def test_a_file_that_was_changed_is_told_with_its_line(committed, text, line, told):
    path = committed.path / "quill.ttl"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    problems = committed.differences()
    assert [(problem.file, problem.line) for problem in problems] == [(path, line)]
    assert told in problems[0].line_of_text()


def test_a_file_without_its_version_at_hand_is_told_too(committed):
    for path in (committed.path / "versions").iterdir():
        path.unlink()
    path = committed.path / "quill.ttl"
    path.write_text(path.read_text().replace("1 .", "7 ."))
    (problem,) = committed.differences()
    assert "the file is another" in problem.message


def test_a_file_of_nobody_s_is_told(committed):
    (committed.path / "new.ttl").write_text("", encoding="utf-8")
    (problem,) = committed.differences()
    assert "is of no version" in problem.message


def test_a_file_that_crash_and_somebody_changed_is_told_not_taken(committed, monkeypatch):
    """A file that is to go and is not as it was is not deleted."""

    def crash(*_):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(committed, "_put", crash)
        with pytest.raises(Crash):
            committed.commit(*drafted(committed, 2, [GRAPH], gone=[OTHER]))
    path = committed.path / file_of_graph(OTHER)
    path.write_text("# mine\n", encoding="utf-8")
    found = again(committed)
    assert path.read_text() == "# mine\n"
    assert [problem.file for problem in found.differences()] == [path]
    found.close()


def test_a_changed_journal_is_told_and_the_folder_let_go(committed):
    path = committed.journal.path
    committed.close()
    path.write_bytes(path.read_bytes().replace(b"number", b"nomber"))
    for _ in range(2):  # not "in use" the second time
        with pytest.raises(DataError, match=r"versions\.jsonl:1: violation"):
            DataFolder(committed.path)


# Names of files


@pytest.mark.parametrize(
    ("graph", "name"),
    [
        (GRAPH, "quill.ttl"),
        (GRAPH + "/b", "https%3A%2F%2Fw3id.org%2Fosteokg%2Fgraph%2Fstudy%2Fquill%2Fb.ttl"),
        ("urn:X", "urn%3A%58.ttl"),
        ("https://example.org/ä", "https%3A%2F%2Fexample.org%2F%C3%A4.ttl"),
        ("https://example.org/%C3%A4", "https%3A%2F%2Fexample.org%2F%25%433%25%414.ttl"),
    ],
)
def test_a_graph_has_a_file_and_the_file_that_graph(graph, name):
    assert file_of_graph(graph) == name
    assert graph_of_file(name) == graph


def test_an_iri_too_long_for_a_file_is_refused():
    with pytest.raises(RequestError, match="too long"):
        file_of_graph("https://example.org/" + "a" * 250)
