"""What is deployed: the files of deploy/, and what docs/ says of operations and threats."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

from osteokg.api.settings import Settings, settings_of

README_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/osteokg serve"


@pytest.fixture(scope="module")
def tree(project: Path) -> Path:
    if not (project / "deploy").exists():
        pytest.skip("an unpacked sdist: deploy/ and docs/ are not in it")
    return project


class Unit(configparser.RawConfigParser):
    """A unit file: keys are told apart by case."""

    def optionxform(self, optionstr):
        return optionstr


def test_the_unit_leaves_time_to_end_and_room_for_connections(tree):
    unit = Unit(strict=False)
    unit.read(tree / "deploy" / "osteokg.service", encoding="utf-8")
    service = unit["Service"]
    assert service["ExecStart"].endswith("/.venv/bin/osteokg serve")
    assert int(service["TimeoutStopSec"]) > Settings().grace_seconds + Settings().drain_seconds
    assert int(service["LimitNOFILE"]) > Settings().connections + 200
    assert service["KillMode"] == "mixed"
    # Workers need them to be without network; nothing else is allowed.
    assert service["RestrictNamespaces"].split() == ["user", "net"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"


def test_the_image_runs_the_readme_s_command_and_says_that_it_was_not_run(tree):
    first, *lines = (tree / "deploy" / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert first.startswith("# Not run where it was written")
    (install,) = [line.removeprefix("RUN ") for line in lines if line.startswith("RUN python3")]
    (start,) = [line for line in lines if line.startswith("CMD ")]
    command = " ".join(re.findall(r'"([^"]+)"', start))
    assert f"{install} && {command}" == README_COMMAND
    assert README_COMMAND in (tree / "README.md").read_text(encoding="utf-8")


def test_variables_that_are_set_in_deploy_are_settings(tree):
    known = {setting.variable for setting in settings_of()}
    for path in filter(Path.is_file, (tree / "deploy").rglob("*")):
        found = set(re.findall(r"OSTEOKG_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert found <= known, path.name


def test_the_proxy_allows_what_the_service_allows(tree):
    """Where nginx knows the same limit, the two say the same."""
    text = (tree / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    said = dict(
        re.findall(r"^\s*(client_\w+|send_timeout|limit_conn) +(?:osteokg )?(\w+);", text, re.M)
    )
    settings = Settings()
    assert said == {
        "client_max_body_size": f"{settings.max_payload // 1_000_000}m",
        "client_header_timeout": f"{settings.head_seconds:g}s",
        "client_body_timeout": f"{settings.body_seconds:g}s",
        "send_timeout": f"{settings.reading_seconds:g}s",
        "limit_conn": str(settings.connections_per_address),
    }


def test_the_tables_of_settings_and_numbers_are_up_to_date(tree):
    result = subprocess.run(
        [sys.executable, tree / "docs" / "make_operations.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_what_the_pages_name_is_there(tree):
    options = set(re.findall(r"--[a-z][a-z-]+", help_of_serve()))
    numbers = set(re.findall(r"^\| `(osteokg\w*)`", page(tree, "operations"), re.MULTILINE))
    for name in ("operations", "threats"):
        text = page(tree, name)
        told = set(re.findall(r"`(--[a-z][a-z-]+)", text)) - {"--help"}
        assert told <= options, name
        told = set(re.findall(r"\bosteokg_\w+", text))
        assert {re.sub("_(total|info|count|bucket)$", "", one) for one in told} <= numbers, name
        links = re.findall(r"\]\(([^):#]+)\)", text)
        assert [link for link in links if not (tree / "docs" / link).exists()] == [], name


def test_every_defence_is_proved_by_a_test_that_is_there(tree):
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (tree / "tests").rglob("*.py"))
    there = set(re.findall(r"^\s*(?:async )?def (test_\w+)", tests, re.MULTILINE))
    text = page(tree, "threats")
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named - there == set()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "|---" not in line]
    assert [row for row in rows if "`test_" not in row and "| attack" not in row] == []


def page(tree: Path, name: str) -> str:
    return (tree / "docs" / f"{name}.md").read_text(encoding="utf-8")


def help_of_serve() -> str:
    command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
