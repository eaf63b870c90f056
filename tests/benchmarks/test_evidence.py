"""Invented evidence: it holds, questions find something in it, one seed gives it again."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from evidence import invent, write_evidence

from osteokg.kg.catalogue import named_query
from osteokg.kg.files import find_sources
from osteokg.kg.names import okg
from osteokg.kg.version import Version, build


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Version:
    folder = tmp_path_factory.mktemp("invented")
    write_evidence(folder, 120)
    return build(find_sources([str(folder)]), use_stamp=False)


def test_it_holds_without_a_warning(invented: Version) -> None:
    assert invented.warnings == ()


def test_there_are_as_many_findings_as_were_asked_for(invented: Version) -> None:
    (row,) = invented.store.query(
        f"SELECT (COUNT(?finding) AS ?n) {{ ?finding a <{okg('Finding')}> }}"
    )
    assert 120 <= int(row["n"].value) < 140


@pytest.mark.parametrize(
    "name",
    [
        "k2-alone-by-compartment",
        "model-effects-counteracted",
        "any-part-of-the-femur",
        "combinations-beside-their-single-agents",
        "explanations-offered",
        "reviewers-conclusions",
    ],
)
def test_a_named_question_finds_something(invented: Version, name: str) -> None:
    answer = invented.store.query(named_query(name).text)
    assert isinstance(answer, ox.QuerySolutions)
    assert list(answer)


def test_the_rules_know_every_contrast_that_it_has(invented: Version) -> None:
    rows = invented.store.query(f"SELECT DISTINCT ?is {{ ?comparison <{okg('contrast')}> ?is }}")
    found = {row["is"].value.rpartition("/")[2] for row in rows}
    assert found == {"ModelEffect", "TreatmentEffect", "CombinationEffect"}


def test_one_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_evidence(tmp_path / "first", 60, seed=7)
    again = write_evidence(tmp_path / "again", 60, seed=7)
    assert [path.name for path in first] == [path.name for path in again]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_another_seed_gives_other_studies() -> None:
    assert [file.slug for file in invent(60, seed=7)] != [file.slug for file in invent(60, seed=8)]


def test_more_begins_with_less() -> None:
    less = [file for file in invent(60) if not file.slug.startswith("review")]
    more = [file for file in invent(120) if not file.slug.startswith("review")]
    assert len(more) > len(less)
    assert [file.triples for file in less] == [file.triples for file in more[: len(less)]]
