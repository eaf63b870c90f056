"""Nanopublications: what they say, and names that their content gives them."""

import asyncio
import base64
import hashlib

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.nanopub import (
    DATASET_FORMATS,
    faults_of,
    nanopub_of,
    nanopubs,
    nanopubs_bytes,
    nanopubs_in,
)
from osteokg.kg.store import InProcessStore
from osteokg.kg.trusty import UNKNOWN, artifact_code, normal_form, recoded

FINDING = "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur"
STATEMENT_KINDS = {"claim", "clinical", "conclusion", "explanation", "finding", "mechanism"}
FORMATS = {format_.name: format_ for format_ in DATASET_FORMATS}


@pytest.fixture(scope="module")
def store(version):
    return InProcessStore(version)


@pytest.fixture(scope="module")
def every(store):
    return asyncio.run(nanopubs(store))


@pytest.fixture(scope="module")
def one(store):
    return asyncio.run(nanopub_of(store, FINDING))


def graph(nanopub, part):
    """Return the triples of a part, our names as CURIEs without kind."""

    def short(term):
        return str(term.value).replace(nanopub.iri, "np").rpartition("/")[2]

    wanted = ox.NamedNode(f"{nanopub.iri}#{part}")
    return {
        (short(q.subject), short(q.predicate), short(q.object))
        for q in nanopub.quads
        if q.graph_name == wanted
    }


def test_every_statement_has_one(every, version):
    statements = {one.statement for one in every}
    paraphrased = version.store.quads_for_pattern(
        None, ox.NamedNode("https://w3id.org/osteokg/vocab/paraphrase"), None, None
    )
    assert statements == {quad.subject.value for quad in paraphrased}
    assert {iri.split("/")[-2] for iri in statements} == STATEMENT_KINDS
    assert [fault for one in every for fault in faults_of(one)] == []
    assert len({one.iri for one in every}) == len(every)


def test_the_head_names_three_graphs(one):
    assert graph(one, "Head") == {
        ("np", "22-rdf-syntax-ns#type", "nschema#Nanopublication"),
        ("np", "nschema#hasAssertion", "np#assertion"),
        ("np", "nschema#hasProvenance", "np#provenance"),
        ("np", "nschema#hasPublicationInfo", "np#pubinfo"),
    }


def test_the_assertion_is_what_the_statement_says_and_no_more(one):
    said = graph(one, "assertion")
    me = FINDING.rpartition("/")[2]
    assert {(me, "outcome", "BoneMass"), (me, "site", "Femur")} <= said
    assert {p for s, p, _ in said if s == me} >= {"direction", "comparison", "contrast", "model"}
    # what rests on other evidence, where it stands, how it was read
    elsewhere = {"counteracts", "agreesWith", "benefit", "cell", "anchor", "wording", "study"}
    assert {p for _, p, _ in said} & elsewhere == set()
    # its arms, to their exposures
    assert {"targetArm", "referenceArm", "exposure", "agent"} <= {p for _, p, _ in said}


def test_the_provenance_leads_to_sentence_study_and_article(one):
    said = graph(one, "provenance")
    anchors = {o for s, p, o in said if (s, p) == ("np#assertion", "prov#wasDerivedFrom")}
    assert len(anchors) == 2
    for anchor in anchors:
        assert {p for s, p, _ in said if s == anchor} >= {"section", "sentence", "digest", "source"}
    (study,) = {o for _, p, o in said if p == "attributedTo"}
    (article,) = {o for s, p, o in said if (s, p) == (study, "publication")}
    assert ("np#assertion", "prov#hadPrimarySource", article) in said
    assert any((s, p) == (article, "publicationStatus") for s, p, _ in said)


def test_the_publication_info_names_what_the_graph_says_and_nobody_else(one):
    said = {(p, o) for s, p, o in graph(one, "pubinfo") if s == "np"}
    by = {p.rpartition("/")[2].rpartition("#")[2]: o for p, o in said}
    assert by.pop("label")
    assert by.pop("version")
    assert by == {
        "describes": "quill-2001-k2-bone-mass-femur",
        "hasNanopubType": "Finding",
        "isPartOf": "",
        "license": "",
        "conformsTo": by["conformsTo"],
        "creator": "OsteoKG contributors",
    }


