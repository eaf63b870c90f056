"""The update operation of the SPARQL 1.1 Protocol, spoken with a real server.

https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-update"
GRAPH = "http://example.org/g"


@pytest.fixture(scope="module")
def post(plain):
    def posted(content, type_=DIRECT, address="/update", **headers):
        body = content if isinstance(content, bytes) else content.encode()
        return plain.post(address, content=body, headers={"Content-Type": type_, **headers})

    return posted


@pytest.fixture
def held(plain):
    """Return the objects in the graph, which is empty at first."""
    plain.post("/update", data={"update": f"DROP SILENT GRAPH <{GRAPH}>"}).raise_for_status()

    def objects():
        query = f"SELECT ?o {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"
        answer = plain.get("/sparql", params={"query": query}).json()
        return [row["o"]["value"] for row in answer["results"]["bindings"]]

    return objects


def inserting(text):
    literal = json.dumps(text, ensure_ascii=False)
    return f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <x:s> <x:p> {literal} }} }}"


def assert_problem(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in response.json()["detail"]
    return response.json()


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\r\x00")
        | st.sampled_from("%+&=;#? /\\\"'é骨🦴\u2028"),
        max_size=12,
    )
)
@settings(max_examples=30)
def test_what_is_sent_is_decoded_exactly_once(plain, post, text):
    replace = f"DROP SILENT GRAPH <{GRAPH}> ; {inserting(text)}"
    for content, type_ in (
        (replace, DIRECT),
        (f"update={quote(replace, safe='')}", FORM),
        (f"update={quote_plus(replace)}", f"{FORM}; charset=utf-8"),
    ):
        post(f"DROP SILENT GRAPH <{GRAPH}>").raise_for_status()
        assert post(content, type_).status_code == 200
        query = f"SELECT ?o {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"
        answer = plain.get("/sparql", params={"query": query}).json()
        assert [row["o"]["value"] for row in answer["results"]["bindings"]] == [text]


def test_an_update_tells_the_version_it_made(plain, post, held):
    first = post(inserting("a"))
    assert first.json() == {
        "version": first.headers["osteokg-version"],
        "created": [GRAPH],
        "changed": [GRAPH],
    }
    assert plain.get("/sparql?query=ASK{}").headers["osteokg-version"] == first.json()["version"]
    again = post(inserting("a"))
    assert again.json() == {**first.json(), "created": [], "changed": []}
    assert first.headers["cache-control"] == "no-store"
    assert held() == ["a"]


def test_of_several_operations_all_are_done_or_none(post, held):
    problem = assert_problem(post(f"{inserting('a')} ; CREATE GRAPH <{GRAPH}>"), 400)
    assert "cannot be carried out" in problem["detail"]
    assert held() == []


@pytest.mark.parametrize(
    ("update", "line"), [("INSERT", 1), ("DROP ALL ;\n\n DROP NIX", 3), ("ASK {}", 1)]
)
def test_an_update_that_is_none_is_400_with_its_place(post, held, update, line):
    post(inserting("a"))
    problem = assert_problem(post(update), 400, f"line {line}, column")
    assert problem["line"] == line
    again = post(f"update={quote(update)}", FORM).json()
    assert {**again, "request_id": ""} == {**problem, "request_id": ""}
    assert held() == ["a"]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (("x=y", FORM, "/update"), 400, "There is no 'update' parameter"),
        (("update=DROP%20ALL&update=DROP%20ALL", FORM, "/update"), 400, "is given 2 times"),
        (("DROP ALL", DIRECT, "/update?update=DROP%20ALL"), 400, "in the body and in the address"),
        (("update=DROP%20ALL", FORM, "/update?update=DROP%20ALL"), 400, "is given 2 times"),
        (("ASK {}", "application/sparql-query", "/update"), 400, "ask it at /sparql"),
        (("query=ASK%20%7B%7D", FORM, "/update"), 400, "'query' belongs to a query: ask"),
        (("DROP ALL", DIRECT, "/update?default-graph-uri=x:g"), 400, "'default-graph-uri' belongs"),
        (("update=%FF", FORM, "/update"), 400, "not UTF-8"),
        ((b"DROP ALL # \xe9", DIRECT, "/update"), 400, "Byte 11 of the body is not UTF-8"),
        (("DROP ALL", "text/plain", "/update"), 415, "is not read: send the update as"),
        (("DROP ALL", f"{DIRECT}; charset=latin1", "/update"), 415, "latin1 is not read"),
        (("DROP ALL", DIRECT, "/update?using-graph-uri=a%20b"), 400, "names no graph"),
        (("LOAD <x:y>", DIRECT, "/update"), 400, "LOAD at line 1, column 1 is refused"),
        (("DROP ALL", DIRECT, "/sparql"), 400, "This is an update: send it to /update"),
        (("update=DROP%20ALL", FORM, "/sparql"), 400, "'update' belongs to an update: POST it to"),
        (("query=ASK{}&using-graph-uri=x:g", FORM, "/sparql"), 400, "'using-graph-uri' belongs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(post, held, sent, status, words):
    post(inserting("a"))
    assert_problem(post(*sent), status, words)
    assert held() == ["a"]


def test_a_query_and_an_update_in_one_another_s_place_are_told_apart(plain, post):
    asked = plain.get("/sparql", params={"query": "PREFIX a: <x:>\nINSERT DATA { a:a a:b 1 }"})
    assert_problem(asked, 400, "line 2, column", "this is an update: POST it to /update")
    assert_problem(post("PREFIX a: <x:> ASK {}"), 400, "this is a query: ask it at /sparql")
    assert "/sparql" not in post("INSERT DATA { <x:ASK> <x:b> }").json()["detail"]
    assert "/update" not in plain.get("/sparql?query=SELECT").json()["detail"]


def test_a_compressed_body_is_not_taken_for_an_update(post):
    assert_problem(post(b"\x1f\x8b", **{"Content-Encoding": "gzip"}), 415, "coded as gzip")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_an_update_is_posted(plain, method):
    response = plain.request(method, "/update?update=DROP%20ALL")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_an_update_meant_for_another_version_is_412(plain, post, held):
    read = plain.get("/sparql?query=ASK{}")
    tag = read.headers["etag"]
    assert post(inserting("a"), **{"If-Match": tag}).status_code == 200
    problem = assert_problem(post(inserting("b"), **{"If-Match": tag}), 412)
    current = plain.get("/sparql?query=ASK{}").headers["osteokg-version"]
    assert current in problem["detail"]
    assert held() == ["a"]
    for fits in (f'"{current}.csv"', f'"x", W/"{current}.json.gzip"', "*"):
        assert post(inserting("a"), **{"If-Match": fits}).status_code == 200
