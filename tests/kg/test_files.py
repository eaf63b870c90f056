"""Where files lie, and what a file may be called."""

import pytest

from osteokg.kg import files
from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.files import digest_of, evidence_in, find_sources, packaged


@pytest.fixture
def folder(tmp_path):
    for name in ("b.ttl", "a.ttl", "below/c.ttl", ".hidden.ttl", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / ".#a.ttl").symlink_to("nobody@nowhere")  # as Emacs locks a file
    return tmp_path


def test_evidence_is_the_turtle_of_a_folder_and_below(folder):
    found = [path.relative_to(folder).as_posix() for path in evidence_in(folder)]
    assert found == ["a.ttl", "b.ttl", "below/c.ttl"]


def test_a_file_s_name_is_its_graph_s_name(folder):
    sources = find_sources([str(folder)])
    assert [path.stem for path in sources.evidence] == ["a", "b", "c"]
    assert sources.graph_of(sources.evidence[2]) == "https://w3id.org/osteokg/graph/study/c"
    assert sources.graph_of(sources.ontology[0]) == "https://w3id.org/osteokg/graph/ontology"
    by_name = {path.name: sources.graph_of(path) for path in sources.imports + sources.mappings}
    assert by_name["uberon.ttl"] == "https://w3id.org/osteokg/graph/import/uberon"
    assert by_name["mappings.sssom.tsv"] == "https://w3id.org/osteokg/graph/mappings"
    assert {*sources.all()} == {
        *(*sources.ontology, *sources.imports, *sources.mappings, *sources.evidence)
    }


def test_folders_stand_beside_each_other_and_beside_the_packaged_evidence(folder, good):
    both = find_sources([str(folder), str(good)])
    assert {"a", "quill-2001"} <= {path.stem for path in both.evidence}
    assert find_sources([str(folder), str(folder)]) == find_sources([str(folder)])
    with_packaged = find_sources([files.PACKAGED, str(folder)]).evidence
    assert set(find_sources().evidence) < set(with_packaged)
    assert find_sources([str(folder)], more=[folder / "a.ttl"]) == find_sources([str(folder)])


def test_a_folder_that_is_none_is_the_command_s_error(folder):
    with pytest.raises(RequestError, match="no such folder"):
        find_sources([str(folder / "nowhere")])
    with pytest.raises(RequestError, match="no such folder"):
        find_sources([str(folder / "a.ttl")])


def test_a_folder_without_turtle_is_the_command_s_error(tmp_path):
    with pytest.raises(RequestError, match="no Turtle file"):
        find_sources([str(tmp_path)])


def test_two_files_of_one_name_are_a_problem(folder):
    (folder / "below" / "a.ttl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"below/a\.ttl:1: violation \[file-name\] .*same name"):
        find_sources([str(folder)])


@pytest.mark.parametrize("name", ["my study.ttl", "a>b.ttl", "a#b.ttl", "100%.ttl"])
def test_a_name_that_no_graph_can_have_is_a_problem(tmp_path, name):
    (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"\[file-name\] .*letters, digits, hyphens; rename it"):
        find_sources([str(tmp_path)])


def test_what_comes_with_us_is_there():
    assert files.context_file().is_file()
    for listed in (files.shape_files(), files.violation_query_files(), files.rule_files()):
        assert listed == sorted(listed)
        assert all(path.is_file() for path in listed)
    assert packaged("ontology", "osteokg.ttl") in find_sources().ontology


def test_a_digest_depends_on_names_and_bytes_and_words(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"ab")
    two.write_bytes(b"c")
    digests = {digest_of([one, two]), digest_of([one]), digest_of([two, one])}
    digests |= {digest_of([one, two], "x"), digest_of([one, two], "x", "y"), digest_of([], "xy")}
    one.write_bytes(b"a")
    two.write_bytes(b"bc")
    digests.add(digest_of([one, two]))
    assert len(digests) == 7
