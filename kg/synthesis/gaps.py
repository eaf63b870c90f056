"""Gaps: what has never been measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from osteokg.kg.catalogue import view
from osteokg.kg.kept import Kept
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Recount, Selection, Term, take
from osteokg.kg.synthesis.squares import counted_out, members_of

__all__ = ["Gap", "Gaps", "gaps"]

RECOUNT = Recount(
    "synthesis/gaps.inputs",
    ("73-gaps",),
    # A finding that is left out fills no cell; that its agent and its model belong to the
    # evidence stays known, for else the widest gaps would not be seen.
    frozenset({okg("compartment")}),
)


@dataclass(frozen=True)
class Gap:
    """Say that no finding of an agent alone exists in a model and a compartment of bone."""

    iri: str
    intervention: Term
    model: Term
    compartment: Term

    @property
    def words(self) -> str:
        """Return the gap in words."""
        return f"{self.intervention.label} in {self.model.label}: {self.compartment.label}"


@dataclass(frozen=True)
class Gaps:
    """Hold the gaps by agent, model and compartment, and those that leaving evidence out opens."""

    gaps: tuple[Gap, ...]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


_DIMENSIONS = ("intervention", "model", "compartment")


async def gaps(kept: Kept, selection: Selection) -> Gaps:
    """Return where no finding that is asked for fills the cell of agent, model and compartment.

    Filters on these three choose the gaps that are shown; the others say which findings fill.
    """
    asked = selection.filters
    others = replace(asked, **dict.fromkeys(_DIMENSIONS, ()))
    chosen = {
        name: await _covered(kept.store, getattr(asked, name))
        for name in _DIMENSIONS
        if getattr(asked, name)
    }
    filling = replace(selection, filters=others)
    evidence = await take(kept, filling)
    found = await _gaps(evidence, chosen)
    if not selection.without:
        return Gaps(found)
    all_evidence = await take(kept, filling.with_all())
    members = await members_of(all_evidence)
    before = await _gaps(all_evidence, chosen)
    return Gaps(
        found,
        changes_between(_told(before), _told(found)),
        counted_out(evidence, (one.finding for some in members.values() for one in some)),
    )


async def _covered(store: Store, terms: Iterable[str]) -> frozenset[str]:
    """Return these terms and everything below them."""
    return frozenset(row["term"] for row in await rows_of(store, view("synthesis/below", terms)))


async def _gaps(evidence: Evidence, chosen: Mapping[str, frozenset[str]]) -> tuple[Gap, ...]:
    (rows,) = await evidence.results(RECOUNT, "synthesis/gaps")
    found = (
        Gap(
            row["gap"],
            Term(row["agentLabel"], row["agent"]),
            Term(row["modelLabel"], row["model"]),
            Term(row["compartmentLabel"], row["compartment"]),
        )
        for row in rows
    )
    shown = (
        gap
        for gap in found
        if all(getattr(gap, name).iri in terms for name, terms in chosen.items())
    )
    return tuple(sorted(shown, key=lambda gap: (gap.intervention, gap.model, gap.compartment)))


def _told(some: Iterable[Gap]) -> dict[str, tuple[str, dict[str, str]]]:
    return {gap.iri: (gap.words, {"gap": "never measured"}) for gap in some}
