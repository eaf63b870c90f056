"""Partings: pairs of findings that contradict each other, disagree, or are inconsistent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from osteokg.kg.catalogue import view
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.evidence import Evidence

__all__ = ["Parting", "conflicts_of", "partings_of", "strongest"]

_KINDS = {
    okg("Contradiction"): "contradiction",
    okg("InconsistencyWithin"): "inconsistency",
    okg("Disagreement"): "disagreement",
}
"""The ways to part, the strongest first: opposite signs, both said by one source, a sign against
no difference."""

_STRENGTH = {kind: place for place, kind in enumerate(_KINDS.values())}


@dataclass(frozen=True, slots=True)
class Parting:
    """Hold two findings that part, by the IRI of the pair: who, and in which way."""

    iri: str
    kind: str
    one: str
    other: str

    @property
    def sides(self) -> tuple[str, str]:
        """Return the two findings."""
        return self.one, self.other


def strongest(kinds: Iterable[str]) -> str:
    """Return the strongest of some ways to part, empty for none."""
    return min(kinds, key=_STRENGTH.__getitem__, default="")


async def partings_of(evidence: Evidence) -> tuple[Parting, ...]:
    """Return every two findings that part, the strongest first, whatever is asked for."""
    return await evidence.kept.of("synthesis/partings", _partings_in)


async def _partings_in(store: Store) -> tuple[Parting, ...]:
    rows = await rows_of(store, view("synthesis/conflicts"))
    return await asyncio.to_thread(_partings_told, rows)  # there may be a hundred thousand


def _partings_told(rows: Iterable[Mapping[str, str]]) -> tuple[Parting, ...]:
    # A finding parts with hundreds: of its name one copy is kept.
    names: dict[str, str] = {}
    found = [
        Parting(
            row["pair"],
            _KINDS[row["kind"]],
            names.setdefault(row["one"], row["one"]),
            names.setdefault(row["other"], row["other"]),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (_STRENGTH[one.kind], *one.sides)))


async def conflicts_of(evidence: Evidence) -> Mapping[str, str]:
    """Return the strongest way in which each finding parts with another one that stands."""
    conflicts: dict[str, str] = {}
    for parting in await partings_of(evidence):
        if all(evidence.stands(finding) for finding in parting.sides):
            for finding in parting.sides:  # the strongest come first
                conflicts.setdefault(finding, parting.kind)
    return conflicts
