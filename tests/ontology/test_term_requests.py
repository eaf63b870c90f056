"""What we ask of other ontologies is well put: real parents, definitions by kind and difference."""

import csv
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from osteokg.kg.files import packaged
from osteokg.kg.turtle import read
from osteokg.kg.vocabulary import term_names

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docs" / "term-requests"
if not FOLDER.exists():
    pytest.skip("an unpacked sdist: docs/ is not in it", allow_module_level=True)

TARGETS = tomllib.loads((FOLDER / "targets.toml").read_text(encoding="utf-8"))
NAMED = re.compile(r"([A-Za-z]+:[\w:]+) (.+)")
PARENT = re.compile(r"(\S+:\S+) \(((?:[^()]|\([^()]*\))+)\)")
SOURCE = re.compile(r"DOI:10\.\d{4,}/\S+|PMID:\d+")
SYNONYM = re.compile(r"(exact|broad|narrow|related): \S.*")
RELATIONS = {"same", "narrower than", "broader than", "the disease of"}


def rows(name):
    path = FOLDER / f"{name}.tsv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


REQUESTS = [(name, row) for name in TARGETS for row in rows(name)]
CHANGES = rows("changes")
each_request = pytest.mark.parametrize(
    ("target", "row"), REQUESTS, ids=[f"{name}: {row['label']}" for name, row in REQUESTS]
)


def several(cell):
    return [part for part in cell.split("|") if part]


@pytest.fixture(scope="module")
def outside(shared):
    """Return the labels of every outside term that was verified, by CURIE."""
    labels = {}
    with (shared / "terms" / "terms.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            labels.setdefault(row["curie"], set()).add(row["label"])
            # parents: is_a XCO:0000158 (physical restraint …); …
            for curie, label in re.findall(
                r"(\S+:\S+) \(((?:[^()]|\([^()]*\))+)\)", row["parents"]
            ):
                labels.setdefault(curie, set()).add(label)
    with (shared / "terms" / "hierarchy.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            labels.setdefault(row["child_curie"], set()).add(row["child_label"])
            labels.setdefault(row["parent_curie"], set()).add(row["parent_label"])
    return labels


@pytest.fixture(scope="module")
def ours():
    triples = read(packaged("ontology", "osteokg.ttl"))
    assert isinstance(triples, list)
    return term_names(triples).declared


def test_every_ontology_that_lacks_a_term_is_asked():
    assert {name for name, _ in REQUESTS} == {"cmo", "xco", "uberon", "go", "mmo", "mondo"}
    assert {row["target"] for row in CHANGES} <= TARGETS.keys()
    assert {path.stem for path in FOLDER.glob("*.tsv")} - {"changes"} <= TARGETS.keys()


def test_the_texts_are_fresh():
    script = PROJECT / "docs" / "make_term_requests.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@each_request
def test_the_parents_are_terms_of_that_ontology(outside, target, row):
    parents = several(row["parents"])
    assert parents
    for parent in parents:
        curie, label = NAMED.fullmatch(parent).groups()
        assert curie.partition(":")[0] == target.upper()
        assert label in outside.get(curie, set()), f"{curie} is not known by this label"


@each_request
def test_the_related_terms_are_real_and_none_of_them_is_what_is_asked_for(outside, target, row):
    for related in several(row["related"]):
        curie, label = NAMED.fullmatch(related).groups()
        assert label in outside.get(curie, set()), f"{curie} is not known by this label"
    taken = {
        label
        for curie, labels in outside.items()
        if curie.partition(":")[0] == target.upper()
        for label in labels
    }
    assert row["label"] not in taken


@each_request
def test_a_definition_names_the_parent_and_then_the_difference(target, row):
    definition = row["definition"]
    assert definition.endswith(".")
    kinds = [NAMED.fullmatch(parent)[2] for parent in several(row["parents"])]
    genus = next((kind for kind in kinds if re.match(f"An? {re.escape(kind)} ", definition)), None)
    assert genus, f"the definition begins with none of its parents: {', '.join(kinds)}"
    assert row["label"].casefold() not in definition.casefold().replace(genus.casefold(), "", 1)
    assert len(definition.partition(genus)[2].split()) > 2


@each_request
def test_a_request_says_which_term_of_ours_it_is_for_why_and_after_whom(ours, target, row):
    assert row["our_term"].replace("okg:", "https://w3id.org/osteokg/vocab/") in ours
    assert row["relation"] in RELATIONS
    assert row["justification"].endswith(".")
    assert not row["definition_source"] or SOURCE.fullmatch(row["definition_source"])
    assert all(SYNONYM.fullmatch(synonym) for synonym in several(row["synonyms"]))


@pytest.mark.parametrize("row", CHANGES, ids=[row["term"] for row in CHANGES])
def test_a_correction_is_about_real_terms(outside, ours, row):
    for named in (row["term"], row["value"]):
        curie, label = NAMED.fullmatch(named).groups()
        assert label in outside.get(curie, set()), f"{curie} is not known by this label"
    assert row["our_term"].replace("okg:", "https://w3id.org/osteokg/vocab/") in ours


def test_no_term_is_asked_for_twice():
    labels = [row["label"] for _, row in REQUESTS]
    assert len(labels) == len(set(labels))
