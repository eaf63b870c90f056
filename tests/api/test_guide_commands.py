"""The pages on checking, reviewing, statuses and terms: their files written, their commands run.

A block's first line says what it is: ``turtle FILE`` and ``text FILE`` are written, ``replace
FILE`` has a line that takes the place of another, ``console`` is commands and what they print.
"""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = "…"


@pytest.mark.parametrize("page", ["checking", "reviewing", "statuses", "terms"])
def test_a_page_says_what_happens(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[..., tuple[int, str, str]],
    page: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = 0
    text = page_of(project, page)
    for language, name, content in BLOCK.findall(text):
        if language == "console":
            for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
                line, _, shown = part.partition("\n")
                command, *arguments = shlex.split(line)
                assert command == "osteokg"
                code, out, err = told(*arguments)
                assert code in (0, 1), err
                assert matches(shown, out + err), f"$ {line}\n{out}{err}"
                ran += 1
        elif name:
            write(Path(name), content, language)
    assert ran >= 2


def page_of(project: Path, name: str) -> str:
    path = project / "docs" / "guide" / f"{name}.md"
    if not path.exists():
        pytest.skip("an unpacked sdist: docs/ is not in it")
    return path.read_text(encoding="utf-8")


def matches(shown: str, printed: str) -> bool:
    """Return whether a page shows what was printed, but for what it leaves out."""
    parts = (re.escape(part) for part in shown.strip("\n").split(LEFT_OUT))
    return re.fullmatch("(?s:.*?)".join(parts), printed.strip("\n")) is not None


def write(path: Path, content: str, language: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if language == "replace":
        old, new = content.splitlines()
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1
        content = before.replace(old, new)
    path.write_text(content, encoding="utf-8")


def test_the_hooks_run_commands_that_there_are(project: Path, told) -> None:
    page = page_of(project, "checking")
    text = (project / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: osteokg (\w+)$", text, re.MULTILINE)
    assert entries == ["fmt", "check"]
    named = re.findall(r"^- id: ([\w-]+)$", text, re.MULTILINE)
    assert re.findall(r"- id: ([\w-]+)$", page, re.MULTILINE) == named
    for command in entries:
        with pytest.raises(SystemExit) as ended:
            told(command, "--help")
        assert ended.value.code == 0
