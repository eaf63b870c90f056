"""Dumps: the files of a version over HTTP, those of older versions, and of services without any."""

import asyncio
import gzip
import hashlib
import json
import subprocess
import sys

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient

from osteokg.api.app import create_app
from osteokg.api.settings import Settings
from osteokg.kg.errors import GoneError, UnavailableError
from osteokg.kg.release import files_of_release
from osteokg.kg.releases import Releases
from osteokg.kg.snapshots import write_snapshot
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import canonical_quads, named_quads
from osteokg.kg.worker.snapshot import Snapshot

NAMES = [file.name for file in files_of_release()]
BROWSER = {"Accept": "text/html"}


def made(client, path):
    """Return a file once it is made: each answer waits a while for it."""
    response = client.get(path)
    for _ in range(20):
        if response.status_code == 503:
            response = client.get(path)
    return response


@pytest.fixture(scope="module")
def listed(server):
    current = server.get("/dumps", headers={"Accept": "application/json"}).json()["current"]
    return server.get(f"/dumps/{current}").json()


@pytest.fixture(scope="module")
def sums(server, listed):
    text = made(server, f"/dumps/{listed['version']}/SHA256SUMS").text
    return dict(reversed(line.split("  ")) for line in text.splitlines())


def test_a_version_lists_its_files_by_whole_addresses(server, listed):
    assert [file["name"] for file in listed["files"]] == NAMES
    base = str(server.base_url).rstrip("/")
    for file in listed["files"]:
        assert file["address"] == f"{base}/dumps/{listed['version']}/{file['name']}"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_its_checksum_says_and_never_changes(server, listed, sums, name):
    path = f"/dumps/{listed['version']}/{name}"
    for coding in ("identity", "gzip"):
        response = server.get(path, headers={"Accept-Encoding": coding})
        assert response.status_code == 200
        if name != "SHA256SUMS":
            assert hashlib.sha256(response.content).hexdigest() == sums[name]
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["osteokg-version"] == listed["version"]
        tag = response.headers["etag"]
        again = server.get(path, headers={"If-None-Match": tag, "Accept-Encoding": coding})
        assert (again.status_code, again.content) == (304, b"")
    (told,) = [file for file in files_of_release() if file.name == name]
    assert response.headers["content-type"].split(";")[0] == told.media_type


@pytest.mark.usefixtures("sums")
def test_what_is_packed_is_not_packed_again(server, listed):
    path = f"/dumps/{listed['version']}/osteokg.nq.gz"
    response = server.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in response.headers
    quads = gzip.decompress(response.content)
    assert canonical_quads(ox.parse(quads, ox.RdfFormat.N_QUADS)) == quads


@pytest.mark.usefixtures("sums")
def test_a_part_of_a_file_can_be_asked_for_also_by_who_takes_gzip(server, listed):
    path = f"/dumps/{listed['version']}/osteokg.nq"
    whole = server.get(path).content
    for coding in ("identity", "gzip"):
        headers = {"Range": "bytes=100-299", "Accept-Encoding": coding}
        part = server.get(path, headers=headers)
        assert part.status_code == 206
        assert "content-encoding" not in part.headers
        assert part.content == whole[100:300]
        assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"


def test_current_leads_to_the_version_that_is_current(server, listed):
    for rest in ("", "/findings.csv"):
        response = server.get(f"/dumps/current{rest}")
        assert response.status_code == 307
        assert response.headers["location"] == f"/dumps/{listed['version']}{rest}"
        assert response.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("sums")
def test_the_findings_are_those_of_the_service(server, listed):
    assert server.get(f"/dumps/{listed['version']}/findings.csv").content == (
        server.get("/findings.csv").content
    )


def test_there_is_a_page_with_a_link_to_each_file(server, listed):
    for path in ("/dumps", f"/dumps/{listed['version']}"):
        page = server.get(path, headers=BROWSER)
        assert page.headers["content-type"].startswith("text/html")
        for name in NAMES:
            assert f'href="/dumps/{listed["version"]}/{name}"' in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/dumps/{}/nothing.nq", 404),
        ("/dumps/{}/..%2f..%2fetc", 404),
        ("/dumps/{}/%2e%2e", 404),
        ("/dumps/" + "0" * 64, 410),
        ("/dumps/" + "0" * 64 + "/osteokg.nq", 410),
    ],
)
def test_what_is_not_there_is_told(server, listed, path, status):
    response = server.get(path.format(listed["version"]))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_old_versions_keep_their_files(serving, good, tmp_path):
    token = tmp_path / "token"
    token.write_text("correct-horse-battery-staple")
    token.chmod(0o600)
    options = ("--evidence", str(good), "--data-dir", str(tmp_path / "data"))
    with serving(*options, "--write-token-file", str(token)) as client:
        before = client.get("/dumps").json()["current"]
        written = client.put(
            "/graphs",
            params={"graph": "https://example.org/notes"},
            content='<https://example.org/it> <https://example.org/says> "a note" .',
            headers={
                "Authorization": f"Bearer {token.read_text()}",
                "Content-Type": "text/turtle",
            },
        )
        assert written.status_code == 201
        after = client.get("/dumps").json()
        assert after["current"] != before
        assert [one["version"] for one in after["versions"]] == [after["current"], before]
        assert '"a note"' in made(client, f"/dumps/{after['current']}/osteokg.nq").text
        assert '"a note"' not in made(client, f"/dumps/{before}/osteokg.nq").text
        assert made(client, f"/dumps/{before}/VERSION").text == f"{before}\n"


