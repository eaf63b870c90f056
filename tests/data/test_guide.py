"""The guide as a reader would follow it: its files written, its commands run, its output compared.

A block's first line says what it is: ``text FILE`` and ``csv FILE`` are written (``csv FILE 9``
is row 9 of it), ``turtle FILE SUBJECT`` takes the place of what the file says of the subject,
``console`` is commands and what they print; a block that names nothing is only read.
"""

import csv
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from osteokg.api.cli import main
from osteokg.kg.files import shape_files, violation_query_files

PAGES = ("table", "scaffold")
BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = "…"


def write(words: str, content: str, language: str) -> None:
    """Write a file that a page shows, or change it as the page says."""
    name, *rest = words.split()
    path = Path(name)
    if language == "csv":
        rows = list(csv.reader(io.StringIO(content)))
        if rest:
            lines = path.read_text("utf-8").splitlines()
            lines[int(rest[0]) - 1] = "\t".join(rows[0])
            content = "\n".join(lines) + "\n"
        else:
            content = "".join("\t".join(row) + "\n" for row in rows)
    elif rest:
        blocks = path.read_text("utf-8").split("\n\n")
        found = [number for number, block in enumerate(blocks) if block.startswith(rest[0] + " ")]
        assert len(found) == 1
        blocks[found[0]] = content.rstrip("\n")
        content = "\n\n".join(blocks)
    path.write_text(content, "utf-8")


def expect(shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a block, and compare what they print with what stands below each."""
    for part in re.split(r"^\$ ", shown, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        command, *arguments = shlex.split(line)
        assert command == "osteokg"
        main(arguments)
        told = capsys.readouterr()
        printed = (told.out + told.err).splitlines()
        pattern = "\n".join(
            r"(?s:.*)" if one == LEFT_OUT else re.escape(one) for one in output.splitlines()
        )
        assert re.fullmatch(pattern, "\n".join(printed)), f"{line}\n" + "\n".join(printed)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_guide_says_what_happens(
    page: str,
    docs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (docs / "guide" / f"{page}.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody is there to be asked

    blocks = BLOCK.findall(text)

    assert sum(language == "console" for language, _, _ in blocks) >= 3
    for language, words, content in blocks:
        if language == "console":
            expect(content, capsys)
        elif words:
            write(words, content, language)


EXAMPLE = re.compile(r"^((?:>[^\n]*\n)+)\n```csv\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_codebook_are_right(
    docs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (docs / "guide" / "codebook.md").read_text("utf-8")
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```csv\n") >= 11
    for number, (quoted, table) in enumerate(examples, 1):
        sentence = " ".join(line.removeprefix(">").strip() for line in quoted.splitlines())
        head, *rows = csv.reader(io.StringIO(table))
        grid = [[*head, "species", "section", "anchors", "text"]]
        grid += [[*row, "rat", "RESULTS", "S1", sentence] for row in rows]
        lines = (
            "\t".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in grid
        )
        (tmp_path / f"example-{number}.tsv").write_text("\n".join(lines), "utf-8")

    code = main(["import", str(tmp_path)])

    told = capsys.readouterr()
    written = f"{len(examples)} studies written: 0 violations, 0 warnings.\n"
    assert told.err == written, told.out
    assert code == 0


def test_the_rules_that_messages_name_are_in_the_codebook(docs: Path) -> None:
    text = (docs / "guide" / "codebook.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \| .*?\(#([\w-]+)\)", text, re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, 14))
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-"): heading
        for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)
    }
    for number, anchor in listed:
        assert re.search(rf"\brules? (\d+ and )?{number}\b", headings[anchor])
    named = {
        number
        for path in [*shape_files(), *violation_query_files()]
        for number in re.findall(r"curation[\s#+]+rule (\d+)", path.read_text("utf-8").lower())
    }
    assert {"1", "11"} <= named <= {number for number, _ in listed}


def test_the_reference_of_columns_is_up_to_date(docs: Path) -> None:
    command = [sys.executable, docs / "make_columns.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_pages_lead_to_what_is_there(docs: Path) -> None:
    guide = docs / "guide"
    for page in ("table", "scaffold", "codebook", "columns"):
        for target in re.findall(r"\]\(([\w./-]+)\)", (guide / f"{page}.md").read_text("utf-8")):
            assert (guide / target).exists(), f"{page}.md: {target}"
