"""Workbooks: tables as XLSX, with the traps of spreadsheets (openpyxl, in the [tables] extra)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osteokg.kg.curation.cells import Place
from osteokg.kg.curation.delimited import Grid
from osteokg.kg.errors import RequestError
from osteokg.kg.problems import Problem

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["read_workbook", "workbook_bytes"]

_WIDEST = 48
_LISTS = "terms"
"""The sheet that holds what may be chosen in a cell; it is not read."""


def _openpyxl() -> Any:
    try:
        import openpyxl  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise RequestError(
            "Workbooks need openpyxl: pip install 'osteokg[tables]', or take TSV files."
        ) from error
    return openpyxl


def read_workbook(path: Path) -> tuple[dict[str, Grid], list[Problem]]:
    """Return the cells of each sheet of a workbook, and what a spreadsheet has done to them.

    A problem stands at each merged range, formula, error and cell that was made a date. Raises
    RequestError where openpyxl is not installed.
    """
    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path)
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        openpyxl.utils.exceptions.InvalidFileException,
    ) as error:
        message = f"is no workbook that can be read ({error}): save it as .xlsx."
        return {}, [Problem(f"{path.name} {message}", "workbook", file=path)]
    grids: dict[str, Grid] = {}
    problems: list[Problem] = []
    for sheet in book.worksheets:
        if sheet.title == _LISTS or sheet.title.startswith("_"):
            continue
        problems.extend(_merged(sheet, path))
        grid: Grid = []
        for row in sheet.iter_rows():
            cells = []
            for cell in row:
                text, wrong = _text_of(cell)
                cells.append(text)
                if wrong:
                    at = Place(path, sheet.title, cell.row, cell.column)
                    problems.append(at.problem(*wrong))
            grid.append(cells)
        grids[sheet.title] = grid
    return grids, problems


def _merged(sheet: Worksheet, path: Path) -> Iterator[Problem]:
    for merged in sorted(sheet.merged_cells.ranges, key=lambda one: (one.min_row, one.min_col)):
        at = Place(path, sheet.title, merged.min_row, merged.min_col)
        yield at.problem(
            f"the cells {merged.coord} are merged, so that only the first has a value: unmerge "
            "them and fill in each one.",
            "merged-cell",
        )


def _text_of(cell: Any) -> tuple[str, tuple[str, str] | None]:
    """Return the text of a cell, and message and constraint of what is wrong with it."""
    value = cell.value
    if cell.data_type == "f":
        message = "a formula: put its value in its place (copy, then paste special → values)."
        return "", (message, "formula")
    if cell.data_type == "e":
        return "", (f"the spreadsheet's error {value}: type what belongs here.", "formula")
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, datetime | date | time):
        text = _date_text(value)
    elif isinstance(value, int | float):
        text = _number_text(value, cell.number_format)
    else:
        text = "" if value is None else str(value)
    return text, None


def _date_text(value: datetime | date | time) -> str:
    """Return a date as ISO 8601; what may stand in the column says whether it is one."""
    if isinstance(value, datetime) and value.time() == time():
        return f"{value.date().isoformat()} 00:00:00"
    return value.isoformat()


def _number_text(value: float, shown: str) -> str:
    """Return a number as it was typed: 15 digits are what a spreadsheet keeps."""
    if "%" in shown:
        return f"{value * 100:.15g}%"
    text = f"{value:.15g}"
    return f"{value:.15f}".rstrip("0").rstrip(".") if "e" in text else text


def workbook_bytes(
    grids: Mapping[str, Sequence[Sequence[str]]],
    choices: Mapping[tuple[str, str], Sequence[str]],
    comments: Mapping[tuple[str, str], str],
) -> bytes:
    """Return a workbook with one sheet for each grid, its first row being the headings.

    Every cell is text, so that no spreadsheet makes dates of it. ``choices`` are what may be
    chosen in a column, ``comments`` what it is for, both by sheet and heading.
    """
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    lists: list[Sequence[str]] = []
    for name, grid in grids.items():
        sheet = book.create_sheet(name)
        _fill(openpyxl, sheet, grid)
        for number, heading in enumerate(grid[0], 1):
            letters = openpyxl.utils.get_column_letter(number)
            words = comments.get((name, heading))
            if words:
                head = sheet.cell(1, number)
                head.comment = openpyxl.comments.Comment(words, "OsteoKG", 120, 320)
            chosen = choices.get((name, heading))
            if chosen:
                if chosen not in lists:
                    lists.append(chosen)
                _offer(openpyxl, sheet, letters, lists.index(chosen) + 1, len(chosen))
    if lists:
        _fill_lists(book.create_sheet(_LISTS), lists)
    # The same tables give the same bytes, whenever they are written.
    book.properties.creator = "OsteoKG"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)  # noqa: DTZ001 - of no zone
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(openpyxl: Any, sheet: Worksheet, grid: Sequence[Sequence[str]]) -> None:
    bold = openpyxl.styles.Font(bold=True)
    wrapped = openpyxl.styles.Alignment(wrap_text=True, vertical="top")
    for row, texts in enumerate(grid, 1):
        for column, text in enumerate(texts, 1):
            cell = sheet.cell(row, column)
            cell.number_format = "@"
            cell.alignment = wrapped
            if text:
                cell.value = text
                cell.data_type = "s"  # "=…" is no formula
            if row == 1:
                cell.font = bold
    sheet.freeze_panes = "B2"
    for number in range(1, len(grid[0]) + 1):
        longest = max(len(row[number - 1]) for row in grid)
        width = min(max(longest + 2, 10), _WIDEST)
        dimension = sheet.column_dimensions[openpyxl.utils.get_column_letter(number)]
        dimension.width = width
        dimension.number_format = "@"


def _offer(openpyxl: Any, sheet: Worksheet, letters: str, column: int, number: int) -> None:
    """Let a column offer a list; what is not in it may still be typed (a synonym, several)."""
    source = openpyxl.utils.get_column_letter(column)
    rule = openpyxl.worksheet.datavalidation.DataValidation(
        type="list",
        formula1=f"{_LISTS}!${source}$1:${source}${number}",
        allow_blank=True,
        showErrorMessage=False,
    )
    rule.add(f"{letters}2:{letters}500")
    sheet.add_data_validation(rule)


def _fill_lists(sheet: Worksheet, lists: Sequence[Sequence[str]]) -> None:
    for column, texts in enumerate(lists, 1):
        for row, text in enumerate(texts, 1):
            sheet.cell(row, column, text).number_format = "@"
    sheet.sheet_state = "hidden"
