"""Reading: files of tables become a book of cells; headings and cells are held to their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from osteokg.kg.curation.cells import Book, Cell, Place, Row, Sheet
from osteokg.kg.curation.delimited import DATE_LIKE, Grid, read_delimited, trimmed
from osteokg.kg.curation.description import Column, Table, plain_title, tables
from osteokg.kg.curation.slugs import slug_of
from osteokg.kg.curation.workbook import read_workbook
from osteokg.kg.errors import RequestError
from osteokg.kg.names import PREFIXES
from osteokg.kg.problems import Problem

__all__ = ["books_in", "read_book"]

_DELIMITED = (".tsv", ".csv", ".txt")
_DATE = PREFIXES["xsd"] + "date"
_FINDINGS = "findings"


def books_in(path: Path) -> list[Path]:
    """Return the books at a path: a workbook, a table, a folder of one book's tables, or of books.

    Raises RequestError where there is none.
    """
    if path.is_file() and path.suffix in _DELIMITED and path.stem in tables():
        path = path.resolve().parent
    if path.is_file():
        if path.suffix not in (".xlsx", *_DELIMITED):
            raise RequestError(
                f"{path}: a table is a .tsv, .csv or .xlsx file, or a folder of them."
            )
        return [path]
    if not path.is_dir():
        raise RequestError(f"{path}: no such file or folder.")
    if _tables_in(path):
        return [path]
    inside = sorted(one for one in path.iterdir() if not one.name.startswith((".", "~")))
    found = [
        one
        for one in inside
        if (one.is_dir() and _tables_in(one)) or one.suffix in (".xlsx", ".tsv", ".csv")
    ]
    if not found:
        raise RequestError(
            f"{path}: there is no table in it. Name a workbook (.xlsx), a table of findings (.tsv) "
            "or a folder with findings.tsv and its like."
        )
    return found


def _tables_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix in _DELIMITED and path.stem in tables()
    )


def read_book(path: Path) -> tuple[Book, list[Problem]]:
    """Return the cells of a workbook, a table of findings, or a folder of tables.

    The study is called as the file or folder is. The problems are those of encodings, headings
    and of what a spreadsheet did to a cell.
    """
    name = path.resolve().name if path.is_dir() else path.stem
    book = Book(slug_of(name), path)
    problems: list[Problem] = []
    if not book.stem:
        message = f"'{name}' cannot name a study: call it after author and year, e.g. kato-2001."
        return book, [Problem(message, "file-name", file=path)]
    for title, file, grid, wrong in _grids(path):
        # How lines end is told once of a folder of files.
        known = {problem.constraint for problem in problems} & {"line-ends"}
        problems.extend(problem for problem in wrong if problem.constraint not in known)
        table = _table_called(title)
        if table is None:
            if any(any(row) for row in grid):
                problems.append(_unknown_sheet(title, file))
        elif table.name in book.sheets:
            message = f"there is a second sheet {table.name}: put their rows into one."
            problems.append(Place(file, title).problem(message, "table-heading"))
        else:
            book.sheets[table.name], of_cells = _sheet(table, grid, file, title)
            problems.extend(of_cells)
    if not any(sheet.rows for sheet in book.sheets.values()) and not problems:
        problems.append(Problem("there is no row in it.", "table-heading", file=path))
    return book, problems


def _grids(path: Path) -> Iterator[tuple[str, Path, Grid, list[Problem]]]:
    """Yield title, file and cells of each sheet, and what is wrong with them."""
    if path.suffix == ".xlsx":
        grids, problems = read_workbook(path)
        told = False
        for title, grid in grids.items():
            yield title, path, grid, [] if told else problems
            told = True
        if not told:
            yield _FINDINGS, path, [], problems
        return
    for file in _tables_in(path) if path.is_dir() else [path]:
        name = file.stem if path.is_dir() else _FINDINGS
        titles = {
            plain_title(title)
            for column in tables()[name].columns
            for title in (column.name, *column.titles)
        }
        grid, problems = read_delimited(file, name, titles)
        yield name, file, grid, problems


def _table_called(title: str) -> Table | None:
    wanted = plain_title(title)
    for table in tables().values():
        if wanted in (plain_title(table.name), plain_title(table.title)):
            return table
    # One sheet that was not named: "Sheet1", "Tabelle1".
    return tables()[_FINDINGS] if re.fullmatch(r"(sheet|tabelle|feuil|hoja)1", wanted) else None


def _unknown_sheet(title: str, file: Path) -> Problem:
    close = get_close_matches(plain_title(title), list(tables()), 1, 0.6)
    meant = f"Did you mean '{close[0]}'?" if close else f"A sheet is one of {', '.join(tables())}."
    message = f"there is no sheet '{title}'. {meant} Begin its name with _ to have it left out."
    return Place(file, title).problem(message, "table-heading")


def _sheet(table: Table, grid: Grid, file: Path, title: str) -> tuple[Sheet, list[Problem]]:
    """Return the rows of a sheet below its headings; empty ones are left out."""
    sheet = Sheet(table, title)
    problems: list[Problem] = []
    headed: set[int] = set()
    rows = iter(enumerate(grid, 1))
    columns: dict[int, Column] = {}
    for number, texts in rows:
        if any(trimmed(text) for text in texts):
            columns, problems = _headings(table, texts, Place(file, title, number))
            headed = {at for at, text in enumerate(texts) if trimmed(text)}
            sheet.numbers = {column.name: at + 1 for at, column in columns.items()}
            break
    for number, texts in rows:
        row = Row(Place(file, title, number))
        for at, raw in enumerate(texts):
            text = trimmed(raw)
            place = Place(file, title, number, at + 1)
            if not text:
                continue
            if at not in columns:
                if at not in headed:
                    message = (
                        "there is no heading above this cell: give the column one, or take it out."
                    )
                    problems.append(place.problem(message, "table-heading"))
                continue
            row.cells[columns[at].name] = Cell(text, place)
            problems.extend(_spoilt(text, columns[at], table, place))
        if row.cells:
            sheet.rows.append(row)
    return sheet, problems


def _headings(
    table: Table, texts: list[str], row: Place
) -> tuple[dict[int, Column], list[Problem]]:
    """Return the column of each heading, by its position from 0."""
    columns: dict[int, Column] = {}
    problems = []
    titles = _titles(table)
    for at, text in enumerate(texts):
        heading = trimmed(text)
        place = Place(row.file, row.sheet, row.row, at + 1)
        column = table.titled(heading) if heading else None
        if not heading:
            continue
        if column is None:
            close = get_close_matches(plain_title(heading), list(titles), 1, 0.6)
            meant = f" Did you mean '{titles[close[0]]}'?" if close else ""
            message = f"the sheet {table.name} has no column '{heading}'.{meant}"
            problems.append(place.problem(message, "table-heading"))
        elif column in columns.values():
            message = f"a second column '{column.titles[0]}': put both into one."
            problems.append(place.problem(message, "table-heading"))
        else:
            columns[at] = column
    return columns, problems


def _titles(table: Table) -> Mapping[str, str]:
    return {
        plain_title(title): column.titles[0]
        for column in table.columns
        for title in (column.name, *column.titles)
    }


def _spoilt(text: str, column: Column, table: Table, place: Place) -> Iterator[Problem]:
    """Yield what a spreadsheet or a wrong encoding has done to a cell."""
    about = column.titles[0]
    if "\ufffd" in text:
        yield place.problem(
            f"'{text}' has a sign that was lost when the file was saved: type it again, and save "
            "as UTF-8.",
            "encoding",
            about=about,
        )
    if DATE_LIKE.fullmatch(text) and not _may_be_a_date(column, table):
        yield place.problem(
            f"'{text}' is what a spreadsheet makes of something like 1-2 or 3/4: give the column "
            "the format Text, then type again what is printed.",
            "spreadsheet-date",
            about=about,
        )


def _may_be_a_date(column: Column, table: Table) -> bool:
    """Return whether a date may stand in a column: a day, a sentence, an author May and a year."""
    kind = column.kind or (table.kind if column is table.key else "")
    named_after_author = kind in ("study", "publication") or column.language is not None
    return named_after_author or column.datatype == _DATE or column.name in ("text", "named_as")
