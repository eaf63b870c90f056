"""Status feeds: tables that say which publications were retracted, corrected or doubted.

Two layouts are read. That of the Retraction Watch data has the columns that Crossref describes
(https://www.crossref.org/documentation/retrieve-metadata/retraction-watch/); a plain list has
``status``, ``doi`` or ``pmid`` or both, and may have ``notice``, ``source`` and ``date``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeAlias
from urllib.parse import quote

from osteokg.kg.errors import DataError
from osteokg.kg.problems import Problem

__all__ = ["STATUSES", "Feed", "Notice", "Unread", "in_order", "read_feed"]

_RETRACTION_WATCH = (
    *("Record ID", "RetractionDate", "RetractionDOI", "RetractionPubMedID"),
    *("OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature"),
)
"""The columns that are used; there are more, and the title is not used on purpose."""

_NATURES: Mapping[str, str] = MappingProxyType(
    {
        "retraction": "retracted",
        "expression of concern": "expression-of-concern",
        "correction": "corrected",
        "reinstatement": "current",
    }
)
STATUSES = ("current", "corrected", "expression-of-concern", "retracted")
"""The tokens of the statuses that a feed can give, the gravest last."""

_NO_IDENTIFIER = {"", "0", "unavailable", "none", "na", "n/a"}
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMID = re.compile(r"[1-9]\d{0,8}")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # as "surrogateescape" writes a byte
_RECORDS = "http://retractiondatabase.org/"


@dataclass(frozen=True)
class Notice:
    """Hold one row: which publication it is about, and what it says of it.

    ``doi`` in lower case without a resolver, ``pmid`` digits, None where there is none;
    ``status`` the token; ``published`` the day of the notice, None where that is not told.
    """

    line: int
    doi: str | None
    pmid: str | None
    status: str
    published: date | None
    words: str
    source: str | None

    @property
    def lifts(self) -> bool:
        """Return whether it puts back into the record what was taken out of it before that day."""
        return self.status == "current" and self.published is not None

    def about(self) -> str:
        """Return by what the row names its publication."""
        named = (("DOI", self.doi), ("PMID", self.pmid))
        return ", ".join(f"{kind} {value}" for kind, value in named if value)


@dataclass(frozen=True)
class Unread:
    """Hold a row of somebody else's table in which an identifier is none, and what is wrong.

    ``about`` are the cells that say which publication is meant, in lower case.
    """

    line: int
    about: tuple[str, ...]
    wrong: str


@dataclass(frozen=True)
class Feed:
    """Hold a feed: its notices, the lines of the rows that name no DOI or PMID, the unread rows."""

    name: str
    notices: tuple[Notice, ...]
    nameless: tuple[int, ...]
    unread: tuple[Unread, ...] = ()


def read_feed(path: Path) -> Feed:
    """Return what is in a feed, in UTF-8 (with or without a mark), comma or tab between cells.

    Raises DataError with every row that is not as it should be, OSError.
    """
    # The Retraction Watch data have signs that are no UTF-8 in columns that are not used here.
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    head = text.partition("\n")[0]
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    problems: list[Problem] = []
    notices: list[Notice] = []
    nameless: list[int] = []
    unread: list[Unread] = []
    try:
        for line, notice in _notices(path, rows):
            if isinstance(notice, str):
                problems.append(_wrong(path, line, notice))
            elif isinstance(notice, Unread):
                unread.append(notice)
            elif notice.doi or notice.pmid:
                notices.append(notice)
            else:
                nameless.append(line)
    except csv.Error as error:
        problems.append(_wrong(path, rows.line_num, f"{error}: mend the quotation marks."))
    if problems:
        raise DataError(problems)
    return Feed(path.name, tuple(notices), tuple(nameless), tuple(unread))


class _Rows(Protocol):
    """Say what a reader of CSV gives: cells, and the line it has come to."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


def _notices(path: Path, rows: _Rows) -> Iterator[tuple[int, Notice | Unread | str]]:
    """Yield each row by the line where it begins: its notice, or what is wrong with it."""
    columns = [name.strip() for name in next(rows, [])]
    reading, used = _layout(path, columns)
    begins = rows.line_num + 1
    for cells in rows:
        line, begins = begins, rows.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            wrong = f"the row has {len(cells)} cells, {len(columns)} columns are named"
            yield line, f"{wrong}: mend the quotation marks."
            continue
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        if broken := sorted(name for name in used if _NOT_UTF8.search(row[name])):
            wrong = f"a sign in {', '.join(broken)} is not UTF-8"
            yield line, f"{wrong}: save the table as CSV in UTF-8."
            continue
        try:
            yield line, reading(path, line, row)
        except ValueError as error:
            yield line, str(error)


def _wrong(path: Path, line: int, words: str) -> Problem:
    return Problem(words, "status-row", file=path, line=line)


_Layout: TypeAlias = Callable[[Path, int, Mapping[str, str]], Notice | Unread]