def test_a_service_without_dumps_says_so_and_does_not_lead_there(version, plain):
    with TestClient(create_app(Settings(), InProcessStore(version))) as client:
        for path in ("/dumps", "/dumps/current", f"/dumps/{version.id}/osteokg.nq"):
            response = client.get(path)
            assert response.status_code == 404
            assert "osteokg export" in response.json()["detail"]
        assert "/dumps" not in client.get("/", headers=BROWSER).text
    assert plain.get("/dumps").status_code == 404


# How they are made


@pytest.fixture
def snapshots(version, tmp_path):
    found = {}
    for number in range(4):
        path = tmp_path / f"{number}.nq.gz"
        write_snapshot(canonical_quads(named_quads(version.store)), path)
        found[str(number)] = Snapshot(str(number), path)
    return found


def using(find, work, **options):
    async def run():
        releases = Releases(find, **options)
        try:
            return await work(releases)
        finally:
            await releases.close()

    return asyncio.run(run())


def test_many_who_ask_at_once_wait_for_the_same_files(snapshots, monkeypatch):
    begun = []
    run = Releases._run  # noqa: SLF001 - counted

    async def counted(self, snapshot, folder):
        begun.append(snapshot.id)
        await run(self, snapshot, folder)

    monkeypatch.setattr(Releases, "_run", counted)

    async def many(releases):
        return await asyncio.gather(*[releases.of("1") for _ in range(5)])

    made = using(snapshots.get, many)
    assert begun == ["1"]
    assert len({release.folder for release in made}) == 1


def test_only_the_last_ones_stay(snapshots, monkeypatch):
    async def quick(_self, snapshot, folder):
        folder.mkdir()
        (folder / "SHA256SUMS").write_text(f"{snapshot.id}  VERSION\n")

    monkeypatch.setattr(Releases, "_run", quick)

    async def all_of_them(releases):
        for name in ("0", "1", "0", "2"):
            await releases.of(name)
        made = [await releases.of("0"), await releases.of("2")]
        left = sorted(path.name for path in made[0].folder.parent.iterdir())
        return made, left

    made, left = using(snapshots.get, all_of_them, keep=2)
    assert left == ["0", "2"]
    assert [release.digests for release in made] == [{"VERSION": "0"}, {"VERSION": "2"}]


def test_who_waits_too_long_is_told_to_come_again_and_the_work_goes_on(snapshots, monkeypatch):
    ready = asyncio.Event()

    async def slow(_self, _snapshot, folder):
        await ready.wait()
        folder.mkdir()
        (folder / "SHA256SUMS").write_text("")

    monkeypatch.setattr(Releases, "_run", slow)

    async def asked(releases):
        with pytest.raises(UnavailableError, match="being made") as told:
            await releases.of("0")
        assert told.value.retry_after == 10
        ready.set()
        return await releases.of("0")

    assert using(snapshots.get, asked, patience=0.01).digests == {}


def test_what_failed_is_tried_again(snapshots):
    broken = snapshots["0"].path.read_bytes()
    snapshots["0"].path.write_bytes(b"no gzip")

    async def twice(releases):
        with pytest.raises(UnavailableError, match="could not be made"):
            await releases.of("0")
        snapshots["0"].path.write_bytes(broken)
        return await releases.of("0")

    assert "osteokg.nq" in using(snapshots.get, twice).digests
    with pytest.raises(GoneError):
        using(snapshots.get, lambda releases: releases.of("9"))


def test_a_release_that_takes_too_long_is_ended(snapshots):
    async def asked(releases):
        with pytest.raises(UnavailableError, match="not be made within"):
            await releases.of("0")

    using(snapshots.get, asked, seconds=0)


def test_its_process_ends_with_who_began_it(snapshots, tmp_path):
    snapshot = snapshots["0"]
    words = json.dumps([snapshot.id, str(snapshot.path), str(tmp_path / "out")])
    process = subprocess.Popen(
        [sys.executable, "-m", "osteokg.kg.releases", words], stdin=subprocess.PIPE
    )
    process.stdin.close()
    assert process.wait(60) == 1
    assert not (tmp_path / "out" / "SHA256SUMS").exists()
