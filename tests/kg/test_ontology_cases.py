"""The gate of the ontology: every violation query bites where it should, and only there.

The cases lie in tests/cases/ontology; their README says how they are written. Each is asked all
queries of shapes/ontology, as ``osteokg check`` does.
"""

import re
from pathlib import Path

import pytest

from osteokg.kg.dataset import Dataset
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.headers import header_of
from osteokg.kg.names import VOCAB, contract, expand
from osteokg.kg.turtle import read
from osteokg.kg.validation import run_violation_queries

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT / "tests" / "cases" / "ontology"
CASE_FILES = sorted(CASES.glob("*/*/*.ttl"))
QUERIES = {path.stem: path for path in (PROJECT / "shapes" / "ontology").glob("*.rq")}
ADVICE = r"\b(add|correct|give|keep|make|name|remove|say|take|write)\b"
# What `robot report` asks and the gate does not, and why.
NOT_ASKED = {
    "duplicate_exact_synonym": "shapes/rules/synonym-clash.rq asks it of each kind of term",
    "missing_subset_declaration": "there are no subsets",
    "missing_synonymtype_declaration": "synonyms have no types",
    "multiple_asserted_superclasses": "a term may be of two kinds, and some are",
}
ROBOT = """
annotation_whitespace deprecated_boolean_datatype deprecated_class_reference
deprecated_property_reference duplicate_definition duplicate_exact_synonym duplicate_label
duplicate_label_synonym duplicate_scoped_synonym equivalent_class_axiom_no_genus equivalent_pair
illegal_use_of_built_in_vocabulary invalid_entity_uri invalid_xref label_formatting
label_whitespace lowercase_definition missing_definition missing_label missing_obsolete_label
missing_ontology_description missing_ontology_license missing_ontology_title
missing_subset_declaration missing_superclass missing_synonymtype_declaration
misused_obsolete_label misused_replaced_by multiple_asserted_superclasses multiple_definitions
multiple_equivalent_class_definitions multiple_equivalent_classes multiple_labels
multiple_logical_definitions
"""


def test_every_rule_of_robot_is_asked_or_has_its_reason():
    """The queries of ROBOT's report: https://github.com/ontodev/robot, report_queries."""
    asked = {
        rule
        for path in QUERIES.values()
        for rule in re.findall(r"[a-z_]+_[a-z_]+", header_of(path.read_text("utf-8"))["follows"])
    }
    assert asked == set(ROBOT.split()) - NOT_ASKED.keys()


def told(path: Path) -> list[tuple[str, str]]:
    """Return what the queries say of a case: query and focus."""
    dataset = of_case(path)
    problems = run_violation_queries(dataset, list(QUERIES.values()))
    for problem in problems:
        assert re.search(ADVICE, problem.message, re.IGNORECASE), problem.message
        # an ontology of which nothing is said stands nowhere
        assert problem.line or problem.constraint == "ontology-header"
    return sorted((one.constraint, short(one.focus or "")) for one in problems)


def short(iri: str) -> str:
    return "okg:" if iri == VOCAB else contract(iri)


def of_case(path: Path) -> Dataset:
    included = re.findall(r"^# include: (\S+)$", path.read_text("utf-8"), re.MULTILINE)
    files = (*((path.parent / name).resolve() for name in included), path)
    dataset = Dataset(Sources(files, ()))
    for file in files:
        triples = read(file)
        assert isinstance(triples, list), triples
        dataset.add_file(file, triples)
    return dataset


def expected(path: Path) -> list[tuple[str, str]]:
    lines = re.findall(r"^# expect: (\S+) (\S+)$", path.read_text("utf-8"), re.MULTILINE)
    return sorted((name, short(expand(focus))) for name, focus in lines)


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: str(path.relative_to(CASES))[:-4])
def test_a_case_yields_what_it_names(path):
    assert told(path) == expected(path)
    assert bool(expected(path)) == (path.parent.name == "fail")


def test_every_query_has_a_passing_and_a_failing_case():
    folders = {path.name: {side.name for side in path.iterdir()} for path in CASES.glob("*/")}
    assert folders == {name: {"pass", "fail"} for name in QUERIES}
    for path in CASE_FILES:
        if path.parent.name == "fail":
            assert path.parts[-3] in {name for name, _ in expected(path)}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_says_what_it_asks_and_after_whom(name):
    header = header_of(QUERIES[name].read_text("utf-8"))
    assert header.keys() == {"title", "description", "severity", "follows"}
    assert all(header.values())
    assert header["severity"] in {"Violation", "Warning"}


def test_the_words_of_the_queries_are_those_of_the_ontology():
    """A name that does not exist is no error in SPARQL: it only never matches."""
    (ontology,) = [path for path in find_sources().ontology if path.name == "osteokg.ttl"]
    declared = set(re.findall(r"^(okg:\w+) a ", ontology.read_text("utf-8"), re.MULTILINE))
    for path in QUERIES.values():
        query = re.sub(r'"[^"\n]*"', "", path.read_text("utf-8").partition("SELECT")[2])
        assert set(re.findall(r"\bokg:\w+", query)) <= declared, path.name
