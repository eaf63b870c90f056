"""The versions of a service, over HTTP: what is told of them, what is written, what is asked."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import httpx2
import pytest

NOTES = "https://example.org/notes"
STUDY = "https://w3id.org/osteokg/graph/study/"
TURTLE = {"Content-Type": "text/turtle"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def token(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("token") / "token"
    path.write_text("correct-horse-battery-staple\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def written(serving, good, token, tmp_path_factory):
    """A service that writes beside files, after three writes; the answers to these."""
    data = tmp_path_factory.mktemp("data")
    arguments = ("--evidence", str(good), "--data-dir", str(data))
    with serving(*arguments, "--write-token-file", str(token)) as client:
        client.headers["Authorization"] = f"Bearer {token.read_text().strip()}"
        yield client, [put(client, f"note {number}") for number in range(3)]


def put(client: httpx2.Client, text: str, graph: str = NOTES) -> httpx2.Response:
    said = f'<{NOTES}#it> <http://www.w3.org/2000/01/rdf-schema#label> "{text}" .'
    return client.put("/graphs", params={"graph": graph}, content=said, headers=TURTLE)


def ask(client: httpx2.Client, text: str, **more: str) -> httpx2.Response:
    query = f'ASK {{ <{NOTES}#it> ?p "{text}" }}'
    return client.get("/sparql", params={"query": query, **more})


def test_a_write_is_answered_when_it_can_be_read(written):
    client, answers = written
    assert [answer.status_code for answer in answers] == [201, 204, 204]
    versions = [answer.headers["osteokg-version"] for answer in answers]
    assert len(set(versions)) == 3
    answer = ask(client, "note 2")
    assert answer.json()["boolean"] is True
    assert answer.headers["osteokg-version"] == versions[-1]


def test_a_kept_version_can_be_asked_and_another_is_gone(written):
    client, answers = written
    first = answers[0].headers["osteokg-version"]
    answer = ask(client, "note 0", version=first)
    assert answer.json()["boolean"] is True
    assert answer.headers["osteokg-version"] == first
    gone = ask(client, "note 0", version="0" * 64)
    assert gone.status_code == 410
    assert "0" * 64 in gone.json()["detail"]


def test_the_versions_are_listed_with_what_changed(written):
    client, answers = written
    told = client.get("/versions").json()
    ids = [answer.headers["osteokg-version"] for answer in answers]
    assert [version["id"] for version in told["versions"]][:3] == ids[::-1]
    assert told["current"] == ids[-1]
    assert told["writable"] is True
    assert told["truth"] == (
        "5 files of evidence, which no HTTP write changes, and 1 graphs beside them, written over "
        "HTTP"
    )
    now, _, first, begun = told["versions"]
    assert (now["added"], now["removed"]) == ({NOTES: 1}, {NOTES: 1})
    assert (first["added"], first["removed"]) == ({NOTES: 1}, {})
    assert (begun["note"], first["note"]) == ("begun", "written over HTTP")
    assert begun["added"][STUDY + "quill-2001"] == 216
    assert now["triples"] == begun["triples"] + 1


def test_the_feed_has_what_readers_of_feeds_need(written):
    client, _ = written
    for answer in (
        client.get("/versions.atom"),
        client.get("/versions", headers={"Accept": "application/atom+xml"}),
    ):
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        feed = ET.fromstring(answer.content)  # noqa: S314 - our own
        entries = feed.findall(f"{ATOM}entry")
        listed = client.get("/versions").json()["versions"]
        for element in (feed, *entries):  # RFC 4287, sections 4.1.1 and 4.1.2
            for name in ("id", "title", "updated"):
                (found,) = element.findall(ATOM + name)
                assert found.text
        assert feed.find(f"{ATOM}author/{ATOM}name") is not None
        assert [entry.find(f"{ATOM}updated").text for entry in entries] == [
            version["made"] for version in listed
        ]
        assert f"{NOTES}: 1 triples added, 1 removed." in entries[0].find(f"{ATOM}summary").text
        link = entries[0].find(f"{ATOM}link").get("href")
        assert client.get(link, headers={"Accept": "text/html"}).status_code == 200


def test_the_versions_have_a_page(written):
    client, answers = written
    page = client.get("/versions", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    for answer in answers:
        assert f"/sparql?version={answer.headers['osteokg-version']}" in page.text
    assert "<summary>1 graphs</summary>" in page.text
    assert "5 files of evidence" in page.text


def test_what_changed_is_told_in_words(written):
    client, answers = written
    first, second, third = (answer.headers["osteokg-version"] for answer in answers)
    address = f"/versions/{second}/changes"
    assert f'href="{address}"' in client.get("/versions", headers={"Accept": "text/html"}).text
    told = client.get(address).json()
    assert (told["before"], told["after"]) == (f"version {first[:12]}", f"version {second[:12]}")
    (change,) = told["details"]
    assert change["thing"] == f"<{NOTES}#it>"
    assert change["fields"] == {"http://www.w3.org/2000/01/rdf-schema#label": ["note 0", "note 1"]}
    text = client.get(f"/versions/{third}/changes?since={first}", headers={"Accept": "text/plain"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "note 0 → note 2" in text.text
    markdown = client.get(address, headers={"Accept": "text/markdown"})
    assert f"version {first[:12]}" in markdown.text
    page = client.get(address, headers={"Accept": "text/html"})
    assert "<del>note 0</del>" in page.text
    assert "<ins>note 1</ins>" in page.text
    feed = ET.fromstring(client.get("/versions.atom").content)  # noqa: S314 - our own
    *newer, oldest = feed.findall(f"{ATOM}entry")
    related = {
        link.get("href") for entry in newer for link in entry.findall(f"{ATOM}link[@rel='related']")
    }
    assert any(link.endswith(address) for link in related)
    assert oldest.findall(f"{ATOM}link[@rel='related']") == []


def test_a_study_that_comes_is_told_with_what_it_contradicts(written, good):
    client, _ = written
    study = (good / "nib-2002.ttl").read_text(encoding="utf-8")
    for old, new in (
        *(("nib-2002", "moor-2004"), ("Nib", "Moor"), ("2010-12", "2010-18"), (" 12 ", " 18 ")),
        *(("okg:NoDifference", "okg:Increased"), ("okg:NoDegree", "okg:FullDegree")),
    ):
        study = study.replace(old, new)
    graph = {"graph": STUDY + "moor-2004"}
    answer = client.put("/graphs", params=graph, content=study, headers=TURTLE)
    assert answer.status_code == 201, answer.text
    version = answer.headers["osteokg-version"]
    page = client.get(f"/versions/{version}/changes", headers={"Accept": "text/html"}).text
    finding = "finding:moor-2004-k2-bone-mass-femur"
    assert f'<a href="/id/{finding.replace(":", "/")}"><code>{finding}</code></a>' in page
    assert "Conflicts between studies" in page
    assert client.delete("/graphs", params=graph).status_code == 204


def test_what_cannot_be_compared_is_told(written, serving, good):
    client, _ = written
    oldest = client.get("/versions").json()["versions"][-1]["id"]
    answer = client.get(f"/versions/{oldest}/changes")
    assert (answer.status_code, "the oldest" in answer.json()["detail"]) == (404, True)
    for path in (f"/versions/{'0' * 64}/changes", f"/versions/{oldest}/changes?since={'0' * 64}"):
        answer = client.get(path)
        assert (answer.status_code, "0" * 64 in answer.json()["detail"]) == (410, True)
    assert (
        client.get(f"/versions/{oldest}/changes", headers={"Accept": "image/png"}).status_code
        == 406
    )
    with serving("--evidence", str(good)) as alone:
        version = alone.get("/versions").json()["current"]
        answer = alone.get(f"/versions/{version}/changes")
        assert (answer.status_code, "keeps one version" in answer.json()["detail"]) == (404, True)
        page = alone.get("/versions", headers={"Accept": "text/html"}).text
        assert "/changes" not in page


def test_the_start_page_counts_what_is_there_now(written, good):
    client, _ = written
    before = client.get("/").text
    study = (good / "reed-1999.ttl").read_text(encoding="utf-8")
    for old, new in (("reed-1999", "fern-2003"), ("Reed 1999", "Fern 2003"), ("2010-9", "2010-17")):
        study = study.replace(old, new)
    study = study.replace(" 9 ", " 17 ")
    graph = {"graph": STUDY + "fern-2003"}
    assert client.put("/graphs", params=graph, content=study, headers=TURTLE).status_code == 201
    after = client.get("/").text
    assert after != before
    assert "<dt>clinical findings</dt><dd>2</dd>" in after
    assert client.delete("/graphs", params=graph).status_code == 204


def test_what_is_wrong_is_told_in_full_and_nothing_changes(written):
    client, _ = written
    before = client.get("/versions").json()["current"]
    wrong = f"<{STUDY}x> a <https://w3id.org/osteokg/vocab/Finding> ."
    answer = client.put("/graphs", params={"graph": STUDY + "x"}, content=wrong, headers=TURTLE)
    assert answer.status_code == 422
    told = answer.json()
    assert told["conforms"] is False
    assert {problem["file"] for problem in told["problems"]} == {"x.ttl"}
    assert len(told["problems"]) > 5
    assert client.get("/versions").json()["current"] == before


def test_what_files_own_is_not_written(written):
    client, _ = written
    answer = put(client, "mine", STUDY + "reed-1999")
    assert answer.status_code == 409
    assert "reed-1999.ttl" in answer.json()["detail"]
    answer = client.post(
        "/update",
        content="INSERT DATA { <x:a> <x:p> 1 }",
        headers={"Content-Type": "application/sparql-update"},
    )
    assert answer.status_code == 409
    assert "default graph" in answer.json()["detail"]


def test_if_match_guards_against_a_write_in_between(written):
    client, _ = written
    current = client.get("/versions").json()["current"]
    query = {"graph": NOTES}
    tag = client.get("/graphs", params=query, headers={"Accept": "text/turtle"}).headers["etag"]
    headers = {**TURTLE, "If-Match": tag}
    said = f'<{NOTES}#it> <http://www.w3.org/2000/01/rdf-schema#label> "guarded" .'
    assert client.put("/graphs", params=query, content=said, headers=headers).status_code == 204
    answer = client.put("/graphs", params=query, content=said + said, headers=headers)
    assert answer.status_code == 412
    assert client.get("/versions").json()["current"] != current


def test_the_service_begins_again_with_what_was_written(serving, good, token, tmp_path):
    arguments = ("--evidence", str(good), "--data-dir", str(tmp_path / "data"))
    arguments += ("--write-token-file", str(token))
    with serving(*arguments) as client:
        client.headers["Authorization"] = f"Bearer {token.read_text().strip()}"
        version = put(client, "stays").headers["osteokg-version"]
    with serving(*arguments) as client:
        answer = ask(client, "stays")
        assert answer.json()["boolean"] is True
        assert answer.headers["osteokg-version"] == version
        assert len(client.get("/versions").json()["versions"]) == 2


# A service with one version


def test_a_read_only_service_has_one_version(server):
    told = server.get("/versions").json()
    (only,) = told["versions"]
    assert only["id"] == told["current"] == server.get("/health").json()["version"]
    assert told["writable"] is False
    assert told["truth"] == "5 files of evidence, as they were when the service began"
    assert ask(server, "x", version=only["id"]).status_code == 200
    assert ask(server, "x", version="0" * 64).status_code == 410
    assert only["id"] in server.get("/versions.atom").text


def test_versions_are_told_in_no_other_form(server):
    answer = server.get("/versions", headers={"Accept": "image/png"})
    assert answer.status_code == 406


# The command line


def test_a_token_without_a_folder_is_refused(osteokg, token, good):
    run = osteokg("serve", "--port", "0", "--evidence", good, "--write-token-file", token)
    assert run.returncode == 2
    assert "add --data-dir DIR" in run.stderr


def test_init_and_serve(osteokg, serving, good, tmp_path):
    run = osteokg("init", tmp_path / "data", "--evidence", good)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"osteokg serve --data-dir {tmp_path / 'data'}" in run.stdout
    with serving("--data-dir", str(tmp_path / "data")) as client:
        told = client.get("/versions").json()
        assert told["truth"] == "the service's data folder (5 graphs), which HTTP writes change"
        assert told["writable"] is False
        second = osteokg("serve", "--port", "0", "--data-dir", tmp_path / "data")
        assert second.returncode == 2
        assert "in use by process" in second.stderr


def test_a_tampered_folder_is_told_by_line(osteokg, good, tmp_path):
    osteokg("init", tmp_path / "data", "--evidence", good)
    path = tmp_path / "data" / "reed-1999.ttl"
    path.write_text(path.read_text().replace("okg:Female", "okg:Male"), encoding="utf-8")
    run = osteokg("serve", "--port", "0", "--data-dir", tmp_path / "data")
    line = path.read_text().splitlines().index("    okg:sex okg:Male .") + 1
    assert run.returncode == 1
    assert f"reed-1999.ttl:{line}: violation [changed-outside]" in run.stdout


def test_journal_lines_are_json(osteokg, good, tmp_path):
    osteokg("init", tmp_path / "data", "--evidence", good)
    (line,) = (tmp_path / "data" / "versions.jsonl").read_text().splitlines()
    assert json.loads(line)["note"] == "initialised with 5 files"
