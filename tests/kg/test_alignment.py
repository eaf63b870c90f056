"""Alignment: one wrong cell of the mapping table, and the row and the identifier are named."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from osteokg.kg.alignment import check_alignment
from osteokg.kg.dataset import Dataset, load
from osteokg.kg.files import Sources, find_sources, mappings_file
from osteokg.kg.problems import Problem

TABLE = mappings_file().read_text(encoding="utf-8")
VITAMIN_K = "okg:VitaminK\tvitamin K\tskos:exactMatch\tCHEBI:28384\tvitamin K\t"
NONE = "okg:DistalFemur\tdistal femur\tskos:exactMatch\tsssom:NoTermFound\t\t"


@pytest.fixture
def changed(tmp_path: Path, good: Path) -> Callable[[str, str], list[Problem]]:
    """Return what is told of the packaged table when one text in it is another."""
    packaged = find_sources([str(good)])

    def problems(old: str, new: str) -> list[Problem]:
        assert TABLE.count(old) == 1, old
        path = tmp_path / "mappings.sssom.tsv"
        path.write_text(TABLE.replace(old, new), encoding="utf-8")
        sources = Sources(packaged.ontology, (), packaged.imports, (path,))
        return check_alignment(load(sources))

    return problems


def line_of(text: str) -> int:
    return TABLE[: TABLE.index(text)].count("\n") + 1


def test_the_packaged_table_is_right(good):
    assert check_alignment(load(find_sources([str(good)]))) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (  # another term of the same vocabulary, as good an identifier as the right one
            "CHEBI:28384",
            "CHEBI:27300",
            "CHEBI:27300 is called 'vitamin D' in chebi.ttl, not 'vitamin K'",
        ),
        ("CHEBI:28384", "CHEBI:28385", "CHEBI:28385 is in no slice under ontology/imports/"),
        (
            "CHEBI:28384\tvitamin K",
            "EFO:0003882\tosteoporosis",
            "EFO:0003882 is withdrawn in favour of MONDO:0005298. Take another term.",
        ),
        (
            "CHEBI:28384\tvitamin K",
            "PATO:0001033\tstiffness",
            "PATO:0001033 is withdrawn. Take another term.",
        ),
        ("\tvitamin K\t", "\tvitamin k\t", "CHEBI:28384 is called 'vitamin K' in chebi.ttl"),
        ("okg:VitaminK\t", "okg:VitaminKay\t", "okg:VitaminKay is not in the ontology. Did you"),
        ("okg:VitaminK\t", "GO:0008150\t", "GO:0008150 is not in the ontology. Take a term of"),
        ("okg:VitaminK\t", "okg:VitaminD\t", "okg:VitaminD is called 'vitamin D', not 'vitamin K'"),
    ],
)
def test_a_wrong_identifier_is_told_at_its_row(changed, old, new, told):
    wrong = new.join(VITAMIN_K.rsplit(old, 1))
    names = {"mapping-subject", "mapping-object"}
    problems = [one for one in changed(VITAMIN_K, wrong) if one.constraint in names]
    assert [(one.line, one.severity) for one in problems] == [(line_of(VITAMIN_K), "violation")]
    assert told in problems[0].message
    subject, _, predicate, value, *_ = wrong.split("\t")
    assert problems[0].message.startswith(f"{subject} {predicate} {value}: ")


def test_the_row_of_another_vocabulary_or_release_is_told(changed):
    row = re.search(r"okg:Femur\t.*UBERON:0000981.*", TABLE)
    assert row
    for old, new, told in (
        (
            "bioregistry:uberon",
            "bioregistry:fma",
            "is not of bioregistry:fma. Write ",
        ),
        ("v2026-04-01", "v2019", "uberon.ttl is cut from 'v2026-04-01', not from 'v2019'"),
    ):
        (problem,) = changed(row[0], row[0].replace(old, new))
        assert (problem.constraint, problem.line) == ("mapping-source", line_of(row[0]))
        assert told in problem.message


def test_a_search_without_a_hit_names_a_vocabulary_that_has_a_slice(changed):
    line = TABLE[TABLE.index(NONE) :].partition("\n")[0]
    (problem,) = changed(line, line.replace("bioregistry:uberon", "bioregistry:fma"))
    assert "the vocabulary searched, bioregistry:fma, has no slice" in problem.message
    (problem,) = changed(NONE, NONE[:-1] + "something\t")
    assert "no term has no label" in problem.message


def test_two_rows_for_one_pair_are_told(changed):
    line = TABLE[TABLE.index(VITAMIN_K) :].partition("\n")[0]
    doubled = line + "\n" + line.replace("skos:exactMatch", "skos:closeMatch")
    (problem,) = changed(line, doubled)
    assert (problem.constraint, problem.line) == ("mapping-twice", line_of(line) + 1)
    assert f"line {line_of(line)} speaks of the same pair" in problem.message


K2 = "okg:VitaminK2\tvitamin K2\tskos:"
SHAFT = "okg:FemoralDiaphysis\tfemoral diaphysis\tskos:"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # one term of ours is two outside
        (f"{K2}broadMatch", f"{K2}exactMatch"),
        # two terms of ours are one outside
        (
            f"{SHAFT}closeMatch\tUBERON:0006862\tdiaphysis of femur",
            f"{SHAFT}exactMatch\tUBERON:0006861\tdiaphysis proper",
        ),
    ],
)
def test_what_is_the_same_as_two_is_told(changed, old, new):
    (problem,) = changed(old, new)
    assert problem.constraint == "mapping-twice"
    assert "one of the two is not exact" in problem.message


def test_a_term_that_no_row_speaks_of_is_told_where_it_stands(changed):
    line = TABLE[TABLE.index("okg:Paralysis\t") :].partition("\nokg:Parkinsons")[0]
    (problem,) = changed(line + "\n", "")
    assert problem.constraint == "mapping-missing"
    assert problem.message.startswith("okg:Paralysis has no row in ontology/mappings.sssom.tsv")
    assert problem.file is not None
    assert problem.line is not None
    text = problem.file.read_text(encoding="utf-8").split("\n")[problem.line - 1]
    assert text.startswith("okg:Paralysis a ")


def test_a_table_of_another_version_of_ours_is_told(changed):
    (problem,) = changed("#subject_source_version: 0.1.0", "#subject_source_version: 0.0.9")
    assert "subject_source_version is '0.0.9', the ontology's is '0.1.0'" in problem.message


def test_without_a_table_nothing_is_missing():
    assert check_alignment(Dataset(Sources((), ()))) == []
