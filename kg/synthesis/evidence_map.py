"""The evidence map: intervention, model, compartment, outcome domain, and which way it points."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from osteokg.kg.kept import Kept
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Selection, take
from osteokg.kg.synthesis.partings import conflicts_of, strongest
from osteokg.kg.synthesis.squares import Square, counted_out, squares_of
from osteokg.kg.synthesis.votes import votes_in_words

__all__ = ["EvidenceMap", "evidence_map"]


@dataclass(frozen=True)
class EvidenceMap:
    """Hold the squares in the order of their words, and what leaving evidence out has changed."""

    squares: tuple[Square, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def evidence_map(kept: Kept, selection: Selection) -> EvidenceMap:
    """Return the evidence map of what is selected.

    Where no contrast is asked for, it shows what interventions do, not the effects of models.
    """
    evidence = await take(kept, selection)
    squares = await _map_of(evidence)
    if not selection.without:
        return EvidenceMap(squares)
    before = await _map_of(await take(kept, selection.with_all()))
    return EvidenceMap(
        squares,
        changes_between(_told(before), _told(squares)),
        counted_out(evidence, (finding for square in before for finding in square.findings)),
    )


async def _map_of(evidence: Evidence) -> tuple[Square, ...]:
    squares, conflicts = await asyncio.gather(squares_of(evidence), conflicts_of(evidence))
    told = (
        replace(
            square,
            conflict=strongest(conflicts[one] for one in square.findings if one in conflicts),
        )
        for square in squares
    )
    return tuple(sorted(told, key=_order))


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
