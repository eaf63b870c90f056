"""Repeats: what was sent is sent again, and only to whom it would be sent anew."""

import asyncio
import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.api.repeats import Repeats
from osteokg.api.visits import Visit

FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
QUERIES = [
    "ASK {}",
    "SELECT * { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }",
    "CONSTRUCT { ?s a <x:y> } { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }",
    "SELECT * { ?s ?p ?o FILTER(isIRI(?s) && !isBlank(?o)) } ORDER BY ?s ?p ?o LIMIT 3000",
    "SELECT (RAND() AS ?x) {}",
    "SELECT",
]
ACCEPT = ["*/*", "text/csv", "text/turtle, text/csv;q=0.5", "text/html,*/*;q=0.1", "image/png"]
# Of the message, of the moment, or of the one request.
CHANGING = {"date", "x-request-id", "content-length", "transfer-encoding"}


def shown(response):
    headers = {name: value for name, value in response.headers.items() if name not in CHANGING}
    return response.status_code, headers, response.content


def test_who_asks_again_is_sent_what_he_would_be_sent_anew(server, serving, good):
    """Two servers, one that keeps nothing: whatever is asked, in whatever order, they agree."""
    requests = [
        ("/sparql", {"query": query}, {"Accept": accept, **coding, **origin})
        for query, accept, coding, origin in product(
            QUERIES,
            ACCEPT,
            ({"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}),
            ({}, {"Origin": "https://example.org"}),
        )
        if "RAND" not in query
    ]
    requests += [
        (path, {}, {"Accept": accept})
        for path, accept in product((FINDING, f"{FINDING}.ttl", "/findings.csv", "/"), ACCEPT)
    ]
    twice = requests * 2
    random.Random(5).shuffle(twice)  # noqa: S311 - an order
    with serving("--evidence", str(good), "--cache-size", "0") as anew:
        # They are in what some answers say.
        named = {"Host": "graph.example.org", "X-Request-ID": "this-one"}
        for path, parameters, headers in twice:
            asked = {"params": parameters, "headers": {**headers, **named}}
            assert shown(server.get(path, **asked)) == shown(anew.get(path, **asked)), (
                path,
                parameters,
                headers,
            )
        assert "osteokg_http_repeats_total 0.0" in anew.get("/metrics").text
    assert "osteokg_http_repeats_total 0.0" not in server.get("/metrics").text


def test_what_differs_each_time_is_not_sent_again(server):
    address = "/sparql?query=SELECT%20(UUID()%20AS%20%3Fx)%20%7B%7D"
    assert server.get(address).content != server.get(address).content


def test_a_condition_is_looked_at(server):
    address = "/sparql?query=ASK%20%7B%20%20%7D"
    tag = server.get(address).headers["etag"]
    assert server.get(address).headers["etag"] == tag
    assert server.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert server.head(address).headers["etag"] == tag


def test_after_a_write_nothing_of_before_is_sent(plain):
    address = "/sparql?query=ASK%20%7B%20%3Ca%3Arepeated%3E%20%3Fp%20%3Fo%20%7D"
    plain.post("/update", data={"update": "DELETE WHERE { <a:repeated> ?p ?o }"})
    for _ in range(3):
        for verb, holds in (("INSERT", True), ("DELETE", False)):
            update = f"{verb} DATA {{ <a:repeated> <a:b> 1 }}"
            assert plain.post("/update", data={"update": update}).is_success
            told = [plain.get(address).json()["boolean"] for _ in range(3)]
            assert told == [holds] * 3


# Alone


class Application:
    """An application whose answers are as long as their path says; it counts them."""

    def __init__(self):
        self.version = "v1"
        self.asked = 0
        self.headers = []

    async def __call__(self, scope, _receive, send):
        self.asked += 1
        version = self.version.encode()
        headers = [(b"etag", b'"%s.json"' % version), (b"osteokg-version", version)]
        start = {"type": "http.response.start", "status": int(scope["path"][1:4])}
        await send({**start, "headers": headers})
        body = (version + b" " + scope["path"].encode()).ljust(int(scope["path"][5:]))
        for n in range(0, len(body), 100):
            part = body[n : n + 100]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def ask(layer, path, method="GET", headers=(), fails_after=None):
    sent = []

    async def send(message):
        if fails_after is not None and len(sent) >= fails_after:
            raise ConnectionError
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "http_version": "1.1",
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "state": {"visit": Visit("x")},
    }
    asyncio.run(layer(scope, None, send))
    assert sent[-1].get("more_body", False) is False
    return b"".join(message.get("body", b"") for message in sent)


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def layer(application):
    return Repeats(application, version=lambda: application.version, capacity=20_000, largest=1000)


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (("/200/500", "GET", []), 1),
        (("/200/500", "GET", [(b"cookie", b"a"), (b"user-agent", b"b")]), 1),
        (("/200/500", "HEAD", []), 2),
        (("/200/500", "POST", []), 2),
        (("/404/500", "GET", []), 2),
        (("/206/500", "GET", []), 2),
        (("/200/1001", "GET", []), 2),
        (("/200/500", "GET", [(b"if-none-match", b'"v1.json"')]), 2),
        (("/200/500", "GET", [(b"range", b"bytes=0-1")]), 2),
        (("/200/500", "GET", [(b"authorization", b"Bearer x")]), 2),
    ],
)
def test_what_is_kept(application, layer, request_, asked):
    assert ask(layer, *request_) == ask(layer, *request_)
    assert application.asked == asked


@pytest.mark.parametrize("name", [b"host", b"accept", b"accept-encoding"])
def test_what_decides_tells_requests_apart(application, layer, name):
    for value in (b"a", b"b"):
        ask(layer, "/200/5", headers=[(name, value)])
    ask(layer, "/200/5", headers=[(name, b"a"), (name, b"b")])
    ask(layer, "/200/5")
    assert application.asked == 4


def test_an_answer_that_was_not_sent_whole_is_not_kept(application, layer):
    with pytest.raises(ConnectionError):
        ask(layer, "/200/500", fails_after=3)
    assert layer.size == 0
    assert len(ask(layer, "/200/500")) == 500


@given(st.lists(st.integers(0, 1200) | st.just(None), max_size=60))
@settings(max_examples=100)
def test_what_was_sent_is_bounded_and_right(sizes):
    """A number asks for an answer of that length, None is a write."""
    application = Application()
    layer = Repeats(application, version=lambda: application.version, capacity=12_000, largest=1000)
    for size in sizes:
        if size is None:
            application.version += "'"
            continue
        path = f"/200/{size}"
        expected = f"{application.version} {path}".encode().ljust(size)
        assert ask(layer, path) == ask(layer, path) == expected
        assert layer.size <= 12_000
