"""Incremental validation: what it says of a change is what looking at everything says."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import SH, Graph

from osteokg.kg.dataset import Changes, Dataset, load
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.incremental import (
    Standard,
    affected,
    neighbourhood,
    reach_of,
    run_shapes_on,
    validate_changes,
)
from osteokg.kg.rules import apply_rules
from osteokg.kg.validation import run_shapes, validate

EX = "https://example.org/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

SHAPES = Graph().parse(
    format="turtle",
    data="""
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    @prefix : <https://example.org/> .

    :Closed a sh:NodeShape ; sh:targetClass :A ; sh:closed true ; sh:message "closed" ;
      sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ) ;
      sh:property [ sh:path :p ] , [ sh:path :q ] .
    :OfClass a sh:NodeShape ; sh:targetClass :A ;
      sh:property [ sh:path :p ; sh:class :B ; sh:message "values of class B" ] .
    :Counted a sh:NodeShape ; sh:targetClass :B ;
      sh:property [ sh:path [ sh:inversePath :p ] ; sh:minCount 1 ; sh:message "pointed at" ] .
    :Sequence a sh:NodeShape ; sh:targetClass :A ;
      sh:property [ sh:path ( :p :q ) ; sh:maxCount 1 ; sh:message "one p q" ] .
    :Alternative a sh:NodeShape ; sh:targetSubjectsOf :q ;
      sh:property [ sh:path [ sh:alternativePath ( :p [ sh:inversePath :q ] ) ] ;
        sh:minCount 1 ; sh:message "p or q back" ] .
    :Chain a sh:NodeShape ; sh:targetClass :B ;
      sh:property [ sh:path [ sh:oneOrMorePath :q ] ; sh:not [ sh:class :A ] ;
        sh:message "no A along q" ] .
    :Nested a sh:NodeShape ; sh:targetObjectsOf :p ; sh:message "either" ;
      sh:or ( [ sh:class :B ] [ sh:property [ sh:path :q ; sh:node :Named ] ] ) .
    :Named a sh:NodeShape ; sh:property [ sh:path :r ; sh:minCount 1 ] .
    :Beside a sh:NodeShape ; sh:targetNode :a ; sh:severity sh:Warning ;
      sh:property [ sh:path :p ; sh:disjoint :q ; sh:severity sh:Warning ; sh:message "apart" ] .
    :Qualified a sh:NodeShape ; sh:targetClass :B ;
      sh:property [ sh:path :q ; sh:qualifiedValueShape [ sh:class :B ] ;
        sh:qualifiedMaxCount 1 ; sh:message "one B by q" ] .
    """,
)
REACH = reach_of(SHAPES)
NODES = [ox.NamedNode(EX + name) for name in "abcd"]
CLASSES = [ox.NamedNode(EX + name) for name in "ABC"]
LINKS = [ox.NamedNode(EX + name) for name in "pqr"]
TRIPLES = st.one_of(
    st.builds(ox.Triple, st.sampled_from(NODES), st.sampled_from(LINKS), st.sampled_from(NODES)),
    st.builds(
        ox.Triple,
        st.sampled_from(NODES),
        st.just(ox.NamedNode(RDF + "type")),
        st.sampled_from(CLASSES),
    ),
    st.builds(
        ox.Triple,
        st.sampled_from(CLASSES),
        st.just(ox.NamedNode(RDFS + "subClassOf")),
        st.sampled_from(CLASSES),
    ),
    st.builds(ox.Triple, st.sampled_from(NODES), st.sampled_from(LINKS), st.just(ox.Literal("l"))),
)
PATHS = (Path("one.ttl"), Path("two.ttl"))
FILES = st.fixed_dictionaries({path: st.lists(TRIPLES, max_size=12, unique=True) for path in PATHS})


def dataset_of(files: dict[Path, list[ox.Triple]]) -> Dataset:
    dataset = Dataset(Sources((), tuple(files)))
    for path, triples in files.items():
        dataset.add_file(path, triples)
    return dataset


def changed(files, other, path, keep) -> dict[Path, list[ox.Triple]]:
    """Return files of which one holds a part of its triples and some others."""
    kept = [triple for triple, keeps in zip(files[path], keep, strict=False) if keeps]
    return {**files, path: list(dict.fromkeys([*kept, *other]))}


def told(problems):
    return {(p.focus, p.path, p.value, p.constraint, p.message, p.severity) for p in problems}


@settings(max_examples=150)
@given(
    FILES,
    st.lists(TRIPLES, max_size=3),
    st.sampled_from(PATHS),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_shapes_say_of_a_change_what_they_say_of_everything(files, other, path, keep):
    """The law, on shapes of every kind that SHACL Core has and whatever data."""
    before, after = dataset_of(files), dataset_of(changed(files, other, path, keep))
    changes = Changes.between(before, after)
    found = run_shapes_on(after, changes, run_shapes(before, SHAPES), SHAPES, REACH)
    assert told(found) == told(run_shapes(after, SHAPES))


def test_the_law_is_not_about_nothing():
    """Data like those of the law break every shape there is."""
    a, b, c, d = NODES
    p, q, r = LINKS
    type_ = ox.NamedNode(RDF + "type")
    upper_a, upper_b, other = CLASSES
    said = [(a, type_, upper_a), (a, p, b), (a, r, b), (a, q, b), (b, q, a), (b, q, c)]
    said += [
        (c, type_, upper_b),
        (c, q, c),
        (c, q, d),
        (c, q, a),
        (d, type_, upper_b),
        (other, q, d),
    ]
    dataset = dataset_of({PATHS[0]: [ox.Triple(*terms) for terms in said]})
    shapes = [str(message) for message in SHAPES.objects(None, SH.message)]
    problems = "\n".join(problem.message for problem in run_shapes(dataset, SHAPES))
    assert [message for message in shapes if message not in problems] == []


# The real shapes and rules, on the invented evidence


@pytest.fixture(scope="module")
def whole(good):
    dataset = load(find_sources([str(good)]))
    apply_rules(dataset)
    return dataset


@pytest.fixture(scope="module")
def standard(whole):
    return Standard.of(whole)


@pytest.fixture(scope="module")
def warnings(whole):
    return validate(whole)


def edited(whole: Dataset, edits) -> Dataset:
    """Return the dataset with some triples of the evidence taken out or given another object."""
    dataset = Dataset(whole.sources)
    curated = whole.evidence_triples()
    triples = dict(whole.triples_of)
    for at, other, way in edits:
        path, triple = curated[at % len(curated)]
        _, from_ = curated[other % len(curated)]
        now = [one for one in triples[path] if one != triple]
        if way == "object":
            now.append(ox.Triple(triple.subject, triple.predicate, from_.object))
        elif way == "subject":
            now.append(ox.Triple(from_.subject, triple.predicate, triple.object))
        elif way == "copy":
            now += [triple, from_]
        triples[path] = list(dict.fromkeys(now))
    for path in whole.sources.all():
        dataset.add_file(path, triples[path])
    apply_rules(dataset)
    return dataset


EDITS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.sampled_from(["gone", "object", "subject", "copy"]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_problems_of_an_edit_are_those_of_everything(whole, standard, warnings, edits):
    after = edited(whole, edits)
    found = validate_changes(after, Changes.between(whole, after), warnings, standard)
    assert found == validate(after)


def test_a_change_of_one_finding_concerns_it_alone(whole, standard):
    """What is looked at does not grow with what the finding only points at."""
    finding = "<https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur>"
    (path,) = (path for path in whole.triples_of if path.name == "quill-2001.ttl")
    said = [t for t in whole.triples_of[path] if str(t.subject) == finding]
    reach = standard.reach
    changes = Changes(added=tuple((path, triple) for triple in said if "paraphrase" in str(triple)))
    nodes = affected(whole, changes, reach)
    assert [str(node) for node in nodes] == [finding]
    triples = neighbourhood(whole, nodes, reach)
    assert set(said) <= triples
    assert len(triples) < 100 < len(whole.triples_of[path])


def test_a_change_of_the_ontology_is_a_change_of_everything(whole, warnings, monkeypatch):
    monkeypatch.setattr("osteokg.kg.incremental.validate", lambda *_: "everything")
    path = whole.sources.ontology[0]
    changes = Changes(removed=((path, whole.triples_of[path][0]),))
    assert validate_changes(whole, changes, warnings) == "everything"
