"""The evidence map: intervention, model, compartment, outcome domain, and which way it points."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg.catalogue import view
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import (
    Evidence,
    Selection,
    Term,
    take,
    terms_of,
)
from osteokg.kg.synthesis.votes import (
    DIRECTIONS,
    RECOUNT,
    Direction,
    Votes,
    direction_of,
    votes_of,
)

__all__ = [
    "OF_MODELS",
    "Cell",
    "EvidenceMap",
    "Member",
    "Square",
    "cells_of",
    "conflicts_of",
    "evidence_map",
    "members_of",
    "squares_of",
]

OF_MODELS = frozenset(okg(name) for name in ("ModelEffect", "ModelComparison", "TreatedVersusSham"))
"""Contrasts that say what animal models do, or how near treatment comes to health."""

Question = tuple[Term, tuple[Term, ...], tuple[Term, ...], tuple[Term, ...], tuple[Term, ...]]


@dataclass(frozen=True)
class Cell:
    """Say what a cell is about: what was compared, in which models, and what was measured where.

    ``comparators`` are only those that part one cell from another: the agents of the reference
    arm where these differ.
    """

    iri: str
    contrast: Term
    outcome: Term
    compartment: Term
    models: tuple[Term, ...] = ()
    interventions: tuple[Term, ...] = ()
    procedures: tuple[Term, ...] = ()
    comparators: tuple[Term, ...] = ()

    @property
    def question(self) -> Question:
        """Return what was compared in which models, whatever was measured."""
        return (
            self.contrast,
            self.interventions,
            self.models,
            self.procedures,
            self.comparators,
        )

    @property
    def given(self) -> str:
        """Return what the animals were given, in words; without an agent, how they were made."""
        agents = " + ".join(term.label for term in self.interventions or self.procedures)
        against = " + ".join(term.label for term in self.comparators)
        return f"{agents} against {against}" if against else agents

    @property
    def animals(self) -> str:
        """Return the models, in words."""
        return " and ".join(term.label for term in self.models)

    @property
    def words(self) -> str:
        """Return what the cell is about, in words."""
        what = f"{self.given} in {self.animals}: {self.outcome.label}"
        return f"{what}, {self.compartment.label}"


@dataclass(frozen=True)
class Member:
    """Say which finding stands in a cell."""

    finding: str
    direction: Direction
    experiment: str
    study: str


@dataclass(frozen=True)
class Square:
    """Hold what is known in a cell: the votes, and which findings and studies they come from.

    ``conflict`` is the strongest way in which one of its findings parts with another one:
    ``contradiction`` (opposite signs), ``disagreement`` (a sign against no difference),
    ``inconsistency`` (within one source), or empty.
    """

    cell: Cell
    direction: Direction
    votes: Votes
    findings: tuple[str, ...]
    studies: tuple[str, ...]
    experiments: tuple[str, ...]
    conflict: str = ""


@dataclass(frozen=True)
class EvidenceMap:
    """Hold the squares in the order of their words, and what leaving evidence out has changed."""

    squares: tuple[Square, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


_CONFLICTS = {
    okg("contradicts"): "contradiction",
    okg("disagreesWith"): "disagreement",
    okg("inconsistentWith"): "inconsistency",
}
_STRENGTH = {name: place for place, name in enumerate(_CONFLICTS.values())}


async def evidence_map(store: Store, selection: Selection) -> EvidenceMap:
    """Return the evidence map of what is selected.

    Where no contrast is asked for, it shows what interventions do, not the effects of models.
    """
    evidence = await take(store, selection)
    squares = await squares_of(evidence)
    if not selection.without:
        return EvidenceMap(squares)
    before = await squares_of(await take(store, selection.with_all()))
    return EvidenceMap(
        squares,
        changes_between(_told(before), _told(squares)),
        counted_out(evidence, (finding for square in before for finding in square.findings)),
    )


def counted_out(evidence: Evidence, findings: Iterable[str]) -> dict[str, int]:
    """Return how many of some findings each switch takes away."""
    some = set(findings)
    return {name: len(some & gone) for name, gone in evidence.left_out.items()}


async def cells_of(evidence: Evidence) -> dict[str, Cell]:
    """Return the cells by IRI, those about models only where a contrast is asked for."""
    told: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in await rows_of(evidence.store, view("synthesis/cells")):
        told[row["cell"]][row["property"]].append((row["term"], row["label"]))
    cells = {iri: _cell(iri, facts) for iri, facts in told.items()}
    if evidence.selection.filters.contrast:
        return cells
    return {iri: cell for iri, cell in cells.items() if cell.contrast.iri not in OF_MODELS}


def _cell(iri: str, facts: Mapping[str, Sequence[tuple[str, str]]]) -> Cell:
    def all_of(name: str) -> tuple[Term, ...]:
        return terms_of(facts.get(okg(name), ()))

    return Cell(
        iri,
        all_of("contrast")[0],
        all_of("outcome")[0],
        all_of("compartment")[0],
        all_of("model"),
        all_of("intervention"),
        all_of("inducingProcedure"),
        all_of("comparator"),
    )


async def members_of(evidence: Evidence) -> dict[str, list[Member]]:
    """Return the findings of each cell that are kept."""
    told: dict[str, dict[str, str]] = {
        column: {} for column in ("cell", "direction", "experiment", "study")
    }
    for row in await rows_of(evidence.store, view("synthesis/members")):
        told[row["column"]][row["finding"]] = row["value"]
    directions, experiments, studies = (
        told[column] for column in ("direction", "experiment", "study")
    )
    members: dict[str, list[Member]] = defaultdict(list)
    for finding, cell in told["cell"].items():
        if evidence.keeps(finding):
            members[cell].append(
                Member(
                    finding,
                    DIRECTIONS[directions[finding]],
                    experiments[finding],
                    studies[finding],
                )
            )
    return members


async def conflicts_of(evidence: Evidence) -> dict[str, str]:
    """Return the strongest conflict that each finding has with another one that stands."""
    conflicts: dict[str, str] = {}
    # With whom a finding parts is asked only where one of the two may be left out.
    name = "partings" if evidence.left_out else "conflicted"
    for row in await rows_of(evidence.store, view(f"synthesis/{name}")):
        finding = row["finding"]
        if not (evidence.stands(finding) and evidence.stands(row.get("other", finding))):
            continue
        kind = _CONFLICTS[row["property"]]
        known = conflicts.get(finding, kind)
        conflicts[finding] = min(kind, known, key=_STRENGTH.__getitem__)
    return conflicts


async def squares_of(evidence: Evidence) -> tuple[Square, ...]:
    """Return what is known in each cell, in the order of their words; the empty ones are not."""
    cells, members, (counts,), conflicts = await asyncio.gather(
        cells_of(evidence),
        members_of(evidence),
        evidence.results(RECOUNT, "synthesis/counts"),
        conflicts_of(evidence),
    )
    votes = {row["cell"]: votes_of(row) for row in counts}
    squares = [
        _square(cells[iri], some, votes.get(iri, Votes()), conflicts)
        for iri, some in members.items()
        if iri in cells
    ]
    return tuple(sorted(squares, key=_order))


def _square(
    cell: Cell, members: Sequence[Member], votes: Votes, conflicts: Mapping[str, str]
) -> Square:
    findings = tuple(sorted(member.finding for member in members))
    known = {conflicts[finding] for finding in findings if finding in conflicts}
    return Square(
        cell,
        direction_of(votes, {member.direction for member in members}),
        votes,
        findings,
        tuple(sorted({member.study for member in members})),
        tuple(sorted({member.experiment for member in members})),
        min(known, key=_STRENGTH.__getitem__, default=""),
    )


def _order(square: Square) -> tuple[object, ...]:
    cell = square.cell
    return (
        len(cell.interventions),
        cell.given,
        cell.contrast,
        cell.animals,
        cell.outcome,
        cell.compartment,
    )


def _told(squares: Iterable[Square]) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what can be said of each square before and after something is left out."""
    return {
        square.cell.iri: (
            square.cell.words,
            {
                "direction": square.direction,
                "votes": votes_in_words(square.votes),
                "conflict": square.conflict,
            },
        )
        for square in squares
    }


def votes_in_words(votes: Votes) -> str:
    """Return votes in a few words: ``2 increased, 1 no difference``."""
    parts = (
        (votes.increased, "increased"),
        (votes.decreased, "decreased"),
        (votes.null, "no difference"),
        (votes.mixed, "mixed"),
    )
    return ", ".join(f"{number} {word}" for number, word in parts if number)
