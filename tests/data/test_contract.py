"""The contract on the real evidence: JSON, context, frames and shapes say the same."""

import asyncio
import json
from collections import defaultdict

import pyoxigraph as ox
import pytest
from framing import framed, plain
from pyld import jsonld

from osteokg.kg.contract.frames import FRAMED
from osteokg.kg.contract.items import Page, as_json, resources_of, rows_told, triples_told
from osteokg.kg.contract.models import Cell, Term
from osteokg.kg.contract.parts import Study
from osteokg.kg.contract.reading import fields_of
from osteokg.kg.dataset import Dataset
from osteokg.kg.files import Sources, find_sources, frame_file
from osteokg.kg.filters import Filters
from osteokg.kg.jsonld import context
from osteokg.kg.listing import cells_of, studies_of
from osteokg.kg.names import ID, PREFIXES, VOCAB, graph_iri, okg
from osteokg.kg.selection import select
from osteokg.kg.shapes import served_shape_triples, shape_triples
from osteokg.kg.store import InProcessStore
from osteokg.kg.turtle import read
from osteokg.kg.validation import load_shapes, run_shapes, shapes_graph
from osteokg.kg.version import Version

DIRECTION = ox.NamedNode(okg("direction"))
STATEMENTS = ("Finding", "ClinicalFinding", "MechanismStatement", "Explanation",
              "InteractionClaim")  # fmt: skip


@pytest.fixture(scope="module")
def ask(store):
    ours = InProcessStore(Version("0" * 64, store, Sources((), ())))
    with asyncio.Runner() as loop:
        yield lambda function, *arguments: loop.run(function(ours, *arguments))
        loop.run(ours.close())


@pytest.fixture(scope="module")
def selected(ask):
    return ask(select, Filters())


@pytest.fixture(scope="module")
def rows(ask, selected):
    return ask(rows_told, selected)


@pytest.fixture(scope="module")
def graph(store):
    return {quad.triple for quad in store.quads_for_pattern(None, None, None, None)}


@pytest.fixture(scope="module")
def told(rows):
    """Return what the JSON of all findings says, read through the context."""
    document = Page(len(rows), [as_json(row, linked=True) for row in rows]).as_jsonld()
    return {quad.triple for quad in ox.parse(document, ox.RdfFormat.JSON_LD)}


def test_every_finding_says_what_the_graph_says_and_nothing_else(told, graph):
    assert len(told) > 5000
    assert told <= graph


def test_every_finding_says_all_that_is_said_of_it(ask, told, selected):
    """The models have a key for each property, of the evidence and of the rules."""
    triples = set(ask(triples_told, [one.statement for one in selected]))
    assert {str(triple) for triple in triples - told} == set()
    assert told == triples


def test_nothing_of_a_thing_that_is_told_whole_is_left_out(rows, told, graph):
    """By property: each key of a model has every value that the graph has."""
    said = defaultdict(set)
    for triple in graph:
        said[triple.subject.value if isinstance(triple.subject, ox.NamedNode) else ""].add(triple)
    seen = set()

    def compare(item):
        if (type(item), item.id) in seen:
            return
        seen.add((type(item), item.id))
        name = item.id.replace("osteokg:", "https://w3id.org/osteokg/id/")
        keys = {field.predicate for field in fields_of(type(item))}
        wanted = {triple for triple in said[name] if triple.predicate.value in keys}
        assert wanted, item.id
        assert wanted <= told, item.id
        for field in fields_of(type(item)):
            value = getattr(item, next(n for n, i in type(item).model_fields.items()
                                       if (i.alias or n) == field.key))  # fmt: skip
            for one in value if isinstance(value, list) else [value]:
                if hasattr(one, "type") and hasattr(one, "id"):
                    compare(one)

    for row in rows:
        compare(row)
    assert len(seen) > 800


def test_another_reader_of_json_ld_sees_the_same(rows):
    for row in rows[::15]:
        document = Page(1, [as_json(row, linked=True)]).as_jsonld()
        lines = jsonld.to_rdf(json.loads(document), {"format": "application/n-quads"})
        ours = {quad.triple for quad in ox.parse(document, ox.RdfFormat.JSON_LD)}
        assert {quad.triple for quad in ox.parse(lines, ox.RdfFormat.N_QUADS)} == ours


@pytest.fixture(scope="module")
def ontology():
    return [triple for path in find_sources().ontology for triple in read(path)]


def violations(shapes, triples):
    problems = run_shapes(Dataset(find_sources()), shapes, triples)
    return [one.message for one in problems if one.severity == "violation"]


def test_the_shapes_for_what_is_served_accept_all_findings(told, ontology):
    """What the rules compute among it, which the closed shapes of curators refuse."""
    served = shapes_graph(served_shape_triples())
    assert violations(served, [*told, *ontology]) == []
    finding = ox.NamedNode(ID + "finding/asawa-2004-k2-bone-resorption-femur")
    broken = [one for one in told if (one.subject, one.predicate) != (finding, DIRECTION)]
    assert len(broken) == len(told) - 1
    (message,) = violations(served, [*broken, *ontology])
    assert "A finding needs exactly one okg:direction" in message
    assert violations(shapes_graph(shape_triples()), [*told, *ontology]) != []


def test_our_shapes_accept_what_the_json_says(told, store, ontology):
    """As they accept the evidence: beside the ontology, without what the rules compute."""
    computed = graph_iri("computed")
    curated = {
        quad.triple
        for quad in store.quads_for_pattern(None, None, None, None)
        if isinstance(quad.graph_name, ox.NamedNode)
        and not quad.graph_name.value.startswith(computed)
    }
    stated = told & curated
    assert len(stated) > 3000
    assert violations(load_shapes(), [*stated, *ontology]) == []


def test_the_frames_give_the_items_of_the_json(ask, rows, selected):
    """Of every twelfth row, for the processor needs seconds for each."""
    some = [(row, one) for row, one in zip(rows, selected, strict=True) if one.row == one.statement]
    some = some[::12]
    triples = ask(triples_told, [one.statement for _, one in some])
    compared = 0
    for name in STATEMENTS:
        expected = {row.id: plain(row) for row, _ in some if f"okg:{name}" in row.type}
        if expected:
            assert framed(triples, name) == expected
            compared += len(expected)
    assert compared > 15


def test_the_frames_give_studies_and_terms(ask):
    studies = [one.iri for one in ask(studies_of, Filters())][::5]
    made = {item.id: plain(item) for item in ask(resources_of, Study, studies)}
    given = framed(ask(triples_told, studies), "Study")
    assert {name: given[name] for name in made} == made
    terms = [VOCAB + name for name in ("VitaminK2", "OvariectomizedRat", "Femur", "BoneMass")]
    made = {item.id: plain(item) for item in ask(resources_of, Term, terms)}
    assert framed(ask(triples_told, terms), "Term") == made


def test_the_frame_gives_the_cells(ask):
    cells = [one.iri for one in ask(cells_of, Filters())][::10]
    made = {item.id: plain(item) for item in ask(resources_of, Cell, cells)}
    assert len(made) > 10
    assert framed(ask(triples_told, cells), "EvidenceCell") == made


def test_every_model_has_its_frame_and_its_keys():
    assert all(frame_file(name).exists() for name in FRAMED)
    assert PREFIXES["okg"] == context()["okg"]
