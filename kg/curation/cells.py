"""Cells: what stands in a table and where, whether it came as TSV or as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from osteokg.kg.curation.description import Table, tables
from osteokg.kg.problems import Problem, Severity

__all__ = ["GAP", "NOTHING", "Book", "Cell", "Place", "Row", "Sheet", "column_letters"]

NOTHING = ("-", "–", "—")
"""What says in a cell that there is nothing, where an empty one would mean the usual."""

GAP = "?"
"""What marks a gap that somebody has yet to fill."""


def column_letters(number: int) -> str:
    """Return the letters of a column that is counted from 1: 28 gives ``AB``."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True)
class Place:
    """Say where something stands: file, sheet, row and column from 1 (None: the whole row)."""

    file: Path
    sheet: str
    row: int = 1
    column: int | None = None

    @property
    def cell(self) -> str:
        """Return the place as a spreadsheet names it: ``findings!G7``."""
        return f"{self.sheet}!{column_letters(self.column or 1)}{self.row}"

    def problem(
        self, message: str, constraint: str, severity: Severity = "violation", about: str = ""
    ) -> Problem:
        """Return a problem that stands here; ``about`` is the heading of the column."""
        said = f"{about}: {message}" if about else message
        return Problem(said, constraint, severity, self.file, self.row, cell=self.cell)


@dataclass(frozen=True)
class Cell:
    """Hold the text of a cell, without blanks around it, and its place."""

    text: str
    place: Place


@dataclass
class Row:
    """Hold the cells of a row by the name of their column; an empty cell is left out."""

    place: Place
    cells: dict[str, Cell] = field(default_factory=dict)

    def text(self, column: str) -> str:
        """Return what stands in a column, an empty text where nothing does."""
        return self.cells[column].text if column in self.cells else ""

    def set(self, column: str, text: str, place: Place | None = None) -> None:
        """Put a text into a cell, or none if it is empty."""
        if text:
            here = self.cells[column].place if column in self.cells else self.place
            self.cells[column] = Cell(text, place or here)
        else:
            self.cells.pop(column, None)

    def where(self, column: str) -> Place:
        """Return the place of a cell, or of the row where it is empty."""
        return self.cells[column].place if column in self.cells else self.place


@dataclass
class Sheet:
    """Hold the rows of one table, and at which number each of its columns stands.

    ``title`` is what the sheet is called where it was written.
    """

    table: Table
    title: str = ""
    rows: list[Row] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def where(self, row: Row, column: str) -> Place:
        """Return the place of a cell, empty or not; of the row where there is no such column."""
        at = row.where(column)
        if column not in row.cells and column in self.numbers and at.sheet == self.title:
            return Place(at.file, at.sheet, at.row, self.numbers[column])
        return at


@dataclass
class Book:
    """Hold the sheets of one study, named as its file of Turtle is (``stem``)."""

    stem: str
    file: Path
    sheets: dict[str, Sheet] = field(default_factory=dict)

    def sheet(self, name: str) -> Sheet:
        """Return a sheet, an empty one where there was none."""
        return self.sheets.setdefault(name, Sheet(tables()[name]))

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a sheet."""
        return self.sheets[name].rows if name in self.sheets else []

    def add(self, name: str, cells: Iterable[tuple[str, str]], place: Place) -> Row:
        """Add a row that was not written but follows from what stands at a place."""
        row = Row(place)
        for column, text in cells:
            row.set(column, text)
        self.sheet(name).rows.append(row)
        return row

    def described(self) -> Iterator[tuple[Sheet, Row]]:
        """Yield every row that is a thing, with its sheet."""
        for name, table in tables().items():
            if table.kind and name in self.sheets:
                for row in self.sheets[name].rows:
                    yield self.sheets[name], row
