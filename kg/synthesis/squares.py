"""Squares: what is known in each cell of the evidence – findings, votes, and whether they part."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from osteokg.kg.catalogue import view
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.cells import Cell, cells_in
from osteokg.kg.synthesis.evidence import Evidence
from osteokg.kg.synthesis.votes import (
    DIRECTIONS,
    Count,
    Direction,
    Votes,
    counts_in,
    direction_of,
    recounted,
)

__all__ = ["Member", "Square", "counted_out", "members_of", "squares_of"]


@dataclass(frozen=True)
class Member:
    """Say which finding stands in a cell."""

    finding: str
    direction: Direction
    experiment: str
    study: str


@dataclass(frozen=True)
class Square:
    """Hold what is known in a cell: the findings in it, and how their experiments voted.

    ``conflict`` is the strongest way in which one of its findings parts with another one:
    ``contradiction`` (opposite signs), ``disagreement`` (a sign against no difference),
    ``inconsistency`` (within one source), or empty; it is told where it is asked for.
    """

    cell: Cell
    members: tuple[Member, ...]
    count: Count = field(default_factory=Count)
    conflict: str = ""

    @property
    def votes(self) -> Votes:
        """Return how many experiments voted which way."""
        return self.count.votes

    @cached_property
    def direction(self) -> Direction:
        """Return which way it points."""
        return direction_of(self.votes, {member.direction for member in self.members})

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """Return the findings, each once, as the other two are."""
        return tuple(sorted(member.finding for member in self.members))

    @cached_property
    def studies(self) -> tuple[str, ...]:
        """Return the studies that the findings are of."""
        return tuple(sorted({member.study for member in self.members}))

    @cached_property
    def experiments(self) -> tuple[str, ...]:
        """Return the experiments that the findings are of."""
        return tuple(sorted({member.experiment for member in self.members}))


def counted_out(evidence: Evidence, findings: Iterable[str]) -> dict[str, int]:
    """Return how many of some findings each switch takes away."""
    some = set(findings)
    return {name: len(some & gone) for name, gone in evidence.left_out.items()}


async def members_of(evidence: Evidence) -> Mapping[str, Sequence[Member]]:
    """Return the findings of each cell that are kept; a cell without any is not there."""
    members = await evidence.kept.of("synthesis/members", _members_in)
    if evidence.whole:
        return members
    left = {
        cell: tuple(member for member in some if evidence.keeps(member.finding))
        for cell, some in members.items()
    }
    return {cell: some for cell, some in left.items() if some}


async def _members_in(store: Store) -> dict[str, tuple[Member, ...]]:
    told: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await rows_of(store, view("synthesis/members")):
        told[row["column"]][row["finding"]] = row["value"]
    directions, experiments, studies = (
        told[column] for column in ("direction", "experiment", "study")
    )
    members: dict[str, list[Member]] = defaultdict(list)
    for finding, cell in told["cell"].items():
        direction = DIRECTIONS[directions[finding]]
        members[cell].append(Member(finding, direction, experiments[finding], studies[finding]))
    return {cell: tuple(some) for cell, some in members.items()}


async def squares_of(evidence: Evidence) -> list[Square]:
    """Return what is known in each cell, in no order; the empty ones are not there.

    Where no contrast is asked for, they are about what interventions do, not about models.
    """
    of_models = bool(evidence.selection.filters.contrast)
    squares = await evidence.kept.of("synthesis/squares", _squares_in)
    shown = [square for square in squares if of_models or not square.cell.of_models]
    if evidence.whole:
        return shown
    members = await members_of(evidence)
    # How a cell is counted depends on nothing but its findings: one that keeps all of them, or
    # none, need not be counted again.
    fewer = [
        square.cell.iri
        for square in shown
        if 0 < len(members.get(square.cell.iri, ())) < len(square.members)
    ]
    counts = await recounted(evidence, fewer)
    left = []
    for square in shown:
        iri = square.cell.iri
        if iri in counts:
            left.append(Square(square.cell, tuple(members[iri]), counts[iri]))
        elif iri in members:
            left.append(square)
    return left


async def _squares_in(store: Store) -> list[Square]:
    cells, members, counts = await asyncio.gather(
        cells_in(store), _members_in(store), counts_in(store)
    )
    return [
        Square(cells[iri], some, counts.get(iri, Count()))
        for iri, some in members.items()
        if iri in cells
    ]
