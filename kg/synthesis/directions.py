"""Effect directions: for each question, which experiment saw which outcome go which way.

After the effect direction plot of Hilton Boon & Thomson 2021, *Research Synthesis Methods* 12 (1),
29–33, https://doi.org/10.1002/jrsm.1458: a row for each study, a column for each outcome domain,
no significance, and a sign test for each column.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg.catalogue import view
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.cells import (
    Cell,
    Member,
    cells_of,
    counted_out,
    members_of,
    votes_in_words,
)
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Selection, Term, take
from osteokg.kg.synthesis.votes import (
    DIRECTIONS,
    RECOUNT,
    Direction,
    Votes,
    direction_of,
    votes_of,
)

__all__ = ["Column", "EffectDirections", "Line", "Mark", "Question", "effect_directions"]


@dataclass(frozen=True)
class Mark:
    """Hold what one experiment says in one cell.

    ``votes`` is false where its direction is none that votes, or where those it is a joint
    citation of have findings of their own there.
    """

    direction: Direction
    findings: tuple[str, ...]
    votes: bool


@dataclass(frozen=True)
class Column:
    """Hold an outcome domain in a compartment: its cell, the votes and their sign test."""

    cell: Cell
    votes: Votes
    direction: Direction


@dataclass(frozen=True)
class Line:
    """Hold one experiment of a study: its mark in each cell, by the cell's IRI.

    ``retracted`` tells that all sources of its findings are retracted.
    """

    experiment: Term
    study: Term
    retracted: bool
    marks: Mapping[str, Mark]


@dataclass(frozen=True)
class Question:
    """Hold a question: what was given, against what, in which animals; who saw what."""

    words: str
    contrast: Term
    models: tuple[Term, ...]
    interventions: tuple[Term, ...]
    comparators: tuple[Term, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class EffectDirections:
    """Hold the questions, the most studied first, and what leaving evidence out has changed."""

    questions: tuple[Question, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def effect_directions(store: Store, selection: Selection) -> EffectDirections:
    """Return the effect directions of what is selected, a table for each question.

    Where no contrast is asked for, these are questions on interventions, not on models.
    """
    evidence = await take(store, selection)
    questions = await _questions(evidence)
    if not selection.without:
        return EffectDirections(questions)
    before = await _questions(await take(store, selection.with_all()))
    return EffectDirections(
        questions,
        changes_between(_told(before), _told(questions)),
        counted_out(evidence, _findings(before)),
    )


async def _questions(evidence: Evidence) -> tuple[Question, ...]:
    cells, members, (counts, cast), named, told = await asyncio.gather(
        cells_of(evidence),
        members_of(evidence),
        evidence.results(RECOUNT, "synthesis/counts", "synthesis/votes"),
        rows_of(evidence.store, view("synthesis/names")),
        rows_of(evidence.store, view("synthesis/retracted")),
    )
    votes = {row["cell"]: votes_of(row) for row in counts}
    voted = {(row["cell"], row["experiment"]): DIRECTIONS[row["direction"]] for row in cast}
    names = {row["thing"]: row["label"] for row in named}
    retracted = {row["finding"] for row in told}
    asked: dict[object, list[Cell]] = defaultdict(list)
    for iri, cell in cells.items():
        if members.get(iri):
            asked[cell.question].append(cell)
    found = []
    for some in asked.values():
        columns = sorted(some, key=lambda cell: (cell.outcome, cell.compartment))
        lines = _lines(columns, members, voted, retracted, names)
        found.append(_question(columns, members, votes, lines))
    return tuple(sorted(found, key=lambda question: (-len(question.lines), question.words)))


def _question(
    cells: Sequence[Cell],
    members: Mapping[str, Sequence[Member]],
    votes: Mapping[str, Votes],
    lines: tuple[Line, ...],
) -> Question:
    first = cells[0]
    columns = tuple(
        Column(
            cell,
            votes.get(cell.iri, Votes()),
            direction_of(
                votes.get(cell.iri, Votes()),
                {member.direction for member in members[cell.iri]},
            ),
        )
        for cell in cells
    )
    return Question(
        f"{first.given} in {first.animals}",
        first.contrast,
        first.models,
        first.interventions,
        first.comparators,
        columns,
        lines,
    )


def _lines(
    cells: Sequence[Cell],
    members: Mapping[str, Sequence[Member]],
    voted: Mapping[tuple[str, str], Direction],
    retracted: set[str],
    names: Mapping[str, str],
) -> tuple[Line, ...]:
    by_line: dict[tuple[str, str], dict[str, list[Member]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        for member in members[cell.iri]:
            by_line[(member.experiment, member.study)][cell.iri].append(member)
    lines = []
    for (experiment, study), of_cells in by_line.items():
        marks = {iri: _mark(some, voted.get((iri, experiment))) for iri, some in of_cells.items()}
        findings = {finding for mark in marks.values() for finding in mark.findings}
        lines.append(
            Line(
                Term(names.get(experiment, experiment), experiment),
                Term(names.get(study, study), study),
                findings <= retracted,
                marks,
            )
        )
    return tuple(sorted(lines, key=lambda line: (line.study, line.experiment)))


def _mark(members: Sequence[Member], vote: Direction | None) -> Mark:
    seen = {member.direction for member in members}
    shown = vote or (seen.pop() if len(seen) == 1 else "mixed")
    return Mark(shown, tuple(sorted(member.finding for member in members)), vote is not None)


def _findings(questions: Iterable[Question]) -> Iterable[str]:
    for question in questions:
        for line in question.lines:
            for mark in line.marks.values():
                yield from mark.findings


def _told(questions: Iterable[Question]) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        column.cell.iri: (
            column.cell.words,
            {
                "direction": column.direction,
                "votes": votes_in_words(column.votes),
                "sign test": "" if (p := column.votes.sign_test) is None else f"p = {p:.3g}",
            },
        )
        for question in questions
        for column in question.columns
    }
