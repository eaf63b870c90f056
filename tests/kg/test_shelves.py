"""Shelves: with which version a service begins, what is the truth, what was found on the way."""

import shutil

import pytest

from osteokg.kg import version as module
from osteokg.kg.drafting import GraphDrafter
from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.shelves import FolderShelf, initialise
from osteokg.kg.snapshots import quads_of, read_snapshot

STUDY = "https://w3id.org/osteokg/graph/study/"
QUILL = STUDY + "quill-2001"
NOTES = "https://example.org/notes"


@pytest.fixture
def evidence(good, tmp_path):
    """Return a copy of the good evidence that may be changed."""
    shutil.copytree(good, tmp_path / "evidence")
    return tmp_path / "evidence"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def opened(data, evidence) -> FolderShelf:
    return FolderShelf.open(data, [str(evidence)] if evidence else [])


def write(shelf: FolderShelf, graph: str, lines: str) -> None:
    """Do what a write does, in this process."""
    drafter = shelf.beginning().begin()
    assert isinstance(drafter, GraphDrafter)
    stage = shelf.stage()
    shelf.commit(drafter.draft({graph: lines.encode()}, stage), stage)


def note(text: str) -> str:
    return f'<{NOTES}#it> <http://www.w3.org/2000/01/rdf-schema#label> "{text}" .\n'


def metadata(shelf: FolderShelf) -> dict[str, str]:
    """Return where each graph is said to be from."""
    derived = "http://www.w3.org/ns/prov#wasDerivedFrom"
    return {
        quad.subject.value: quad.object.value.rpartition("/")[2]
        for quad in quads_of(shelf.snapshot)
        if quad.predicate.value == derived
    }


# Beside files


def test_a_new_folder_lies_beside_the_files(data, evidence, version):
    shelf = opened(data, evidence)
    assert shelf.snapshot.id == version.id
    assert shelf.truth == "packaged-files"
    assert "5 files of evidence, which no HTTP write changes" in shelf.words()
    (kept,) = shelf.kept()
    assert (kept.id, kept.note, kept.added[QUILL]) == (version.id, "begun", 216)
    write(shelf, NOTES, note("one"))
    told = metadata(shelf)
    assert told[NOTES] == "data-folder"
    assert told[QUILL] == "evidence-folder"
    assert told["https://w3id.org/osteokg/graph/ontology"] == "packaged-files"
    assert told["https://w3id.org/osteokg/graph/computed/votes"] == "rules"
    shelf.close()


def test_what_was_found_valid_is_not_looked_at_again(data, evidence, monkeypatch):
    shelf = opened(data, evidence)
    write(shelf, NOTES, note("one"))
    shelf.close()
    monkeypatch.setattr("osteokg.kg.shelves.build", None)  # would fail if it were called
    again = opened(data, evidence)
    assert again.snapshot == shelf.snapshot
    assert again.notes == []
    again.close()


def test_a_folder_without_whole_versions_as_git_has_it_makes_the_last_again(data, evidence):
    shelf = opened(data, evidence)
    write(shelf, NOTES, note("one"))
    shelf.close()
    shutil.rmtree(data / "versions")
    again = opened(data, evidence)
    assert again.snapshot.id == shelf.snapshot.id
    assert NOTES in read_snapshot(again.snapshot)
    again.close()


def test_newer_files_win_and_what_changed_is_told(data, evidence):
    shelf = opened(data, evidence)
    write(shelf, NOTES, note("one"))
    before = shelf.snapshot.id
    shelf.close()
    path = evidence / "reed-1999.ttl"
    path.write_text(path.read_text().replace("Reed 1999", "Reed 2000"), encoding="utf-8")
    again = opened(data, evidence)
    assert again.snapshot.id != before
    assert again.notes == [f"{STUDY}reed-1999: 1 triples added, 1 removed."]
    now, *_ = again.kept()
    assert now.note == "files from outside changed"
    assert now.added[STUDY + "reed-1999"] == now.removed[STUDY + "reed-1999"] == 1
    assert NOTES in read_snapshot(again.snapshot)
    again.close()


def test_a_file_from_outside_takes_the_place_of_a_written_graph(data, evidence):
    path = evidence / "reed-1999.ttl"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    shelf = opened(data, evidence)
    write(shelf, STUDY + "reed-1999", note("mine"))
    before = shelf.snapshot.id
    shelf.close()
    path.write_text(text, encoding="utf-8")
    again = opened(data, evidence)
    assert again.folder.files() == []
    assert any("reed-1999.ttl: a file from outside" in note for note in again.notes)
    (aside,) = (data / "superseded").iterdir()
    assert aside.name == f"reed-1999.ttl.{before[:12]}"
    assert '"mine"' in aside.read_text(encoding="utf-8")
    assert len(read_snapshot(again.snapshot)[STUDY + "reed-1999"]) == 25
    assert metadata(again)[STUDY + "reed-1999"] == "evidence-folder"
    again.close()


def test_other_software_checks_again_and_makes_no_other_version(data, evidence, monkeypatch):
    shelf = opened(data, evidence)
    shelf.close()
    monkeypatch.setattr(module, "version_of", lambda name: "0")
    again = opened(data, evidence)
    assert again.snapshot.id == shelf.snapshot.id
    assert len(again.kept()) == 1
    assert again.folder.current.note.startswith("checked again")
    again.close()


