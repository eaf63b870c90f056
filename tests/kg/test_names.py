"""Names: a CURIE stands for one IRI, here and in every language that has prefixes."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import RequestError
from osteokg.kg.names import KINDS, PREFIXES, contract, expand, graph_iri, kind_of, okg, prefixes

# Whatever may stand in an IRI after its namespace (RFC 3987).
LOCALS = st.text(st.sampled_from("abzABZ019_-.~:@!$&'()*+,;=/?#éλ骨"), max_size=12)
NAMESPACES = st.sampled_from([*prefixes().values(), "https://example.org/"])
IRIS = st.builds(str.__add__, NAMESPACES, LOCALS).filter(lambda iri: iri.count("#") < 2)


@given(IRIS)
def test_what_contract_writes_expand_reads(iri):
    assert expand(contract(iri)) == iri


@given(IRIS)
def test_what_contract_writes_turtle_and_sparql_read(iri):
    head = "".join(f"PREFIX {name}: <{of}>\n" for name, of in prefixes().items())
    text = f"{head}<x:s> <x:p> {contract(iri)} ."
    (quad,) = ox.parse(text, ox.RdfFormat.TURTLE)
    assert quad.object == ox.NamedNode(iri)
    (row,) = ox.Store().query(f"{head}SELECT * {{ VALUES ?iri {{ {contract(iri)} }} }}")
    assert row["iri"] == ox.NamedNode(iri)


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://w3id.org/osteokg/vocab/Femur", "okg:Femur"),
        ("https://w3id.org/osteokg/id/study/iwamoto-2005", "study:iwamoto-2005"),
        ("http://www.w3.org/2000/01/rdf-schema#label", "rdfs:label"),
        ("https://w3id.org/osteokg/id/nothing/x", "<https://w3id.org/osteokg/id/nothing/x>"),
        ("https://w3id.org/osteokg/vocab/", "<https://w3id.org/osteokg/vocab/>"),
        ("https://w3id.org/osteokg/vocab/a/b", "<https://w3id.org/osteokg/vocab/a/b>"),
        ("https://w3id.org/osteokg/vocab/a.", "<https://w3id.org/osteokg/vocab/a.>"),
        ("https://w3id.org/osteokg/vocab/0.1.0", "<https://w3id.org/osteokg/vocab/0.1.0>"),
        ("http://purl.obolibrary.org/obo/CHEBI_28384", "CHEBI:28384"),
        ("http://purl.obolibrary.org/obo/OBA_VT0005006", "OBA:VT0005006"),
        ("http://purl.obolibrary.org/obo/chebi.owl", "<http://purl.obolibrary.org/obo/chebi.owl>"),
    ],
)
def test_contract_writes_a_curie_where_it_can(iri, name):
    assert contract(iri) == name


@pytest.mark.parametrize(
    "name", ["okg:Femur", " okg:Femur ", "<https://w3id.org/osteokg/vocab/Femur>"]
)
def test_expand_reads_curies_and_iris(name):
    assert expand(name) == okg("Femur")
    assert expand("https://example.org/a:b") == "https://example.org/a:b"


@pytest.mark.parametrize("name", ["MESH:D014812", "MeSH:D014812", "mesh:D014812"])
def test_expand_reads_outside_prefixes_as_people_write_them(name):
    assert expand(name) == "http://id.nlm.nih.gov/mesh/D014812"


def test_an_outside_prefix_takes_no_name_of_ours():
    assert {name: prefixes()[name] for name in PREFIXES} == PREFIXES


@pytest.mark.parametrize("name", ["Femur", "osteo:Femur", "", ":", "okg", "mailto:a@b"])
def test_expand_names_the_prefixes_it_knows(name):
    with pytest.raises(RequestError, match=r"neither an IRI nor a CURIE .*okg, publication"):
        expand(name)


def test_a_kind_has_a_prefix_of_its_name():
    for kind in KINDS:
        assert PREFIXES[kind] == f"https://w3id.org/osteokg/id/{kind}/"
        assert kind_of(f"{PREFIXES[kind]}x") == kind


def test_what_is_no_thing_of_ours_has_no_kind():
    assert kind_of("https://w3id.org/osteokg/id/animal/x") is None
    assert kind_of(okg("Femur")) is None


def test_graphs_are_named_by_kind_and_slug():
    assert graph_iri("ontology") == "https://w3id.org/osteokg/graph/ontology"
    assert graph_iri("study", "a-1") == "https://w3id.org/osteokg/graph/study/a-1"
