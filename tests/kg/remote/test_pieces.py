"""What is written in pieces is, byte for byte, what the embedded engine writes at once."""

import functools
import json
import operator

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import UnavailableError
from osteokg.kg.remote.pieces import GraphWriter, RowWriter, boolean_bytes
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, graph_bytes

IRIS = st.sampled_from(
    [f"https://w3id.org/osteokg/vocab/{name}" for name in "abc"] + ["http://x/p"]
)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=5)
TERMS = st.one_of(
    st.builds(lambda value: {"type": "uri", "value": value}, IRIS),
    st.builds(lambda value: {"type": "bnode", "value": f"b{value}"}, st.integers(0, 3)),
    st.builds(lambda value: {"type": "literal", "value": value}, TEXTS),
    st.builds(lambda value: {"type": "literal", "value": value, "xml:lang": "en"}, TEXTS),
    st.builds(
        lambda value: {
            "type": "literal",
            "value": str(value),
            "datatype": "http://www.w3.org/2001/XMLSchema#integer",
        },
        st.integers(),
    ),
)
ROWS = st.lists(st.dictionaries(st.sampled_from("ab"), TERMS), max_size=6)
TRIPLES = st.lists(
    st.builds(
        ox.Triple,
        st.one_of(st.builds(ox.NamedNode, IRIS), st.builds(ox.BlankNode, st.sampled_from("xy"))),
        st.builds(ox.NamedNode, IRIS),
        st.one_of(st.builds(ox.NamedNode, IRIS), st.builds(ox.Literal, TEXTS)),
    ),
    max_size=8,
)


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda each: each.name)
@given(st.lists(ROWS, max_size=4), st.sampled_from([("a", "b"), ("a",), ()]))
def test_rows(chosen, parts, variables):
    parts = [
        [{name: row[name] for name in variables if name in row} for row in part] for part in parts
    ]
    writer = RowWriter(chosen, variables)
    pieces = [writer.write(part) for part in parts]
    whole = {
        "head": {"vars": variables},
        "results": {"bindings": functools.reduce(operator.iadd, parts, [])},
    }
    results = ox.parse_query_results(json.dumps(whole).encode(), format=ox.QueryResultsFormat.JSON)
    assert b"".join([*pieces, writer.end()]) == results.serialize(format=chosen.engine)


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda each: each.name)
def test_yes_and_no(chosen):
    for answer in (True, False):
        result = ox.Store().query(f"ASK {{ FILTER({str(answer).lower()}) }}")
        assert boolean_bytes(answer, chosen) == result.serialize(format=chosen.engine)


@pytest.mark.parametrize("chosen", RDF_FORMATS, ids=lambda each: each.name)
@given(TRIPLES)
def test_a_graph_in_one_piece(chosen, triples):
    writer = GraphWriter(chosen)
    assert writer.write(triples) + writer.end() == graph_bytes(triples, chosen)


@pytest.mark.parametrize("chosen", RDF_FORMATS, ids=lambda each: each.name)
@given(st.lists(TRIPLES, max_size=4))
def test_a_graph_in_pieces_is_the_same_graph(chosen, parts):
    writer = GraphWriter(chosen)
    content = b"".join([*map(writer.write, parts), writer.end()])
    found = [quad.triple for quad in ox.parse(content, chosen.engine)]
    assert canonical(found) == canonical(functools.reduce(operator.iadd, parts, []))


def canonical(triples: list[ox.Triple]) -> set[str]:
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(map(str, dataset))


def test_a_term_that_is_none_is_told():
    with pytest.raises(UnavailableError, match="no term of RDF"):
        RowWriter(ROW_FORMATS[0], ["a"]).write([{"a": {"type": "uri", "value": "not an IRI"}}])
