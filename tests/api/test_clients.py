"""Clients that others wrote: SPARQLWrapper, curl, and a processor of JSON-LD (PyLD)."""

import json
import shutil
import subprocess
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import SPARQLWrapper
from rdflib import Graph
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
)

OKG = "https://w3id.org/osteokg/vocab/"
FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
SELECT = f"""
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?label {{ ?s a <{OKG}JointStudy> ; rdfs:label ?label }}
"""
LABEL = "Quill 2001 and Nib 2002, jointly"
CONSTRUCT = f"CONSTRUCT {{ ?s a <x:y> }} {{ ?s a <{OKG}JointStudy> }}"
TRIPLE = (
    "<https://w3id.org/osteokg/id/study/joint-7-12> "
    "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <x:y>"
)


# SPARQLWrapper


@pytest.fixture(scope="module")
def endpoint(server):
    return f"{str(server.base_url).rstrip('/')}/sparql"


@pytest.fixture(params=[(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)])
def wrapper(request, endpoint):
    asked = SPARQLWrapper.SPARQLWrapper(endpoint)
    method, sending = request.param
    asked.setMethod(method)
    asked.setRequestMethod(sending)
    return asked


@pytest.mark.parametrize("format_", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_selects(wrapper, format_):
    wrapper.setQuery(SELECT)
    wrapper.setReturnFormat(format_)
    result = wrapper.query().convert()
    if format_ == JSON:
        assert [row["label"]["value"] for row in result["results"]["bindings"]] == [LABEL]
    elif format_ == XML:
        assert LABEL in result.toxml()
    else:
        assert LABEL in result.decode()


@pytest.mark.parametrize("format_", [JSON, XML])
def test_sparqlwrapper_asks(wrapper, format_):
    wrapper.setQuery(f"ASK {{ ?s a <{OKG}JointStudy> }}")
    wrapper.setReturnFormat(format_)
    result = wrapper.query().convert()
    if format_ == JSON:
        assert result["boolean"] is True
    else:
        assert "<boolean>true</boolean>" in result.toxml()


@pytest.mark.parametrize("format_", [XML, RDFXML, TURTLE, N3, JSONLD])
@pytest.mark.parametrize(
    "form", [CONSTRUCT, "DESCRIBE <https://w3id.org/osteokg/id/study/joint-7-12>"]
)
def test_sparqlwrapper_constructs_and_describes(wrapper, format_, form):
    wrapper.setQuery(form)
    wrapper.setReturnFormat(format_)
    result = wrapper.query().convert()
    if isinstance(result, bytes):
        result = Graph().parse(data=result, format="turtle")
    assert any("joint-7-12" in str(subject) for subject in result.subjects())


def test_sparqlwrapper_is_told_what_is_wrong(wrapper):
    wrapper.setQuery("SELECT * { SERVICE <http://127.0.0.1:9/> {} }")
    with pytest.raises(SPARQLWrapper.SPARQLExceptions.QueryBadFormed, match="SERVICE at line 1"):
        wrapper.query()


# curl


@pytest.fixture(scope="module")
def curl(server):
    if not shutil.which("curl"):
        pytest.skip("curl is not on this machine: nothing is shown of it")

    def run(path, *arguments):
        address = f"{str(server.base_url).rstrip('/')}{path}"
        command = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*"]
        return subprocess.run(
            [*command, *arguments, address],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout

    return run


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        ("application/sparql-results+json", f'"value":"{LABEL}"'),
        ("application/sparql-results+xml", f"<literal>{LABEL}</literal>"),
        ("text/csv", f'label\n"{LABEL}"'),
        ("text/tab-separated-values", f'?label\n"{LABEL}"'),
        ("text/html", LABEL),
    ],
)
def test_curl_selects_in_every_format(curl, accept, words):
    for ask in (
        ["--get", "--data-urlencode", f"query={SELECT}"],
        ["--data-urlencode", f"query={SELECT}"],
        ["--header", "Content-Type: application/sparql-query", "--data-binary", SELECT],
    ):
        assert words in curl("/sparql", "--header", f"Accept: {accept}", *ask)


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_curl_constructs_in_every_format(curl, canonical_graph, accept):
    told = curl(f"/sparql?query={quote(CONSTRUCT)}", "--header", f"Accept: {accept}")
    assert canonical_graph(told, ox.RdfFormat.from_media_type(accept)) == {TRIPLE}


def test_curl_follows_a_thing_to_its_data(curl, canonical_graph):
    for accept in ("text/turtle", "application/ld+json"):
        told = curl(FINDING, "--location", "--header", f"Accept: {accept}")
        triples = canonical_graph(told, ox.RdfFormat.from_media_type(accept))
        assert any("Vitamin K2 spared some of that bone." in triple for triple in triples)


def test_curl_reads_tables_and_heads(curl):
    assert curl("/findings.csv").startswith("finding,kind,contrast,study,reference,")
    head = curl("/findings.csv", "--head")
    assert "200 OK" in head
    assert "text/csv; header=present; charset=utf-8" in head


def test_curl_is_told_of_a_wrong_query(curl):
    told = curl("/sparql?query=SELECT", "--write-out", "%{http_code}")
    assert told.endswith("400")
    assert json.loads(told.removesuffix("400"))["title"] == "The query does not parse"


# JSON-LD


@pytest.mark.parametrize("path", [FINDING, "/id/conclusion/larch-2010-k2", "/vocab/VitaminK2"])
def test_json_ld_and_turtle_of_a_thing_are_isomorphic(server, canonical_graph, path):
    """PyLD expands ours without network; any other address would make it fail."""
    told = server.get(f"{path}.jsonld").content
    turtle = server.get(f"{path}.ttl").content
    graph = canonical_graph(told, ox.RdfFormat.JSON_LD)
    assert graph == canonical_graph(turtle, ox.RdfFormat.TURTLE)
    assert len(graph) > 5
