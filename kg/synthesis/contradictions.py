"""Contradictions: findings that part, who they are of, and what might explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg.catalogue import view
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.cells import counted_out
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Row, Selection, Term, take, terms_of
from osteokg.kg.synthesis.facts import Facts, facts_of

__all__ = ["Contradictions", "Pair", "contradictions"]

_KINDS = {
    okg("Contradiction"): "contradiction",
    okg("InconsistencyWithin"): "inconsistency",
    okg("Disagreement"): "disagreement",
}
"""The ways to part, the strongest first."""

_TOLD_BY = {
    "SiteDiscriminator": "sites",
    "SiteNotStatedDiscriminator": "sites",
    "CompartmentDiscriminator": "compartments",
    "CompartmentNotStatedDiscriminator": "compartments",
    "OutcomeDiscriminator": "outcomes",
    "ComparatorDiscriminator": "comparators",
    "DoseDiscriminator": "doses",
    "RegimenDiscriminator": "regimens",
    "TimeDiscriminator": "times",
    "MethodDiscriminator": "methods",
    "AgeDiscriminator": "ages",
}
"""Which facts show a discriminator."""


@dataclass(frozen=True)
class Reason:
    """Hold what might explain that two findings part, and what each of them says of it.

    ``one`` and ``other`` are empty where it is nothing that the findings have words for.
    """

    term: Term
    one: str = ""
    other: str = ""


@dataclass(frozen=True)
class Pair:
    """Hold two findings that part: ``contradiction``, ``disagreement`` or ``inconsistency``."""

    iri: str
    kind: str
    one: Facts
    other: Facts
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Contradictions:
    """Hold pairs, the strongest kind first, how many there are in all, and what has changed."""

    pairs: tuple[Pair, ...]
    total: int
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def contradictions(
    store: Store, selection: Selection, offset: int = 0, limit: int | None = None
) -> Contradictions:
    """Return the pairs of findings that part, at least one of each being asked for.

    Whether two findings part depends on nothing but the two, so a pair stands as long as both do.
    """
    evidence = await take(store, selection)
    told = await rows_of(store, view("synthesis/conflicts"))
    asked = [row for row in told if evidence.matches(row["one"]) or evidence.matches(row["other"])]
    standing = [row for row in asked if _stands(evidence, row)]
    lost = [row for row in asked if not _stands(evidence, row)]
    standing.sort(key=lambda row: (list(_KINDS).index(row["kind"]), row["one"], row["other"]))
    shown = standing[offset:] if limit is None else standing[offset : offset + limit]
    facts = await facts_of(store, (row[side] for row in (*shown, *lost) for side in _SIDES))
    terms: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in await rows_of(store, view("synthesis/discriminators")):
        terms[row["pair"]].append((row["discriminator"], row["label"]))
    return Contradictions(
        tuple(_pair(row, facts, terms[row["pair"]]) for row in shown),
        len(standing),
        changes_between(
            {row["pair"]: (_about(row, facts), {"kind": _KINDS[row["kind"]]}) for row in lost}, {}
        ),
        counted_out(evidence, (row[side] for row in asked for side in _SIDES)),
    )


_SIDES = ("one", "other")


def _stands(evidence: Evidence, row: Row) -> bool:
    return all(evidence.stands(row[side]) for side in _SIDES)


def _pair(row: Row, facts: Mapping[str, Facts], terms: Sequence[tuple[str, str]]) -> Pair:
    one, other = (facts[row[side]] for side in _SIDES)
    reasons = (Reason(term, _shown(one, term), _shown(other, term)) for term in terms_of(terms))
    return Pair(row["pair"], _KINDS[row["kind"]], one, other, tuple(reasons))


def _shown(facts: Facts, discriminator: Term) -> str:
    name = _TOLD_BY.get(discriminator.iri.removeprefix(okg("")))
    if name is None:
        return ""
    said: Sequence[Term | str] = getattr(facts, name)
    words = (value.label if isinstance(value, Term) else value for value in said)
    return ", ".join(words) or "not stated"


def _about(row: Row, facts: Mapping[str, Facts]) -> str:
    one, other = (facts[row[side]] for side in _SIDES)
    who = " and ".join(", ".join(term.label for term in side.studies) for side in (one, other))
    return f"{who} on {', '.join(term.label for term in one.outcomes)}"
