"""Drawings: where on the sheet what stands. The templates in ``api/templates/drawings`` draw it.

Lengths are in pixels of the drawing's own coordinates. Text is set in lines here, for SVG breaks
none. Every drawing says what it shows in a title and a description, and its shapes say the
direction without their colours.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg import synthesis
from osteokg.kg.names import okg

__all__ = ["Label", "MapDrawing", "Panel", "PlotDrawing", "map_drawing", "plot_drawing"]

_LINE = 14
"""From one line of text to the next."""
_LETTER = 6.4
"""The width of a letter, on average, in the type of the drawings."""
_MARGIN = 12
_ROW = 24
_COLUMN = 96
_HEAD_LETTER = 6.4
_LAST = {okg(name) for name in ("CompartmentNotStated", "Systemic", "NotApplicable")}
"""Compartments that are no part of bone: their panels come last."""


@dataclass(frozen=True)
class Label:
    """Hold text in lines, the first at ``x``, ``y``."""

    x: float
    y: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Hold a square of the map at its centre."""

    x: float
    y: float
    square: synthesis.Square


@dataclass(frozen=True)
class Panel:
    """Hold the part of a map that is about one compartment: its heads, rows and squares.

    ``rules`` are the heights of the lines between what was given.
    """

    title: Label
    heads: tuple[Label, ...]
    groups: tuple[Label, ...]
    rows: tuple[Label, ...]
    places: tuple[Place, ...]
    rules: tuple[float, ...]


@dataclass(frozen=True)
class MapDrawing:
    """Hold an evidence map, laid out."""

    width: float
    height: float
    left: float
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class MarkPlace:
    """Hold the mark of an experiment at its centre, with the cell that it stands in."""

    x: float
    y: float
    column: synthesis.Square
    line: synthesis.Line
    mark: synthesis.Mark


@dataclass(frozen=True)
class PlotDrawing:
    """Hold an effect direction plot, laid out; ``sums`` are the rows under it."""

    width: float
    height: float
    left: float
    title: Label
    heads: tuple[Label, ...]
    lines: tuple[tuple[Label, synthesis.Line], ...]
    marks: tuple[MarkPlace, ...]
    sums: tuple[tuple[Label, tuple[Label, ...]], ...]
    rule: float
    top: float = field(default=0)


def map_drawing(squares: Iterable[synthesis.Square]) -> MapDrawing:
    """Lay out a map: a panel for each compartment, models across, what was given down."""
    of_compartment: dict[synthesis.Term, list[synthesis.Square]] = {}
    models: dict[str, None] = {}
    for square in squares:
        of_compartment.setdefault(square.cell.compartment, []).append(square)
        models[square.cell.animals] = None
    columns = {animals: number for number, animals in enumerate(sorted(models))}
    left = _MARGIN + _LETTER * 36
    top: float = _MARGIN
    panels = []
    ordered = sorted(of_compartment, key=lambda term: (term.iri in _LAST, term))
    for compartment in ordered:
        panel, top = _panel(_place(compartment), of_compartment[compartment], columns, left, top)
        panels.append(panel)
    return MapDrawing(left + _COLUMN * len(columns) + _MARGIN, top, left, tuple(panels))


def _panel(
    compartment: str,
    squares: Sequence[synthesis.Square],
    columns: Mapping[str, int],
    left: float,
    top: float,
) -> tuple[Panel, float]:
    heads, head_height = _heads(columns, left, top + 26)
    y = top + 26 + head_height
    groups, rows, places, rules = [], [], [], []
    by_given: dict[str, dict[str, list[synthesis.Square]]] = {}
    for square in squares:
        of_given = by_given.setdefault(square.cell.given, {})
        of_given.setdefault(square.cell.outcome.label, []).append(square)
    for given, outcomes in by_given.items():
        rules.append(y)
        words = _wrapped(given, 38)
        groups.append(Label(_MARGIN, y + 17, words))
        y += 8 + _LINE * len(words)
        for outcome in sorted(outcomes):
            label = _wrapped(outcome, 34)
            height = max(_ROW, _LINE * len(label) + 8)
            middle = y + height / 2
            first = middle + 4 - _LINE * (len(label) - 1) / 2
            rows.append(Label(_MARGIN + 14, first, label))
            for square in outcomes[outcome]:
                x = left + _COLUMN * (columns[square.cell.animals] + 0.5)
                places.append(Place(x, middle, square))
            y += height
        y += 4
    title = Label(_MARGIN, top + 16, (compartment,))
    panel = Panel(title, heads, tuple(groups), tuple(rows), tuple(places), tuple(rules))
    return panel, y + 22


