"""JSON-LD: the context follows the ontology, and documents have a shape that programs can rely on.

That documents say what the triples say is held by test_any_graph.py.
"""

import json

import pyoxigraph as ox
import pytest

from osteokg.kg.files import context_file, find_sources
from osteokg.kg.jsonld import compact, context, context_text, document
from osteokg.kg.names import PREFIXES
from osteokg.kg.turtle import read

OKG = PREFIXES["okg"]
OWL = PREFIXES["owl"]
FINDING = "https://w3id.org/osteokg/id/finding/a"


@pytest.fixture(scope="module")
def ontology():
    return [triple for path in find_sources().ontology for triple in read(path)]


@pytest.fixture(scope="module")
def properties(ontology):
    """Return the kinds of each property of ours."""
    kinds: dict[str, set[str]] = {}
    for triple in ontology:
        if triple.predicate.value.endswith("#type") and isinstance(triple.subject, ox.NamedNode):
            kinds.setdefault(triple.subject.value, set()).add(triple.object.value)
    return {
        iri: {kind.removeprefix(OWL) for kind in of}
        for iri, of in kinds.items()
        if iri.startswith(OKG) and any(kind.endswith("Property") for kind in of)
    }


def triples(*rows):
    return [
        ox.Triple(
            ox.NamedNode(subject),
            ox.NamedNode(OKG + predicate if ":" not in predicate else predicate),
            ox.NamedNode(value) if isinstance(value, str) else value,
        )
        for subject, predicate, value in rows
    ]


def literal(text, datatype="string"):
    return ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + datatype))


# The context


def test_the_context_is_what_the_ontology_demands(ontology):
    assert context_file().read_text(encoding="utf-8") == context_text(ontology), (
        "ontology/context does not follow the ontology: run 'osteokg fmt'"
    )


def test_every_property_has_a_term_of_its_form(properties):
    terms = {
        definition["@id"]: definition
        for definition in context().values()
        if isinstance(definition, dict)
    }
    assert len(properties) > 60
    for iri, kinds in properties.items():
        definition = terms[iri.replace(OKG, "okg:")]
        assert (definition.get("@type") == "@id") is ("ObjectProperty" in kinds), iri
        single = "FunctionalProperty" in kinds
        assert (definition.get("@container") == "@set") is not single, iri


def test_no_two_terms_mean_the_same():
    meant = [d if isinstance(d, str) else d["@id"] for d in context().values() if d != 1.1]
    assert len(meant) == len(set(meant))


def test_prefixes_are_those_we_write():
    prefixes = {key: value for key, value in context().items() if str(value).startswith("http")}
    assert PREFIXES["okg"] in prefixes.values()
    assert {prefixes[key] for key in ("rdfs", "xsd", "skos", "prov")} <= set(PREFIXES.values())


# Documents


def test_a_thing_has_plain_keys_links_with_labels_and_arrays_for_what_may_be_many():
    told = document(
        triples(
            (FINDING, PREFIXES["rdf"] + "type", OKG + "Finding"),
            (FINDING, "site", OKG + "Femur"),
            (FINDING, "method", OKG + "Histomorphometry"),
            (FINDING, "hedged", literal("false", "boolean")),
            (FINDING, "wording", literal("rose")),
            (FINDING, "magnitude", literal("12.50", "decimal")),
            (FINDING, "paraphrase", ox.Literal("It rose.", language="en")),
            (OKG + "Femur", PREFIXES["rdfs"] + "label", ox.Literal("femur", language="en")),
        ),
        [FINDING],
    )
    assert told.pop("@context") == context()
    assert told.pop("id").endswith("finding/a")
    assert told == {
        "type": ["okg:Finding"],
        "site": {"id": "okg:Femur", "label": "femur"},
        "method": [{"id": "okg:Histomorphometry"}],
        "hedged": False,
        "wording": "rose",
        "magnitude": "12.50",
        "paraphrase": "It rose.",
    }


def test_a_property_that_may_have_several_values_is_an_array_with_one():
    one = document(triples((FINDING, "method", OKG + "a")), [FINDING])
    two = document(
        triples((FINDING, "method", OKG + "a"), (FINDING, "method", OKG + "b")), [FINDING]
    )
    assert isinstance(one["method"], list)
    assert len(two["method"]) == 2
    unknown = document(triples((FINDING, "http://example.org/p", OKG + "a")), [FINDING])
    assert unknown["http://example.org/p"] == [{"id": "okg:a"}]


def test_nothing_is_lost_where_a_single_value_is_told_twice():
    twice = document(triples((FINDING, "site", OKG + "a"), (FINDING, "site", OKG + "b")), [FINDING])
    assert [link["id"] for link in twice["site"]] == ["okg:a", "okg:b"]


def test_a_literal_that_its_key_does_not_expect_says_what_it_is():
    label = PREFIXES["rdfs"] + "label"
    told = document(
        triples(
            (FINDING, "hedged", literal("perhaps")),
            (FINDING, "magnitude", literal("7", "integer")),
            (FINDING, label, ox.Literal("Befund", language="de")),
            (FINDING, "presupposed", literal("1", "boolean")),
        ),
        [FINDING],
    )
    assert told["hedged"] == "perhaps"
    assert told["label"] == {"@value": "Befund", "@language": "de"}
    assert told["presupposed"] == {"@value": "1", "@type": "xsd:boolean"}
    assert told["magnitude"] == {"@value": "7", "@type": "xsd:integer"} or told["magnitude"] == 7


def test_what_a_link_leads_to_is_nested_and_a_way_back_is_brief():
    label = PREFIXES["rdfs"] + "label"
    comparison, arm = FINDING.replace("finding", "comparison"), FINDING.replace("finding", "arm")
    told = document(
        triples(
            (FINDING, "comparison", comparison),
            (comparison, "targetArm", arm),
            (arm, label, literal("an arm")),
            (arm, "exposure", FINDING),
            (FINDING, label, ox.Literal("a finding", language="en")),
        ),
        [FINDING],
    )
    nested = told["comparison"]["targetArm"]
    assert nested["exposure"] == [{"id": told["id"], "label": "a finding"}]


def test_roots_are_not_nested_in_each_other():
    other = FINDING + "2"
    told = document(
        triples(
            (FINDING, "counteracts", other),
            (FINDING, "wording", literal("rose")),
            (other, "counteracts", FINDING),
            (other, "wording", literal("fell")),
        ),
        [FINDING, other],
        many=True,
    )
    first, second = told["@graph"]
    assert first["counteracts"] == [{"id": second["id"]}]
    assert second["counteracts"] == [{"id": first["id"]}]


def test_what_no_root_reaches_is_told_beside_the_roots():
    told = document(
        triples((FINDING, "wording", literal("a")), ("x:y", "wording", literal("b"))), [FINDING]
    )
    assert [node["wording"] for node in told["@graph"]] == ["a", "b"]
    assert document([], []) == {"@context": context(), "@graph": []}
    assert document([], [], many=True)["@graph"] == []
    assert document(triples((FINDING, "wording", literal("a"))), [FINDING], many=True)["@graph"]


def test_text_is_json_with_its_signs_as_they_are():
    text = compact(triples((FINDING, "wording", literal("α – 骨"))), [FINDING])
    assert text.endswith("}\n")
    assert "α – 骨" in text
    assert json.loads(text)["wording"] == "α – 骨"
