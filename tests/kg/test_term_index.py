"""Term search and proposals: what is found by which name, and what is no new term."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import RequestError
from osteokg.kg.mappings import COLUMNS, MappingRow, MappingTable
from osteokg.kg.names import PREFIXES, VOCAB, okg
from osteokg.kg.term_index import TermIndex, plain, suggestions
from osteokg.kg.term_proposal import Proposal, near_duplicates, proposed_text
from osteokg.kg.turtle import canonical, read

RDF, RDFS = PREFIXES["rdf"], PREFIXES["rdfs"]
ONTOLOGY = """
@prefix okg: <https://w3id.org/osteokg/vocab/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
okg:SiteTerm rdfs:subClassOf okg:Term .
okg:InterventionTerm rdfs:subClassOf okg:Term .
okg:Direction rdfs:subClassOf okg:ControlledValue .
okg:Femur a owl:Class , okg:SiteTerm ; rdfs:label "femur"@en ; skos:altLabel "thigh bone"@en ;
  skos:definition "The bone of the thigh."@en .
okg:FemoralNeck a owl:Class , okg:SiteTerm ; rdfs:label "femoral neck"@en ;
  skos:hiddenLabel "collum femoris"@en ; skos:notation "FN" ; rdfs:subClassOf okg:BoneRegion .
okg:BoneRegion a owl:Class , okg:SiteTerm ; rdfs:label "bone region"@en .
okg:Risedronate a owl:Class , okg:InterventionTerm ; rdfs:label "risedronate"@en ;
  skos:altLabel "risedronic acid"@en .
okg:VitaminK a owl:Class , okg:InterventionTerm ; rdfs:label "vitamin K"@en .
okg:VitaminK2 a owl:Class , okg:InterventionTerm ; rdfs:label "vitamin K2"@en .
okg:VolumeFraction a owl:Class , okg:InterventionTerm ; rdfs:label "fraction"@en ;
  skos:hiddenLabel "femoral neck volume"@en .
