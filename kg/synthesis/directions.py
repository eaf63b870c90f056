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
from osteokg.kg.kept import Kept
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Selection, Term, take
from osteokg.kg.synthesis.squares import Member, Square, counted_out, squares_of
from osteokg.kg.synthesis.votes import Direction, votes_in_words

__all__ = ["EffectDirections", "Line", "Mark", "Question", "effect_directions"]


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
    """Hold a question: what was given, against what, in which animals; who saw what.

    A column is what is known of one outcome domain in one compartment.
    """

    words: str
    contrast: Term
    models: tuple[Term, ...]
    interventions: tuple[Term, ...]
    comparators: tuple[Term, ...]
    columns: tuple[Square, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class EffectDirections:
    """Hold the questions, the most studied first, and what leaving evidence out has changed."""

    questions: tuple[Question, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def effect_directions(kept: Kept, selection: Selection) -> EffectDirections:
    """Return the effect directions of what is selected, a table for each question.

    Where no contrast is asked for, these are questions on interventions, not on models.
    """
    evidence = await take(kept, selection)
    questions = await _questions(evidence)
    if not selection.without:
        return EffectDirections(questions)
    before = await _questions(await take(kept, selection.with_all()))
    return EffectDirections(
        questions,
        changes_between(_told(before), _told(questions)),
        counted_out(evidence, _findings(before)),
    )


async def _questions(evidence: Evidence) -> tuple[Question, ...]:
    squares, names, retracted = await asyncio.gather(
        squares_of(evidence),
        evidence.kept.of("synthesis/names", _names_in),
        evidence.kept.of("synthesis/retracted", _retracted_in),
    )
    asked: dict[object, list[Square]] = defaultdict(list)
    for square in squares:
        asked[square.cell.question].append(square)
    found = [_question(some, retracted, names) for some in asked.values()]
    return tuple(sorted(found, key=lambda question: (-len(question.lines), question.words)))


async def _names_in(store: Store) -> dict[str, str]:
    """Return what each study and experiment is called."""
    return {row["thing"]: row["label"] for row in await rows_of(store, view("synthesis/names"))}


async def _retracted_in(store: Store) -> set[str]:
    """Return the findings all of whose sources are retracted."""
    return {row["finding"] for row in await rows_of(store, view("synthesis/retracted"))}


def _question(squares: Iterable[Square], retracted: set[str], names: Mapping[str, str]) -> Question:
    columns = sorted(squares, key=lambda square: (square.cell.outcome, square.cell.compartment))
    cell = columns[0].cell
    return Question(
        f"{cell.given} in {cell.animals}",
        cell.contrast,
        cell.models,
        cell.interventions,
        cell.comparators,
        tuple(columns),
        _lines(columns, retracted, names),
    )


def _lines(
    columns: Iterable[Square], retracted: set[str], names: Mapping[str, str]
) -> tuple[Line, ...]:
    marks: dict[tuple[str, str], dict[str, Mark]] = defaultdict(dict)
    for square in columns:
        by_line: dict[tuple[str, str], list[Member]] = defaultdict(list)
        for member in square.members:
            by_line[(member.experiment, member.study)].append(member)
        for line, some in by_line.items():
            marks[line][square.cell.iri] = _mark(some, square.count.cast.get(line[0]))
    lines = (
        Line(
            Term(names.get(experiment, experiment), experiment),
            Term(names.get(study, study), study),
            all(finding in retracted for mark in some.values() for finding in mark.findings),
            some,
        )
        for (experiment, study), some in marks.items()
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
