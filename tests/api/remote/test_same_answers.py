"""In front of another engine the service says the same, byte for byte, as with its own."""

import re

import pytest

from osteokg.kg.catalogue import named_queries
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS

OKG = "PREFIX okg: <https://w3id.org/osteokg/vocab/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "  # noqa: E501 - one line, as asked
LISTS = [
    "/findings?intervention=CHEBI:28384&site=UBERON:0000981",
    "/findings?outcome=BoneMass&contrast=treatment-effect&direction=increased&sort=-year",
    "/findings?q=bisphosphonate+bone&q=dish&sort=outcome&sort=-study",
    "/findings?study=nib-2002&status=not-checked",
    "/findings?reference=7&kind=finding&model=OvariectomizedRat&compartment=CancellousBone",
    "/findings.csv?site=Tibia",
    "/findings.ttl?site=Tibia",
    "/studies",
    "/studies?site=Tibia",
    "/terms?below=CHEBI:28384",
    "/terms?kind=site&q=femur&sort=-label",
    "/things?kind=arm",
]
FINDING = "id/finding/quill-2001-k2-bone-mass-femur"


@pytest.fixture(scope="session")
def pages(server):
    """Return the addresses of pages, tables, things and terms."""
    items = server.get("/findings").json()["items"]
    found = ["/", "/findings", "/findings.csv", "/findings.jsonld", "/queries", *LISTS]
    names = [row["finding"].partition("#")[0] for row in items]
    names += [name for row in items for name in row.get("attributedTo", ())]
    paths = sorted({re.sub("^(osteokg:|https://w3id.org/osteokg/id/)", "/id/", n) for n in names})
    assert len(paths) > 8
    paths += ["/vocab/Femur", "/vocab/BoneMass", "/vocab/VitaminK2", "/vocab/counteracts"]
    found += [f"{path}.{suffix}" for path in paths for suffix in ("html", "ttl", "jsonld")]
    return found + [f"/queries/{query.name}" for query in named_queries()]


@pytest.mark.parametrize("asked", ["", "?without=retracted", "?site=okg:Femur"])
@pytest.mark.parametrize(
    "name", ["evidence-map", "effect-directions", "contradictions", "gaps", "claims"]
)
def test_every_synthesis_is_the_same(in_front, server, name, asked):
    path = f"/synthesis/{name}.json{asked}"
    ours, theirs = (one.get(path) for one in (server, in_front))
    assert (theirs.status_code, theirs.text) == (200, ours.text)


def graph_of(response):
    """Return what an answer says, where a blank node may be called otherwise."""
    return sorted(re.sub(r"_:\w+", "_:", line) for line in response.text.splitlines())


