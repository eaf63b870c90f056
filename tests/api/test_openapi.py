"""The OpenAPI document, and that no request makes the protocol fail.

.ci/run lets schemathesis ask the whole document of real servers; here the parts of requests that
it does not vary are drawn by hypothesis, 300 requests each.
"""

import re

import httpx2
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.errors import PreconditionError
from osteokg.kg.files import Sources
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS
from osteokg.kg.snapshots import time_now
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version
from osteokg.kg.worker.writing import changes
from osteokg.kg.writes import KeptVersion, Written


@pytest.fixture(scope="module")
def document(server: httpx2.Client):
    return server.get("/openapi.json").json()


class InMemory(InProcessStore):
    """A dataset that takes any write, in this process."""

    def __init__(self):
        super().__init__(Version("0" * 64, ox.Store(), Sources((), ())))

    @property
    def store(self):
        return self

    def kept(self):
        return [KeptVersion(self.version, time_now(), len(self._store), {}, {})]

    async def write(self, write, if_match=None):
        if if_match is not None and self.version not in if_match:
            raise PreconditionError(self.version)
        copy = ox.Store()
        copy.extend(list(self._store))
        changed = changes(copy, write, union=False)
        self._store = copy
        self._version = f"{int(self._version) + 1:064}"
        return Written(self.version, (), tuple(filter(None, changed)))


@pytest.fixture(scope="module")
def plainly():
    """Ask an application in this process: a failure of ours is raised, not answered with 500."""
    versions = InMemory()
    app = create_app(Settings(plain=True, max_payload=2000), versions, versions)
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_the_document_tells_every_parameter_and_type(document):
    paths = document["paths"]
    types = {name for format_ in ROW_FORMATS + RDF_FORMATS for name in format_.media_types}
    for method in ("get", "post"):
        asked = paths["/sparql"][method]
        names = {one["name"] for one in asked["parameters"]}
        assert {"default-graph-uri", "named-graph-uri", "version", "format"} <= names
        assert types <= set(asked["responses"]["200"]["content"])
        assert {"400", "406", "410", "503"} <= set(asked["responses"])
    assert "application/sparql-query" in paths["/sparql"]["post"]["requestBody"]["content"]
    assert "application/sparql-update" in paths["/update"]["post"]["requestBody"]["content"]
    assert set(paths["/graphs"]) == {"get", "put", "post", "delete"}
    documents = paths["/graphs"]["put"]["requestBody"]["content"]
    assert {"text/turtle", "application/trig", "multipart/form-data"} <= set(documents)


def test_the_document_says_what_needs_the_token(document):
    (scheme,) = document["components"]["securitySchemes"].items()
    assert scheme[1] == {"type": "http", "scheme": "bearer"}
    secured = {
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("security")
    }
    assert secured == {
        ("/update", "post"), ("/graphs", "put"), ("/graphs", "post"), ("/graphs", "delete")
    }  # fmt: skip


def test_every_address_is_in_the_document(document):
    app = create_app(Settings(plain=True), InMemory())
    found = set()

    def walk(routes, prefix=""):
        for route in routes:
            inner = getattr(route, "original_router", None) or getattr(route, "routes", None)
            if isinstance(route, Route):
                if "GET" in (route.methods or ()):
                    found.add(prefix + route.path_format)
            elif hasattr(inner, "routes"):
                walk(inner.routes, prefix)

    walk(app.routes)
    assert len(found) > 60
    # a graph under its own address is that of /graphs?graph=
    assert found - set(document["paths"]) == {"/graphs/{rest}"}


def test_the_document_says_where_the_service_is(server, document):
    assert document["servers"] == [{"url": str(server.base_url).rstrip("/")}]
    app = create_app(Settings(plain=True, base_url="https://example.org/k2"), InMemory())
    with TestClient(app) as client:
        told = client.get("/openapi.json").json()["servers"]
    assert told == [{"url": "https://example.org/k2"}]


