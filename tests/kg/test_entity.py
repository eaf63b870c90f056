"""What the graph says of one thing."""

import pyoxigraph as ox
import pytest

from osteokg.kg.entity import describe, entity_bytes, linked_from
from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.names import contract, expand
from osteokg.kg.results import GRAPH_FORMATS

FINDING = expand("finding:quill-2001-k2-bone-mass-femur")


@pytest.fixture(scope="module")
def finding(ask):
    return ask(describe, FINDING)


def test_a_thing_is_described_with_the_nodes_that_belong_to_it(finding):
    subjects = {contract(t.subject.value) for t in finding.triples}
    assert {
        "finding:quill-2001-k2-bone-mass-femur",
        "comparison:quill-2001-ovx-k2-versus-ovx",
        "arm:quill-2001-ovx-k2",
        "arm:quill-2001-ovx",
        "exposure:quill-2001-k2",
        "anchor:larch-2010-s001",
    } <= subjects
    assert "arm:quill-2001-sham" not in subjects


def test_what_it_links_to_has_its_label(finding):
    assert finding.name_of(expand("okg:BoneMass")) == "bone mass"
    assert finding.name_of(expand("okg:Nowhere")) == "okg:Nowhere"
    assert finding.label() == "Vitamin K2 spared some of that bone."


def test_properties_are_told_by_name_and_sorted(finding):
    told = {contract(name): values for name, values in finding.properties()}
    assert list(told) == sorted(told, key=expand)
    assert [(value.text, value.iri) for value in told["okg:outcome"]] == [
        ("bone mass", expand("okg:BoneMass"))
    ]
    assert [value.text for value in told["okg:anchor"]] == [
        "anchor:larch-2010-s001",
        "anchor:larch-2010-s002",
    ]
    assert [(value.text, value.iri) for value in told["okg:magnitudeText"]] == [("12.50%", None)]
    arm = finding.properties(expand("arm:quill-2001-ovx-k2"))
    assert [v.text for name, values in arm for v in values if contract(name) == "rdfs:label"] == [
        "Quill 2001: OVX + vitamin K2"
    ]


@pytest.mark.parametrize("format_", GRAPH_FORMATS, ids=lambda format_: format_.name)
def test_every_format_says_the_same(finding, format_, canonical):
    body = entity_bytes(finding, format_)
    assert canonical(body, format_.engine) == {str(triple) for triple in finding.triples}


@pytest.fixture
def canonical():
    def read(body, format_):
        return {str(quad.triple) for quad in ox.parse(body, format_)}

    return read


def test_a_term_can_be_described(ask):
    femur = ask(describe, expand("okg:Femur"))
    assert femur.label() == "femur"


def test_what_links_here_is_told_with_its_name(ask):
    links = ask(linked_from, expand("arm:quill-2001-ovx-k2"))
    told = {(contract(name), contract(source)): label for name, source, label in links}
    assert (
        told["okg:targetArm", "comparison:quill-2001-ovx-k2-versus-ovx"]
        == "comparison:quill-2001-ovx-k2-versus-ovx"
    )
    links = ask(linked_from, expand("anchor:larch-2010-s003"))
    assert "Vitamin K2 left the strength of the tibia as it was." in {row[2] for row in links}


def test_what_is_not_there_is_not_found(ask):
    with pytest.raises(NotFoundError, match="finding:nowhere is not in the graph"):
        ask(describe, expand("finding:nowhere"))
    with pytest.raises(RequestError, match="is not an IRI"):
        ask(describe, "https://w3id.org/osteokg/id/x> ?p ?o }")
    assert ask(linked_from, expand("finding:nowhere")) == []
