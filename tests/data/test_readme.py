"""What the README shows is what one gets: its numbers, its commands, its examples."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pytest

HERE = "http://127.0.0.1:8000"
LEFT_OUT = "…"


@pytest.fixture(scope="module")
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


def test_the_produced_parts_are_up_to_date(project: Path) -> None:
    script = project / "docs" / "make_readme.py"
    if not script.exists():
        pytest.skip("an unpacked sdist: the script that writes the README is not in it")
    result = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def asked(command: str, address: str) -> str:
    """Return what a server answers to a curl command, with the few options the README uses."""
    words = iter(shlex.split(command.replace(HERE, address))[1:])
    headers: dict[str, str] = {}
    form: dict[str, str] = {}
    follow = False
    url = ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "--data-urlencode":
            name, _, value = next(words).partition("=")
            form[name] = value
        elif word == "-L":
            follow = True
        else:
            assert not word.startswith("-"), f"{word}: teach this test the option"
            url = word
    with httpx2.Client(trust_env=False, follow_redirects=follow, headers=headers) as client:
        response = client.post(url, data=form) if form else client.get(url)
    assert response.status_code == 200, url
    return str(response.text)


def test_the_examples_give_what_is_shown(
    readme: str, serving: Callable[..., AbstractContextManager[str]]
) -> None:
    examples = re.findall(r"```sh\n(curl .*?)```\n\n```\w+\n(.*?)```", readme, re.DOTALL)
    assert len(examples) == readme.count("```sh\ncurl ") == 2
    with serving() as address:
        for command, shown in examples:
            got = iter(line.strip() for line in asked(command, address).splitlines())
            for line in shown.splitlines():
                # Every line shown comes, in this order; … stands for lines between.
                assert line.strip() == LEFT_OUT or line.strip() in got, line


def test_the_two_commands_are_there(readme: str) -> None:
    make = "python3 -m venv .venv && .venv/bin/pip install -e"
    assert f"\n{make} . && .venv/bin/osteokg serve\n" in readme
    assert f"\n{make} '.[dev]' && .venv/bin/pytest\n" in readme


def test_what_the_readme_points_at_is_there(readme: str, project: Path) -> None:
    targets = re.findall(r"\]\(([^):]+)\)", readme)
    assert "docs/pictures/finding.png" in targets
    if (project / "docs").exists():
        assert [path for path in targets if not (project / path).exists()] == []
        pictures = [project / path for path in targets if path.endswith(".png")]
        assert [path.name for path in pictures if path.stat().st_size > 250_000] == []
