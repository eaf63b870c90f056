"""What a client holds already, what is compressed for it, and what may be kept how long."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.api.compression import accepts_gzip

SELECT = "SELECT ?s { VALUES ?s { %s } }" % " ".join(str(number) for number in range(500))  # noqa: UP031 - braces are its own
ASK = "/sparql?query=ASK%20%7B%7D"
FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
IDENTITY = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}
KEPT = [
    ("/findings", "json"),
    ("/findings.csv", "csv"),
    ("/findings.jsonld", "jsonld"),
    (f"{FINDING}.ttl", "ttl"),
    (f"{FINDING}.jsonld", "jsonld"),
    (ASK, "json"),
    ("/queries/k2-alone-null-results", "json"),
    ("/graphs?default", "ttl"),
]


@pytest.fixture(scope="module")
def version(server):
    return server.get("/health").json()["version"]


# What the client holds


@pytest.mark.parametrize(("path", "name"), KEPT)
def test_what_a_client_holds_is_not_sent_again(server, version, path, name):
    first = server.get(path, headers=IDENTITY)
    assert first.status_code == 200
    assert first.headers["etag"] == f'"{version}.{name}"'
    assert first.headers["cache-control"] == "no-cache"
    for held in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        for method in ("GET", "HEAD"):
            again = server.request(method, path, headers={**IDENTITY, "If-None-Match": held})
            assert again.status_code == 304, held
            assert again.content == b""
            # RFC 9110, section 15.4.5
            for header in ("etag", "cache-control", "vary", "osteokg-version"):
                assert again.headers[header] == first.headers[header], header
            assert "content-type" not in again.headers
    for other in ('"x"', f'"{version}.xml"', f'"{"0" * 64}.{name}"', "nonsense", version):
        assert server.get(path, headers={"If-None-Match": other}).status_code == 200, other


def test_another_format_is_another_thing(server):
    tags = {
        server.get(ASK, headers={**IDENTITY, "Accept": accept}).headers["etag"]
        for accept in ("text/csv", "application/sparql-results+xml", "application/json")
    }
    assert len(tags) == 3
    held = {"If-None-Match": ", ".join(tags), "Accept": "text/tab-separated-values"}
    assert server.get(ASK, headers=held).status_code == 200


@pytest.mark.parametrize("query", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_differs_each_time_is_kept_by_nobody(server, query):
    answers = [
        server.get("/sparql", params={"query": f"SELECT ({query} AS ?x) {{}}"}, headers=headers)
        for headers in ({}, {"If-None-Match": "*"})
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert not any("etag" in answer.headers for answer in answers)


def test_what_is_wrong_is_never_held(server, version):
    held = {"If-None-Match": "*"}
    assert server.get("/sparql?query=SELECT", headers=held).status_code == 400
    assert server.get("/graphs?graph=x:none", headers=held).status_code == 404
    assert server.post("/sparql", data={"query": "ASK {}"}, headers=held).status_code == 200


@pytest.mark.parametrize(("path", "name"), KEPT)
def test_a_version_can_be_asked_for(server, version, path, name):
    at = f"{path}{'&' if '?' in path else '?'}version={version}"
    answer = server.get(at, headers=IDENTITY)
    assert answer.content == server.get(path, headers=IDENTITY).content
    assert answer.headers["etag"] == f'"{version}.{name}"'
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    gone = server.get(at.replace(version, "0" * 64))
    assert gone.status_code == 410
    assert gone.json()["title"] == "The version is not kept"
    assert "etag" not in gone.headers


def test_the_version_of_the_language_is_no_version_of_the_data(server):
    """SPARQL 1.2 Protocol, section 2.1."""
    assert server.get(f"{ASK}&version=1.1").status_code == 200
    assert server.get(f"{ASK}&version=1.2-basic").status_code == 200
    assert server.get(f"{ASK}&version=1.1&version=1.2").status_code == 400


def test_a_thing_leads_to_its_data_of_the_same_version(server, version):
    answer = server.get(f"{FINDING}?version={version}", headers={"Accept": "text/turtle"})
    assert answer.headers["location"] == f"{FINDING}.ttl?version={version}"
    assert server.get(f"{FINDING}?version={'0' * 64}").status_code == 410


@pytest.mark.parametrize("path", ["/findings", f"{FINDING}", f"{FINDING}.ttl", "/void", ASK[:7]])
def test_what_names_no_version_is_wrong_and_not_gone(server, path):
    response = server.get(path, params={"version": "abc", "query": "ASK {}"}
                          if path == "/sparql" else {"version": "abc"})  # fmt: skip
    assert response.status_code == 400
    assert "'abc' is no version" in response.json()["detail"]


# Compression


@pytest.mark.parametrize(
    "path", ["/", "/findings", "/findings.csv", "/openapi.json", "/static/osteokg.css", "/ontology"]
)
def test_what_is_accepted_is_compressed(server, path):
    plain = server.get(path, headers=IDENTITY)
    packed = server.get(path, headers=GZIP)
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content  # httpx unpacks it
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["vary"]


def test_what_is_compressed_is_smaller_and_another_thing(raw, server, version):
    head = "GET /findings.csv HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip"
    request = f"{head}\r\n\r\n"
    _, headers, body = raw(request.encode())
    assert int(headers["content-length"]) == len(body)
    plain = server.get("/findings.csv", headers=IDENTITY).content
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2
    tag = f'"{version}.csv.gzip"'
    assert headers["etag"] == tag
    for held, status in ((tag, 304), (tag.replace(".gzip", ""), 304), ('"x.gzip"', 200)):
        again = server.get("/findings.csv", headers={**GZIP, "If-None-Match": held})
        assert again.status_code == status
        if status == 304:
            assert again.headers["etag"] == held


def test_a_file_that_was_compressed_is_not_sent_again(server):
    first = server.get("/static/osteokg.css", headers=GZIP)
    assert first.headers["etag"].endswith('.gzip"')
    held = {**GZIP, "If-None-Match": first.headers["etag"]}
    assert server.get("/static/osteokg.css", headers=held).status_code == 304


def test_a_stream_is_compressed_as_it_comes(server):
    answer = server.get("/sparql", params={"query": SELECT}, headers=GZIP)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["results"]["bindings"]) == 500
    assert answer.headers["etag"].endswith('.json.gzip"')


@pytest.mark.parametrize("path", [ASK, "/health", "/static/favicon.svg"])
def test_what_is_small_is_sent_as_it_is(server, path):
    answer = server.get(path, headers=GZIP)
    assert "content-encoding" not in answer.headers or len(answer.content) >= 500
    assert "Accept-Encoding" in answer.headers["vary"]


def test_http_1_0_gets_a_length(raw):
    """It knows no chunks: without a length nobody could tell an answer that was cut."""
    for path in (ASK, "/findings.csv", "/graphs?default"):
        request = f"GET {path} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n"
        status, headers, body = raw(request.encode())
        assert status == 200
        assert int(headers["content-length"]) == len(body)
        assert "content-encoding" not in headers


CODINGS = ["gzip", "x-gzip", "br", "identity", "*", "GZIP"]
QUALITIES = ["", ";q=1", ";q=0", "; q=0.5", ";q=0.001", ";q=nonsense", ";x=1"]


def quality_of(suffix: str) -> float:
    _, _, value = suffix.partition("q=")
    return {"": 1.0, "nonsense": 0.0}.get(value) if value in ("", "nonsense") else float(value)


@given(st.lists(st.tuples(st.sampled_from(CODINGS), st.sampled_from(QUALITIES)), max_size=4,
                unique_by=lambda item: item[0].lower()))  # fmt: skip
def test_gzip_is_chosen_as_the_client_likes(header):
    """RFC 9110, section 12.5.3: the name itself before ``*``; without either it is not accepted."""
    given_ = {name.lower(): quality_of(suffix) for name, suffix in header}
    named = [given_[name] for name in ("gzip", "x-gzip") if name in given_]
    liked = max(named) if named else given_.get("*", 0.0)
    expected = liked > 0 and liked >= given_.get("identity", 0.0)
    assert accepts_gzip(", ".join(name + suffix for name, suffix in header)) is expected


@given(st.text(st.sampled_from("gzip*;q=01., \t"), max_size=20))
def test_no_header_is_a_failure(header):
    assert accepts_gzip(header) in (True, False)


def test_zlib_writes_what_gzip_reads():
    """The window that asks zlib for gzip's header and checksum (zlib manual, deflateInit2)."""
    packer = zlib.compressobj(5, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    assert gzip.decompress(packer.compress(b"a" * 1000) + packer.flush()) == b"a" * 1000


# What has no version of its own is known by its content

DOCUMENTS = [
    "/", "/ontology", "/ontology.ttl", "/context.jsonld", "/context/1.jsonld", "/shapes",
    "/shapes/served", "/queries", "/queries.ttl", "/frames/Finding.jsonld", "/openapi.json",
    "/sitemap.xml", "/robots.txt", "/versions", "/versions.atom", "/sparql", "/docs", "/dumps",
    "/mappings.sssom.tsv", f"{FINDING}.html", "/completions.json",
]  # fmt: skip


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("coding", [IDENTITY, GZIP])
def test_every_document_is_known_again(server, path, coding):
    first = server.get(path, headers=coding)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    for method in ("GET", "HEAD"):
        again = server.request(method, path, headers={**coding, "If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content) == (304, b"")
        for header in ("etag", "cache-control", "vary", "link"):
            assert again.headers.get(header) == first.headers.get(header), header
        assert "content-type" not in again.headers
    assert server.get(path, headers={**coding, "If-None-Match": '"x"'}).content == first.content


def test_another_page_has_another_tag(server):
    tags = {
        server.get(path, headers={**IDENTITY, "Accept": accept}).headers["etag"]
        for path in ("/queries", "/versions", "/ontology")
        for accept in ("text/html", "application/json;q=0.9, text/turtle")
    }
    assert len(tags) == 6


def test_what_nobody_may_keep_has_no_tag(server):
    for path in ("/sparql?query=SELECT (NOW() AS ?now) {}", "/metrics", "/nowhere"):
        response = server.get(path)
        assert "etag" not in response.headers, path
