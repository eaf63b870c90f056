"""Who may write, and what a writer is told: tokens, origins, reports."""

import asyncio
import json
import logging

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from osteokg.api import write_access
from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.api.write_access import read_token
from osteokg.kg.errors import (
    BusyError,
    DataError,
    ReadOnlyError,
    RequestError,
)
from osteokg.kg.files import Sources
from osteokg.kg.problems import Problem
from osteokg.kg.results import Query
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version
from osteokg.kg.writes import Update, Written

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - of these tests
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = {"Content-Type": "application/sparql-update"}


class Refusing(InProcessStore):
    """Versions that note what they are asked, and refuse it with an error."""

    def __init__(self, error=None):
        super().__init__(Version("0" * 64, ox.Store(), Sources((), ())))
        self.error = error
        self.asked = []

    @property
    def store(self):
        return self

    def kept(self):
        return []

    async def write(self, write, if_match=None):
        self.asked.append((write, if_match))
        if self.error:
            raise self.error
        return Written("1" * 64, (), ())


def client(versions=None, *, host="testserver", **settings):
    given = {"write_token": TOKEN.encode(), **settings}
    versions = versions or Refusing()
    app = create_app(Settings(**given), versions, versions)
    return TestClient(app, base_url=f"http://{host}")


def write(to, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return to.post("/update", content="DROP ALL", headers={**UPDATE, **given})


# The token


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x",
     f"Bearer {TOKEN[:-1]}", "Bearer \u00e9\u00e9"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/update"), ("PUT", "/graphs?graph=x:g"), ("POST", "/graphs"),
                         ("DELETE", "/graphs?default")]
)  # fmt: skip
def test_without_the_token_nothing_is_written(authorization, method, path):
    versions = Refusing()
    with client(versions) as asked:
        headers = [] if authorization is None else [(b"authorization", authorization.encode())]
        answer = asked.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert answer.json()["title"] == "The write token is missing or wrong"
    assert TOKEN not in answer.text
    assert versions.asked == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_it_is(scheme):
    versions = Refusing()
    with client(versions) as asked:
        answer = write(asked, Authorization=f"{scheme} {TOKEN}")
    assert answer.status_code == 200
    assert answer.headers["osteokg-version"] == "1" * 64
    assert versions.asked == [(Update("DROP ALL", base="http://testserver/update"), None)]


def test_tokens_are_compared_as_long_for_wrong_ones(monkeypatch):
    compared = []

    def compare(given, right):
        compared.append((given, right))
        return False

    monkeypatch.setattr(write_access.hmac, "compare_digest", compare)
    with client() as asked:
        assert write(asked, Authorization="Bearer guess").status_code == 401
        assert write(asked).status_code == 401
    assert compared == [(b"guess", TOKEN.encode()), (b"", TOKEN.encode())]


def test_the_token_is_not_told(caplog):
    caplog.set_level(logging.DEBUG)
    assert TOKEN not in repr(Settings(write_token=TOKEN.encode()))
    with client(Refusing(ReadOnlyError("owned by a file"))) as asked:
        answers = [write(asked, **BEARER), write(asked, Authorization="Bearer guess")]
    assert [answer.status_code for answer in answers] == [409, 401]
    assert TOKEN not in caplog.text + "".join(answer.text for answer in answers)


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0o600, "No such file"),
        ("", 0o600, "at least 16"),
        ("short", 0o600, "at least 16"),
        ("two words of a token", 0o600, "one word"),
        ("é" * 20, 0o600, "ASCII"),
        (TOKEN, 0o644, "others may read it; chmod 600"),
        (TOKEN, 0o660, "others may read it"),
    ],
)
def test_a_bad_token_file_is_told(tmp_path, content, mode, words):
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
    with pytest.raises(RequestError, match=words) as told:
        read_token(path)
    assert not content or content not in str(told.value)


def test_a_token_is_the_one_line_of_its_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    assert read_token(path) == TOKEN.encode()


