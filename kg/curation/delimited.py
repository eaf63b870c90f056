"""Delimited text: tables as TSV or CSV, with what spreadsheets do to it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from osteokg.kg.curation.cells import Place
from osteokg.kg.problems import Problem

__all__ = ["DATE_LIKE", "Grid", "delimited_bytes", "read_delimited", "trimmed"]

Grid = list[list[str]]
"""The cells of a sheet, row by row, as text."""

_MONTH = (
    r"(jan(uary|uar|vier|v)?|jän(ner)?|gen(naio)?|ene(ro)?|feb(ruary|ruar|rero|braio)?|fév(rier|r)?"
    r"|mar(ch|s|zo)?|märz?|mrz|apr(ile?)?|avr(il)?|abr(il)?|mayo?|mai|mag(gio)?|june?|junio?|juin"
    r"|giu(gno)?|july?|julio?|juil(let)?|lug(lio)?|aug(ust)?|août|ago(sto)?"
    r"|sept?(ember|embre|iembre)?|settembre|o[ck]t(ober|obre|ubre)?|ott(obre)?"
    r"|nov(ember|embre|iembre)?|d[eé][cz](ember|embre)?|dic(embre|iembre)?)[.]?"
)
DATE_LIKE = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?"
    r"|[0-9]{1,2}([-/][0-9]{1,2}[-/]([0-9]{2}){1,2}|[.] ?[0-9]{1,2}[.]( ?([0-9]{2}){1,2})?)"
    rf"|[0-9]{{1,2}}(st|nd|rd|th|[.])?[-/ ]?{_MONTH}([-/, ]+([0-9]{{2}}){{1,2}})?"
    rf"|{_MONTH}[-/ ]+[0-9]{{1,4}}(st|nd|rd|th)?(,? [0-9]{{4}})?",
    re.IGNORECASE,
)
"""What a spreadsheet makes of "1-2" or "3/4" and saves as text, in any of its languages.

In Turtle ``shapes/rules/spreadsheet-date.rq`` looks for the same.
"""

_BLANKS = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\u2060\ufeff]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS = (
    "save the table as UTF-8 (in a spreadsheet: 'CSV UTF-8', or 'Text CSV' with the character set "
    "UTF-8), or give the workbook (.xlsx) itself."
)


def trimmed(text: str) -> str:
    """Return a text without blanks around it, with plain blanks and line feeds in it."""
    lines = (_BLANKS.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def read_delimited(path: Path, sheet: str, titled: Iterable[str]) -> tuple[Grid, list[Problem]]:
    """Return the cells of a TSV or CSV file, and what is wrong with the file.

    UTF-8 with or without byte order mark, or UTF-16 with one. ``titled`` are the headings that
    are known: the delimiter is the one that finds most of them.
    """
    content = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        return [], [_not_utf8(content, error, path, sheet)]
    if "\0" in text:
        message = f"the file has zero bytes, as UTF-16 without a byte order mark has: {_SAVE_AS}"
        return [], [Place(path, sheet).problem(message, "encoding")]
    problems = []
    if "\r" in text:
        whose = "Windows line ends" if "\r\n" in text else "the line ends of old Macintoshes"
        problems.append(
            Place(path, sheet).problem(
                f"the table has {whose}; they are read as line feeds, and the Turtle is written "
                "with line feeds: nothing to do.",
                "line-ends",
                "warning",
            )
        )
    known = set(titled)
    delimiter = max("\t;,", key=lambda sign: _fitting(text, sign, known))
    try:
        grid = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        message = (
            f"cannot be split into cells ({error}): a quotation mark is not closed, or stands in a "
            "cell that begins with one."
        )
        return [], [*problems, Place(path, sheet).problem(message, "table-syntax")]
    return grid, problems


def _fitting(text: str, delimiter: str, known: set[str]) -> int:
    first = text.lstrip("\r\n").splitlines()[:1]
    heads = "".join(first).split(delimiter)
    return sum(
        "".join(sign for sign in head.casefold() if sign.isalnum()) in known for head in heads
    )


def _not_utf8(content: bytes, error: UnicodeDecodeError, path: Path, sheet: str) -> Problem:
    before = content[: error.start]
    row = before.count(b"\n") + 1
    column = before.rpartition(b"\n")[2].count(b"\t") + 1
    cell = re.split(rb"[\t\n]", before)[-1] + re.split(rb"[\t\r\n]", content[error.start :])[0]
    near = cell[:60].decode("cp1252", "replace")
    message = f"byte {error.start} is not UTF-8 ('{near}'): {_SAVE_AS}"
    return Place(path, sheet, row, column).problem(message, "encoding")


def delimited_bytes(grid: Sequence[Sequence[str]]) -> bytes:
    """Return cells as TSV: UTF-8, line feeds, quotation marks only where a cell needs them."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(grid)
    return out.getvalue().encode()
