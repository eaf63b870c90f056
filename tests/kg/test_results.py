"""Results in every format, datasets of queries, and what a format cannot carry."""

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from osteokg.kg import results
from osteokg.kg.errors import NotAcceptableError, RequestError
from osteokg.kg.results import (
    GRAPH_FORMATS,
    RDF_FORMATS,
    ROW_FORMATS,
    Query,
    evaluate,
    evaluate_into,
    format_named,
    graph_bytes,
)

EX = "https://example.org/"
ROWS = (
    f'SELECT * {{ VALUES (?a ?b ?c) {{ (<{EX}a> "é, \\"q\\"\\nl"@en 1.5) (UNDEF UNDEF UNDEF) }} }}'
)
GRAPH = "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def store():
    text = f"""
        <{EX}s> <{EX}p> "one" <{EX}g1> .
        <{EX}s> <{EX}p> "zwei"@de <{EX}g2> .
        <{EX}s> <{EX}p> _:b <{EX}g2> .
        <{EX}s> <{EX}q> "3"^^<http://www.w3.org/2001/XMLSchema#integer> .
    """
    filled = ox.Store()
    filled.load(text.encode(), ox.RdfFormat.N_QUADS)
    return filled


def ask(store, text, rows="json", graph="ttl", **more):
    query = Query(text, format_named(rows, ROW_FORMATS), format_named(graph, RDF_FORMATS), **more)
    return evaluate(store, query)


def values(store, text, **more):
    bindings = json.loads(ask(store, text, **more).body)["results"]["bindings"]
    return sorted(term["value"] for row in bindings for term in row.values())


# Formats


def test_rows_in_json(store):
    answer = ask(store, ROWS)
    assert answer.format.content_type == "application/sparql-results+json"
    first, second = json.loads(answer.body)["results"]["bindings"]
    assert first["a"] == {"type": "uri", "value": f"{EX}a"}
    assert first["b"] == {"type": "literal", "value": 'é, "q"\nl', "xml:lang": "en"}
    assert first["c"]["value"] == "1.5"
    assert second == {}


def test_rows_in_csv_and_tsv(store):
    answer = ask(store, ROWS, "csv")
    assert answer.format.content_type == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    assert rows == [["a", "b", "c"], [f"{EX}a", 'é, "q"\nl', "1.5"], ["", "", ""]]
    tsv = ask(store, ROWS, "tsv").body.decode()
    assert tsv.splitlines()[:2] == ["?a\t?b\t?c", f'<{EX}a>\t"é, \\"q\\"\\nl"@en\t1.5']


def test_rows_in_xml(store):
    tree = ElementTree.fromstring(ask(store, ROWS, "xml").body)  # noqa: S314 - our own
    space = "{http://www.w3.org/2005/sparql-results#}"
    assert [variable.get("name") for variable in tree.iter(f"{space}variable")] == ["a", "b", "c"]
    assert [literal.text for literal in tree.iter(f"{space}literal")] == ['é, "q"\nl', "1.5"]


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("json", b'{"head":{},"boolean":true}'),
        ("xml", b"<boolean>true</boolean>"),
        ("csv", b"true"),
    ],
)
def test_ask_in_every_format(store, name, yes):
    assert yes in ask(store, "ASK { ?s ?p ?o }", name).body
    assert b"false" in ask(store, "ASK { ?s ?p <x:none> }", name).body


@pytest.mark.parametrize("format_", RDF_FORMATS, ids=lambda format_: format_.name)
def test_a_graph_in_every_format_is_the_same_graph(store, format_):
    answer = ask(store, GRAPH, graph=format_.name)
    read = ox.Dataset(ox.Quad(*quad.triple) for quad in ox.parse(answer.body, format_.engine))
    read.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert sorted(str(quad.object) for quad in read) == ['"one"', '"zwei"@de', "_:c14n0"]


def test_a_graph_is_sorted_with_the_prefixes_that_it_uses():
    def triple(number):
        name = ox.NamedNode("https://w3id.org/osteokg/vocab/p")
        return ox.Triple(ox.NamedNode(f"{EX}{number}"), name, ox.Literal(number))

    turtle = format_named("ttl", GRAPH_FORMATS)
    forwards = graph_bytes([triple(n) for n in (1, 2, 3)], turtle)
    assert forwards == graph_bytes([triple(n) for n in (3, 1, 2, 1)], turtle)
    assert b"@prefix okg:" in forwards
    assert b"@prefix xsd:" in forwards
    assert forwards.count(b"@prefix") == 2
    assert graph_bytes([], turtle) == b""


def test_format_names():
    assert format_named("csv", ROW_FORMATS).media_types[0] == "text/csv"
    assert format_named("csv", GRAPH_FORMATS) is None
    assert {f.name for f in ROW_FORMATS} & {f.name for f in GRAPH_FORMATS} == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [("SELECT * {}", "SELECT and ASK are answered in json"), (GRAPH, "CONSTRUCT and DESCRIBE")],
)
def test_a_form_without_an_acceptable_format_is_not_acceptable(store, text, words):
    with pytest.raises(NotAcceptableError, match=words):
        evaluate(store, Query(text, rows=None, graph=None))


# What a format cannot carry


@pytest.mark.parametrize(
    ("text", "rows", "graph"),
    [
        ('SELECT ("a\\u0001" AS ?x) {}', "xml", "ttl"),
        ('CONSTRUCT { <x:s> <x:p> "a\\u0001" } {}', "json", "rdf"),
        ("CONSTRUCT { <x:s> <http://example.org/> 1 } {}", "json", "rdf"),
    ],
)
def test_what_xml_cannot_carry_is_not_sent_as_xml(store, text, rows, graph):
    with pytest.raises(NotAcceptableError, match="accept another format"):
        ask(store, text, rows, graph)
    assert ask(store, text).body


