"""Contradictions: findings that part, who they are of, and what might explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from osteokg.kg.kept import Kept
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_about
from osteokg.kg.store import Store
from osteokg.kg.synthesis.changes import Change, changes_between
from osteokg.kg.synthesis.evidence import Evidence, Selection, Term, take, terms_of
from osteokg.kg.synthesis.facts import Facts, facts_of
from osteokg.kg.synthesis.partings import Parting, partings_of
from osteokg.kg.synthesis.squares import counted_out

__all__ = ["Contradictions", "Pair", "contradictions"]

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
    kept: Kept, selection: Selection, part: slice = slice(None)
) -> Contradictions:
    """Return a part of the pairs of findings that part, at least one of each being asked for.

    Whether two findings part depends on nothing but the two, so a pair stands as long as both do.
    """
    evidence = await take(kept, selection)
    asked = [
        parting
        for parting in await partings_of(evidence)
        if any(evidence.matches(finding) for finding in parting.sides)
    ]
    standing = [parting for parting in asked if _stands(evidence, parting)]
    lost = [parting for parting in asked if not _stands(evidence, parting)]
    shown = standing[part]
    facts = await facts_of(kept.store, (one for pair in (*shown, *lost) for one in pair.sides))
    reasons = await _reasons(kept.store, shown)
    return Contradictions(
        tuple(_pair(parting, facts, reasons[parting.iri]) for parting in shown),
        len(standing),
        changes_between(
            {parting.iri: (_about(parting, facts), {"kind": parting.kind}) for parting in lost}, {}
        ),
        counted_out(evidence, (finding for parting in asked for finding in parting.sides)),
    )


def _stands(evidence: Evidence, parting: Parting) -> bool:
    return all(evidence.stands(finding) for finding in parting.sides)


async def _reasons(
    store: Store, partings: Iterable[Parting]
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the discriminators of pairs, by pair."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    pairs = (parting.iri for parting in partings)
    for row in await rows_about(store, "synthesis/discriminators", pairs):
        found[row["pair"]].append((row["discriminator"], row["label"]))
    return found


def _pair(parting: Parting, facts: Mapping[str, Facts], terms: Sequence[tuple[str, str]]) -> Pair:
    one, other = (facts[finding] for finding in parting.sides)
    reasons = (Reason(term, _shown(one, term), _shown(other, term)) for term in terms_of(terms))
    return Pair(parting.iri, parting.kind, one, other, tuple(reasons))


def _shown(facts: Facts, discriminator: Term) -> str:
    name = _TOLD_BY.get(discriminator.iri.removeprefix(okg("")))
    if name is None:
        return ""
    said: Sequence[Term | str] = getattr(facts, name)
    words = (value.label if isinstance(value, Term) else value for value in said)
    return ", ".join(words) or "not stated"


def _about(parting: Parting, facts: Mapping[str, Facts]) -> str:
    one, other = (facts[finding] for finding in parting.sides)
    who = " and ".join(", ".join(term.label for term in side.studies) for side in (one, other))
    return f"{who} on {', '.join(term.label for term in one.outcomes)}"
