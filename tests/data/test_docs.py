"""What docs/ says of the evidence and of its extraction is so."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.catalogue import named_queries
from osteokg.kg.files import find_sources, packaged
from osteokg.kg.names import contract, graph_iri

PRODUCED = re.compile(r"<!-- ([\w-]+) -->\n.*?<!-- /\1 -->\n", re.DOTALL)
NAME = re.compile(r"`((?:finding|clinical|claim|conclusion|explanation|proposition):[\w-]+)`")
COUNTED = {
    *("reference", "model", "intervention", "comparator", "site", "compartment", "outcome"),
    *("direction", "presupposed", "contrast", "kind"),
}


@pytest.fixture(scope="module")
def described() -> set[str]:
    """Return the CURIEs of all that the evidence describes."""
    return {
        contract(quad.subject.value)
        for path in find_sources().evidence
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        if isinstance(quad.subject, ox.NamedNode)
    }


def test_the_numbers_of_findings_are_up_to_date(docs: Path) -> None:
    result = subprocess.run(
        [sys.executable, docs / "make_findings.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_the_slices_are_cut_from_the_verified_terms(docs: Path, shared: Path) -> None:
    result = subprocess.run(
        [sys.executable, docs / "make_imports.py", "--check"],
        env={**os.environ, "OSTEOKG_SHARED": str(shared)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_slice_says_where_it_is_from_and_what_it_left_out() -> None:
    left_out = (packaged("ontology", "imports") / "left-out.tsv").read_text(encoding="utf-8")
    edges = [line.split("\t")[:3] for line in left_out.splitlines()[1:]]
    assert edges
    notes = ""
    for path in find_sources().imports:
        triples = [quad.triple for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)]
        itself = ox.NamedNode(graph_iri("import", path.stem))
        said = {contract(one.predicate.value) for one in triples if one.subject == itself}
        assert said >= {
            *("rdf:type", "dcterms:title", "dcterms:source", "dcterms:license"),
            *("dcterms:provenance", "owl:versionInfo", "rdfs:comment"),
        }, path.name
        stated = {
            tuple(contract(term.value) for term in one if isinstance(term, ox.NamedNode))
            for one in triples
        }
        for child, relation, parent in edges:
            name = {"is_a": "rdfs:subClassOf", "part_of": "BFO:0000050"}[relation]
            assert (child, name, parent) not in stated
        notes += path.read_text(encoding="utf-8")
    for child, relation, parent in edges:
        assert re.search(f"Left out: {child} [^,]*, {relation} {parent} ", notes), child


def test_no_number_of_findings_is_written_by_hand(docs: Path) -> None:
    text = PRODUCED.sub("", (docs / "findings.md").read_text(encoding="utf-8"))
    for allowed in (
        r"`[^`]*`",  # names
        r"\]\([^)]*\)",  # addresses
        r"doi 10\.\S+",
        r"\bS\d{3}\b",
        r"\b(?:19|20)\d\d[a-z]?\b",
        r"vitamin\s+K2",
        r"K2 alone",
        r"\d+ \(2\)",  # the review's issue
        r"chapter\s+12",
        r"reference \d+",
    ):
        text = re.sub(allowed, "", text, flags=re.IGNORECASE)
    assert re.findall(r".*\d.*", text) == []


@pytest.mark.parametrize("page", ["findings.md", "double-extraction.md"])
def test_what_a_page_names_is_there(page: str, docs: Path, described: set[str]) -> None:
    text = (docs / page).read_text(encoding="utf-8")
    names = set(NAME.findall(text))
    assert names
    assert names - described == set()
    links = [target for target in re.findall(r"\]\(([^):]+)\)", text) if "//" not in target]
    assert [target for target in links if not (docs / target).exists()] == []


def test_the_questions_that_findings_names_can_be_asked(docs: Path) -> None:
    text = PRODUCED.sub("", (docs / "findings.md").read_text(encoding="utf-8"))
    asked = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+){2,})`", text))
    assert len(asked) >= 8
    assert asked - {query.name for query in named_queries()} == set()


@pytest.mark.parametrize(("part", "same", "of"), [(1, 64, 83), (2, 138, 140)])
def test_the_agreement_is_what_the_tables_say(part: int, same: int, of: int, docs: Path) -> None:
    folder = docs / "double-extraction"
    second = {row["row"]: row["kind"] for row in rows(folder / f"second-pass-{part}.tsv")}
    verdicts = []
    for row in rows(folder / f"comparison-{part}.tsv"):
        kind = row["statement"].partition(":")[0] or second[row["second row"]]
        if kind in ("finding", "clinical"):
            verdicts.append(row["verdict before settling"])
    agreed = [verdict for verdict in verdicts if agrees(verdict)]
    assert (len(agreed), len(verdicts)) == (same, of)
    assert f"{same} / {of}" in (docs / "double-extraction.md").read_text(encoding="utf-8")


def agrees(verdict: str) -> bool:
    """Return whether a pair is alike in every column that counts at study level."""
    status, _, columns = verdict.partition(": ")
    return status == "same" or (status == "differs" and not COUNTED & set(columns.split(", ")))


@pytest.mark.parametrize("part", [1, 2])
def test_the_comparison_names_statements_of_the_evidence(
    part: int, docs: Path, described: set[str]
) -> None:
    table = rows(docs / "double-extraction" / f"comparison-{part}.tsv")
    named = {name.partition("#")[0] for row in table for name in row["statement"].split()}
    assert named - described == set()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
