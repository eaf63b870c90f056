"""Which assertions a file makes, where, and the smallest set that contradicts itself."""

from pathlib import Path

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.dataset import Dataset
from osteokg.kg.files import Sources
from osteokg.kg.justification import Assertion, assertions_in, minimal
from osteokg.kg.turtle import read

ONTOLOGY = """\
@prefix okg: <https://w3id.org/osteokg/vocab/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

okg:Hat a owl:Class ;
    rdfs:label "hat"@en ;
    skos:definition "Something that is worn on the head."@en ;
    rdfs:subClassOf okg:Thing ,
        [ a owl:Restriction ;
            owl:onProperty okg:wornOn ;
            owl:someValuesFrom [ owl:unionOf ( okg:Head okg:Hook ) ] ] .

skos:definition a owl:AnnotationProperty .
okg:wornOn a owl:ObjectProperty , owl:FunctionalProperty .

[] a owl:AllDisjointClasses ;
    owl:members ( okg:Hat okg:Head okg:Hook ) .

[] a owl:AllDifferent ;
    owl:distinctMembers ( okg:Red okg:Green ) .

[] a owl:AllDisjointClasses ;
    owl:members ( okg:Thing okg:Deed ) .

okg:Mine a okg:Hat ; okg:weight 5 ; okg:worn true ; okg:said "“new”" .
"""


SOME = "owl:someValuesFrom [ owl:unionOf ( okg:Head okg:Hook ) ]"


def dataset(folder: Path, text: str = ONTOLOGY) -> Dataset:
    path = folder / "hats.ttl"
    path.write_text(text, encoding="utf-8")
    made = Dataset(Sources((path,), ()))
    triples = read(path)
    assert isinstance(triples, list)
    made.add_file(path, triples)
    return made


def test_an_assertion_is_told_as_turtle_with_its_line(tmp_path):
    _, found = assertions_in(dataset(tmp_path))
    assert sorted((one.line, one.text()) for one in found) == [
        (9, "okg:Hat rdfs:subClassOf okg:Thing"),
        (
            10,
            f"okg:Hat rdfs:subClassOf [ a owl:Restriction ; owl:onProperty okg:wornOn ; {SOME} ]",
        ),
        (15, "okg:wornOn a owl:FunctionalProperty"),
        (17, "[] a owl:AllDisjointClasses ; owl:members ( okg:Hat okg:Head okg:Hook )"),
        (20, "[] a owl:AllDifferent ; owl:distinctMembers ( okg:Red okg:Green )"),
        (23, "[] a owl:AllDisjointClasses ; owl:members ( okg:Thing okg:Deed )"),
        (26, "okg:Mine a okg:Hat"),
        (26, 'okg:Mine okg:said "“new”"'),
        (26, "okg:Mine okg:weight 5"),
        (26, "okg:Mine okg:worn true"),
    ]
    assert {one.file for one in found} == {tmp_path / "hats.ttl"}


def test_of_a_list_only_what_matters_is_written(tmp_path):
    _, found = assertions_in(dataset(tmp_path))
    (apart,) = [one for one in found if one.line == 17]
    assert apart.text({"https://w3id.org/osteokg/vocab/Head", "urn:other"}) == (
        "[] a owl:AllDisjointClasses ; owl:members ( … okg:Head … )"
    )
    assert apart.text({"urn:other"}).endswith("( okg:Hat okg:Head okg:Hook )")


def test_declarations_stand_apart_and_annotations_are_left_out(tmp_path):
    declared, found = assertions_in(dataset(tmp_path))
    assert sorted(triple.subject.value.rpartition("/")[2] for triple in declared) == [
        "Hat",
        "core#definition",
        "wornOn",
    ]
    every = {triple for one in found for triple in one.triples}
    assert every.isdisjoint(declared)
    told = {triple.predicate.value.rpartition("#")[2] for triple in every}
    assert told.isdisjoint({"label", "definition"})


def test_nothing_else_is_lost_and_nothing_told_twice(tmp_path):
    made = dataset(tmp_path)
    declared, found = assertions_in(made)
    (triples,) = made.triples_of.values()
    kept = [*declared, *(triple for one in found for triple in one.triples)]
    left_out = [t for t in triples if t.predicate.value.endswith(("label", "#definition"))]
    assert sorted(map(str, [*kept, *left_out])) == sorted(map(str, triples))


def test_what_rules_add_has_no_file(tmp_path):
    made = dataset(tmp_path)
    (triples,) = made.triples_of.values()
    added = ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.NamedNode("urn:c"))
    _, found = assertions_in(made, [added, *triples])
    assert [one for one in found if one.file is None] == [Assertion((added,))]


def numbered(number: int) -> Assertion:
    node = ox.NamedNode(f"urn:{number}")
    return Assertion((ox.Triple(node, node, node),), line=number)


@given(st.integers(1, 60), st.lists(st.sets(st.integers(0, 59), min_size=1, max_size=5)))
def test_the_found_set_contradicts_itself_and_loses_that_with_any_of_its_parts(size, conflicts):
    def contradictory(some):
        lines = {one.line for one in some}
        return any(conflict <= lines for conflict in conflicts)

    every = [numbered(number) for number in range(size)]
    found = minimal(every, contradictory)
    assert bool(found) == contradictory(every)
    assert all(not contradictory([one for one in found if one is not out]) for out in found)
    assert not found or contradictory(found)


def test_few_questions_are_needed_to_find_a_few_among_many():
    asked = []

    def contradictory(some):
        asked.append(len(some))
        return {100, 1700, 1999} <= {one.line for one in some}

    found = minimal([numbered(number) for number in range(2000)], contradictory)
    assert {one.line for one in found} == {100, 1700, 1999}
    assert len(asked) < 80
