"""Each rule writes what its cases expect, no more and no less.

The cases lie in tests/cases/rules; their README says how they are written.
"""

import re
from collections.abc import Iterable
from functools import cache
from math import comb
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from osteokg.kg.dataset import Dataset
from osteokg.kg.files import Sources, rule_files
from osteokg.kg.headers import header_of
from osteokg.kg.names import ID, contract, graph_iri, kind_of, okg
from osteokg.kg.rules import apply_rules, kind_of_rule
from osteokg.kg.turtle import Term

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT / "tests" / "cases" / "rules"
CASE_FOLDERS = sorted(path.parent for path in CASES.glob("*/*/input.ttl"))
RULES = {re.sub(r"^\d+-", "", path.stem): path for path in rule_files()}
DIGESTED = {"pair", "cell", "vote", "count", "gap"}
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


@cache
def triples_of(path: Path) -> tuple[ox.Triple, ...]:
    """Return the triples of a file and of those that its ``# include:`` lines name."""
    text = path.read_text(encoding="utf-8")
    included = re.findall(r"^# include: (\S+)$", text, re.MULTILINE)
    before = [triple for name in included for triple in triples_of((path.parent / name).resolve())]
    return (*before, *(quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)))


def written(rule: Path, triples: tuple[ox.Triple, ...]) -> list[ox.Triple]:
    """Return what a rule adds to the graph of its kind after the rules before it have run."""
    dataset = Dataset(Sources((), ()))
    dataset.add_graph("urn:case", triples)
    apply_rules(dataset, [path for path in rule_files() if path.name < rule.name])
    graph = ox.NamedNode(graph_iri("computed", kind_of_rule(rule)))
    before = set(dataset.store.quads_for_pattern(None, None, None, graph))
    apply_rules(dataset, [rule])
    after = set(dataset.store.quads_for_pattern(None, None, None, graph))
    return [quad.triple for quad in after - before]


def lines(triples: Iterable[ox.Triple]) -> list[str]:
    """Return the triples as sorted lines.

    The IRI of a pair, a cell, a vote … holds a digest: the cases have a blank node in its place.
    """
    dataset = ox.Dataset(
        ox.Quad(unnamed(triple.subject), triple.predicate, unnamed(triple.object))
        for triple in triples
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(" ".join(shown(term) for term in quad.triple) for quad in dataset)


def unnamed(term: Any) -> Any:
    if isinstance(term, ox.NamedNode) and kind_of(term.value) in DIGESTED:
        return ox.BlankNode(term.value.removeprefix(ID).replace("/", "-"))
    return term


def shown(term: Term | ox.Triple) -> str:
    return contract(term.value) if isinstance(term, ox.NamedNode) else str(term)


@pytest.mark.parametrize("case", CASE_FOLDERS, ids=lambda case: str(case.relative_to(CASES)))
def test_a_rule_writes_what_the_case_expects(case: Path) -> None:
    found = written(RULES[case.parent.name], triples_of(case / "input.ttl"))
    assert lines(found) == lines(triples_of(case / "expected.ttl"))


def test_every_rule_has_a_case_in_which_it_writes() -> None:
    writing = {case.parent.name for case in CASE_FOLDERS if triples_of(case / "expected.ttl")}
    assert writing == RULES.keys()


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_says_what_it_computes(name: str) -> None:
    header = header_of(RULES[name].read_text(encoding="utf-8"))
    assert header.keys() == {"title", "description"}
    assert all(header.values())


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_speaks_the_words_of_the_vocabulary(name: str) -> None:
    """A name that does not exist is no error in SPARQL: it only never matches."""
    declared = {shown(triple.subject) for triple in ontology()}
    used = set(re.findall(r"\bokg:\w+", RULES[name].read_text(encoding="utf-8")))
    assert used - declared == set()


def test_the_table_of_the_sign_test_is_binomial() -> None:
    """SPARQL 1.1 has no powers and no loops, so the rule holds the sums as a table."""
    text = RULES["votes.counts"].read_text(encoding="utf-8")
    rows = re.findall(r"\((\d+) (\d+) ([\d.]+)\)", text)
    table = {(int(signs), int(fewer)): float(p) for signs, fewer, p in rows}
    assert table == {
        (signs, fewer): pytest.approx(
            min(1.0, 2 * sum(comb(signs, i) for i in range(fewer + 1)) / 2**signs), rel=5e-6
        )
        for signs in range(1, 31)
        for fewer in range(signs // 2 + 1)
    }
    assert len(rows) == len(table)


def test_broader_is_what_subclass_is_between_the_terms_of_a_kind() -> None:
    """Punning joins the class and the individual of a term by name only."""
    parents = pairs_of(SUBCLASS)
    kinds = pairs_of(TYPE)
    wanted = {
        (term, above)
        for term, kind in kinds
        if (kind, ox.NamedNode(okg("Term"))) in parents
        for above in ancestors(term, parents)
        if (above, kind) in kinds
    }
    assert (ox.NamedNode(okg("Menatetrenone")), ox.NamedNode(okg("VitaminK"))) in wanted
    found = written(RULES["closures.broader"], ontology())
    assert {(triple.subject, triple.object) for triple in found} == wanted


Pair = tuple[Term | ox.Triple, Term | ox.Triple]


def ancestors(term: Term | ox.Triple, parents: set[Pair]) -> set[Term | ox.Triple]:
    above = {parent for child, parent in parents if child == term}
    return above.union(*(ancestors(parent, parents) for parent in above))


def pairs_of(predicate: ox.NamedNode) -> set[Pair]:
    found = (triple for triple in ontology() if triple.predicate == predicate)
    return {(triple.subject, triple.object) for triple in found}


def ontology() -> tuple[ox.Triple, ...]:
    return triples_of(PROJECT / "ontology" / "osteokg.ttl")