def placeless(response, client):
    """Return an answer without the address of who gave it and without dumps: one has none."""
    text = response.text.replace(str(client.base_url).rstrip("/"), "")
    text = re.sub(r'^ "distribution": \[\n.*?^ \],?\n', "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r'[^\n]*"[^"\n]*/dumps[^\n]*\n', "", text)


def test_every_page_table_and_thing_is_the_same(in_front, server, pages):
    for path in pages:
        for accept in ("*/*", "text/html"):
            ours, theirs = (one.get(path, headers={"Accept": accept}) for one in (server, in_front))
            assert (path, theirs.status_code) == (path, ours.status_code)
            assert placeless(theirs, in_front) == placeless(ours, server), path
            assert theirs.headers["content-type"] == ours.headers["content-type"]


def test_the_dataset_is_described_the_same_but_for_where_it_is(in_front, server):
    told = []
    for one in (server, in_front):
        base = str(one.base_url).rstrip("/")
        lines = one.get("/void.nt").text.splitlines()
        told.append(sorted(line for line in lines if f"<{base}" not in line))
        assert f"<{base}/sparql>" in one.get("/void.nt").text
    assert told[0] == told[1]
    assert any("propertyPartition" in line for line in told[0])


def test_there_are_no_dumps_and_nothing_leads_there(in_front):
    assert in_front.get("/dumps").status_code == 404
    assert "engine elsewhere" in in_front.get("/dumps/current/osteokg.nq").json()["detail"]
    assert "/dumps" not in in_front.get("/", headers={"Accept": "text/html"}).text
    assert "/dumps/" not in in_front.get("/void.ttl").text


def test_what_is_not_there_is_not_there(in_front):
    assert in_front.get("/id/finding/none").status_code == 404


ROWS = [
    "ASK { ?x a okg:Finding }",
    "ASK { ?x a okg:Nothing }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/osteokg/graph/study/quill-2001> { ?s ?p ?o }",
    "SELECT ?g FROM <https://w3id.org/osteokg/graph/metadata> { GRAPH ?g { ?s ?p ?o } }",
    (
        "SELECT DISTINCT ?g FROM NAMED <https://w3id.org/osteokg/graph/metadata> "
        "{ GRAPH ?g { ?s ?p ?o } }"
    ),
    "SELECT * FROM NAMED <https://w3id.org/osteokg/graph/metadata> { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/osteokg/graph/union> { ?s ?p ?o } }",
    "SELECT ?x ?b { ?x okg:presupposed ?b } ORDER BY ?b ?x",
    (
        "SELECT ?x (EXISTS { ?x okg:presupposed true } AS ?e) (isIRI(?x) AS ?i) (1 = 2 AS ?n) "
        "{ ?x a okg:Finding } ORDER BY ?x"
    ),
    "SELECT ?x ?l { ?x a okg:Arm ; rdfs:label ?l } ORDER BY DESC(?l)",
    "SELECT ?l { ?x okg:paraphrase ?l } ORDER BY ?l",
    "SELECT ?n { ?x okg:referenceNumber ?n } ORDER BY DESC(?n)",
    "SELECT ?c (COUNT(*) AS ?n) { ?x a ?c } GROUP BY ?c ORDER BY DESC(?n) ?c LIMIT 10",
    "SELECT DISTINCT ?c { ?c rdfs:subClassOf* okg:Outcome } ORDER BY ?c",
    "SELECT DISTINCT ?x { ?x okg:partOf+ okg:Femur } ORDER BY ?x",
    (
        "SELECT (COUNT(DISTINCT ?node) AS ?n) { "
        "<https://w3id.org/osteokg/id/finding/quill-2001-ovx-bone-mass-femur> "
        "(okg:comparison|okg:targetArm|okg:exposure)* ?node . ?node ?p ?v }"
    ),
    "SELECT ?x ?y { ?x a okg:Study OPTIONAL { ?x okg:publication ?y } } ORDER BY ?x",
    "SELECT * { ?x a okg:Nothing }",
    "SELECT * {}",
    (
        "SELECT ('a\\nb\"c\\\\d\\té–𝛼' AS ?s) ('x'@en AS ?t) (1.5 AS ?d) "
        "('2020-01-01'^^<http://www.w3.org/2001/XMLSchema#date> AS ?e) {}"
    ),
]


@pytest.mark.parametrize("chosen", ROW_FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize("query", ROWS)
def test_rows_are_the_same(in_front, server, query, chosen):
    headers = {"Accept": chosen.media_types[0]}
    ours, theirs = (
        one.post("/sparql", data={"query": OKG + query}, headers=headers)
        for one in (server, in_front)
    )
    assert theirs.status_code == 200, theirs.text
    assert theirs.content == ours.content
    assert theirs.headers["etag"] == ours.headers["etag"]


GRAPHS = [
    "CONSTRUCT { ?x a okg:T ; rdfs:label ?l } WHERE { ?x a okg:Finding ; okg:site/rdfs:label ?l }",
    "CONSTRUCT WHERE { ?x okg:presupposed ?b }",
    (
        "CONSTRUCT { ?x okg:is ?y } WHERE { ?x a okg:Finding BIND(EXISTS "
        "{ ?x okg:presupposed true } AS ?y) }"
    ),
    "CONSTRUCT WHERE { ?x a okg:Nothing }",
]


@pytest.mark.parametrize("chosen", RDF_FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize("query", GRAPHS)
def test_graphs_are_the_same(in_front, server, query, chosen):
    headers = {"Accept": chosen.media_types[0]}
    ours, theirs = (
        one.post("/sparql", data={"query": OKG + query}, headers=headers)
        for one in (server, in_front)
    )
    assert theirs.status_code == 200, theirs.text
    assert theirs.content == ours.content


def test_an_answer_is_kept_by_its_version(in_front):
    asked = {"query": "ASK {}"}
    first = in_front.get("/sparql", params=asked)
    again = in_front.get("/sparql", params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("SELECT * {", 400, "does not parse"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 400, "SERVICE"),
        ("SELECT * { ?s ?p ?o } " + "{" * 3000, 400, ""),
    ],
)
def test_what_is_wrong_with_a_query_is_told(in_front, query, status, words):
    answer = in_front.post("/sparql", data={"query": query})
    assert answer.status_code == status
    assert words in answer.text