def _heads(
    columns: Iterable[str], left: float, top: float, width: float = _COLUMN
) -> tuple[tuple[Label, ...], float]:
    """Return the heads of columns, set upon their lower edge, and how high they are."""
    wrapped = [_wrapped(words, int((width - 4) / _HEAD_LETTER)) for words in columns]
    lines = max((len(words) for words in wrapped), default=1)
    labels = (
        Label(
            left + width * (number + 0.5),
            top + 10 + _LINE * (lines - len(words)),
            words,
        )
        for number, words in enumerate(wrapped)
    )
    return tuple(labels), _LINE * lines + 6


def _wrapped(words: str, letters: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(words, letters, break_long_words=False)) or ("",)


_COUNTED = (
    ("increased", "increased"),
    ("decreased", "decreased"),
    ("no difference", "null"),
    ("mixed", "mixed"),
)


def plot_drawing(question: synthesis.Question) -> PlotDrawing:
    """Lay out an effect direction plot: outcomes across, experiments down, votes under them."""
    left = _MARGIN + _LETTER * 40
    title = Label(_MARGIN, _MARGIN + 14, _wrapped(question.words, 90))
    top = title.y + _LINE * (len(title.lines) - 1) + 14
    words = [_head(column) for column in question.columns]
    heads, head_height = _heads(words, left, top)
    y = top + head_height
    first = y
    lines, marks = [], []
    for line in question.lines:
        label = _wrapped(_who(question, line), 40)
        height = max(_ROW, _LINE * len(label) + 8)
        middle = y + height / 2
        lines.append((Label(_MARGIN, middle + 4 - _LINE * (len(label) - 1) / 2, label), line))
        for number, column in enumerate(question.columns):
            mark = line.marks.get(column.cell.iri)
            if mark is not None:
                x = left + _COLUMN * (number + 0.5)
                marks.append(MarkPlace(x, middle, column, line, mark))
        y += height
    rule = y + 2
    sums = []
    y += 8
    for name, attribute in _COUNTED:
        numbers = [str(getattr(column.votes, attribute)) for column in question.columns]
        sums.append(_sum(f"experiments: {name}", numbers, left, y))
        y += _LINE + 2
    sums.append(_sum("sign test, p", [_p(column.votes) for column in question.columns], left, y))
    width = max(left + _COLUMN * len(question.columns), _LETTER * 90) + _MARGIN
    return PlotDrawing(
        width,
        y + _LINE + 2 + _MARGIN,
        left,
        title,
        heads,
        tuple(lines),
        tuple(marks),
        tuple(sums),
        rule,
        first,
    )


def _head(column: synthesis.Square) -> str:
    return f"{column.cell.outcome.label}, {_place(column.cell.compartment)}"


def _place(compartment: synthesis.Term) -> str:
    """Return what a compartment is called where nothing else says that it is one."""
    unsaid = compartment.iri == okg("CompartmentNotStated")
    return "compartment not stated" if unsaid else compartment.label


def _who(question: synthesis.Question, line: synthesis.Line) -> str:
    """Return who it was: the study, and the experiment where it has several on the question."""
    studies = [other.study for other in question.lines]
    who = line.study.label
    if studies.count(line.study) > 1:
        who = f"{who}: {line.experiment.label.removeprefix(who).lstrip(' :')}"
    return f"{who} (retracted)" if line.retracted else who


def _sum(
    words: str, values: Sequence[str], left: float, top: float
) -> tuple[Label, tuple[Label, ...]]:
    y = top + 10
    numbers = (
        Label(left + _COLUMN * (number + 0.5), y, (value,)) for number, value in enumerate(values)
    )
    return Label(_MARGIN, y, (words,)), tuple(numbers)


def _p(votes: synthesis.Votes) -> str:
    if votes.sign_test is None:
        return "–" if votes.increased + votes.decreased == 0 else "more than 30"
    return f"{votes.sign_test:.3g}"
