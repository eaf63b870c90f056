"""The ontology laid out for people: hierarchy, kinds, mappings, numbers of findings."""

import asyncio

import pyoxigraph as ox
import pytest

from osteokg.kg.names import VOCAB
from osteokg.kg.store import InProcessStore
from osteokg.kg.terms import Term, findings_of, ontology_of
from osteokg.kg.version import Version

SKOS = "http://www.w3.org/2004/02/skos/core#"
OBO = "http://purl.obolibrary.org/obo/"
LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def okg(name):
    return ox.NamedNode(VOCAB + name)


def ontology_with(version, *quads):
    """Return the ontology of the invented evidence, mappings left out, and of further quads."""
    store = ox.Store()
    unmapped = (quad for quad in version.store if not quad.predicate.value.endswith("Match"))
    store.extend([*unmapped, *quads])

    async def laid_out():
        engine = InProcessStore(Version(version.id, store, version.sources))
        try:
            return await ontology_of(engine)
        finally:
            await engine.close()

    return asyncio.run(laid_out())


def said(subject, predicate, value, graph="https://w3id.org/osteokg/graph/ontology"):
    """Return the quads of a statement, in its graph and in the union."""
    return [
        ox.Quad(subject, predicate, value, name)
        for name in (ox.NamedNode(graph), ox.DefaultGraph())
    ]


@pytest.fixture(scope="module")
def ontology(ask):
    return ask(ontology_of)


def names(terms):
    return [term.name for term in terms]


def test_every_name_that_the_file_declares_is_there_and_stands_in_a_section(ontology, project):
    turtle = (project / "ontology" / "osteokg.ttl").read_bytes()
    declared = {
        quad.subject.value.removeprefix(VOCAB)
        for quad in ox.parse(turtle, ox.RdfFormat.TURTLE)
        if quad.predicate == TYPE and isinstance(quad.subject, ox.NamedNode)
    } - {""}
    ours = {name for name in declared if not name.startswith("http")}
    assert {term.name for term in ontology.terms.values()} == ours

    def walked(nodes):
        for node in nodes:
            yield node.term.name
            yield from walked(node.below)

    shown = {name for one in ontology.sections() for name in walked(one.nodes)}
    assert shown == ours
    assert sum(one.size for one in ontology.sections()) == len(ours)


def test_terms_stand_under_their_kind_and_values_under_theirs(ontology):
    found = {section.title: section for section in ontology.sections()}
    assert list(found)[:4] == [
        "Interventions",
        "Animal models",
        "Skeletal sites",
        "Bone compartments",
    ]
    assert found["Interventions"].group == "terms"
    assert found["Direction"].group == "values"
    assert names(node.term for node in found["Direction"].nodes) == [
        "Altered",
        "Decreased",
        "Increased",
        "Mixed",
        "NoDifference",
        "NotReported",
    ]
    assert found["Classes"].group == "classes"
    assert found["Properties that lead to things"].group == "properties"


def test_a_term_with_two_parents_is_told_once_and_pointed_at_once(ontology):
    def places(nodes, name):
        for node in nodes:
            if node.term.name == name:
                yield node.again
            yield from places(node.below, name)

    interventions = ontology.sections()[0].nodes
    assert list(places(interventions, "CalciumMagnesiumDeficientDiet")) == [False, True]


def test_the_way_from_the_top_is_told_for_each_parent(ontology):
    diet = ontology.terms[VOCAB + "CalciumMagnesiumDeficientDiet"]
    assert [names(path)[-1] for path in ontology.paths(diet)] == [
        "CalciumDeficientDiet",
        "MagnesiumDeficientDiet",
    ]
    k2 = ontology.terms[VOCAB + "VitaminK2"]
    assert names(ontology.paths(k2)[0]) == [
        "Intervention",
        "Substance",
        "FatSolubleVitamin",
        "VitaminK",
    ]
    assert names(ontology.narrower(k2)) == ["Menatetrenone"]


def test_wholes_and_parts_are_the_stated_steps_only(ontology):
    neck = ontology.terms[VOCAB + "FemoralNeck"]
    assert names(ontology.wholes(neck)) == ["Femur"]
    assert "FemoralNeck" in names(ontology.parts(ontology.terms[VOCAB + "Femur"]))
    surface = ontology.terms[VOCAB + "EndocorticalSurface"]
    assert names(ontology.wholes(surface)) == ["CorticalBone"]
    compartments = ontology.sections()[3]
    assert names(node.term for node in compartments.parts) == ["WholeBone"]


def test_a_cycle_ends(version):
    back = said(
        okg("VitaminK"),
        ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf"),
        okg("VitaminK2"),
    )
    found = ontology_with(version, *back)
    paths = found.paths(found.terms[VOCAB + "Menatetrenone"])
    assert ["Intervention", "Substance", "FatSolubleVitamin", "VitaminK", "VitaminK2"] in [
        names(path) for path in paths
    ]
    parts = said(okg("Femur"), okg("partOf"), okg("FemoralNeck"))
    assert ontology_with(version, *parts).sections()


def test_a_union_in_a_domain_counts_as_its_members(ontology):
    direction = ontology.terms[VOCAB + "direction"]
    assert "Finding" in names(ontology.ordered(direction.values("rdfs:domain")))
    assert names(ontology.ordered(direction.values("rdfs:range"))) == ["Direction"]


def test_findings_are_counted_by_direction_for_the_term_and_for_all_below(ask, ontology):
    for name in ("VitaminK2", "VitaminK", "Femur", "Increased", "BoneMass"):
        term = ontology.terms[VOCAB + name]
        rows = ask(findings_of, term.iri)
        own = {row["finding"]: row["direction"] for row in rows if row["used"] == term.iri}
        every = {row["finding"]: row["direction"] for row in rows}
        assert term.own == {d: list(own.values()).count(d) for d in set(own.values())}
        assert term.below == {d: list(every.values()).count(d) for d in set(every.values())}
    vitamin = ontology.terms[VOCAB + "VitaminK"]
    assert vitamin.own == {}
    assert vitamin.below == ontology.terms[VOCAB + "VitaminK2"].own
    assert sum(vitamin.below.values()) > 0


def test_uses_of_classes_and_properties_are_counted(ontology, version):
    number = {
        name: len(set(version.store.quads_for_pattern(*pattern, ox.DefaultGraph())))
        for name, pattern in {
            "Study": (None, TYPE, okg("Study")),
            "anchor": (None, okg("anchor"), None),
        }.items()
    }
    assert number["Study"] > 0
    for name, uses in number.items():
        assert ontology.terms[VOCAB + name].uses == uses


def test_mappings_are_told_closest_first_with_what_they_are_called_there(version):
    graph = "https://w3id.org/osteokg/graph/mappings"
    close = ox.NamedNode(OBO + "ECTO_99")
    exact = ox.NamedNode(OBO + "CHEBI_99")
    found = ontology_with(
        version,
        *said(okg("VitaminK2"), ox.NamedNode(SKOS + "closeMatch"), close, graph),
        *said(okg("VitaminK2"), ox.NamedNode(SKOS + "exactMatch"), exact, graph),
        *said(exact, LABEL, ox.Literal("menaquinone"), graph),
    )
    matches = found.terms[VOCAB + "VitaminK2"].matches
    assert [(one.relation, one.iri, one.label) for one in matches] == [
        ("exact", exact.value, "menaquinone"),
        ("close", close.value, None),
    ]
    assert found.terms[VOCAB + "VitaminK1"].matches == ()


def test_a_name_without_label_is_called_by_itself():
    assert Term(VOCAB + "Unnamed", {}).label == "Unnamed"
