"""The bundle of the query editor: what is committed is what was built, with its licences."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC, SOURCE = ROOT / "api" / "static", ROOT / "workbench"
SUMS = [line.split("  ") for line in (STATIC / "workbench.sha256").read_text().splitlines()]


@pytest.mark.parametrize(("digest", "name"), SUMS)
def test_a_built_file_is_as_it_was_built(digest, name):
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


def test_both_files_have_a_sum():
    assert [name for _, name in SUMS] == ["workbench.js", "workbench.licences.txt"]


def test_every_package_in_the_bundle_has_its_licence_and_is_locked():
    text = (STATIC / "workbench.licences.txt").read_text()
    told = dict(re.findall(r"^(\S+) (\d\S*) \((?:MIT|Apache-2.0)\)$", text, re.MULTILINE))
    lock = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert {"@codemirror/view", "codemirror-lang-sparql", "style-mod"} <= set(told)
    for name, version in told.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert text.count("Permission is hereby granted") == len(told)


def test_the_lock_names_no_address_to_load_from():
    lock = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in lock.values())
    assert all(package.get("integrity") for name, package in lock.items() if name)


def test_the_bundle_asks_nobody_else():
    addresses = re.findall(r"https?://[^\"'`\s)]+", (STATIC / "workbench.js").read_text())
    assert [one for one in addresses if not one.startswith("http://www.w3.org/")] == []
