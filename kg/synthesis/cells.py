"""Cells of the evidence: what was given to which animals, and what was measured where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osteokg.kg.catalogue import view
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.evidence import Term, terms_of

__all__ = ["Cell", "cells_in"]

_OF_MODELS = frozenset(
    okg(name) for name in ("ModelEffect", "ModelComparison", "TreatedVersusSham")
)
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

    @property
    def of_models(self) -> bool:
        """Return whether it is about what models do, not about what interventions do."""
        return self.contrast.iri in _OF_MODELS


async def cells_in(store: Store) -> dict[str, Cell]:
    """Return all cells by IRI."""
    told: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in await rows_of(store, view("synthesis/cells")):
        told[row["cell"]][row["property"]].append((row["term"], row["label"]))
    return {iri: _cell(iri, facts) for iri, facts in told.items()}


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
