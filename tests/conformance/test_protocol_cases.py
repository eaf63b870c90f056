"""The cases of the W3C's SPARQL 1.1 Protocol and Graph Store Protocol suites, by their names.

https://github.com/w3c/rdf-tests, sparql/sparql11/protocol and …/http-rdf-update. Theirs are told
in RDF for a reader to carry out; here they are carried out. Their endpoint for both operations is
``/sparql`` for queries and ``/update`` for updates here.
"""

import httpx2
import pyoxigraph as ox
import pytest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = {"Content-Type": "application/sparql-query"}
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle; charset=utf-8"}
DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
DOCUMENT = "http://xmlns.com/foaf/0.1/Document"
ALL = {number: DATA.format(number) for number in range(4)}


def of(name: str, *numbers: int) -> list[tuple[str, str]]:
    """Return dataset parameters of one name."""
    return [(name, ALL[number]) for number in numbers]


@pytest.fixture
def loaded(plain: httpx2.Client) -> httpx2.Client:
    """Let the server hold the graphs of the suite: each says that it is a document."""
    graphs = "".join(f"GRAPH <{g}> {{ <{g}> a <{DOCUMENT}> }} " for g in ALL.values())
    text = f"DROP ALL; INSERT DATA {{ {graphs} }}"
    assert plain.post("/update", content=text, headers=UPDATE).status_code == 200
    return plain


def says(response: httpx2.Response) -> bool:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/sparql-results+json"
    answer: bool = response.json()["boolean"]
    return answer


# Queries

IN_DEFAULT = f"ASK {{ <{ALL[1]}> a ?type . <{ALL[2]}> a ?type }}"
IN_NAMED = f"ASK {{ GRAPH ?g1 {{ <{ALL[1]}> a ?type }} GRAPH ?g2 {{ <{ALL[2]}> a ?type }} }}"
IN_BOTH = IN_NAMED.replace("{", f"{{ <{ALL[3]}> a ?type ", 1)
GIVEN_TWICE = IN_NAMED.replace("ASK", f"ASK FROM <{ALL[3]}>")