def _layout(path: Path, columns: list[str]) -> tuple[_Layout, set[str]]:
    """Return how a row is read and which columns that uses.

    Raises DataError where the columns are of neither layout.
    """
    if set(_RETRACTION_WATCH) <= set(columns):
        return _of_retraction_watch, set(_RETRACTION_WATCH)
    lower = {name.casefold() for name in columns}
    if "status" in lower and lower & {"doi", "pmid"}:
        return _of_list, set(columns)
    missing = ", ".join(name for name in _RETRACTION_WATCH if name not in columns)
    wrong = (
        "the first row names neither the columns of the Retraction Watch data (missing: "
        f"{missing}) nor status and doi or pmid: correct it."
    )
    raise DataError([_wrong(path, 1, wrong)])


def _of_retraction_watch(_path: Path, line: int, row: Mapping[str, str]) -> Notice | Unread:
    """Return a row's notice; its identifiers are not the reader's to correct, so they may be none.

    Raises ValueError for what makes the whole table doubtful: another nature, no day.
    """
    nature = row["RetractionNature"]
    status = _NATURES.get(nature.casefold())
    if status is None:
        known = ", ".join(_NATURES)
        raise ValueError(f"RetractionNature is '{nature}', none of {known}: correct it.")
    published = _day(row["RetractionDate"])
    identifiers: dict[str, str | None] = {}
    wrong = []
    for column, read in _IDENTIFIERS.items():
        try:
            identifiers[column] = read(row[column])
        except ValueError as error:
            wrong.append(f"{column}: {error}")
    if wrong:
        about = tuple(row[name].casefold() for name in _IDENTIFIERS if name.startswith("Original"))
        return Unread(line, about, " ".join(wrong))
    doi, pmid = identifiers["RetractionDOI"], identifiers["RetractionPubMedID"]
    told = [f"Retraction Watch, record {row['Record ID']}: {nature.casefold()}"]
    told += [f"of {published}"] if published else []
    told += [f"(doi {doi})"] if doi else [f"(PMID {pmid})"] if pmid else []
    source = _address(doi, pmid) or _RECORDS
    original = identifiers["OriginalPaperDOI"], identifiers["OriginalPaperPubMedID"]
    return Notice(line, *original, status, published, " ".join(told) + ".", source)


def _of_list(path: Path, line: int, row: Mapping[str, str]) -> Notice:
    told = {name.casefold(): value for name, value in row.items()}
    status = told["status"].casefold().replace(" ", "-")
    if status not in STATUSES:
        raise ValueError(f"status is '{told['status']}', none of {', '.join(STATUSES)}: take one.")
    source = told.get("source") or None
    if source is not None and not re.fullmatch(r"https?://\S+", source):
        raise ValueError(f"source is '{source}': write an address that begins with https://.")
    words = told.get("notice") or f"Listed as {status.replace('-', ' ')} in {path.name}."
    published = _day(told.get("date", ""))
    about = _doi(told.get("doi", "")), _pmid(told.get("pmid", ""))
    return Notice(line, *about, status, published, words, source)


def _doi(cell: str) -> str | None:
    """Return a DOI as it is compared: in lower case (DOI Handbook, 2.4), without a resolver."""
    if cell.casefold() in _NO_IDENTIFIER:
        return None
    doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", cell.casefold())
    if not _DOI.fullmatch(doi):
        raise ValueError(f"'{cell}' is no DOI: write 10.…/…, or nothing.")
    return doi


def _pmid(cell: str) -> str | None:
    if cell.casefold() in _NO_IDENTIFIER:
        return None
    pmid = re.sub(r"\.0$", "", cell)  # a spreadsheet's number
    if not _PMID.fullmatch(pmid):
        raise ValueError(f"'{cell}' is no PubMed identifier: write its digits, or nothing.")
    return pmid


_IDENTIFIERS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "OriginalPaperDOI": _doi,
        "OriginalPaperPubMedID": _pmid,
        "RetractionDOI": _doi,
        "RetractionPubMedID": _pmid,
    }
)

_DAYS = ("%Y-%m-%d", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%y %H:%M", "%m/%d/%y")
"""ISO 8601, the American form of the Retraction Watch data ("7/15/2024 0:00"), and what a
spreadsheet makes of that ("7/15/24 0:00")."""


def _day(cell: str) -> date | None:
    if not cell:
        return None
    for form in _DAYS:
        try:
            day = datetime.strptime(cell, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        # Of two digits, the last such year that has been: no notice is of a day to come.
        ahead = "%y" in form and day > datetime.now(UTC).date()
        return day.replace(year=day.year - 100) if ahead else day
    raise ValueError(
        f"'{cell}' is no day: write it as 2024-07-15, or take the table as it was fetched, where a "
        "spreadsheet has rewritten its days."
    )


def _address(doi: str | None, pmid: str | None) -> str | None:
    if doi:
        return f"https://doi.org/{quote(doi, safe='/:;()')}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None


def in_order(notices: Iterable[Notice]) -> list[Notice]:
    """Return notices as they were published; those without a day come first."""
    return sorted(notices, key=lambda notice: (notice.published or date.min, notice.line))
