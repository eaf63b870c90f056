"""The dataset described: /void in every format, what it counts, and where it says things lie."""

import json
import xml.etree.ElementTree as ET
from urllib.robotparser import RobotFileParser

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.names import BASE, DESCRIBING, PREFIXES
from osteokg.kg.release import files_of_release
from osteokg.kg.store import InProcessStore

DECLARED = "".join(
    f"PREFIX {prefix}: <{iri}> " for prefix, iri in {**PREFIXES, **DESCRIBING}.items()
)
FORMATS = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
}


@pytest.fixture(scope="module")
def described(server):
    store = ox.Store()
    parsed = ox.parse(server.get("/void.ttl").content, ox.RdfFormat.TURTLE)
    store.extend(ox.Quad(*quad.triple) for quad in parsed)

    def ask(pattern):
        solutions = store.query(f"{DECLARED} SELECT * {{ {pattern} }}")
        names = [variable.value for variable in solutions.variables]
        return [{name: row[name] and row[name].value for name in names} for row in solutions]

    return ask


def test_every_format_says_the_same(server, canonical_graph):
    graphs = []
    for suffix, (kind, format_) in FORMATS.items():
        by_suffix = server.get(f"/void.{suffix}")
        by_accept = server.get("/void", headers={"Accept": kind})
        assert by_accept.content == by_suffix.content
        assert by_suffix.headers["content-type"].split(";")[0] == kind
        graphs.append(canonical_graph(by_suffix.content, format_))
    assert all(graph == graphs[0] for graph in graphs)
    assert server.get("/void.docx").status_code == 404
    assert server.get("/void", headers={"Accept": "image/png"}).status_code == 406


def test_well_known_leads_there(server):
    for method in (server.get, server.head):
        response = method("/.well-known/void")
        assert (response.status_code, response.headers["location"]) == (302, "/void")


def test_what_is_counted_is_what_queries_count(server, described):
    (sizes,) = described(
        f"<{BASE}> void:triples ?triples ; void:distinctSubjects ?subjects ; void:classes ?classes"
    )
    counting = (
        "SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) "
        "(COUNT(DISTINCT ?class) AS ?classes) "
        "{ ?s ?p ?o OPTIONAL { ?s ?p ?o FILTER(?p = rdf:type) BIND(?o AS ?class) } }"
    )
    query = f"PREFIX rdf: <{PREFIXES['rdf']}> {counting}"
    asked = server.get("/sparql", params={"query": query}, headers={"Accept": "application/json"})
    (row,) = asked.json()["results"]["bindings"]
    assert sizes == {name: row[name]["value"] for name in sizes}


def test_the_partitions_make_up_the_whole(described):
    (whole,) = described(f"<{BASE}> void:triples ?triples ; void:properties ?properties")
    parts = described(
        f"<{BASE}> void:propertyPartition [ void:property ?p ; void:triples ?triples ]"
    )
    assert len(parts) == int(whole["properties"])
    assert sum(int(part["triples"]) for part in parts) == int(whole["triples"])
    findings = described(
        f"<{BASE}> void:classPartition [ void:class okg:Finding ; void:entities ?number ]"
    )
    assert findings == [{"number": "12"}]


def test_a_linkset_counts_the_mappings_to_a_vocabulary(server, described):
    uberon = "http://purl.obolibrary.org/obo/UBERON_"
    links = described(
        "?links a void:Linkset ; void:linkPredicate skos:exactMatch ; void:triples ?number ; "
        f"void:objectsTarget/void:uriSpace '{uberon}'"
    )
    query = (
        f"PREFIX skos: <{PREFIXES['skos']}> SELECT (COUNT(*) AS ?n) {{ ?term skos:exactMatch ?o "
        f"FILTER(STRSTARTS(STR(?o), '{uberon}')) }}"
    )
    asked = server.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert [link["number"] for link in links] == asked.text.splitlines()[1:]
    spaces = {row["space"] for row in described("?l void:objectsTarget/void:uriSpace ?space")}
    assert {"http://purl.obolibrary.org/obo/CHEBI_", "http://id.nlm.nih.gov/mesh/"} <= spaces


