"""Telling: problems of evidence at the cells of the tables it came from, in the words of these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from osteokg.kg.curation.cells import Book, Place, Row, Sheet
from osteokg.kg.curation.description import Column, tables
from osteokg.kg.curation.statements import Statements
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.errors import RequestError
from osteokg.kg.names import contract, expand
from osteokg.kg.problems import Problem, errors_of
from osteokg.kg.validation import doubtful, is_echo

__all__ = ["told_in_tables"]

_CURIE = re.compile(r"\b[a-z]+:[A-Za-z0-9][\w-]*")
_OF_THE_FILE = ("slug-of-study",)
_UNREADABLE = ("encoding", "table-syntax", "table-heading", "merged-cell")
_MISSING = ("MinCountConstraintComponent",)


def told_in_tables(
    judged: Sequence[Problem],
    by_file: Mapping[Path, tuple[Book, Statements]],
    told: Sequence[Problem],
    words: Wordlist,
) -> list[Problem]:
    """Return problems of evidence with the cell each stands in, without echoes of what is told.

    Warnings of files that are not imported are left out.
    """
    spoilt = {(problem.file, problem.cell) for problem in errors_of(told)}
    doubted = _doubted(judged, by_file)
    wanting = {problem.file for problem in errors_of(judged) if _is_first(problem)}
    misnamed = {problem.value for problem in told if problem.constraint == "file-name"}
    found = []
    for problem in judged:
        if problem.file is None or problem.file not in by_file:
            if problem.severity == "violation":
                found.append(problem)
            continue
        book, statements = by_file[problem.file]
        if (problem.focus, problem.path) in statements.failed:
            continue
        if problem.constraint in _OF_THE_FILE and book.stem in misnamed:
            continue
        lacking = bool(statements.failed) or problem.file in wanting or _is_spoilt(book, told)
        if not _is_first(problem) and is_echo(problem, doubted[problem.file], lacking):
            continue
        one = _Telling(book, statements, words).told(problem)
        if one.cell is None or (one.file, one.cell) not in spoilt:
            found.append(one)
    return found


def _is_spoilt(book: Book, told: Sequence[Problem]) -> bool:
    """Return whether a file of a book could not be read."""
    files = {problem.file for problem in errors_of(told) if problem.constraint in _UNREADABLE}
    return any(file and (file == book.file or book.file in file.parents) for file in files)


def _is_first(problem: Problem) -> bool:
    """Return whether a problem is of names or shapes, which rest on nothing else."""
    return problem.constraint.endswith("ConstraintComponent") or problem.constraint in (
        "unknown-term",
        "unknown-thing",
        "described-twice",
        "marked-gap",
    )


def _doubted(
    judged: Sequence[Problem], by_file: Mapping[Path, tuple[Book, Statements]]
) -> dict[Path, set[str]]:
    """Return for each file the things that are wrong, and those that rest on them."""
    doubted = {}
    for file, (_, statements) in by_file.items():
        wrong = {subject for subject, _ in statements.failed}
        wrong |= {
            problem.focus
            for problem in errors_of(judged)
            if problem.file == file and problem.focus and _is_first(problem)
        }
        doubted[file] = doubtful(wrong, statements.triples)
    return doubted


@dataclass(frozen=True)
class _Telling:
    """Tell the problems of one book."""

    book: Book
    statements: Statements
    words: Wordlist

    def told(self, problem: Problem) -> Problem:
        """Return a problem with its cell and in words of the tables, as far as it has one."""
        focus = problem.focus or ""
        message = problem.message
        if focus not in self.statements.subjects:
            place, column = self._stated(problem), None
        else:
            message = message.removeprefix(f"{contract(focus)}: ")
            place, column = self._place(problem)
        if place is None:
            return replace(problem, file=self.book.file, line=None)
        said = self._said(message, problem, place, column)
        return replace(problem, message=said, file=place.file, line=place.row, cell=place.cell)

    def _stated(self, problem: Problem) -> Place | None:
        key = (problem.focus or "", problem.path or "", problem.value or "")
        return self.statements.places.get(key)

    def _place(self, problem: Problem) -> tuple[Place, Column | None]:
        """Return the cell that a problem is about, and its column."""
        sheet, row = self.statements.subjects[problem.focus or ""]
        columns = [column for column in sheet.table.columns if column.property == problem.path]
        filled = [column for column in columns if column.name in row.cells]
        stated = self._stated(problem)
        if not columns:
            return stated or row.where(sheet.table.key.name), None
        column = next((c for c in filled if row.where(c.name) == stated), (filled or columns)[0])
        return stated or sheet.where(row, column.name), column

    def _said(self, message: str, problem: Problem, place: Place, column: Column | None) -> str:
        if column is None:
            return self._worded(message, problem)
        about = self._heading(place) or column.titles[0]
        _, row = self.statements.subjects[problem.focus or ""]
        if problem.constraint in _MISSING and column.name not in row.cells:
            return f"{about}: this cell is empty. {column.advice()}"
        return f"{about}: {self._worded(message, problem)}"

    def _heading(self, place: Place) -> str:
        """Return the heading of the column in which a cell stands."""
        for sheet in self.book.sheets.values():
            for name, number in sheet.numbers.items():
                if (sheet.title, number) == (place.sheet, place.column):
                    return sheet.table.column(name).titles[0]
        return ""

    def _worded(self, message: str, problem: Problem) -> str:
        """Return a message with the words of tables for the names of the graph."""
        sheet, _ = self.statements.subjects.get(problem.focus or "", (None, None))
        return _CURIE.sub(lambda found: self._word(found[0], sheet), message)

    def _word(self, curie: str, sheet: Sheet | None) -> str:
        """Return what a table calls a name: a column, a row, a term; else the name itself."""
        try:
            iri = expand(curie)
        except RequestError:
            return curie
        if iri in self.statements.subjects:
            return _row_called(*self.statements.subjects[iri])
        sheets = [sheet.table] if sheet else []
        for table in (*sheets, *tables().values()):
            for column in table.columns:
                if column.property == iri:
                    return f"'{column.titles[0]}'"
        return f"'{self.words.labels[iri]}'" if iri in self.words.labels else curie


def _row_called(sheet: Sheet, row: Row) -> str:
    """Return what a row is called: by its name and cell, or by its number."""
    name = row.text(sheet.table.key.name)
    kind = sheet.table.kind
    if name:
        return f"the {kind} '{name}' ({row.where(sheet.table.key.name).cell})"
    return f"row {row.place.row} of {sheet.title or sheet.table.name}"
