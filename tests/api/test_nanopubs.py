"""Nanopublications over HTTP and on the command line."""

import re

import pyoxigraph as ox
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from osteokg.kg.nanopub import DATASET_FORMATS, faults_of, nanopubs_in

FINDING = "/id/finding/quill-2001-k2-bone-mass-femur"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORMATS = {format_.name: format_ for format_ in DATASET_FORMATS}


@pytest.fixture(scope="module")
def address(server):
    response = server.get(f"{FINDING}.nanopub")
    assert response.status_code == 303
    return response.headers["location"]


def test_a_finding_leads_to_its_nanopublication(server, address):
    response = server.get(address)
    assert response.headers["content-type"] == "application/trig"
    (one,) = nanopubs_in(response.content, ox.RdfFormat.TRIG)
    assert one.iri == f"https://w3id.org/osteokg{address}"
    assert faults_of(one) == []
    assert f'<{one.iri}>; rel="canonical"' in response.headers["link"]
    assert f'<https://w3id.org/osteokg{FINDING}>; rel="about"' in response.headers["link"]


@pytest.mark.parametrize("name", FORMATS)
def test_accept_and_suffix_choose_the_format(server, address, name):
    format_ = FORMATS[name]
    by_name = server.get(f"{address}.{name}")
    by_accept = server.get(address, headers={"Accept": format_.media_types[0]})
    assert by_name.content == by_accept.content
    assert by_name.headers["content-type"] == format_.content_type
    (one,) = nanopubs_in(by_name.content, format_.engine)
    assert faults_of(one) == []
    held = server.get(f"{address}.{name}", headers={"If-None-Match": by_name.headers["etag"]})
    assert held.status_code == 304


def test_a_browser_gets_a_page(server, address):
    text = server.get(address, headers={"Accept": BROWSER}).text
    assert "Vitamin K2 spared some of that bone." in text
    assert f'href="{address}.trig"' in text
    assert f'href="{FINDING}"' in text
    shown = server.get(f"{FINDING}.html").text
    assert f'<link rel="alternate" type="application/trig" href="{FINDING}.nanopub">' in shown
    assert f'<a href="{FINDING}.nanopub">' in shown
    assert ".nanopub" not in server.get("/vocab/Femur.html").text


def test_the_documents_of_a_statement_name_its_nanopublication(server):
    link = f'<{FINDING}.nanopub>; rel="alternate"; type="application/trig"'
    assert link in server.get(f"{FINDING}.ttl").headers["link"]
    assert ".nanopub" not in server.get("/vocab/Femur.ttl").headers["link"]


def test_all_at_once(server, address):
    read = nanopubs_in(server.get("/np").content, ox.RdfFormat.TRIG)
    assert f"https://w3id.org/osteokg{address}" in [one.iri for one in read]
    assert [fault for one in read for fault in faults_of(one)] == []
    assert server.get("/np", headers={"Accept": "image/png"}).status_code == 406


def test_the_index_leads_to_every_one(server):
    led = server.get("/np/index", follow_redirects=False)
    assert led.status_code == 303
    iri = f"https://w3id.org/osteokg{led.headers['location']}"
    (index,) = nanopubs_in(server.get(led.headers["location"]).content, ox.RdfFormat.TRIG)
    assert (index.iri, faults_of(index)) == (iri, [])
    named = {q.object.value for q in index.quads if q.predicate.value.endswith("includesElement")}
    every = {one.iri for one in nanopubs_in(server.get("/np").content, ox.RdfFormat.TRIG)}
    assert len(named) > 10
    assert named | {iri} == every
    page = server.get(led.headers["location"], headers={"Accept": "text/html"}).text
    assert "An index: it names" in page


def test_what_is_not_there_is_told(server, address):
    for path in ("/id/arm/nowhere.nanopub", "/np/RAnowhere", f"{address}.png"):
        assert server.get(path).status_code == 404
    assert "versions" in server.get("/np/RAnowhere").json()["detail"]


# The command


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "id_rsa"
    path.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_the_command_writes_what_the_service_gives(osteokg, good, server, address):
    done = osteokg(
        "nanopub", "--evidence", good, "finding:quill-2001-k2-bone-mass-femur", "--format", "nq"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == server.get(f"{address}.nq").text


def test_signed_ones_are_verified(osteokg, good, key_file, tmp_path):
    who = "https://orcid.org/0000-0002-1825-0097"
    done = osteokg("nanopub", "--evidence", good, "--key", key_file, "--creator", who)
    path = tmp_path / "signed.trig"
    path.write_text(done.stdout, encoding="utf-8")
    checked = osteokg("nanopub", "--verify", path)
    assert (checked.returncode, checked.stdout) == (0, "")
    number = done.stdout.count("np:Nanopublication ;")
    named = set(re.findall(r"np/(RA[\w-]{43})>", done.stdout))  # by the index
    assert number > 10
    assert len(named) == number
    assert checked.stderr == (
        f"{number} nanopublications, {number} of them signed: all as their names say.\n"
    )
    path.write_text(done.stdout.replace("okg:Femur", "okg:Tibia"), encoding="utf-8")
    checked = osteokg("nanopub", "--verify", path)
    assert checked.returncode == 1
    assert "was changed after it was signed" in checked.stdout
    assert "by its content it would be called RA" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["okg:Femur"], "okg:Femur is no statement of the graph"),
        (["--creator", "https://orcid.org/0000-0002-1825-0097"], "add --key FILE"),
        (["--key", "/nowhere"], "/nowhere: No such file or directory"),
        (["--verify", "{good}/quill-2001.ttl"], "this is no file of graphs; .trig, .nq, .jsonld"),
    ],
)
def test_wrong_commands_are_told(told, good, arguments, words):
    code, out, err = told(
        "nanopub", "--evidence", good, *(one.format(good=good) for one in arguments)
    )
    assert (code, out) == (2, "")
    assert words in err
