"""Models: JSON of one shape, which the context reads as a part of the graph and nothing more."""

import json

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.contract.frames import FRAMED
from osteokg.kg.contract.items import Page, ToldRows, as_json, resources_of, rows_told
from osteokg.kg.contract.models import ITEMS, CountedTerm, Finding, FindingsPage, Term
from osteokg.kg.contract.parts import Study
from osteokg.kg.contract.reading import Described, fields_of
from osteokg.kg.filters import Filters
from osteokg.kg.jsonld import context
from osteokg.kg.names import ID, PREFIXES, VOCAB
from osteokg.kg.selection import select
from osteokg.kg.table import findings_rows

FINDING = f"{ID}finding/quill-2001-k2-bone-mass-femur"


@pytest.fixture(scope="module")
def selected(ask):
    return ask(select, Filters())


@pytest.fixture(scope="module")
def rows(ask, selected):
    return [json.loads(as_json(row)) for row in ask(rows_told, selected)]


def triples_in(document: bytes) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(document, ox.RdfFormat.JSON_LD)}


# The shape


def test_there_is_an_item_for_each_row_of_the_table(ask, rows):
    table = ask(findings_rows)
    assert [(row["finding"], row["kind"]) for row in rows] == [
        (row["finding"], row["kind"]) for row in table
    ]


def test_terms_have_labels_things_are_whole_or_named_and_several_is_an_array(ask, rows):
    (told,) = [row for row in rows if row["finding"] == FINDING]
    assert told["id"] == "osteokg:finding/quill-2001-k2-bone-mass-femur"
    assert told["direction"] == {"id": "okg:Increased", "label": "increased"}
    assert told["outcome"] == [{"id": "okg:BoneMass", "label": "bone mass"}]
    assert told["magnitude"] == "12.5"
    assert told["magnitudeText"] == "12.50%"
    assert told["hedged"] is False
    assert told["counteracts"] == ["osteokg:finding/quill-2001-ovx-bone-mass-femur"]
    assert told["curatorNote"] == []
    assert "judgement" not in told
    arm = told["comparison"]["targetArm"]
    assert {exposure["agent"]["label"] for exposure in arm["exposure"]} == {
        "vitamin K2",
        "ovariectomy",
    }
    assert [anchor["sentence"] for anchor in told["anchor"]] == ["S001", "S002"]
    (study,) = told["study"]
    assert study["reference"][0]["referenceNumber"] == 7
    assert study["publication"]["publicationStatus"]["label"] == "retracted"


def test_what_several_rows_say_of_one_conclusion_adds_up(rows):
    parts = [row for row in rows if row["id"] == "osteokg:conclusion/larch-2010-k2"]
    assert [row["finding"].rpartition("#")[2] for row in parts] == ["p1", "p2"]
    assert [row["proposition"][0]["outcome"][0]["label"] for row in parts] == [
        "bone mass",
        "bone strength",
    ]


def test_a_joint_study_has_its_members(ask):
    (told,) = ask(resources_of, Study, [f"{ID}study/joint-7-12"])
    assert [member.id for member in told.joint_attribution] == [
        "osteokg:study/nib-2002",
        "osteokg:study/quill-2001",
    ]
    assert told.joint_attribution[1].publication is not None


def test_the_page_is_what_its_schema_says(ask, selected, rows):
    texts = ask(ToldRows().of, selected)
    page = json.loads(Page(len(texts), texts, None).as_json())
    assert page["items"] == rows
    assert FindingsPage.model_validate(page).total == len(rows)


def test_rows_that_are_kept_are_the_same_and_few(ask, selected):
    kept = ToldRows(most=3)
    first, second = ask(kept.of, selected), ask(kept.of, selected[::-1])
    assert first == second[::-1]
    assert ask(kept.of, selected[:2]) == first[:2]


# The same as RDF


