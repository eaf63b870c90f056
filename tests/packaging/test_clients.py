"""Programs of others that are held against the service: which ones, exactly, and from nowhere."""

import json

import pytest


@pytest.fixture
def locked(project):
    folder = project / ".ci" / "clients"
    if not folder.is_dir():
        pytest.skip("an unpacked sdist, not a clone: continuous integration is not in it")
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return wanted, json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))


def test_they_are_pinned_to_the_last_one(locked):
    wanted, lock = locked
    packages = lock["packages"]
    assert packages[""]["dependencies"] == wanted
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in one for path, one in packages.items() if path)


def test_the_lock_names_no_place_to_get_them(locked):
    _, lock = locked
    assert all("resolved" not in one for one in lock["packages"].values())
