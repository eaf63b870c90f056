"""``osteokg load``: an endpoint holds a version whole, or none."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

import osteokg.kg
from osteokg.kg.names import graph_iri

VERSION = "OsteoKG-Version"
GRAPHS = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
TRIPLES = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
LEFT_OUT = "https://w3id.org/osteokg/graph/study/reed-1999"


@pytest.fixture
def emptied(engine):
    """Return the engine with no version in it."""
    engine.empty()
    return engine


@pytest.fixture
def evidence(good, tmp_path):
    """Return two folders: all of the invented evidence, and all but one study."""
    for path in good.glob("*.ttl"):
        if path.stem != "reed-1999":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return SimpleNamespace(whole=("--evidence", str(good)), less=("--evidence", str(tmp_path)))


@pytest.fixture
def begin_load(command, surroundings, evidence):
    """Begin a load in a process of its own."""

    def begin(engine):
        words = [*command, "load", "--store", engine.url, *engine.options, *evidence.whole]
        environment = {**surroundings, **engine.login}
        return subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)

    return begin


@pytest.fixture
def in_front_of(serving):
    """Start a server in front of an engine; it looks often which version is held."""
    return lambda engine: serving("--store", engine.url, "--store-seconds", "0.2")


def ask(client, query):
    """Return the lines of an answer; one replaced while it was made is asked for again."""
    response = client.get("/sparql", params={"query": query, "format": "csv"})
    if response.status_code == 503:
        assert response.headers["retry-after"] == "1"
        response = client.get("/sparql", params={"query": query, "format": "csv"})
    assert response.status_code == 200, response.text
    return response.text.split()


def held(client):
    """Return the version that the server knows, "" for none."""
    return client.get("/health").json()["version"]


def wait_for(client, condition):
    """Wait, half a minute at most, until the version that the server knows is the one meant."""
    for _ in range(300):
        if condition(held(client)):
            return held(client)
        time.sleep(0.1)
    pytest.fail(f"it did not come about; the version is '{held(client)}'")


def test_a_version_is_seen_when_it_comes_and_when_it_goes(
    emptied, load, in_front_of, evidence, serving
):
    with in_front_of(emptied) as client:
        assert held(client) == ""
        first = load(emptied, *evidence.whole)
        assert (first.returncode, first.stdout) == (0, ""), first.stderr
        one = wait_for(client, bool)
        assert first.stderr.startswith(f"Version {one[:12]} is there now")
        whole, table = ask(client, GRAPHS), client.get("/findings.csv").text
        assert LEFT_OUT in whole
        assert "was there already" in load(emptied, *evidence.whole).stderr
        second = load(emptied, *evidence.less)
        other = wait_for(client, lambda version: version not in ("", one))
        assert second.stderr.startswith(f"Version {other[:12]} is there now")
        assert set(whole) - set(ask(client, GRAPHS)) == {LEFT_OUT}
        assert client.get("/findings.csv").text != table
        (number,) = ask(client, TRIPLES)[1:]
        assert f"{int(number):,}" in client.get("/", headers={"Accept": "text/html"}).text
    with serving("--store", emptied.url, "--store-seconds", "1000") as client:
        assert held(client) == other
        emptied.update(f"CLEAR GRAPH <{graph_iri('metadata')}>")
        first, second = (
            client.get("/sparql", params={"query": f"ASK {{ FILTER({number}) }}"})
            for number in (1, 2)
        )
        assert (first.status_code, second.status_code) == (503, 200)
        assert "replaced" in first.json()["detail"]
        assert second.headers["cache-control"] == "no-store"
        assert not {"etag", VERSION} & set(second.headers)


def test_a_load_that_is_killed_leaves_no_version_and_the_next_one_is_whole(
    emptied, load, begin_load, in_front_of, evidence
):
    assert load(emptied, *evidence.less).returncode == 0
    with in_front_of(emptied) as client:
        before = wait_for(client, bool)
        process = begin_load(emptied)
        try:
            wait_for(client, lambda version: not version)  # it has begun
        finally:
            process.kill()
            process.wait(10)
        assert held(client) == ""
        answer = client.get("/sparql", params={"query": "ASK {}"})
        assert answer.headers["cache-control"] == "no-store"
        assert not {"etag", VERSION} & set(answer.headers)
        assert load(emptied, *evidence.whole).returncode == 0
        assert wait_for(client, bool) != before


def test_an_endpoint_with_triples_of_others_is_left_alone(of_the_standard, load, good):
    engine = of_the_standard
    engine.empty()
    engine.update("INSERT DATA { <x:theirs> <x:is> 1 }")
    refused = load(engine, "--evidence", str(good))
    assert refused.returncode == 2
    assert "1 triples that are not OsteoKG's" in refused.stderr
    assert engine.ask("ASK { <x:theirs> <x:is> 1 }").text == "true"
    engine.update("CLEAR DEFAULT")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name the endpoint"),
        (("--store", "ftp://example.org/"), "no address of a SPARQL endpoint"),
        (("--store", "http://user:pw@127.0.0.1:9/sparql"), "give it in the environment"),
        (("--store", "http://127.0.0.1:9/sparql"), "does not answer"),
    ],
)
def test_what_is_wrong_with_the_command_is_told(osteokg, good, arguments, words):
    done = osteokg("load", *arguments, "--evidence", str(good))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_it_is_said_what_to_install(told, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx2", None)
    monkeypatch.delattr(osteokg.kg, "remote", raising=False)
    for name in [name for name in sys.modules if name.startswith("osteokg.kg.remote")]:
        monkeypatch.delitem(sys.modules, name)
    code, out, said = told("load", "--store", "http://127.0.0.1:9/sparql")
    assert (code, out) == (2, "")
    assert "pip install 'osteokg[remote]'" in said
    assert "httpx2" in said


def test_an_engine_that_is_not_known_must_be_told_where_it_is_written_to(
    of_the_standard, osteokg, good
):
    of_the_standard.empty()
    done = osteokg("load", "--store", of_the_standard.url, "--evidence", str(good))
    assert done.returncode == 2
    assert "--update-url" in done.stderr


def test_a_login_does_not_cross_a_network_in_the_clear(osteokg, surroundings, good):
    login = {"OSTEOKG_STORE_USER": "me", "OSTEOKG_STORE_PASSWORD": "hidden"}
    done = osteokg("load", "--store", "http://example.org/sparql", env={**surroundings, **login})
    assert done.returncode == 2
    assert "unencrypted" in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("more", [("--plain",), ("--evidence", "packaged")])
def test_a_store_elsewhere_is_read_only_and_brings_its_own_data(osteokg, more):
    done = osteokg("serve", "--port", "0", "--store", "http://127.0.0.1:9/sparql", *more)
    assert done.returncode == 2
    assert "read only" in done.stderr


def test_a_service_in_front_of_nothing_does_not_start(osteokg):
    done = osteokg("serve", "--port", "0", "--store", "http://127.0.0.1:9/sparql")
    assert done.returncode == 2
    assert "does not answer" in done.stderr
