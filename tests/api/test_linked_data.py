"""Things and terms answer under their own addresses; the findings, the context, small routes."""

import csv
import html
import io
import json
import re

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
        assert response.headers["link"].startswith(
            f'<https://w3id.org/osteokg{thing}>; rel="canonical"'
        )
        graphs.append(canonical_graph(response.content, format_))
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)


def links_of(response):
    """Return the links of a header: (relation, target, media type), in their order."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?', response.headers["link"])
    return [(relation, target, kind) for target, relation, kind in found]


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_header_of_a_page_leads_to_what_is_told_of_the_thing(server, method):
    page = getattr(server, method)("/vocab/Femur.html")
    links = links_of(page)
    iri = "https://w3id.org/osteokg/vocab/Femur"
    assert ("canonical", iri, "") in links
    assert ("cite-as", iri, "") in links
    for suffix, (type_, _) in SUFFIXES.items():
        kind = type_.partition(";")[0]
        assert ("alternate", f"/vocab/Femur.{suffix}", kind) in links
        assert ("describedby", f"/vocab/Femur.{suffix}", kind) in links
    assert ("license", "https://creativecommons.org/licenses/by/4.0/", "") in links
    assert ("type", "https://schema.org/AboutPage", "") in links
    assert ("type", "https://schema.org/DefinedTerm", "") in links
    assert ("collection", "/void", "") in links


def test_the_header_of_data_leads_to_the_other_forms_and_the_page(get):
    links = links_of(get(f"{FINDING}.ttl"))
    alternates = {target for relation, target, _ in links if relation == "alternate"}
    assert alternates == {
        f"{FINDING}.{suffix}" for suffix in ("html", "nt", "rdf", "jsonld", "nanopub")
    }
    assert ("describes", f"{FINDING}.html", "text/html") in links
    assert ("describedby", "/void", "") in links
    assert ("license", "https://creativecommons.org/licenses/by/4.0/", "") in links
    assert not [link for link in links if link[1] == f"{FINDING}.ttl"]


def test_a_publication_is_an_article_and_a_graph_consists_of_its_triples(get):
    assert ("type", "https://schema.org/ScholarlyArticle", "") in links_of(
        get("/id/publication/larch-2010.html")
    )
    graph = "https%3A%2F%2Fw3id.org%2Fosteokg%2Fgraph%2Fstudy%2Fquill-2001"
    links = links_of(get("/graph/study/quill-2001.ttl"))
    assert ("item", f"/graphs?graph={graph}", "text/turtle") in links
    assert b"quill-2001-k2-bone-mass-femur" in get(f"/graphs?graph={graph}").content


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/graph/study/quill-2001", "wasDerivedFrom"),
        ("/graph/import/uberon", "Slice of"),
        ("/graph/computed/contrast", "wasDerivedFrom"),
        ("/source/rules", "the rules of OsteoKG"),
    ],
)
def test_graphs_and_sources_are_things_as_well(get, name, said):
    response = get(name, "text/turtle")
    assert (response.status_code, response.headers["location"]) == (303, f"{name}.ttl")
    assert said in get(f"{name}.ttl").text
    assert get(name, BROWSER).headers["location"] == f"{name}.html"
    assert get(f"{name}.html").status_code == 200
    assert get(f"{name}-x").status_code == 404


def test_a_description_tells_what_linked_terms_are_called(get):
    """Nobody has to ask for each of them to show a finding."""
    told = list(ox.parse(get(f"{FINDING}.ttl").content, ox.RdfFormat.TURTLE))
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    called = {q.subject.value for q in told if q.predicate.value == label}
    linked = {
        q.object.value
        for q in told
        if q.subject.value.endswith(FINDING)
        and isinstance(q.object, ox.NamedNode)
        and q.predicate.value.rpartition("/")[2] in ("outcome", "site", "direction", "study")
    }
    assert len(linked) == 4
    assert linked <= called


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        ("text/turtle", "/void.ttl"),
        ("application/ld+json", "/void.jsonld"),
        ("application/rdf+xml, text/html;q=0.5", "/void.rdf"),
    ],
)
def test_the_name_of_the_dataset_leads_to_its_description(get, accept, location):
    response = get("/", accept)
    assert (response.status_code, response.headers["location"]) == (303, location)
    assert get("/", BROWSER).status_code == get("/", "*/*").status_code == 200


def test_shapes_lead_to_the_document_of_all_of_them(get, canonical_graph):
    assert get("/shape/Finding").headers["location"] == "/shapes"
    assert get("/shape/Nothing").status_code == 404
    graphs = [
        canonical_graph(get(f"/shapes.{suffix}").content, format_)
        for suffix, (_, format_) in SUFFIXES.items()
        if suffix != "jsonld"  # lists of SHACL in JSON-LD are PyLD's to read, and it takes long
    ]
    assert any("shape/Finding-outcome" in line for line in graphs[0])
    assert all(graph == graphs[0] for graph in graphs)
    assert get("/shapes.docx").status_code == 404


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
    assert (problem["status"], problem["title"]) == (404, "Not found")
    assert len(problem["detail"]) > len("Not found")
    page = get(path, BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert problem["detail"] in html.unescape(page.text)


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
    assert "told in text/html, text/turtle" in response.json()["detail"]


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


def test_the_context_is_published_under_its_version_too(get):
    for path in ("/context.jsonld", "/context/1.jsonld"):
        response = get(path)
        assert response.headers["content-type"] == "application/ld+json"
        assert response.json() == {"@context": context()}
        canonical = '<https://w3id.org/osteokg/context/1.jsonld>; rel="canonical"'
        assert canonical in response.headers["link"]
    for version in ("2", "0", "x", "..", "%2e%2e%2fframes%2fFinding"):
        assert get(f"/context/{version}.jsonld").status_code == 404


@pytest.mark.parametrize(
    ("path", "location"),
    [("/id/", "/things"), ("/id/arm/", "/things?kind=arm"), ("/vocab/", "/ontology")],
)
def test_what_names_begin_with_leads_to_what_is_named_so(server, get, path, location):
    """A prefix of the context is an address, and people follow it."""
    response = get(path)
    assert (response.status_code, response.headers["location"]) == (303, location)
    assert server.get(location).status_code == 200
    assert get("/id/animal/").status_code == 404


def test_what_is_of_the_whole_says_what_holds_of_it(server):
    licence = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    for path in ("/", "/sparql", "/queries", "/queries.ttl", "/queries.html", "/void.ttl",
                 "/shapes", "/shapes/served.ttl", "/ontology", "/frames/Term.jsonld"):  # fmt: skip
        for accept in ("text/html", "text/turtle;q=0.9, */*;q=0.1"):
            answer = server.get(path, headers={"Accept": accept}, follow_redirects=True)
            link = answer.headers["link"]
            assert licence in link, path
            assert re.search(r'rel="(describedby|describes|canonical)"', link), path
    start = server.get("/", headers={"Accept": "text/html"}).headers["link"]
    assert '<https://w3id.org/osteokg/>; rel="canonical"' in start
    assert '</void.ttl>; rel="describedby"; type="text/turtle"' in start
    assert '</openapi.json>; rel="service-desc"' in server.get("/sparql").headers["link"]


def test_the_ontology_is_published_under_its_own_name_too(get, project):
    response = get("/ontology")
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    assert response.content == (project / "ontology" / "osteokg.ttl").read_bytes()


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