def test_every_key_is_one_of_the_context_or_for_plain_json_alone():
    alone = set()
    for model in {Finding, CountedTerm, *(model for model, _ in FRAMED.values())}:
        read = {field.key for field in fields_of(model)}
        alone |= {info.alias or name for name, info in model.model_fields.items()} - read
    assert alone == {"id", "finding", "kind", "findings", "findingsBelow"}
    assert not {"total", "next", "finding", "kind", "findings", "findingsBelow"} & context().keys()


def test_arrays_are_those_of_the_context():
    for model, _ in FRAMED.values():
        for field in fields_of(model):
            assert field.several is (field.definition.get("@container") == "@set"), field.key


def test_the_items_read_through_the_context_are_a_part_of_the_graph(ask, selected, version):
    texts = ask(ToldRows().of, selected)
    told = triples_in(Page(len(texts), texts, "x").as_jsonld())
    graph = {quad.triple for quad in version.store.quads_for_pattern(None, None, None, None)}
    assert len(told) > 300
    assert told <= graph


IRIS = [
    FINDING,
    f"{ID}arm/a",
    f"{ID}study/s",
    VOCAB + "Femur",
    "http://example.org/x",
    VOCAB + "a/b",
]
XSD = PREFIXES["xsd"]
LITERALS = [
    ox.Literal("text"), ox.Literal("text", language="en"), ox.Literal("Wort", language="de"),
    ox.Literal(""), ox.Literal('a "b"\n\\ß'), ox.Literal(True), ox.Literal(7), ox.Literal(1.5),
    ox.Literal("1", datatype=ox.NamedNode(XSD + "boolean")),
    ox.Literal("007", datatype=ox.NamedNode(XSD + "integer")),
    ox.Literal("9" * 20, datatype=ox.NamedNode(XSD + "integer")),
    ox.Literal("12.50", datatype=ox.NamedNode(XSD + "decimal")),
    ox.Literal("2001", datatype=ox.NamedNode(XSD + "gYear")),
    ox.Literal("http://x.org/", datatype=ox.NamedNode(XSD + "anyURI")),
    ox.Literal("x", datatype=ox.NamedNode("http://example.org/type")),
]  # fmt: skip
PREDICATES = sorted(
    {field.predicate for model, _ in FRAMED.values() for field in fields_of(model)}
    | {PREFIXES["rdfs"] + "label", VOCAB + "agent"}
)


@given(
    st.sampled_from(sorted(FRAMED)),
    st.lists(
        st.builds(
            ox.Triple,
            st.sampled_from(IRIS).map(ox.NamedNode),
            st.sampled_from(PREDICATES).map(ox.NamedNode),
            st.one_of(st.sampled_from(IRIS).map(ox.NamedNode), st.sampled_from(LITERALS)),
        ),
        max_size=30,
    ),
)
def test_whatever_the_graph_says_the_json_says_no_more(name, triples):
    """The law: read through the context, what a model tells is a part of what it was made from."""
    told = Described(triples).read(FRAMED[name][0], FINDING)
    document = Page(1, [as_json(told)]).as_jsonld()
    assert triples_in(document) <= set(triples)


@pytest.mark.parametrize("literal", LITERALS, ids=str)
@pytest.mark.parametrize(
    "key", ["label", "wording", "hedged", "magnitude", "curatorNote", "issued"]
)
def test_a_value_is_told_as_it_is_or_not_at_all(key, literal):
    model = next(m for m, _ in FRAMED.values() if any(f.key == key for f in fields_of(m)))
    (field,) = [field for field in fields_of(model) if field.key == key]
    triple = ox.Triple(ox.NamedNode(FINDING), ox.NamedNode(field.predicate), literal)
    document = Page(1, [as_json(Described([triple]).read(model, FINDING))]).as_jsonld()
    assert triples_in(document) in ({triple}, set())
    if field.definition.get("@language") == literal.language == "en":
        assert triples_in(document) == {triple}


def test_models_are_closed():
    for model in (*ITEMS.values(), Study, Term):
        with pytest.raises(ValueError, match="Extra inputs"):
            model.model_validate({"id": "x", "nonsense": 1})
