"""What every answer has: headers that protect, an answer to HEAD, one shape of problem."""

import json
import re

import httpx2
import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.store import InProcessStore

ASK = "/sparql?query=ASK%20%7B%7D"
FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
PATHS = [
    "/",
    "/sparql",
    ASK,
    "/sparql?query=nonsense",
    "/findings",
    "/findings.csv",
    "/findings.jsonld",
    "/findings?site=Femur&q=bone",
    "/findings?site=nowhere",
    "/findings.ttl",
    "/studies",
    "/terms",
    "/things?limit=3",
    "/context/1.jsonld",
    "/frames/Finding.jsonld",
    "/queries",
    "/synthesis",
    "/synthesis/evidence-map",
    "/synthesis/effect-directions.svg",
    "/synthesis/gaps.csv?without=retracted",
    "/synthesis/claims.json?without=old",
    "/methods",
    "/versions",
    "/versions.atom",
    FINDING,
    f"{FINDING}.ttl",
    f"{FINDING}.html",
    "/vocab/Femur",
    "/vocab/Femur.jsonld",
    "/vocab/",
    "/context.jsonld",
    "/void",
    "/void.ttl",
    "/.well-known/void",
    "/version/" + "0" * 64,
    "/queries.ttl",
    "/query/k2-alone-null-results",
    "/queries/k2-alone-null-results.csv",
    "/shapes",
    "/dumps",
    "/dumps/current",
    "/robots.txt",
    "/sitemap.xml",
    "/graph/study/quill-2001",
    "/ontology",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/static/osteokg.css",
    "/nowhere",
    "/id/finding/nowhere",
]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def assert_protected(response):
    headers = response.headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert headers["referrer-policy"] == "same-origin"
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("accept", ["*/*", BROWSER, "image/png"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_protected(server, path, accept):
    response = server.get(path, headers={"Accept": accept, "Origin": "https://example.org"})
    assert_protected(response)


@pytest.mark.parametrize("accept", ["*/*", BROWSER])
@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(server, path, accept):
    get = server.get(path, headers={"Accept": accept})
    head = server.head(path, headers={"Accept": accept})
    assert head.status_code == get.status_code
    assert head.content == b""
    # Transfer-Encoding is of the message, not of the answer (RFC 9110, section 9.3.2).
    # So may be the length of what is compressed while it is sent.
    unknown = path in ("/health", "/metrics") or path.startswith("/static/")
    unknown = unknown or (path.startswith("/queries/") and path.endswith(".csv"))
    changing = {"date", "transfer-encoding", "x-request-id"}
    changing |= {"content-length"} if unknown else set()
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }


def test_head_sends_no_body_on_the_wire(raw):
    for path in ("/sparql?query=ASK%20%7B%7D", "/findings.csv", "/nowhere"):
        request = f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        _, headers, body = raw(request.encode())
        assert body == b""
        assert int(headers["content-length"]) > 0


def test_http_1_0_is_answered(raw):
    status, _, body = raw(b"GET /health HTTP/1.0\r\n\r\n")
    assert status == 200
    assert json.loads(body)["status"] == "ok"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", ASK, "GET, HEAD, POST"),
        ("DELETE", "/sparql", "GET, HEAD, POST"),
        ("POST", "/findings.csv", "GET, HEAD"),
        ("POST", FINDING, "GET, HEAD"),
        ("PATCH", "/health", "GET, HEAD"),
        ("OPTIONS", "/ontology", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
    ],
)
def test_another_method_is_405_and_what_is_allowed_is_said(server, method, path, allowed):
    response = server.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == f"{method} is not possible here, but {allowed}."
    assert_protected(response)


# Other origins


def test_any_page_may_read_without_credentials(server):
    response = server.get(ASK, headers={"Origin": "https://example.org", "Cookie": "a=b"})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


def test_any_page_may_post_a_query(server):
    response = server.options(
        "/sparql",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, accept",
        },
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "content-type" in response.headers["access-control-allow-headers"].lower()


def test_no_page_may_do_more(server):
    response = server.options(
        "/sparql",
        headers={"Origin": "https://example.org", "Access-Control-Request-Method": "DELETE"},
    )
    assert response.status_code == 400


# Failures of our own


class Failing:
    """A store that fails in a way that nobody foresaw."""

    version = "0" * 64

    async def query(self, _query):
        raise ZeroDivisionError("secret")

    stream = query

    async def close(self):
        pass


@pytest.fixture(scope="module")
def failing():
    app = create_app(Settings(), Failing())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", [ASK, "/findings", "/findings.csv", FINDING, f"{FINDING}.ttl"])
def test_a_failure_of_ours_is_500_without_its_reason(failing, path):
    response = failing.get(path, headers={"Origin": "https://example.org", "Accept": "*/*"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "The server failed at this request; its log says why."
    assert "secret" not in response.text
    assert_protected(response)
    page = failing.get(path, headers={"Accept": BROWSER})
    assert page.status_code == 500
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "secret" not in page.text
    assert "Traceback" not in page.text


def test_a_server_at_another_address_says_that_address(version):
    settings = Settings(base_url="https://graph.example.org/k2")
    with TestClient(create_app(settings, InProcessStore(version))) as client:
        text = client.get("/sparql", headers={"Accept": "application/n-triples"}).text
    endpoints = [
        quad.object.value
        for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES)
        if quad.predicate.value.endswith("#endpoint")
    ]
    assert endpoints == ["https://graph.example.org/k2/sparql"]


def test_the_packaged_evidence_is_served(packaged_server: httpx2.Client):
    """Only that it is: what it says is held by tests/data."""
    for path in ("/", "/health", "/sparql", "/queries", "/findings.csv", "/findings.jsonld"):
        assert packaged_server.get(path, headers={"Accept": BROWSER}).status_code == 200, path
    rows = packaged_server.get("/findings").json()
    assert rows["total"] == len(rows["items"]) > 0
    finding = next(row["finding"] for row in rows["items"] if row["kind"] == "finding")
    path = finding.removeprefix("https://w3id.org/osteokg")
    for suffix in (".ttl", ".jsonld", ".html"):
        assert packaged_server.get(path + suffix).status_code == 200
