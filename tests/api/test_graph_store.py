"""The SPARQL 1.1 Graph Store HTTP Protocol, spoken with a real server.

https://www.w3.org/TR/sparql11-http-rdf-update/; the W3C's own cases are in tests/conformance.
"""

import pyoxigraph as ox
import pytest

from osteokg.kg.results import RDF_FORMATS

TURTLE = {"Content-Type": "text/turtle"}
NT = {"Accept": "application/n-triples"}
GRAPH = "http://example.org/of-the-store"
G = f"/graphs?graph={GRAPH}"


@pytest.fixture(autouse=True)
def empty(plain):
    plain.post("/update", data={"update": "DROP ALL"}).raise_for_status()


def assert_problem(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in response.json()["detail"]
    return response.json()


def test_a_graph_is_put_and_given_in_every_format(plain, canonical_graph):
    text = '@prefix e: <http://example.org/> . e:a e:p "é"@de, 1.5, [ e:q _:b ] . _:b e:p e:c .'
    expected = canonical_graph(text, ox.RdfFormat.TURTLE)
    assert plain.put(G, content=text.encode(), headers=TURTLE).status_code == 201
    for format_ in RDF_FORMATS:
        given = plain.get(G, headers={"Accept": format_.media_types[0]})
        assert given.status_code == 200
        assert given.headers["content-type"] == format_.content_type
        assert canonical_graph(given.content, format_.engine) == expected
        sent = {"Content-Type": f"{format_.media_types[0]}; charset=utf-8"}
        answer = plain.put(f"{G}-{format_.name}", content=given.content, headers=sent)
        assert answer.status_code == 201, answer.text
        again = plain.get(f"{G}-{format_.name}", headers=NT)
        assert canonical_graph(again.content, ox.RdfFormat.N_TRIPLES) == expected


def test_relative_names_are_of_the_store_and_of_the_graph(plain):
    host = str(plain.base_url).rstrip("/")
    plain.put("/graphs?graph=a/b", content="<> <p> <#q> .", headers=TURTLE).raise_for_status()
    # a/b from …/graphs is …/a/b, not below it
    assert plain.get("/graphs/a/b").status_code == 404
    for same in ("graphs/../a/b", "/a/b", f"{host}/a/b", "./a/b"):
        assert plain.get("/graphs", params={"graph": same}).status_code == 200, same
    given = plain.get("/graphs?graph=a/b", headers=NT).text
    assert given == f"<{host}/a/b> <{host}/a/p> <{host}/a/b#q> .\n"


def test_what_is_put_replaces_and_what_is_posted_is_added(plain):
    def held():
        return sorted(line.split()[2] for line in plain.get(G, headers=NT).text.splitlines())

    for method, content, status, objects in (
        ("PUT", "<x:a> <x:p> <x:1>, <x:2> .", 201, ["<x:1>", "<x:2>"]),
        ("POST", "<x:a> <x:p> <x:2>, <x:3> .", 204, ["<x:1>", "<x:2>", "<x:3>"]),
        ("PUT", "<x:a> <x:p> <x:4> .", 204, ["<x:4>"]),
    ):
        answer = plain.request(method, G, content=content, headers=TURTLE)
        assert answer.status_code == status
        assert held() == objects
        assert "osteokg-version" in answer.headers
    assert plain.delete(G).status_code == 204
    assert_problem(plain.get(G), 404, GRAPH)
    assert_problem(plain.delete(G), 404, GRAPH)


def test_the_default_graph_is_one_as_well(plain):
    assert plain.get("/graphs?default", headers=NT).text == ""
    sent = plain.put("/graphs?default", content="<x:a> <x:p> <x:b> .", headers=TURTLE)
    assert sent.status_code == 204
    assert plain.get("/graphs?default=", headers=NT).text == "<x:a> <x:p> <x:b> .\n"
    assert plain.delete("/graphs?default").status_code == 204
    assert plain.get("/graphs?default", headers=NT).text == ""


def test_a_new_graph_gets_a_name_where_it_is_to_be_had(plain):
    places = []
    for _ in range(2):
        made = plain.post("/graphs", content="<> <x:p> <x:b> .", headers=TURTLE)
        assert made.status_code == 201
        places.append(made.headers["location"])
        assert made.json()["created"] == [places[-1]]
        assert plain.get(places[-1], headers=NT).text == f"<{places[-1]}> <x:p> <x:b> .\n"
    assert len(set(places)) == 2


def test_where_a_graph_is_to_be_had_is_said(plain):
    made = plain.put(
        "/graphs", params={"graph": "urn:x:a&b#c"}, content="<x:a> <x:p> 1 .", headers=TURTLE
    )
    assert made.headers["location"] == f"{plain.base_url}/graphs?graph=urn%3Ax%3Aa%26b%23c"
    assert plain.get(made.headers["location"]).status_code == 200


def test_a_form_of_several_documents_is_one_write(plain):
    files = [
        ("a", ("a.ttl", "<> <x:p> _:b .", "text/turtle")),
        ("b", ("b.nt", '<x:a> <x:p> "2" .', "application/n-triples; charset=utf-8")),
        ("a", (None, "<> <x:q> _:b .", "text/turtle")),
    ]
    assert plain.post(G, files=files).status_code == 201
    lines = plain.get(G, headers=NT).text.splitlines()
    assert len(lines) == 3
    # _:b of one document is not _:b of another
    assert len({line.split()[2] for line in lines if "_:" in line}) == 2
    broken = [*files, ("c", ("c.ttl", "<x:a> <x:p>", "text/turtle"))]
    assert_problem(plain.put(G, files=broken), 400)
    assert plain.get(G, headers=NT).text.splitlines() == lines


@pytest.mark.parametrize(
    ("content", "type_", "status", "words"),
    [
        (b"<x:a> <x:p> 1 .", "", 415, "A document of type 'none' is not read; text/turtle"),
        (b"<x:a> <x:p> 1 .", "text/n3", 415, "'text/n3' is not read"),
        (b"<x:a> <x:p> 1 .", "text/turtle; charset=utf-16", 415, "utf-16 is not read"),
        (b"<x:a>\n <x:p> .", "text/turtle", 400, "line 2, column"),
        (b"<x:a> <x:p> '\xff' .", "text/turtle", 400, "line 1"),
        (b'<x:a> <x:p> "1" <x:g> .', "application/n-quads", 400, "names the graph <x:g>"),
        (b"<x:g> { <x:a> <x:p> 1 }", "application/trig", 400, "one graph is written at a time"),
        (b'{"@context": "http://127.0.0.1:9/"}', "application/ld+json", 400, "remote"),
        (b"<a", "application/rdf+xml", 400, "tag not closed"),
        (b"x", "multipart/form-data", 400, "does not say its boundary"),
        (b"x", "multipart/form-data; boundary=b", 400, "no form of several parts"),
        (b"--b\r\n\r\n<x:a>\r\n--b--\r\n", "multipart/form-data; boundary=b", 415, "'none'"),
        (b"a" * 50_000_001, "text/turtle", 413, "larger than 50000000 bytes"),
    ],
)  # fmt: skip
def test_what_is_not_read_changes_nothing(plain, content, type_, status, words):
    plain.put(G, content="<x:a> <x:p> <x:b> .", headers=TURTLE).raise_for_status()
    for method in ("PUT", "POST"):
        headers = {"Content-Type": type_} if type_ else {}
        assert_problem(plain.request(method, G, content=content, headers=headers), status, words)
    assert plain.get(G, headers=NT).text == "<x:a> <x:p> <x:b> .\n"


@pytest.mark.parametrize(
    ("method", "address", "words"),
    [
        ("GET", "/graphs", "Which graph?"),
        ("PUT", "/graphs", "Which graph?"),
        ("DELETE", "/graphs", "Which graph?"),
        ("GET", "/graphs?default&graph=x:g", "Several graphs are named"),
        ("GET", "/graphs/a?graph=x:g", "Several graphs are named"),
        ("GET", "/graphs/a?default", "Several graphs are named"),
        ("GET", "/graphs?graph=x:g&graph=x:h", "'graph' is given 2 times"),
        ("GET", "/graphs?graph=", "'graph' is empty"),
        ("PUT", "/graphs?graph=x:a%20b", "names no graph"),
        ("PUT", "/graphs?graph=x:a>", "names no graph"),
        ("GET", "/graphs?graph=%FF", "not UTF-8"),
    ],
)
def test_one_graph_is_named(plain, method, address, words):
    answer = plain.request(method, address, content="<x:a> <x:p> 1 .", headers=TURTLE)
    assert_problem(answer, 400, words)


def test_what_cannot_be_given_is_not_acceptable(plain):
    plain.put(G, content="<x:a> <x:p> 1 .", headers=TURTLE).raise_for_status()
    assert_problem(plain.get(G, headers={"Accept": "text/csv"}), 406, "text/turtle")
    control = '<x:a> <x:p> "\\u0001" .'
    plain.put(G, content=control, headers=TURTLE).raise_for_status()
    assert_problem(plain.get(G, headers={"Accept": "application/rdf+xml"}), 406)


@pytest.mark.parametrize("path", ["/graphs?graph=x:g", "/graphs", "/graphs/a/b"])
def test_another_method_is_405(plain, path):
    answer = plain.request("PATCH", path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT, DELETE"


def test_head_is_get_without_the_body(plain):
    plain.put(G, content="<x:a> <x:p> 1 .", headers=TURTLE).raise_for_status()
    for address in (G, "/graphs?graph=x:none", "/graphs?default"):
        get, head = plain.get(address), plain.head(address)
        assert head.status_code == get.status_code
        assert head.content == b""
        own = {"date": "", "x-request-id": ""}
        assert {**head.headers, **own} == {**get.headers, **own}


def test_a_graph_that_was_read_is_changed_only_as_it_was(plain):
    plain.put(G, content="<x:a> <x:p> <x:1> .", headers=TURTLE).raise_for_status()
    tag = plain.get(G).headers["etag"]

    def put(content, **conditions):
        headers = {**TURTLE, **{key.replace("_", "-"): value for key, value in conditions.items()}}
        return plain.put(G, content=content, headers=headers)

    assert plain.get(G, headers={"If-None-Match": tag}).status_code == 304
    assert put("<x:a> <x:p> <x:2> .", If_Match=tag).status_code == 204
    assert plain.get(G, headers={"If-None-Match": tag}).status_code == 200
    assert_problem(put("<x:a> <x:p> <x:3> .", If_Match=tag), 412)
    assert_problem(put("<x:a> <x:p> <x:3> .", If_None_Match="*"), 412, "there already")
    now = plain.get(G).headers["etag"]
    assert_problem(put("<x:a> <x:p> <x:3> .", If_None_Match=now), 412)
    assert put("<x:a> <x:p> <x:4> .", If_Match="*").status_code == 204
    assert plain.get(G, headers=NT).text == "<x:a> <x:p> <x:4> .\n"
    plain.delete(G).raise_for_status()
    assert_problem(put("<x:a> <x:p> <x:3> .", If_Match="*"), 412, "There is no graph")
    assert put("<x:a> <x:p> <x:5> .", If_None_Match="*").status_code == 201


# A service that is read only


def test_graphs_of_a_read_only_service_are_given(server, canonical_graph):
    study = "https://w3id.org/osteokg/graph/study/joint-7-12"
    given = server.get("/graphs", params={"graph": study}, headers=NT)
    assert any("joint-7-12" in line for line in given.text.splitlines())
    union = server.get("/graphs?default", headers=NT).text.splitlines()
    assert set(given.text.splitlines()) < set(union)
    version = given.headers["osteokg-version"]
    same = server.get("/graphs", params={"graph": study, "version": version}, headers=NT)
    assert same.content == given.content
    assert "immutable" in same.headers["cache-control"]
    gone = server.get("/graphs", params={"graph": study, "version": "0" * 64})
    assert gone.status_code == 410


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/update"), ("PUT", G), ("POST", "/graphs"), ("DELETE", "/graphs?default")],
)
def test_a_read_only_service_says_how_it_could_be_written_to(server, method, path):
    answer = server.request(method, path, headers={"Authorization": "Bearer guess"})
    assert_problem(answer, 403, "read-only", "--write-token-file")