def test_a_server_takes_its_token_from_a_file(serving, osteokg, tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    with serving("--plain", "--write-token-file", str(path)) as asked:
        assert write(asked).status_code == 401
        assert write(asked, **BEARER).status_code == 200
    path.chmod(0o644)
    refused = osteokg("serve", "--port", "0", "--plain", "--write-token-file", path)
    assert refused.returncode == 2
    assert "others may read it" in refused.stderr


# Who else


def test_without_a_token_only_this_machine_writes(osteokg):
    refused = osteokg("serve", "--port", "0", "--plain", "--host", "0.0.0.0")  # noqa: S104
    assert refused.returncode == 2
    assert "lets anybody write" in refused.stderr
    for host, status in (
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("[::1]", 200),
        ("rebound.example", 403),
    ):
        with client(host=host, write_token=None, plain=True) as asked:
            assert write(asked).status_code == status, host


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 200),
        ("https://graph.example.org", 200),
        ("https://evil.example", 403),
        ("http://testserver.evil.example", 403),
        ("https://testserver", 403),
        ("null", 403),
    ],
)
def test_pages_of_other_origins_write_nothing(origin, status):
    """A form on any page can post to a service on the reader's machine; the browser says whose."""
    versions = Refusing()
    with client(versions, base_url="https://graph.example.org/k2") as asked:
        answer = write(asked, Origin=origin, **BEARER)
    assert answer.status_code == status
    assert bool(versions.asked) is (status == 200)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/update", "POST", 405),
        ("/graphs", "POST", 405),
        ("/graphs/a", "PUT", 405),
        ("/graphs", "DELETE", 405),
        ("/graphs", "GET", 200),
        ("/sparql", "POST", 200),
    ],
)
def test_a_browser_is_told_beforehand(path, method, status):
    with client() as asked:
        answer = asked.options(
            path,
            headers={
                "Origin": "https://example.org",
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "content-type",
            },
        )
    assert answer.status_code == status
    assert ("access-control-allow-methods" in answer.headers) is (status == 200)
    assert "access-control-allow-credentials" not in answer.headers


def test_no_page_may_send_the_token():
    with client() as asked:
        answer = asked.options(
            "/sparql",
            headers={
                "Origin": "https://example.org",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization",
            },
        )
    assert answer.status_code == 400


def test_pages_may_read_what_an_answer_says_of_itself(plain):
    answer = plain.get("/sparql?query=ASK{}", headers={"Origin": "https://example.org"})
    exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
    assert {"etag", "link", "location", "retry-after", "osteokg-version"} <= set(exposed)


# What a writer is told

PROBLEMS = [
    Problem("Femur has no label.", "MinCountConstraintComponent", focus="http://example.org/Femur"),
    Problem("is odd", "odd", severity="warning"),
]


@pytest.fixture(scope="module")
def invalid():
    with client(Refusing(DataError(PROBLEMS))) as asked:
        yield asked


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/turtle;q=0.1, */*"])
def test_the_report_on_data_that_are_wrong_is_json(invalid, accept):
    answer = write(invalid, **BEARER, **({"Accept": accept} if accept else {}))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    report = answer.json()
    assert report["conforms"] is False
    assert {row["message"] for row in report["problems"]} == {"Femur has no label.", "is odd"}


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/n-triples"])
def test_the_report_is_shacl_in_rdf(invalid, accept):
    answer = write(invalid, Accept=accept, **BEARER)
    assert answer.status_code == 422
    assert answer.headers["content-type"].partition(";")[0] == accept
    quads = list(ox.parse(answer.content, ox.RdfFormat.from_media_type(accept)))
    said = {(quad.predicate.value.rpartition("#")[2], quad.object.value) for quad in quads
            if hasattr(quad.object, "value")}  # fmt: skip
    assert ("conforms", "false") in said
    assert ("focusNode", "http://example.org/Femur") in said
    assert ("resultMessage", "Femur has no label.") in said


def test_the_report_is_text_or_a_page(invalid):
    text = write(invalid, Accept="text/plain", **BEARER)
    assert text.status_code == 422
    assert "violation [MinCountConstraintComponent] Femur has no label." in text.text
    page = write(invalid, Accept="text/html", **BEARER)
    assert page.status_code == 422
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Femur has no label." in page.text


def test_other_refusals_are_problems():
    for error, status in ((ReadOnlyError("a file owns it"), 409), (BusyError("wait", 7), 503)):
        with client(Refusing(error)) as asked:
            answer = write(asked, **BEARER)
        assert answer.status_code == status
        assert json.loads(answer.text)["detail"] == str(error)
        assert answer.headers.get("retry-after") == (None if status == 409 else "7")


@pytest.mark.parametrize(
    ("condition", "required"),
    [
        (None, None),
        ("*", None),
        ('"abc.ttl"', {"abc"}),
        ('"abc.ttl.gzip", W/"def.json"', {"abc", "def"}),
        ('"abc"', {"abc"}),
        ("nonsense", set()),
    ],
)
def test_a_condition_names_versions(condition, required):
    versions = Refusing()
    with client(versions) as asked:
        write(asked, **BEARER, **({"If-Match": condition} if condition else {}))
    assert versions.asked[0][1] == required


def test_a_write_closes_what_it_opened():
    """The application closes the versions, and with them the store, when it ends."""
    versions = Refusing()
    with client(versions) as asked:
        assert write(asked, **BEARER).status_code == 200
    with pytest.raises(RuntimeError, match="shutdown"):
        asyncio.run(versions.query(Query("ASK {}")))