def test_one_is_the_same_whether_asked_for_alone_or_with_all(store, every):
    alone = [asyncio.run(nanopub_of(store, one.statement)) for one in every[::3]]
    assert [(one.iri, set(one.quads)) for one in alone] == [
        (one.iri, set(one.quads)) for one in every[::3]
    ]


def test_what_is_no_statement_has_none(store):
    with pytest.raises(NotFoundError, match=r"okg:Femur is no statement"):
        asyncio.run(nanopub_of(store, "https://w3id.org/osteokg/vocab/Femur"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_holds_what_was_written(every, name):
    format_ = FORMATS[name]
    text = nanopubs_bytes(every, format_)
    assert text == nanopubs_bytes(every, format_)
    read = nanopubs_in(text, format_.engine)
    assert {one.iri: set(one.quads) for one in read} == {one.iri: set(one.quads) for one in every}
    assert [fault for one in read for fault in faults_of(one)] == []


def test_what_was_changed_is_found_out(one):
    text = nanopubs_bytes([one], FORMATS["trig"]).replace(b"okg:Femur", b"okg:Tibia")
    (changed,) = nanopubs_in(text, ox.RdfFormat.TRIG)
    (fault,) = faults_of(changed)
    assert fault.startswith(f"{one.iri} was changed: by its content it would be called ")


def test_what_lacks_a_part_is_found_out(one):
    quads = [q for q in one.quads if not str(q.graph_name).endswith("#provenance>")]
    text = ox.serialize(quads, format=ox.RdfFormat.TRIG)
    (lacking,) = nanopubs_in(text, ox.RdfFormat.TRIG)
    assert faults_of(lacking)[0] == f"{one.iri} says nothing as its provenance."


def test_what_is_no_document_is_told():
    with pytest.raises(RequestError, match="TriG"):
        nanopubs_in(b"no", ox.RdfFormat.TRIG)


# The hash


def quad(text, *, graph="http://a.example/g"):
    return ox.Quad(
        ox.NamedNode("http://a.example/s"),
        ox.NamedNode("http://a.example/p"),
        text,
        ox.NamedNode(graph),
    )


def test_the_normal_form_is_that_of_the_specification():
    quads = [
        quad(ox.Literal("b", language="EN")),
        quad(ox.Literal("two\nlines \\ and"), graph=f"http://a.example/np/{UNKNOWN}#x"),
        quad(ox.Literal("b", datatype=ox.NamedNode("http://a.example/type"))),
        quad(ox.Literal("a")),
        quad(ox.NamedNode("http://z.example/")),
        quad(ox.NamedNode("http://z.example/")),
    ]
    assert normal_form(quads) == "".join(
        f"{line}\n"
        for graph, value in (
            ("http://a.example/g", "http://z.example/"),
            ("http://a.example/g", "^http://www.w3.org/2001/XMLSchema#string a"),
            ("http://a.example/g", "@en b"),
            ("http://a.example/g", "^http://a.example/type b"),
            (
                "http://a.example/np/ #x",
                "^http://www.w3.org/2001/XMLSchema#string two\\nlines \\\\ and",
            ),
        )
        for line in (graph, "http://a.example/s", "http://a.example/p", value)
    )
    digest = hashlib.sha256(normal_form(quads).encode()).digest()
    assert artifact_code(quads) == "RA" + base64.b64encode(digest, b"-_").decode().strip("=")
    assert len(artifact_code(quads)) == 45


literals = st.builds(ox.Literal, st.text(max_size=20))
tagged = st.builds(lambda text: ox.Literal(text, language="en"), st.text(max_size=5))
iris = st.sampled_from(["http://a.example/", f"http://a.example/{UNKNOWN}#x"]).map(ox.NamedNode)
quads_ = st.lists(st.builds(quad, st.one_of(literals, tagged, iris)), min_size=1, max_size=8)


@given(quads_, st.randoms())
def test_the_code_depends_on_content_alone(quads, random):
    code = artifact_code(quads)
    shuffled = [*quads, quads[0]]
    random.shuffle(shuffled)
    assert artifact_code(shuffled) == code
    named = recoded(quads, UNKNOWN, code)
    assert artifact_code(named, code) == code
    assert recoded(named, code, UNKNOWN) == quads
