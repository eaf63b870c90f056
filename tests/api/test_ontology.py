"""The ontology's page and its documents, and the page of a term."""

import re
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.ontology import ONTOLOGY_FORMATS
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RDF = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def get(server):
    def got(path, accept=None):
        return server.get(path, headers={"Accept": accept} if accept else {})

    return got


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "text/turtle; charset=utf-8"),
        ("*/*", "text/turtle; charset=utf-8"),
        (BROWSER, "text/html; charset=utf-8"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("text/owl-functional", "text/owl-functional; charset=utf-8"),
        ("text/html;q=0.5, text/turtle", "text/turtle; charset=utf-8"),
        # what the OWL API, and so Protégé, sends
        ("application/rdf+xml, application/xml; q=0.5, */*; q=0.2", "application/rdf+xml"),
    ],
)
def test_the_ontology_is_given_as_it_is_asked_for(get, accept, type_):
    response = get("/ontology", accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == type_
    assert "Accept" in response.headers["vary"]
    assert '<https://w3id.org/osteokg/vocab/>; rel="canonical"' in response.headers["link"]
    assert '</ontology.ofn>; rel="alternate"' in response.headers["link"]


def test_what_it_is_not_given_in_is_406_and_an_unknown_suffix_404(get):
    refused = get("/ontology", "image/png")
    assert refused.status_code == 406
    assert "text/html, text/turtle" in refused.json()["detail"]
    missing = get("/ontology.docx")
    assert missing.status_code == 404
    assert ".ttl" in missing.json()["detail"]


@pytest.mark.parametrize("format_", ONTOLOGY_FORMATS, ids=lambda one: one.name)
def test_a_suffix_names_the_format_whatever_is_accepted(get, format_):
    response = get(f"/ontology.{format_.name}", BROWSER)
    assert response.headers["content-type"] == format_.content_type
    assert response.content == get("/ontology", format_.media_types[0]).content


def test_the_mapping_table_is_given_as_it_is(get, project):
    response = get("/mappings.sssom.tsv", BROWSER)
    assert response.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert response.content == (project / "ontology" / "mappings.sssom.tsv").read_bytes()
    page = get("/ontology", BROWSER).text
    assert 'href="/mappings.sssom.tsv"' in page
    assert 'href="https://creativecommons.org/licenses/by/4.0/" rel="license"' in page


def test_every_rdf_document_has_the_triples_of_the_source(get, canonical_graph, project):
    source = (project / "ontology" / "osteokg.ttl").read_bytes()
    right = canonical_graph(source, ox.RdfFormat.TURTLE)
    assert len(right) > 3000
    for name, format_ in RDF.items():
        assert canonical_graph(get(f"/ontology.{name}").content, format_) == right
    assert get("/ontology.owl").content == get("/ontology.rdf").content


def test_the_version_of_the_ontology_leads_to_it(get):
    stated = re.search(
        r"versionIRI <https://w3id\.org/osteokg(/vocab/[^>]+)>", get("/ontology").text
    )
    assert stated
    response = get(stated[1])
    assert (response.status_code, response.headers["location"]) == (303, "/ontology")
    assert get("/vocab/99.0.0").status_code == 404


def test_the_export_has_the_ontology_as_it_is_served(get, osteokg, good, tmp_path):
    osteokg("export", tmp_path, "--evidence", good)
    for format_ in ONTOLOGY_FORMATS:
        written = (tmp_path / f"ontology.{format_.name}").read_bytes()
        assert written == get(f"/ontology.{format_.name}").content


def test_the_page_has_a_place_for_every_term_and_a_way_to_each(get):
    text = get("/ontology.html").text
    places = re.findall(r' id="([^"]+)"', text)
    assert len(places) == len(set(places))
    assert {"VitaminK2", "FemoralNeck", "direction", "Increased", "Finding"} <= set(places)
    inside = re.findall(r'href="#([^"]+)"', text)
    assert set(inside) <= {*places, "content"}
    assert '<a href="/vocab/VitaminK2">vitamin K2</a>' in text


def section(text, title):
    """Return the words under a heading of a page."""
    found = re.search(rf"<h2[^>]*>{title}</h2>(.*?)</section>", text, re.DOTALL)
    assert found, f"the page has no {title}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_the_page_of_a_term_tells_meaning_place_and_findings(get):
    text = get("/vocab/VitaminK2.html").text
    assert "Any vitamin K with a side chain" in text
    meaning = section(text, "Meaning")
    assert "definition source CHEBI:16374" in meaning
    assert "menaquinone" in meaning
    assert "what it is intervention term , a material" in meaning
    place = section(text, "Place in the ontology")
    assert "intervention substance fat-soluble vitamin vitamin K vitamin K2" in place
    assert "narrower menatetrenone" in place
    findings = section(text, "Findings")
    assert re.search(r"name it \d+ ▲ \d+ increased", findings)
    assert "Vitamin K2 spared some of that bone." in findings
    assert 'href="/ontology#VitaminK2"' in text


def test_the_page_of_a_term_opens_a_question_that_finds_what_it_lists(get, server):
    text = get("/vocab/VitaminK.html").text
    address = re.search(r'href="(/sparql\?query=[^"]+)">Ask for these', text)
    assert address
    query = parse_qs(urlsplit(address[1].replace("&amp;", "&")).query)["query"][0]
    answer = server.get("/sparql", params={"query": query}, headers={"Accept": "application/json"})
    found = {row["finding"]["value"] for row in answer.json()["results"]["bindings"]}
    listed = set(re.findall(r'href="(/id/(?:finding|clinical)/[^"]+)"', section_html(text)))
    assert {iri.removeprefix("https://w3id.org/osteokg") for iri in found} == listed
    assert listed


def section_html(text):
    return text[text.index('id="used"') : text.index("</section>", text.index('id="used"'))]


def test_the_page_of_a_class_and_of_a_property_tell_their_use(get):
    assert re.search(r"\d+ things are of this class", get("/vocab/Finding.html").text)
    direction = get("/vocab/direction.html").text
    assert "said of" in section(direction, "Meaning")
    assert "vote" in section(direction, "Meaning")
    assert re.search(r"\d+ statements use this property", direction)


def test_a_graph_without_an_ontology_has_a_page_that_says_so_by_being_empty(version):
    store = InProcessStore(Version("empty", ox.Store(), version.sources))
    app = create_app(Settings(), store)
    with TestClient(app, headers={"Accept": BROWSER}) as client:
        page = client.get("/ontology")
        assert page.status_code == 200
        assert "0 names" in page.text
        assert client.get("/vocab/VitaminK2").status_code == 404


def test_a_document_is_of_the_current_version(get):
    current = get("/versions", "application/json").json()["current"]
    assert get(f"/ontology.ttl?version={current}").content == get("/ontology.ttl").content
    for path in ("/ontology.ttl", "/ontology"):
        refused = get(f"{path}?version={'0' * 64}", "text/turtle")
        assert refused.status_code == 400
        assert "/graphs?graph=https://w3id.org/osteokg/graph/ontology" in refused.text