def test_every_parameter_is_there_once_and_every_refusal_is_a_problem(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            told = [(one["in"], one["name"]) for one in operation["parameters"]]
            assert len(told) == len(set(told)), path
            assert {name for place, name in told if place == "path"} == set(
                re.findall(r"{(\w+)}", path)
            ), path
            for status, answer in operation["responses"].items():
                if status >= "400":
                    kinds = set(answer["content"])
                    assert {"application/problem+json", "text/html"} <= kinds, (path, status)
                    # the report on data that would be wrong
                    assert status == "422" or len(kinds) == 2, (path, status)
            if method == "get":
                assert "422" not in operation["responses"], path
    schemas = document["components"]["schemas"]
    assert schemas["Problem"]["required"] == ["type", "title", "status", "detail"]
    assert not any("Validation" in name for name in schemas)


@pytest.mark.parametrize("path", ["/findings?site=Femurr", "/nowhere", "/id/finding/nowhere",
                                  "/findings?version=abc", "/sparql?query=SELECT"])  # fmt: skip
def test_a_problem_is_what_its_schema_says(server, document, path):
    told = server.get(path)
    assert told.headers["content-type"] == "application/problem+json"
    schema, problem = document["components"]["schemas"]["Problem"], told.json()
    assert set(schema["required"]) <= set(problem) <= set(schema["properties"])
    kinds = {"string": str, "integer": int, "array": list}
    for name, value in problem.items():
        assert isinstance(value, kinds[schema["properties"][name]["type"]]), name


NAMES = ["query", "update", "default-graph-uri", "named-graph-uri", "using-graph-uri", "version",
         "using-named-graph-uri", "format", "graph", "default", "x", ""]  # fmt: skip
VALUES = ["", "ASK {}", "SELECT * { ?s ?p ?o }", "DROP ALL", "x:g", "http://example.org/g", "%FF",
          "a b", "ttl", "csv", "é", "1.1", "\x00", "<", "CONSTRUCT WHERE { ?s ?p ?o }"]  # fmt: skip
TYPES = ["", "application/x-www-form-urlencoded", "application/sparql-query", "text/turtle",
         "application/sparql-update", "multipart/form-data; boundary=b", "multipart/form-data",
         "application/n-quads", "text/turtle; charset=latin1", "application/rdf+xml", ";", "a/b;c",
         "application/sparql-query; charset=\"UTF-8\"", "application/ld+json"]  # fmt: skip
ACCEPTS = ["*/*", "", "text/csv", "application/xml", "text/html", "image/png", "text/turtle;q=0",
           "application/n-quads;q=0.1, text/*"]  # fmt: skip
TAGS = ["*", '"x"', 'W/"x.ttl.gzip"', "x", '"', ""]
PART = b"--b\r\nContent-Type: text/turtle\r\n\r\n<x:a> <x:b> 1 .\r\n--b--\r\n"
BODIES = [b"", b"ASK {}", b"DROP ALL", b"<x:a> <x:b> <x:c> .", b"query=ASK%20%7B%7D&x", b"\xff",
          b"update=DROP%20ALL", b"--b\r\n\r\n--b--", PART, b"{}", b"&=&", b"a" * 3000]  # fmt: skip
STATUSES = {200, 201, 204, 304, 400, 403, 404, 405, 406, 409, 410, 412, 413, 415}


@given(
    place=st.tuples(
        st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
        st.sampled_from(["/sparql", "/update", "/graphs", "/graphs/a%20b", "/graphs/é/"]),
    ),
    parameters=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4),
    headers=st.fixed_dictionaries(
        {
            "Content-Type": st.sampled_from(TYPES),
            "Accept": st.sampled_from(ACCEPTS),
            "Accept-Encoding": st.sampled_from(["gzip", "identity", "*;q=0", "gzip;q=x"]),
        },
        optional={
            "If-Match": st.sampled_from(TAGS),
            "If-None-Match": st.sampled_from(TAGS),
            "Origin": st.sampled_from(["http://localhost", "null", "http://x"]),
            "Content-Encoding": st.sampled_from(["gzip", "identity"]),
        },
    ),
    body=st.sampled_from(BODIES),
)
@settings(max_examples=300)
def test_no_request_is_a_failure(plainly, place, parameters, headers, body):
    method, path = place
    address = f"{path}?{httpx2.QueryParams(parameters)}"
    answer = plainly.request(method, address, headers=headers, content=body)
    assert answer.status_code in STATUSES, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in ("application/problem+json", "text/html")
        if kind != "text/html":
            assert answer.json()["status"] == answer.status_code
            assert answer.json()["detail"]
