"""What the README says of numbers, commands and files is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


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


def test_the_two_commands_are_there(readme: str) -> None:
    make = "python3 -m venv .venv && .venv/bin/pip install -e"
    assert f"\n{make} . && .venv/bin/osteokg serve\n" in readme
    tests = "'.[dev]' && .venv/bin/pytest -n auto --dist loadfile"
    assert f"\n{make} {tests}\n" in readme


def test_what_the_readme_points_at_is_there(readme: str, project: Path) -> None:
    targets = re.findall(r"\]\(([^):]+)\)", readme)
    assert "docs/pictures/finding.png" in targets
    if (project / "docs").exists():
        assert [path for path in targets if not (project / path).exists()] == []
        pictures = [project / path for path in targets if path.endswith(".png")]
        assert [path.name for path in pictures if path.stat().st_size > 250_000] == []