ASKED = {
    "query_get": ("GET", of("default-graph-uri", 0), "ASK {}"),
    "query_post_form": ("form", of("default-graph-uri", 0), "ASK {}"),
    "query_post_direct": ("direct", [], "ASK {}"),
    "query_dataset_default_graphs_get": ("GET", of("default-graph-uri", 1, 2), IN_DEFAULT),
    "query_dataset_default_graphs_post": ("direct", of("default-graph-uri", 1, 2), IN_DEFAULT),
    "query_dataset_named_graphs_get": ("GET", of("named-graph-uri", 1, 2), IN_NAMED),
    "query_dataset_named_graphs_post": ("direct", of("named-graph-uri", 1, 2), IN_NAMED),
    "query_dataset_full": (
        "direct",
        of("default-graph-uri", 3) + of("named-graph-uri", 1, 2),
        IN_BOTH,
    ),
    "query_multiple_dataset": ("direct", of("named-graph-uri", 1, 2), GIVEN_TWICE),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_query_case(loaded: httpx2.Client, name: str) -> None:
    way, parameters, query = ASKED[name]
    if way == "GET":
        answer = loaded.get("/sparql", params=[("query", query), *parameters])
    elif way == "form":
        body = str(httpx2.QueryParams({"query": query}))
        answer = loaded.post("/sparql", params=parameters, content=body, headers=FORM)
    else:
        answer = loaded.post("/sparql", params=parameters, content=query, headers=QUERY)
    assert says(answer)


def test_the_dataset_of_a_query_is_no_larger_than_asked(loaded: httpx2.Client) -> None:
    """Beside the suite, which asks only for what is there."""
    for name in ("default-graph-uri", "named-graph-uri"):
        for query in (IN_DEFAULT, IN_NAMED):
            answer = loaded.post("/sparql", params=of(name, 1), content=query, headers=QUERY)
            assert not says(answer)


@pytest.mark.parametrize(
    ("name", "query", "types"),
    [
        ("query_content_type_select", "SELECT (1 AS ?value) {}", "sparql-results+json"),
        ("query_content_type_ask", "ASK {}", "sparql-results+json"),
        ("query_content_type_describe", "DESCRIBE <http://example.org/>", "text/turtle"),
        ("query_content_type_construct", "CONSTRUCT { <s> <p> 1 } WHERE {}", "text/turtle"),
    ],
)
def test_a_content_type_case(loaded: httpx2.Client, name: str, query: str, types: str) -> None:
    answer = loaded.post("/sparql", params=of("default-graph-uri", 0), content=query, headers=QUERY)
    assert answer.status_code == 200
    assert types in answer.headers["content-type"]


# Updates

TARGET = "http://example.org/protocol-update-dataset-test/"
BEGIN = f"""PREFIX dc: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
DROP ALL ;
INSERT DATA {{
  GRAPH <{ALL[1]}> {{ <{ALL[1]}> a foaf:Document }}
  GRAPH <{ALL[2]}> {{ <{ALL[2]}> a foaf:Document }}
  GRAPH <{ALL[3]}> {{ <{ALL[3]}> a foaf:Document }}
}} ;
INSERT {{ GRAPH <{TARGET}> {{ ?s a dc:BibliographicResource ; dc:isPartOf ?in }} }}
WHERE {{ """
DEFAULT = BEGIN + "?s a foaf:Document }"
NAMED = BEGIN + "GRAPH ?in { ?s a foaf:Document } }"
BOTH = BEGIN + "{ GRAPH ?in { ?s a foaf:Document } } UNION { ?s a foaf:Document } }"


@pytest.mark.parametrize(
    ("parameters", "update", "found"),
    [
        pytest.param(of("using-graph-uri", 1), DEFAULT, {1}, id="update_dataset_default_graph"),
        pytest.param(
            of("using-graph-uri", 1, 2), DEFAULT, {1, 2}, id="update_dataset_default_graphs"
        ),
        pytest.param(
            of("using-named-graph-uri", 1, 2), NAMED, {1, 2}, id="update_dataset_named_graphs"
        ),
        pytest.param(
            of("using-graph-uri", 1) + of("using-named-graph-uri", 2),
            BOTH,
            {1, 2},
            id="update_dataset_full",
        ),
    ],
)
@pytest.mark.parametrize("way", ["form", "direct"])
def test_an_update_dataset_case(plain, way, parameters, update, found) -> None:
    if way == "form":
        body = str(httpx2.QueryParams([("update", update), *parameters]))
        written = plain.post("/update", content=body, headers=FORM)
    else:
        written = plain.post("/update", params=parameters, content=update, headers=UPDATE)
    assert written.status_code == 200, written.text
    query = f"SELECT DISTINCT ?s {{ GRAPH <{TARGET}> {{ ?s a ?type }} }}"
    answer = plain.post("/sparql", content=query, headers=QUERY).json()
    assert {row["s"]["value"] for row in answer["results"]["bindings"]} == {
        ALL[number] for number in found
    }


def test_update_post_form(loaded: httpx2.Client) -> None:
    assert loaded.post("/update", content="update=CLEAR+ALL", headers=FORM).status_code == 200
    assert not says(loaded.get("/sparql", params={"query": "ASK { GRAPH ?g { ?s ?p ?o } }"}))


def test_update_post_direct(loaded: httpx2.Client) -> None:
    assert loaded.post("/update", content="CLEAR ALL", headers=UPDATE).status_code == 200
    assert not says(loaded.get("/sparql", params={"query": "ASK { GRAPH ?g { ?s ?p ?o } }"}))


def test_update_base_uri(plain: httpx2.Client) -> None:
    """The base is the endpoint, as the protocol lets it be (section 2.4)."""
    graph = "http://example.org/protocol-base-test/"
    text = (
        f"DROP SILENT GRAPH <{graph}> ; INSERT DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> <test> }} }}"
    )
    assert plain.post("/update", content=text, headers=UPDATE).status_code == 200
    query = f"SELECT ?o {{ GRAPH <{graph}> {{ <x:s> <x:p> ?o }} }}"
    (row,) = plain.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    assert row["o"] == {"type": "uri", "value": f"{str(plain.base_url).rstrip('/')}/test"}
    same = query.replace("?o }", "<test> }").replace("SELECT ?o", "ASK")
    assert says(plain.get("/sparql", params={"query": same}))


# What is wrong

CONFLICT = "WITH <http://example/a> DELETE { ?s ?p 'Bill' } WHERE { ?s ?p 'Bill' }"
BAD = {
    "bad_query_method": ("PUT", "/sparql?query=ASK%20%7B%7D", None, FORM, 405),
    "bad_multiple_queries": (
        "GET",
        "/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D",
        None,
        {},
        400,
    ),
    "bad_query_wrong_media_type": (
        "POST",
        "/sparql",
        b"ASK {}",
        {"Content-Type": "text/plain"},
        415,
    ),
    "bad_query_missing_form_type": ("POST", "/sparql", b"query=ASK%20%7B%7D", {}, 415),
    "bad_query_missing_direct_type": ("POST", "/sparql", b"ASK {}", {}, 415),
    "bad_query_non_utf8": (
        "POST",
        "/sparql",
        "ASK {}".encode("utf-16"),
        {"Content-Type": "application/sparql-query; charset=UTF-16"},
        415,
    ),
    "bad_query_syntax": ("GET", "/sparql?query=ASK%20%7B", None, {}, 400),
    "bad_update_get": ("GET", "/update?update=CLEAR%20ALL", None, {}, 405),
    "bad_update_get, at the query endpoint": ("GET", "/sparql?update=CLEAR%20ALL", None, {}, 400),
    "bad_multiple_updates": (
        "POST",
        "/update",
        b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT",
        FORM,
        400,
    ),
    "bad_update_wrong_media_type": (
        "POST",
        "/update",
        b"CLEAR NAMED",
        {"Content-Type": "text/plain"},
        415,
    ),
    "bad_update_missing_form_type": ("POST", "/update", b"update=CLEAR%20NAMED", {}, 415),
    "bad_update_non_utf8": (
        "POST",
        "/update",
        "CLEAR NAMED".encode("utf-16"),
        {"Content-Type": "application/sparql-update; charset=UTF-16"},
        415,
    ),
    "bad_update_syntax": ("POST", "/update", b"update=CLEAR%20XYZ", FORM, 400),
    "bad_update_dataset_conflict": (
        "POST",
        "/update?using-named-graph-uri=http%3A%2F%2Fexample%2Fpeople",
        CONFLICT.encode(),
        UPDATE,
        400,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_case(loaded: httpx2.Client, name: str) -> None:
    method, address, body, headers, status = BAD[name]
    answer = loaded.request(method, address, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says(loaded.get("/sparql", params={"query": "ASK { GRAPH ?g { ?s ?p ?o } }"}))


# The graph store

PREFIXES = """@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix v: <http://www.w3.org/2006/vcard/ns#> .
"""
PERSON = "<http://HOST/graphs/person/1> a foaf:Person ; "
JOHN = PREFIXES + PERSON + 'foaf:businessCard [ a v:VCard ; v:fn "John Doe" ] .'
JANE = PREFIXES + PERSON + 'foaf:businessCard [ a v:VCard ; v:fn "Jane Doe" ] .'
ALICE = PREFIXES + '[] a foaf:Person ; foaf:businessCard [ a v:VCard ; v:given-name "Alice" ] .'
NAME = PREFIXES + '<http://HOST/graphs/person/1> foaf:name "Jane Doe" .'
FAMILY = PREFIXES + '<http://HOST/graphs/person/1> foaf:familyName "Doe" .'
GIVEN = PREFIXES + '<http://HOST/graphs/person/1> foaf:givenName "Jane" .'


def graph(*documents: str) -> set[str]:
    """Return the triples of documents with blank nodes named by RDFC-1.0."""
    quads = ox.Dataset(
        quad
        for document in documents
        for quad in ox.parse(document, ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    )
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in quads}


def test_the_graph_store_cases_in_their_order(plain: httpx2.Client) -> None:
    assert plain.post("/update", content="DROP ALL", headers=UPDATE).status_code == 200
    host = plain.base_url.netloc.decode()

    def sent(method: str, path: str, document: str, status: int) -> httpx2.Response:
        body = document.replace("HOST", host).encode()
        answer = plain.request(method, path, content=body, headers=TURTLE)
        assert answer.status_code == status, answer.text
        return answer

    def holds(path: str, *documents: str) -> None:
        answer = plain.get(path, headers={"Accept": "text/turtle"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
        assert graph(answer.text) == graph(*(text.replace("HOST", host) for text in documents))

    one, two = "/graphs/person/1.ttl", "/graphs/person/2.ttl"
    created = sent("PUT", one, JOHN, 201)  # put__initial_state
    assert created.headers["location"] == f"http://{host}{one}"
    holds(f"/graphs?graph=http://{host}{one}", JOHN)  # get_of_put__initial_state
    holds("/graphs?graph=/graphs/person/1.ttl", JOHN)  # as the suite writes it, relative
    sent("PUT", one, JANE, 204)  # put__graph_already_in_store
    holds(one, JANE)  # get_of_put__graph_already_in_store
    sent("PUT", "/graphs?default", ALICE, 204)  # put__default_graph; ours is always there
    holds("/graphs?default", ALICE)  # get_of_put__default_graph
    # put__mismatched_payload: what is sent is not of the type that is said
    wrong = plain.put(one, content=JANE, headers={"Content-Type": "application/rdf+xml"})
    assert wrong.status_code == 400
    holds(one, JANE)
    sent("PUT", two, ALICE, 201)  # no case makes the graph that the next one drops
    assert plain.delete(two).status_code == 204  # delete__existing_graph
    assert plain.get(two).status_code == 404  # get_of_delete__existing_graph
    assert plain.delete(two).status_code == 404  # delete__nonexistent_graph
    sent("POST", one, NAME, 204)  # post__existing_graph
    holds(one, JANE, NAME)  # get_of_post__existing_graph
    files = {
        name: (name, text.replace("HOST", host), "text/turtle; charset=utf-8")
        for name, text in (("lastName.ttl", FAMILY), ("firstName.ttl", GIVEN))
    }
    assert plain.post(one, files=files).status_code == 204  # post__multipart_formdata
    holds(one, JANE, NAME, FAMILY, GIVEN)  # get_of_post__multipart_formdata
    made = sent("POST", "/graphs", ALICE, 201)  # post__create__new_graph
    holds(made.headers["location"], ALICE)  # get_of_post__create__new_graph
    sent("POST", made.headers["location"], "", 204)  # an empty document changes nothing
    holds(made.headers["location"], ALICE)  # get_of_post__after_noop
    head = plain.head(one, headers={"Accept": "text/turtle"})  # head_on_an_existing_graph
    assert head.status_code == 200
    assert head.headers["content-type"] == "text/turtle; charset=utf-8"
    assert plain.head("/graphs/person/4.ttl").status_code == 404  # head_on_a_nonexisting_graph