def test_wrong_files_beside_are_told_and_the_folder_is_let_go(data, evidence):
    path = evidence / "reed-1999.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("okg:Female", "okg:Femail"), encoding="utf-8")
    with pytest.raises(DataError, match=r"reed-1999\.ttl:\d+: violation \[unknown-term\]"):
        opened(data, evidence)
    path.write_text(text, encoding="utf-8")
    opened(data, evidence).close()


def test_a_file_that_was_changed_outside_forbids_the_start(data, evidence):
    shelf = opened(data, evidence)
    write(shelf, NOTES, note("one"))
    (path,) = shelf.folder.files()
    shelf.close()
    path.write_text(path.read_text().replace('"one"', '"two"'), encoding="utf-8")
    with pytest.raises(DataError, match=r"%2Fnotes\.ttl:\d+: violation \[changed-outside\]"):
        opened(data, evidence)


# The folder as the source


def test_init_makes_the_folder_the_source(data, evidence, version):
    told = initialise(data, [str(evidence)])
    assert told[0] == f"{data}: 5 files, version {version.id[:12]}."
    assert f"osteokg serve --data-dir {data}" in told[1]
    for path in evidence.glob("*.ttl"):
        assert (data / path.name).read_bytes() == path.read_bytes()
    shelf = opened(data, None)
    assert (shelf.snapshot.id, shelf.truth) == (version.id, "data-folder")
    assert (
        find_sources([str(data)]).graphs().keys() == find_sources([str(evidence)]).graphs().keys()
    )
    assert metadata(shelf)[QUILL] == "data-folder"
    shelf.close()


def test_a_data_folder_is_a_folder_of_evidence(data, evidence):
    """What lies in it besides is none: drafts, files set aside, whole versions."""
    initialise(data, [str(evidence)])
    shelf = opened(data, None)
    write(shelf, NOTES, note("one"))
    (shelf.stage() / "quill-2001.ttl").write_text("", encoding="utf-8")
    shelf.folder.set_aside(data / "nib-2002.ttl")
    sources = find_sources([str(data)])
    assert [path.parent for path in sources.evidence] == [data] * 6
    assert NOTES in sources.graphs()
    shelf.close()


def test_what_init_brought_is_written_and_keeps_its_form(data, evidence):
    """The engine knows 12.50 as 12.5; the file of the graph keeps what the curator wrote."""
    initialise(data, [str(evidence)])
    shelf = opened(data, None)
    path = data / "quill-2001.ttl"
    before = path.read_text(encoding="utf-8")
    assert "12.50" in before
    as_the_engine_has_it = read_snapshot(shelf.snapshot)[QUILL]
    lines = "".join(f"{triple} .\n" for triple in as_the_engine_has_it)
    assert "12.50" in before
    assert '"12.5"^^' in lines
    write(shelf, QUILL, lines.replace('"Quill 2001"', '"Quill 2001, again"'))
    assert path.read_text(encoding="utf-8") == before.replace(
        "Quill 2001", "Quill 2001", 1
    ).replace('rdfs:label "Quill 2001" ;', 'rdfs:label "Quill 2001, again" ;')
    shelf.close()


def test_init_takes_edited_files_as_they_lie(data, evidence):
    initialise(data, [str(evidence)])
    assert "every file is as version" in initialise(data)[0]
    path = data / "reed-1999.ttl"
    path.write_text(path.read_text().replace("Reed 1999", "Reed 2000"), encoding="utf-8")
    with pytest.raises(DataError, match="changed-outside"):
        opened(data, None)
    told = initialise(data)
    assert told[1:] == [f"{STUDY}reed-1999: 1 triples added, 1 removed."]
    shelf = opened(data, None)
    assert [kept.note for kept in shelf.kept()] == [
        "files taken as they lie",
        "initialised with 5 files",
    ]
    shelf.close()


def test_init_takes_no_wrong_file(data, evidence):
    initialise(data, [str(evidence)])
    path = data / "reed-1999.ttl"
    good_text = path.read_text(encoding="utf-8")
    path.write_text(good_text.replace("okg:Female", "okg:Femail"), encoding="utf-8")
    with pytest.raises(DataError, match=r"reed-1999\.ttl:\d+: violation \[unknown-term\]"):
        initialise(data)
    path.write_text(good_text, encoding="utf-8")
    opened(data, None).close()


def test_init_overwrites_nothing(data, evidence):
    data.mkdir()
    (data / "mine.ttl").write_text("# mine\n", encoding="utf-8")
    with pytest.raises(RequestError, match="holds Turtle files and no journal"):
        initialise(data, [str(evidence)])
    assert (data / "mine.ttl").read_text() == "# mine\n"
    assert not (data / "quill-2001.ttl").exists()


def test_init_with_wrong_evidence_leaves_an_empty_folder(data, evidence):
    path = evidence / "reed-1999.ttl"
    path.write_text(path.read_text().replace("okg:Female", "okg:Femail"), encoding="utf-8")
    with pytest.raises(DataError, match=r"evidence/reed-1999\.ttl"):
        initialise(data, [str(evidence)])
    assert list(data.glob("*.ttl")) == []
    assert not (data / "versions.jsonl").exists()