# Datasets (SPARQL 1.1 Protocol, section 2.1.4)


def test_graphs_of_the_dataset_can_be_chosen(store):
    default = "SELECT ?o { ?s ?p ?o FILTER(isLiteral(?o)) }"
    named = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert values(store, default) == ["3"]
    assert values(store, default, default_graphs=(f"{EX}g1",)) == ["one"]
    assert values(store, default, default_graphs=(f"{EX}g1", f"{EX}g2")) == ["one", "zwei"]
    assert values(store, default, named_graphs=(f"{EX}g1",)) == []
    assert values(store, named) == [f"{EX}g1", f"{EX}g2"]
    assert values(store, named, named_graphs=(f"{EX}g2",)) == [f"{EX}g2"]
    assert values(store, named, default_graphs=(f"{EX}g1",)) == []


def test_the_protocol_goes_before_the_query(store):
    text = "SELECT ?o FROM <URL> { ?s ?p ?o FILTER(isLiteral(?o)) }".replace("URL", f"{EX}g1")
    assert values(store, text) == ["one"]
    assert values(store, text, default_graphs=(f"{EX}g2",)) == ["zwei"]


def test_a_graph_that_is_not_here_is_empty(store):
    text = "SELECT * { ?s ?p ?o }"
    assert values(store, text, default_graphs=("https://example.invalid/data.ttl",)) == []
    assert values(store, "SELECT * FROM <https://example.invalid/data.ttl> { ?s ?p ?o }") == []


@pytest.mark.parametrize("name", ["", "relative", "a b:c", "http://example.org/>"])
def test_a_graph_name_that_is_no_iri_is_the_asker_s_error(store, name):
    with pytest.raises(RequestError, match="names no graph"):
        ask(store, "ASK {}", default_graphs=(name,))
    with pytest.raises(RequestError, match="names no graph"):
        ask(store, "ASK {}", named_graphs=(name,))


def test_relative_iris_need_a_base(store):
    with pytest.raises(RequestError):
        ask(store, "SELECT * { <s> ?p ?o }")
    assert values(store, "SELECT ?o { <s> <q> ?o }", base=EX) == ["3"]
    assert values(store, f"BASE <{EX}> SELECT ?o {{ <s> <q> ?o }}") == ["3"]


# Answers as they come


class Pieces:
    """A sink that keeps the pieces it is given, and can refuse them."""

    def __init__(self, most: int | None = None):
        self.pieces: list[bytes] = []
        self.most = most

    def write(self, data: bytes) -> int:
        if len(self.pieces) == self.most:
            raise BrokenPipeError("enough")
        self.pieces.append(data)
        return len(data)

    def flush(self) -> None:
        pass


@pytest.fixture(scope="module")
def large():
    filled = ox.Store()
    filled.extend(
        ox.Quad(ox.NamedNode(f"{EX}{n % 97}"), ox.NamedNode(f"{EX}p"), ox.Literal(n))
        for n in range(3000)
    )
    return filled


@pytest.mark.parametrize("format_", [*ROW_FORMATS, *RDF_FORMATS], ids=lambda format_: format_.name)
def test_an_answer_is_written_while_it_is_found(large, format_, monkeypatch):
    monkeypatch.setattr(results, "SORTED", 100)
    text = "SELECT * { ?s ?p ?o }" if format_ in ROW_FORMATS else "CONSTRUCT WHERE { ?s ?p ?o }"
    whole = ask(large, text, format_.name, format_.name).body
    sink = Pieces()
    query = Query(text, format_, format_)
    assert evaluate_into(large, query, lambda _: sink) == format_
    assert len(sink.pieces) > 4
    assert b"".join(sink.pieces) == whole


@pytest.mark.parametrize("text", ["SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_a_sink_that_takes_no_more_ends_the_work(large, text):
    sink = Pieces(most=2)
    with pytest.raises(BrokenPipeError, match="enough"):
        evaluate_into(large, Query(text), lambda _: sink)
    assert len(sink.pieces) == 2


@pytest.mark.parametrize("format_", RDF_FORMATS, ids=lambda format_: format_.name)
def test_a_graph_too_large_to_sort_is_the_same_graph(large, format_, monkeypatch):
    text = "CONSTRUCT WHERE { ?s ?p ?o }"
    sorted_ = ask(large, text, graph=format_.name).body
    monkeypatch.setattr(results, "SORTED", 100)
    unsorted = ask(large, text, graph=format_.name).body
    assert unsorted != sorted_
    graphs = [set(ox.parse(body, format_.engine)) for body in (sorted_, unsorted)]
    assert graphs[0] == graphs[1]
    assert len(graphs[0]) == 3000


def test_what_xml_cannot_carry_is_refused_before_it_is_passed_on(large):
    text = 'SELECT * { { ?s ?p ?o } UNION { BIND("\\u0001" AS ?s) } }'
    sink = Pieces()
    with pytest.raises(NotAcceptableError):
        evaluate_into(large, Query(text, format_named("xml", ROW_FORMATS)), lambda _: sink)
    assert b"\x01" not in b"".join(sink.pieces)


def test_a_graph_is_the_default_graph_of_a_dataset(store):
    for name in ("nq", "trig"):
        quads = list(ox.parse(ask(store, GRAPH, graph=name).body, ox.RdfFormat.TRIG))
        assert len(quads) == 3
        assert {quad.graph_name for quad in quads} == {ox.DefaultGraph()}
