"""The SPARQL 1.1 Protocol, spoken with a real server.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

import csv
import io
import json
from urllib.parse import quote, quote_plus

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
JOINT = "https://w3id.org/osteokg/id/study/joint-7-12"
SELECT = "SELECT ?s { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }"
ASK = "ASK { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }"
CONSTRUCT = "CONSTRUCT { ?s a <x:y> } { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }"
DESCRIBE = f"DESCRIBE <{JOINT}>"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def get(server):
    def got(query=None, accept=None, **parameters):
        parameters = {**parameters, **({} if query is None else {"query": query})}
        headers = {} if accept is None else {"Accept": accept}
        return server.get("/sparql", params=parameters, headers=headers)

    return got


@pytest.fixture(scope="module")
def post(server):
    def posted(content, type_, address="/sparql", **headers):
        body = content if isinstance(content, bytes) else content.encode()
        return server.post(address, content=body, headers={"Content-Type": type_, **headers})

    return posted


def names_in(response) -> list[str]:
    assert response.status_code == 200, response.text
    return [row["s"]["value"] for row in response.json()["results"]["bindings"]]


def assert_problem(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.pop("request_id") == response.headers["x-request-id"]
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    for word in words:
        assert word in problem["detail"]
    return problem


# The three ways to ask


def test_a_query_is_asked_by_get(get):
    assert names_in(get(SELECT)) == [JOINT]


def test_a_query_is_asked_by_post_of_a_form(post):
    assert names_in(post(f"query={quote(SELECT)}", FORM)) == [JOINT]
    assert names_in(post(f"query={quote_plus(SELECT)}&x=y", f"{FORM}; charset=UTF-8")) == [JOINT]


def test_a_query_is_posted_as_it_is(post):
    assert names_in(post(SELECT, DIRECT)) == [JOINT]
    assert names_in(post(SELECT, f"{DIRECT.upper()}; charset=utf-8")) == [JOINT]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\r\x00")
        | st.sampled_from("%+&=;#? /\\\"'é骨🦴\u2028"),
        max_size=12,
    )
)
@settings(max_examples=40)
def test_what_is_sent_is_decoded_exactly_once(get, post, text):
    query = f"SELECT ({json.dumps(text, ensure_ascii=False)} AS ?s) {{}}"
    sent = [get(query), post(f"query={quote(query, safe='')}", FORM)]
    sent += [post(f"query={quote_plus(query)}", FORM), post(query, DIRECT)]
    assert [names_in(response) for response in sent] == [[text]] * 4


def test_signs_of_the_address_are_decoded_once(get):
    assert names_in(get("SELECT ('%41+&=%2B' AS ?s) {}")) == ["%41+&=%2B"]


# Formats


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("image/png, text/csv;q=0.1", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json;q=0.6", "application/json"),
    ],
)
@pytest.mark.parametrize("query", [SELECT, ASK])
def test_rows_are_given_as_accepted(get, query, accept, type_):
    response = get(query, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == type_
    assert "Accept" in response.headers["vary"]
    assert (JOINT if query is SELECT else "true") in response.text


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE])
@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/turtle", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/ld+json;q=0.9, text/turtle;q=0.8", "application/ld+json"),
    ],
)
def test_graphs_are_given_as_accepted(get, canonical_graph, query, accept, type_):
    response = get(query, accept)
    given, _, charset = response.headers["content-type"].partition("; ")
    assert given == type_
    assert charset == ("charset=utf-8" if type_.startswith("text/") else "")
    format_ = ox.RdfFormat.from_media_type(type_)
    turtle = get(query, "text/turtle").content
    assert canonical_graph(response.content, format_) == canonical_graph(
        turtle, ox.RdfFormat.TURTLE
    )


@pytest.mark.parametrize(
    ("query", "format_", "type_"),
    [
        (SELECT, "csv", "text/csv"),
        (SELECT, "xml", "application/sparql-results+xml"),
        (CONSTRUCT, "nt", "application/n-triples"),
        (CONSTRUCT, "turtle", "text/turtle"),
        (CONSTRUCT, "json-ld", "application/ld+json"),
        (CONSTRUCT, "csv", "text/turtle"),  # no format of graphs, so Accept decides
        (SELECT, "ttl", "application/sparql-results+json"),
        (SELECT, ["", "text/x", "tsv"], "text/tab-separated-values"),  # as SPARQLWrapper does
    ],
)
def test_a_format_may_be_named_in_the_address(get, query, format_, type_):
    response = get(query, format=format_)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == type_


def test_rows_in_csv_are_rfc_4180(get):
    text = get('SELECT ("a,\\"b\\"" AS ?s) (1 AS ?n) {}', "text/csv").text
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [
        ["s", "n"],
        ['a,"b"', "1"],
    ]


@pytest.mark.parametrize(
    ("query", "accept", "words"),
    [
        (SELECT, "image/png", "json (application/sparql-results+json)"),
        (SELECT, "text/turtle", "SELECT and ASK"),
        (SELECT, "*/*;q=0", "SELECT and ASK"),
        (CONSTRUCT, "text/csv", "ttl (text/turtle)"),
        (None, "image/png", "The service is described in text/turtle"),
        ('SELECT ("\\u0001" AS ?x) {}', "application/sparql-results+xml", "accept another format"),
    ],
)
def test_what_cannot_be_given_is_not_acceptable(get, query, accept, words):
    assert_problem(get(query, accept), 406, words)


# What is wrong


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "line 1, column 1"),
        (" \n ", "line 2"),
        ("SELECT * {\n  ?s ?p }", "line 2"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "line 1"),
        ("SELECT (<x:f>(1) AS ?y) {}", "cannot be evaluated"),
    ],
)
def test_a_query_that_is_none_is_400_with_its_place(get, post, query, words):
    problem = assert_problem(get(query), 400, words)
    assert assert_problem(post(query, DIRECT), 400) == problem
    assert assert_problem(post(f"query={quote(query)}", FORM), 400) == problem
    if words.startswith("line"):
        assert problem["title"] == "The query does not parse"
        assert problem["line"] == int(words.split()[1].strip(","))
        assert problem["column"] >= 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { FILTER(1<2)SERVICE#>\n<http://127.0.0.1:9/>{} }",
        "PREFIX : <http://127.0.0.1:9/> ASK { SERVICE:b{} }",
    ],
)
def test_nobody_else_is_asked(get, post, query):
    assert get(query).status_code == 400
    assert_problem(post(query, DIRECT), 400)


def test_a_refusal_says_so(get):
    problem = assert_problem(get("SELECT * { SERVICE <http://x/> {} }"), 400, "line 1, column 12")
    assert problem["title"] == "The query is refused"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("x=y", None),
        (f"query={quote(ASK)}&query={quote(ASK)}", "'query' is given 2 times"),
        (f"query={quote(ASK)}&format=docx", "'docx' is no format; there are json, xml"),
        ("query=%FF", "not UTF-8"),
        ("query=ASK%20%7B%7D%20%23%E9", "not UTF-8"),
        (f"query={quote(ASK)}&default-graph-uri=a%20b", "names no graph"),
        (f"query={quote(ASK)}&named-graph-uri=", "names no graph"),
    ],
)
def test_wrong_parameters_are_400(server, post, parameters, words):
    response = server.get(f"/sparql?{parameters}")
    if words is None:
        assert response.status_code == 200, "without a query, the service is described"
    else:
        assert_problem(response, 400, words)
    assert_problem(post(parameters, FORM), 400, words or "There is no 'query' parameter")


def test_bytes_in_the_address_that_are_not_utf_8_are_400(raw):
    status, _, body = raw(
        b"GET /sparql?query=\xe9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert status == 400, body


def test_utf_8_in_the_address_need_not_be_encoded(raw):
    query = "ASK{?s?p'é'}".encode()
    status, _, body = raw(
        b"GET /sparql?query=%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % query
    )
    assert status in (200, 400), body  # the parser of HTTP may refuse it


@pytest.mark.parametrize(
    ("content", "type_", "status", "words"),
    [
        (b"query=\xff", FORM, 400, "Byte 6 of the body is not UTF-8"),
        (b"ASK {} # \xe9", DIRECT, 400, "Byte 9 of the body is not UTF-8"),
        (SELECT, "text/plain", 415, "'text/plain' is not read: send the query as"),
        (SELECT, "application/json", 415, "application/sparql-query"),
        (SELECT, "multipart/form-data; boundary=x", 415, "is not read"),
        (SELECT, f"{DIRECT}; charset=iso-8859-1", 415, "iso-8859-1 is not read: send it in UTF-8"),
        (SELECT, f'{FORM};charset="utf-16"', 415, "utf-16"),
        (b"a" * 1_000_001, DIRECT, 413, "larger than 1000000 bytes"),
        (b"query=" + b"a" * 1_000_000, FORM, 413, "larger than 1000000 bytes"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused(post, content, type_, status, words):
    assert_problem(post(content, type_), status, words)


def test_a_body_without_a_type_is_415(server):
    response = server.post("/sparql", content=SELECT.encode())
    assert_problem(response, 415, "A body of type 'none' is not read")


def test_a_query_stands_in_one_place(post):
    address = f"/sparql?query={quote(ASK)}"
    assert_problem(post(SELECT, DIRECT, address), 400, "in the body and in the address")
    assert_problem(post(f"query={quote(ASK)}", FORM, address), 400, "'query' is given 2 times")


def test_a_query_of_a_megabyte_is_read(post):
    query = SELECT + "#" * (1_000_000 - len(SELECT))
    assert names_in(post(query, DIRECT)) == [JOINT]


# Datasets


STUDY = "https://w3id.org/osteokg/graph/study/joint-7-12"
COUNT = "SELECT (COUNT(*) AS ?s) { ?x a <https://w3id.org/osteokg/vocab/JointStudy> }"


def test_the_dataset_can_be_chosen(get, post):
    assert names_in(get(COUNT)) == ["1"]
    graphs = {"default-graph-uri": STUDY}
    assert names_in(get(COUNT, **graphs)) == ["1"]
    assert names_in(
        get(COUNT, **{"default-graph-uri": STUDY.replace("joint-7-12", "reed-1999")})
    ) == ["0"]
    form = f"query={quote(COUNT)}&default-graph-uri={quote(STUDY)}"
    assert names_in(post(form, FORM)) == ["1"]
    assert names_in(post(COUNT, DIRECT, f"/sparql?default-graph-uri={quote(STUDY)}")) == ["1"]
    named = "SELECT DISTINCT ?s { GRAPH ?s { ?x ?y ?z } }"
    assert names_in(get(named, **{"named-graph-uri": STUDY})) == [STUDY]
    assert len(names_in(get(named))) > 10


def test_several_graphs_are_one(get):
    both = [STUDY, STUDY.replace("joint-7-12", "reed-1999")]
    studies = "SELECT (COUNT(DISTINCT ?x) AS ?s) { ?x <https://w3id.org/osteokg/vocab/species> ?y }"
    assert names_in(get(studies, **{"default-graph-uri": both})) == ["2"]


def test_a_graph_that_is_not_here_is_empty_and_not_fetched(get, listening):
    address, asked = listening
    assert names_in(get(COUNT, **{"default-graph-uri": f"{address}data.ttl"})) == ["0"]
    assert names_in(get(COUNT.replace("{", f"FROM <{address}data.ttl> {{", 1))) == ["0"]
    named = COUNT.replace("{ ?x", f"FROM NAMED <{address}n> {{ GRAPH ?g {{ ?x", 1) + " }"
    assert names_in(get(named)) == ["0"]
    assert not asked()


# Pages and the service description


def test_a_browser_sees_a_page(get):
    for query, words in (
        (None, "<textarea"),
        (SELECT, JOINT.rpartition("/")[2]),
        (CONSTRUCT, "joint-7-12"),
    ):
        response = get(query, BROWSER)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert words in response.text
    for query in ("SELECT", "SELECT * { SERVICE <x:y> {} }"):
        response = get(query, BROWSER)
        assert response.status_code == 400
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "line 1" in response.text


def test_what_was_asked_is_shown_as_text(get):
    response = get("ASK { ?s ?p '</textarea><script>alert(1)</script>' }", BROWSER)
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


def test_a_format_in_the_address_goes_before_the_browser_s_wish(get):
    assert get(SELECT, BROWSER, format="csv").headers["content-type"] == "text/csv; charset=utf-8"


def test_relative_names_are_of_the_endpoint(server, get):
    """SPARQL 1.1 Protocol, section 2.4: a service has a base of its own; ours is the endpoint."""
    host = str(server.base_url).rstrip("/")
    assert names_in(get("SELECT ?s { VALUES ?s { <> <a> <#b> </c> } }")) == [
        f"{host}/sparql",
        f"{host}/a",
        f"{host}/sparql#b",
        f"{host}/c",
    ]
    assert names_in(get("BASE <http://example.org/> SELECT ?s { VALUES ?s { <a> } }")) == [
        "http://example.org/a"
    ]


@pytest.mark.parametrize("accept", ["application/n-quads", "application/trig"])
def test_a_graph_may_be_asked_for_as_a_dataset(get, canonical_graph, accept):
    response = get(CONSTRUCT, accept)
    assert response.headers["content-type"] == accept
    quads = list(ox.parse(response.content, ox.RdfFormat.from_media_type(accept)))
    assert {quad.graph_name for quad in quads} == {ox.DefaultGraph()}
    turtle = get(CONSTRUCT, "text/turtle").content
    assert canonical_graph(response.content, ox.RdfFormat.from_media_type(accept)) == (
        canonical_graph(turtle, ox.RdfFormat.TURTLE)
    )
