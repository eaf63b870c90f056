"""Things and terms answer under their own addresses; the findings, the context, small routes."""

import csv
import io
import json

import pyoxigraph as ox
import pytest

from osteokg.kg.jsonld import context
from osteokg.kg.table import COLUMNS

FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
THINGS = [FINDING, "/id/study/joint-7-12", "/id/conclusion/larch-2010-k2", "/vocab/Femur"]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SUFFIXES = {
    "ttl": ("text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
}


@pytest.fixture(scope="module")
def get(server):
    def got(path, accept=None):
        return server.get(path, headers={"Accept": accept} if accept else {})

    return got


# Dereferencing


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (None, "ttl"),
        ("*/*", "ttl"),
        ("text/turtle", "ttl"),
        ("application/n-triples", "nt"),
        ("application/rdf+xml", "rdf"),
        ("application/ld+json", "jsonld"),
        ("application/json", "jsonld"),
        ("text/html", "html"),
        (BROWSER, "html"),
        ("text/html;q=0.5, text/turtle", "ttl"),
    ],
)
def test_a_thing_leads_to_a_document_about_it(get, thing, accept, suffix):
    response = get(thing, accept)
    assert response.status_code == 303
    assert response.headers["location"] == f"{thing}.{suffix}"
    assert "Accept" in response.headers["vary"]
    assert get(response.headers["location"], accept).status_code == 200


@pytest.mark.parametrize("thing", THINGS)
def test_every_document_says_the_same(get, canonical_graph, thing):
    graphs = []
    for suffix, (type_, format_) in SUFFIXES.items():
        response = get(f"{thing}.{suffix}")
        assert response.headers["content-type"] == type_
        assert response.headers["link"] == f'<https://w3id.org/osteokg{thing}>; rel="canonical"'
        graphs.append(canonical_graph(response.content, format_))
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)


def test_a_suffix_names_the_format_whatever_is_accepted(get):
    assert get(f"{FINDING}.ttl", BROWSER).headers["content-type"].startswith("text/turtle")
    assert get(f"{FINDING}.html", "text/turtle").headers["content-type"].startswith("text/html")


def test_the_page_of_a_thing_leads_to_its_data(get):
    text = get(f"{FINDING}.html").text
    assert "Vitamin K2 spared some of that bone." in text
    for suffix in SUFFIXES:
        assert f'href="{FINDING}.{suffix}"' in text


def test_json_ld_is_compact_with_our_context(get):
    told = get(f"{FINDING}.jsonld").json()
    assert told["@context"] == context()
    assert told["paraphrase"] == "Vitamin K2 spared some of that bone."
    assert [outcome["label"] for outcome in told["outcome"]] == ["bone mass"]
    assert told["presupposed"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/id/finding/nowhere",
        "/id/finding/nowhere.ttl",
        "/id/finding/nowhere.jsonld",
        "/id/animal/quill-2001",
        "/vocab/Nowhere",
        f"{FINDING}.docx",
        f"{FINDING}.TTL",
        f"{FINDING}.",
        f"{FINDING}.ttl.ttl",
        "/id/finding",
        "/id",
        "/nowhere",
        "/static/nowhere.css",
        "/static/../api/app.py",
        "/static/%2e%2e/app.py",
        "/id/finding/%2e%2e%2fhealth",
        "/queries/nowhere",
    ],
)
def test_what_is_not_there_is_404_for_programs_and_people(get, path):
    response = get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["title"]) == (404, "Not Found") or problem[
        "title"
    ] == "Not found"
    page = get(path, BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Not" in page.text


@pytest.mark.parametrize(
    "slug",
    [
        "x%3E%20%3Fp%20%3Fo%20%7D%20%23",  # x> ?p ?o } #
        "x%3E",
        "a%20b",
        "%22",
        "%7B%20THINGS%20%7D",
        "x%0A",
        "%00",
        "a%5Cu003e",
        "%25zz",
    ],
)
@pytest.mark.parametrize(
    "path", ["/id/finding/{}", "/id/finding/{}.ttl", "/vocab/{}", "/id/{}/x.html"]
)
def test_no_name_gets_out_of_its_brackets(get, path, slug):
    response = get(path.format(slug))
    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "application/problem+json"
    assert get(path.format(slug), BROWSER).headers["content-type"].startswith("text/html")


def test_an_address_may_be_percent_encoded(get):
    assert (
        get("/id/finding/quill%2D2001-k2-bone-mass-femur").headers["location"] == f"{FINDING}.ttl"
    )
    assert get("/vocab/%46emur.ttl").status_code == 200


def test_what_no_document_is_acceptable_for_is_406(get):
    response = get(FINDING, "image/png")
    assert response.status_code == 406
    assert "Things are described in text/html, text/turtle" in response.json()["detail"]


# The findings


def test_the_findings_are_those_of_the_export(get, osteokg, good, tmp_path):
    osteokg("export", tmp_path, "--evidence", good)
    for name, type_ in (
        ("csv", "text/csv; header=present; charset=utf-8"),
        ("jsonld", "application/ld+json"),
    ):
        response = get(f"/findings.{name}")
        assert response.headers["content-type"] == type_
        assert response.content == (tmp_path / f"findings.{name}").read_bytes()
    rows = list(csv.DictReader(io.StringIO(get("/findings.csv").text, newline=""), strict=True))
    assert len(rows) == 19
    assert tuple(rows[0]) == COLUMNS


def test_the_findings_in_json_are_those_of_the_table(get):
    told = get("/findings").json()
    rows = list(csv.DictReader(io.StringIO(get("/findings.csv").text, newline="")))
    assert (told["total"], told["next"]) == (len(rows), None)
    assert [(item["finding"], item["kind"]) for item in told["items"]] == [
        (row["finding"], row["kind"]) for row in rows
    ]
    assert get("/findings", BROWSER).headers["content-type"].startswith("text/html")


def test_the_findings_in_json_ld_expand_without_network(get, canonical_graph):
    response = get("/findings.jsonld")
    triples = canonical_graph(response.content, ox.RdfFormat.JSON_LD)
    assert any("Vitamin K2 spared some of that bone." in triple for triple in triples)
    assert len(json.loads(response.text)["items"]) >= 18


# Small routes


def test_the_context_is_published(get):
    response = get("/context.jsonld")
    assert response.headers["content-type"] == "application/ld+json"
    assert response.json() == {"@context": context()}


def test_the_ontology_is_published_under_its_own_name_too(get, project):
    response = get("/ontology")
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    assert response.content == (project / "ontology" / "osteokg.ttl").read_bytes()
    assert get("/vocab/").status_code == 303
    assert get("/vocab/").headers["location"] == "/ontology"


def test_health_says_the_version(get, version):
    response = get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.json()["version"] == version.id


def test_the_api_is_described(get):
    told = get("/openapi.json").json()
    assert told["openapi"].startswith("3.")
    assert {"/sparql", "/findings", "/findings.{suffix}", "/id/{kind}/{slug}"} <= told[
        "paths"
    ].keys()
    assert set(told["paths"]["/sparql"]) == {"get", "post"}