def test_every_dump_is_a_distribution_with_its_type(server, described):
    rows = described(
        f"<{BASE}> dcat:distribution ?d . ?d dcat:downloadURL ?url ; dcterms:license ?license "
        "OPTIONAL { ?d dcat:mediaType ?type } OPTIONAL { ?d dcterms:format/rdfs:label ?other }"
        "OPTIONAL { ?d dcat:compressFormat ?packed }"
    )
    base = str(server.base_url).rstrip("/")
    (version,) = {row["url"].split("/")[-2] for row in rows}
    urls = {row["url"]: row for row in rows}
    assert urls.keys() == {f"{base}/dumps/{version}/{f.name}" for f in files_of_release()}
    iana = "https://www.iana.org/assignments/media-types/"
    quads = urls[f"{base}/dumps/{version}/osteokg.nq.gz"]
    assert quads["type"] == f"{iana}application/n-quads"
    assert quads["packed"] == f"{iana}application/gzip"
    jelly = urls[f"{base}/dumps/{version}/osteokg.jelly"]
    assert (jelly["type"], jelly["other"]) == (None, "application/x-jelly-rdf")
    mappings = urls[f"{base}/dumps/{version}/mappings.sssom.tsv"]
    assert mappings["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"


def test_the_endpoint_is_a_service_that_serves_the_dataset(server, described):
    base = str(server.base_url).rstrip("/")
    rows = described(
        f"?s a dcat:DataService ; dcat:endpointURL ?url ; dcat:servesDataset <{BASE}> ; "
        "dcat:endpointDescription ?told"
    )
    assert {row["url"] for row in rows} == {f"{base}/sparql"}
    assert {row["told"] for row in rows} == {f"{base}/sparql", f"{base}/openapi.json"}
    assert described(f"<{BASE}> void:sparqlEndpoint ?e") == [{"e": f"{base}/sparql"}]


def test_the_service_description_leads_to_it(server):
    told = ox.parse(
        server.get("/sparql", headers={"Accept": "text/turtle"}).content, ox.RdfFormat.TURTLE
    )
    base = str(server.base_url).rstrip("/")
    see = PREFIXES["rdfs"] + "seeAlso"
    linked = {quad.object.value for quad in told if quad.predicate.value == see}
    assert linked == {f"{base}/void", f"{base}/queries"}


def test_it_says_how_the_version_was_built_and_of_what(described):
    (made,) = described(
        f"<{BASE}> dcat:hasCurrentVersion ?v . ?v dcat:isVersionOf <{BASE}> ; dcat:version ?id ; "
        "prov:wasGeneratedBy ?build . ?build a prov:Activity ; prov:wasAssociatedWith ?software . "
        "?software a prov:SoftwareAgent ; rdfs:comment ?with"
    )
    assert made["v"] == f"{BASE}version/{made['id']}"
    assert "pyoxigraph 0.5" in made["with"]
    used = {row["s"] for row in described("?b a prov:Activity ; prov:used ?s")}
    assert used == {f"{BASE}source/{n}" for n in ("packaged-files", "evidence-folder", "rules")}
    rows = described(f"<{BASE}graph/study/quill-2001> prov:wasDerivedFrom ?s ; void:triples ?n")
    assert [row["s"] for row in rows] == [f"{BASE}source/evidence-folder"]


def test_nothing_is_told_that_nobody_knows(described):
    assert described("?d dcterms:issued ?when . FILTER(STRSTARTS(STR(?d), STR(dcat:)))") == []
    assert described(f"<{BASE}> dcterms:publisher ?who") == []


def test_a_version_leads_to_its_description(server, described):
    (row,) = described(f"<{BASE}> dcat:hasVersion ?v")
    identifier = row["v"].rpartition("/")[2]
    response = server.get(f"/version/{identifier}", headers={"Accept": "text/turtle"})
    assert response.status_code == 303
    assert response.headers["location"] == f"/void.ttl?version={identifier}"
    assert identifier in server.get(response.headers["location"]).text
    gone = server.get("/version/" + "0" * 64, follow_redirects=True)
    assert gone.status_code == 410


def test_the_page_says_the_same_for_people(server, described):
    page = server.get("/void", headers={"Accept": "text/html"}).text
    (sizes,) = described(f"<{BASE}> void:triples ?triples")
    assert f"{int(sizes['triples']):,}" in page
    assert "http://purl.obolibrary.org/obo/UBERON_" in page
    assert 'href="/void.ttl"' in page


def test_it_is_known_by_its_version(server):
    first = server.get("/void.ttl")
    again = server.get("/void.ttl", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    html = server.get("/void.nt")
    assert html.headers["etag"] != first.headers["etag"]


def test_a_plain_dataset_is_not_described_and_one_without_dumps_names_none(version, plain):
    assert plain.get("/void").status_code == 404
    assert "plain" in plain.get("/void").json()["detail"]
    assert "/void" not in plain.get("/", headers={"Accept": "text/html"}).text
    with TestClient(create_app(Settings(), InProcessStore(version))) as client:
        told = client.get("/void.ttl").text
        assert "downloadURL" not in told
        assert "dataDump" not in told
        assert "sparqlEndpoint" in told


# What crawlers look for


def test_robots_may_read_pages_and_are_told_of_the_sitemap(server):
    text = server.get("/robots.txt").text
    base = str(server.base_url).rstrip("/")
    robots = RobotFileParser()
    robots.parse(text.splitlines())
    for path, may in (
        ("/", True),
        ("/vocab/Femur.html", True),
        ("/sparql", True),
        ("/sparql?query=ASK%20%7B%7D", False),
        ("/graphs?default", False),
    ):
        assert robots.can_fetch("*", base + path) is may, path
    assert robots.site_maps() == [f"{base}/sitemap.xml"]


def test_below_a_path_robots_are_told_of_addresses_below_it(version):
    settings = Settings(base_url="https://example.org/k2")
    with TestClient(create_app(settings, InProcessStore(version))) as client:
        lines = client.get("/robots.txt").text.splitlines()
    assert "Disallow: /k2/graphs" in lines
    assert "Allow: /k2/" in lines
    assert lines[-1] == "Sitemap: https://example.org/k2/sitemap.xml"


def test_the_sitemap_has_every_thing_and_nothing_that_is_not_there(server):
    urls = ET.fromstring(server.get("/sitemap.xml").content)  # noqa: S314 - our own
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert urls.tag == f"{space}urlset"
    found = [loc.text for loc in urls.iter(f"{space}loc")]
    assert len(set(found)) == len(found)
    base = str(server.base_url).rstrip("/")
    assert f"{base}/id/finding/quill-2001-k2-bone-mass-femur.html" in found
    assert f"{base}/vocab/Femur.html" in found
    for name in ("studies", "terms", "things", "cells", "synthesis", "synthesis/gaps", "methods"):
        assert f"{base}/{name}" in found
    for address in [*found[:30], *found[30::40]]:
        assert server.get(address, headers={"Accept": "text/html"}).status_code == 200, address


# Questions as examples


@pytest.fixture(scope="module")
def examples(server):
    store = ox.Store()
    parsed = ox.parse(server.get("/queries.ttl").content, ox.RdfFormat.TURTLE)
    store.extend(ox.Quad(*quad.triple) for quad in parsed)
    return list(
        store.query(
            f"{DECLARED} SELECT ?q ?text ?label ?comment ?target ?result {{ "
            "?q a sh:SPARQLExecutable, sh:SPARQLSelectExecutable ; sh:select ?text ; "
            "rdfs:label ?label ; rdfs:comment ?comment ; schema:target ?target ; "
            "<http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#result> ?result ; "
            "sh:prefixes/sh:declare [ sh:prefix 'okg' ; sh:namespace ?space ] }"
        )
    )


def test_every_question_is_an_example_whose_answer_is_where_it_says(server, examples):
    listed = server.get("/queries", headers={"Accept": "application/json"}).json()
    assert len(examples) == listed["total"]
    base = str(server.base_url).rstrip("/")
    for row in examples[:5]:
        assert row["target"].value == f"{base}/sparql"
        asked = server.post(
            "/sparql", data={"query": row["text"].value}, headers={"Accept": "text/csv"}
        )
        assert asked.status_code == 200
        assert server.get(row["result"].value).text == asked.text
        assert server.get(f"{row['result'].value[:-4]}.rq").text == row["text"].value


def test_an_example_has_a_name_that_leads_to_it(server, examples):
    name = examples[0]["q"].value.removeprefix(BASE)
    leads = server.get(f"/{name}", headers={"Accept": "text/turtle"})
    slug = name.removeprefix("query/")
    assert (leads.status_code, leads.headers["location"]) == (303, f"/queries/{slug}.ttl")
    told = server.get(leads.headers["location"]).text
    assert told.count("sh:SPARQLExecutable") == 1
    page = server.get(f"/{name}", headers={"Accept": "text/html"})
    assert page.headers["location"] == f"/queries/{slug}"
    assert server.get("/query/nothing").status_code == 404
    assert server.get(f"/queries/{slug}.docx").status_code == 404


def test_questions_are_had_by_accept_too(server):
    response = server.get("/queries", headers={"Accept": "application/ld+json"})
    assert response.headers["content-type"] == "application/ld+json"
    assert "SPARQLExecutable" in json.dumps(response.json())
    assert server.get("/queries", headers={"Accept": "*/*"}).json()["total"] >= 12