okg:Increased a okg:Direction ; rdfs:label "increased"@en .
okg:twisted a owl:ObjectProperty ; rdfs:label "femur"@en .
"""
ROW = {
    "subject_id": "okg:Risedronate",
    "object_id": "CHEBI:8869",
    "object_label": "(1-hydroxy-2-pyridyl)bisphosphonate",
    "predicate_id": "skos:exactMatch",
}


@pytest.fixture(scope="module")
def index() -> TermIndex:
    triples = [quad.triple for quad in ox.parse(ONTOLOGY, ox.RdfFormat.TURTLE)]
    row = MappingRow(1, {**dict.fromkeys(COLUMNS, ""), **ROW})
    return TermIndex(triples, [MappingTable(Path("m.tsv"), (), (row,))])


@pytest.mark.parametrize(
    ("text", "first", "kind"),
    [
        ("femur", "Femur", "label"),
        ("Thigh-Bone", "Femur", "synonym"),
        ("collum femoris", "FemoralNeck", "hidden label"),
        ("FN", "FemoralNeck", "notation"),
        ("neck, femoral", "FemoralNeck", "label"),
        ("FemoralNeck", "FemoralNeck", "label"),
        ("femoral nek", "FemoralNeck", "label"),
        ("risedronat", "Risedronate", "label"),
        ("resedronate", "Risedronate", "label"),
        ("CHEBI:8869", "Risedronate", "identifier"),
        ("chebi 8869", "Risedronate", "identifier"),
        ("vitamin K", "VitaminK", "label"),
        ("vitamin k2", "VitaminK2", "label"),
        ("vitamin K2 given daily", "VitaminK2", "label"),
        ("increase", "Increased", "label"),
        # A whole name, even one that only texts use, before a label that is a part of it.
        ("femoral neck volume", "VolumeFraction", "hidden label"),
    ],
)
def test_a_term_is_found_by_what_it_is_called_or_nearly_so(index, text, first, kind):
    hit = index.search(text)[0]
    assert (hit.term.iri, hit.kind) == (okg(first), kind)


def test_what_is_no_term_is_not_found(index):
    assert index.search("qqqq") == []
    assert index.search("CHEBI:8868") == [], "one digit off is another"
    assert okg("twisted") not in index.terms
    assert index.search("") == []


def test_a_name_of_ours_is_known_in_every_form(index):
    for text in ("okg:FemoralNeck", "https://w3id.org/osteokg/vocab/FemoralNeck", " femoral neck"):
        assert index.meant(text).iri == okg("FemoralNeck")
    for text in ("femoral nek", "neck", "vitamin", "", "CHEBI:1"):
        assert index.meant(text) is None


def test_what_no_name_has_a_definition_may_have(index):
    assert index.search("thigh", definitions=True)[0].kind == "synonym"
    (hit,) = index.search("of the", definitions=True)
    assert (hit.term.iri, hit.kind) == (okg("Femur"), "definition")
    assert index.search("of the") == []


def test_of_terms_equally_close_the_one_with_more_findings_comes_first():
    facts = {
        iri: {RDFS + "label": ["bone"], RDF + "type": [okg("SiteTerm")]}
        for iri in (okg("A"), okg("B"))
    }
    facts[okg("SiteTerm")] = {RDFS + "subClassOf": [okg("Term")]}
    for more in (okg("A"), okg("B")):
        found = TermIndex.of_facts(facts, {}, {more: 3}).search("bone")
        assert found[0].term.iri == more
        assert len(found) == 2


def test_of_one_kind_only_those_are_found(index):
    assert {hit.term.iri for hit in index.search("vitamin", okg("SiteTerm"))} == set()
    assert len(index.search("vitamin", okg("InterventionTerm"))) == 2
    assert len(index.search("vitamin", limit=1)) == 1


@given(st.sampled_from(["femur", "femoral neck", "risedronate", "vitamin K2"]), st.data())
def test_one_slip_of_the_hand_does_not_hide_a_term(index, label, data):
    """The law: a letter left out, doubled or put for another leaves the term in the answer."""
    at = data.draw(st.integers(0, len(label) - 1))
    other = data.draw(st.sampled_from("aeinrst"))
    way = data.draw(st.sampled_from(["out", "twice", "other"]))
    slip = {"out": "", "twice": label[at] * 2, "other": other}[way]
    text = label[:at] + slip + label[at + 1 :]
    wanted = {term.iri for term in index.terms.values() if term.label == label}
    assert wanted <= {hit.term.iri for hit in index.search(text)}


@given(st.text(max_size=30))
def test_a_search_of_anything_answers_in_order(index, text):
    hits = index.search(text)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.term.iri for hit in hits}) == len(hits)


def test_names_are_compared_without_marks_and_case():
    assert plain("Tb.Th") == "tb th" == plain("tb-th")
    assert plain("FemoralNeck") == "femoral neck"
    assert plain("1α-Hydroxy") == "1α hydroxy"


def test_names_that_texts_use_are_suggested_and_known_ones_are_not(index):
    learned = {"Thigh bone": okg("Femur"), "os femoris": okg("Femur"), "x": okg("Nothing")}
    assert [(name, term.iri) for name, term in suggestions(index, learned)] == [
        ("os femoris", okg("Femur"))
    ]


# Proposals


def proposal(**said) -> Proposal:
    given = {"label": "femoral shaft", "definition": "The long part.", "parents": ["bone region"]}
    return Proposal(**{**given, **said})


def test_a_proposal_is_written_with_all_that_was_said(index, tmp_path):
    path = tmp_path / "lab.terms.ttl"
    more = [("okg:partOf", "thigh bone"), ("okg:paired", "true"), ("okg:remark", "by hand")]
    said = proposal(
        synonyms=["shaft of the femur"],
        hidden=["femur shaft"],
        nature="material",
        mappings={"UBERON:0003827": "closeMatch"},
        more=more,
    )
    text = proposed_text(said, index, path)
    path.write_text(text, encoding="utf-8")
    assert canonical(read(path)) == text
    for line in (
        "okg:FemoralShaft a owl:Class , okg:SiteTerm ;",
        "rdfs:subClassOf okg:BoneRegion",
        'rdfs:label "femoral shaft"@en',
        'skos:altLabel "shaft of the femur"@en',
        'skos:hiddenLabel "femur shaft"@en',
        "skos:closeMatch UBERON:0003827",
        "okg:partOf okg:Femur",
        "okg:paired true",
        'okg:remark "by hand"',
        'okg:termNature "material"',
        f"<{VOCAB}>",
    ):
        assert line in text, line
    second = proposed_text(proposal(label="femoral head"), index, path)
    assert "okg:FemoralShaft a" in second, "what was there stays"
    assert "okg:FemoralHead a" in second


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ({"label": "Femoral necks"}, "FemoralNeck"),
        ({"label": "collum", "synonyms": ["neck femoral"]}, "FemoralNeck"),
        ({"label": "upper leg", "hidden": ["thigh bone"]}, "Femur"),
        ({"label": "actonel", "mappings": {"CHEBI:8869": "exactMatch"}}, "Risedronate"),
    ],
)
def test_what_is_there_under_another_name_is_no_new_term(index, said, near):
    assert [hit.term.iri for _, hit in near_duplicates(proposal(**said), index)] == [okg(near)]


def test_a_new_name_is_near_nothing(index):
    said = proposal(label="calcaneus", mappings={"CHEBI:8869": "relatedMatch"})
    assert near_duplicates(said, index) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"parents": ["bone regoin"]}, r"no term 'bone regoin'. Did you mean okg:BoneRegion"),
        ({"parents": ["nonsense at all"]}, "no term 'nonsense at all'.$"),
        ({"name": "Femur"}, "okg:Femur is there already"),
        ({"label": "β", "name": None}, "is no name for a term"),
        ({"mappings": {"nosuch:1": "exactMatch"}}, "neither an IRI nor a CURIE"),
    ],
)
def test_what_cannot_be_a_term_is_refused(index, tmp_path, said, words):
    with pytest.raises(RequestError, match=words):
        proposed_text(proposal(**said), index, tmp_path / "lab.terms.ttl")
    with pytest.raises(RequestError, match="a file of terms is named"):
        proposed_text(proposal(), index, tmp_path / "lab.ttl")
