"""SPARQL JSON as engines send it: read in whatever parts it comes, made the same for all."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import UnavailableError
from osteokg.kg.remote.rows import RowReader, label_of

XSD = "http://www.w3.org/2001/XMLSchema#"


def read(*parts: bytes) -> list[dict]:
    reader = RowReader()
    rows = [row for part in parts for row in reader.read(part)]
    reader.end()
    return rows


def said(**terms: dict) -> dict:
    (row,) = read(json.dumps({"head": {}, "results": {"bindings": [terms]}}).encode())
    return row


VIRTUOSO = b"""
{ "head": { "link": [], "vars": ["p", "o"] },
  "results": { "distinct": false, "ordered": true, "bindings": [
    { "p": { "type": "uri", "value": "http://x/\xc3\xa9" }\t, "o": { "type": "typed-literal", "datatype": "http://www.w3.org/2001/XMLSchema#boolean", "value": "1" }},
    { "p": { "type": "bnode", "value": "nodeID://b10000" }\t, "o": { "type": "literal", "xml:lang": "en", "value": "a ]}\\" \\u0001" }} ] } }"""  # noqa: E501 - as Virtuoso writes it


def test_an_answer_of_virtuoso_is_read():
    assert read(VIRTUOSO) == [
        {
            "p": {"type": "uri", "value": "http://x/é"},
            "o": {"type": "literal", "value": "true", "datatype": f"{XSD}boolean"},
        },
        {
            "p": {"type": "bnode", "value": "bb10000"},
            "o": {"type": "literal", "value": 'a ]}" \x01', "xml:lang": "en"},
        },
    ]


@given(st.lists(st.integers(0, len(VIRTUOSO)), max_size=12))
def test_wherever_an_answer_is_parted_it_says_the_same(cuts):
    at = [0, *sorted(cuts), len(VIRTUOSO)]
    parts = [VIRTUOSO[start:end] for start, end in itertools.pairwise(at)]
    assert read(*parts) == read(VIRTUOSO)


@given(st.integers(0, len(VIRTUOSO) - 1))
def test_an_answer_that_ends_before_its_time_is_none(end):
    with pytest.raises(UnavailableError, match="unreadable"):
        read(VIRTUOSO[:end])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Virtuoso 37000 Error SP030: SPARQL compiler",
        b"<html><body>Sign in</body></html>",
        b'{"error": "no"}',
        b"[]",
        b'{"head":{},"results":{"bindings":[{"a":{"type":"literal"}}]}}',
        b'{"head":{},"results":{"bindings":[{"a":{"type":"number","value":"1"}}]}}',
        b'{"head":{},"results":{"bindings":["a"]}}',
        b'{"head":{},"results":{"bindings":[nothing]}}',
        b'{"head":{},"results":{"bindings":[]} then an error',
        b'{"head":{"vars":["\xff"]},"results":{"bindings":[]}}',
    ],
)
def test_what_is_no_sparql_json_is_told(content):
    with pytest.raises(UnavailableError, match="unreadable"):
        read(content)


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("false", False)])
def test_yes_and_no_are_read(text, meant):
    reader = RowReader()
    assert reader.read(f'{{"head":{{}}, "boolean" : {text}}}'.encode()) == []
    reader.end()
    assert reader.boolean is meant


def test_a_typed_string_is_a_string_and_a_number_stays_what_it_is():
    row = said(
        s={"type": "typed-literal", "datatype": f"{XSD}string", "value": "x"},
        n={"type": "typed-literal", "datatype": f"{XSD}integer", "value": "1"},
        f={"type": "literal", "datatype": f"{XSD}boolean", "value": "0"},
    )
    assert row["s"] == {"type": "literal", "value": "x"}
    assert row["n"]["value"] == "1"
    assert row["f"]["value"] == "false"


@given(st.text(min_size=1), st.text(min_size=1))
def test_labels_of_blank_nodes_are_plain_and_stay_different(one, other):
    assert label_of(one).isalnum() or "_" in label_of(one)
    assert label_of(one).isascii()
    if one.removeprefix("nodeID://") != other.removeprefix("nodeID://"):
        assert label_of(one) != label_of(other)
