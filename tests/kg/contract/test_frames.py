"""Frames: PyLD lays them over the RDF of a page and gives the items of its JSON."""

import asyncio

import pyoxigraph as ox
import pytest
from framing import framed, plain, unordered

from osteokg.kg.contract.frames import FRAMED, frame_text
from osteokg.kg.contract.items import resources_of, rows_told, triples_told
from osteokg.kg.contract.models import Cell, Term
from osteokg.kg.contract.parts import Study
from osteokg.kg.files import Sources, frame_file
from osteokg.kg.filters import Filters
from osteokg.kg.listing import cells_of, studies_of
from osteokg.kg.names import PREFIXES, VOCAB
from osteokg.kg.selection import select
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version

LABEL = ox.NamedNode(PREFIXES["rdfs"] + "label")


@pytest.fixture(scope="module")
def ask(version):
    """Call a function with the store of the invented evidence, whose labels are English here.

    A label in no language is read back from RDF under another key than an English one.
    """
    store = ox.Store()
    for quad in version.store.quads_for_pattern(None, None, None, None):
        value = quad.object
        if quad.predicate == LABEL and isinstance(value, ox.Literal) and not value.language:
            value = ox.Literal(value.value, language="en")
        store.add(ox.Quad(quad.subject, quad.predicate, value, quad.graph_name))
    english = InProcessStore(Version(version.id, store, Sources((), ())))
    with asyncio.Runner() as loop:
        yield lambda function, *arguments: loop.run(function(english, *arguments))
        loop.run(english.close())


def test_the_files_are_what_the_models_demand():
    for name in FRAMED:
        assert frame_file(name).read_text("utf-8") == frame_text(name), "run 'osteokg fmt'"


@pytest.fixture(scope="module")
def told(ask):
    """Return the rows of statements, and the triples of their page."""
    selected = [one for one in ask(select, Filters()) if "/proposition/" not in one.row]
    statements = [one.statement for one in selected]
    return ask(rows_told, selected), ask(triples_told, statements)


@pytest.mark.parametrize("name", ["Finding", "ClinicalFinding", "MechanismStatement",
                                  "Explanation", "InteractionClaim"])  # fmt: skip
def test_a_frame_gives_the_items_of_the_json(told, name):
    rows, triples = told
    expected = {row.id: plain(row) for row in rows if f"okg:{name}" in row.type}
    assert expected
    assert framed(triples, name) == expected


def test_a_frame_gives_a_conclusion_with_all_its_propositions(ask, told):
    selected = ask(select, Filters())
    rows = [row for row in ask(rows_told, selected) if "okg:Conclusion" in row.type]
    whole = {}
    for row in rows:
        item = whole.setdefault(row.id, {**plain(row), "proposition": []})
        item["proposition"] += plain(row)["proposition"]
    triples = ask(triples_told, sorted({one.statement for one in selected}))
    assert framed(triples, "Conclusion") == {name: unordered(item) for name, item in whole.items()}


def test_frames_give_studies_and_terms(ask):
    studies = [one.iri for one in ask(studies_of, Filters())]
    made = {item.id: plain(item) for item in ask(resources_of, Study, studies)}
    assert framed(ask(triples_told, studies), "Study") == made
    terms = [VOCAB + name for name in ("VitaminK2", "BoneVolumeFraction", "Femur", "Ovariectomy")]
    made = {item.id: plain(item) for item in ask(resources_of, Term, terms)}
    assert framed(ask(triples_told, terms), "Term") == made


def test_a_frame_gives_the_cells_of_the_evidence(ask):
    cells = [one.iri for one in ask(cells_of, Filters())]
    assert len(cells) > 3
    made = {item.id: plain(item) for item in ask(resources_of, Cell, cells)}
    assert framed(ask(triples_told, cells), "EvidenceCell") == made
