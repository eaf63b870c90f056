"""The five syntheses by name: how each is made, what its items are, and as what it can be had."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from osteokg.api.synthesis import contract, tables
from osteokg.api.synthesis.asked import Asked
from osteokg.kg import synthesis
from osteokg.kg.catalogue import view_of_all
from osteokg.kg.kept import Kept

__all__ = ["KINDS", "Kind", "json_of"]

Found = Any
"""What a synthesis of a kind returns: each kind knows its own."""


@dataclass(frozen=True)
class Kind:
    """Hold what is particular to a synthesis.

    ``run`` makes it, or only a part of it if it is long to make; then ``total`` says how many items
    there are. ``items`` are what is counted, each with the model that reads it; ``queries`` the
    views it is made from; ``at_once`` how many of the items a page shows, None for all.
    """

    name: str
    title: str
    lead: str
    run: Callable[[Kept, synthesis.Selection, slice], Awaitable[Found]]
    items: Callable[[Found], Sequence[Any]]
    item_models: Mapping[type, type[BaseModel]]
    answer: type[contract.Answer]
    rows: Callable[[Found], list[tables.Row]]
    queries: tuple[str, ...]
    drawn: bool = False
    at_once: int | None = None
    total: Callable[[Found], int] | None = None

    def shown(self, found: Found, part: slice) -> tuple[Sequence[Any], int]:
        """Return a part of the items, and how many there are in all."""
        items = self.items(found)
        return (items[part], len(items)) if self.total is None else (items, self.total(found))

    def sparql(self) -> dict[str, str]:
        """Return the queries that the synthesis of all evidence is made from, by name."""
        return {name: view_of_all(f"synthesis/{name}") for name in self.queries}


def json_of(kind: Kind, found: Found, asked: Asked, version: str) -> str:
    """Return what JSON says of a synthesis: the part that is asked for, and the whole of it."""
    items, total = kind.shown(found, asked.part)
    after = asked.offset + len(items)
    # What follows is of the same version, whatever is the current one by then.
    bound = {"version": version} if version else {}
    where = asked.address(f"/synthesis/{kind.name}.json", offset=after, limit=asked.limit, **bound)
    answer = kind.answer.model_validate(
        {
            "version": version,
            "without": asked.without,
            "filters": asked.by_filter(),
            "left_out": dict(found.left_out),
            "changes": [contract.Change.model_validate(change) for change in found.changes],
            "total": total,
            "next": where if after < total else None,
            "items": [kind.item_models[type(item)].model_validate(item) for item in items],
        }
    )
    return answer.model_dump_json(indent=1, by_alias=True) + "\n"


def _whole(
    make: Callable[[Kept, synthesis.Selection], Awaitable[Found]],
) -> Callable[[Kept, synthesis.Selection, slice], Awaitable[Found]]:
    """Return what makes a synthesis whole, whatever part of it is asked for."""
    return lambda kept, selection, part: make(kept, selection)


_ALL = (
    Kind(
        "evidence-map",
        "Evidence map",
        "What was given to which animals, what was measured where, and which way it points.",
        _whole(synthesis.evidence_map),
        lambda found: found.squares,
        {synthesis.Square: contract.EvidenceCell},
        contract.EvidenceMap,
        tables.evidence_map,
        ("cells", "members", "counts", "conflicts"),
        drawn=True,
        at_once=300,
    ),
    Kind(
        "effect-directions",
        "Effect directions",
        "Question by question: which experiment saw which outcome go which way.",
        _whole(synthesis.effect_directions),
        lambda found: found.questions,
        {synthesis.Question: contract.Question},
        contract.EffectDirections,
        tables.directions,
        ("cells", "members", "votes", "counts"),
        drawn=True,
        at_once=20,
    ),
    Kind(
        "contradictions",
        "Contradictions",
        "Findings that part, whose they are, and what might explain it.",
        synthesis.contradictions,
        lambda found: found.pairs,
        {synthesis.Pair: contract.PartedPair},
        contract.Contradictions,
        tables.contradictions,
        ("conflicts", "discriminators"),
        at_once=20,
        total=lambda found: found.total,
    ),
    Kind(
        "gaps",
        "Gaps",
        "What has never been measured: agent, animal model and compartment of bone without a "
        "finding.",
        _whole(synthesis.gaps),
        lambda found: found.gaps,
        {synthesis.Gap: contract.Gap},
        contract.Gaps,
        tables.gaps,
        ("gaps",),
    ),
    Kind(
        "claims",
        "Claims and conclusions",
        "Combinations beside one of their agents, what is claimed of combinations, and what is "
        "concluded, held against the findings.",
        _whole(synthesis.claims),
        lambda found: (*found.add_ons, *found.claims, *found.conclusions),
        {
            synthesis.AddOn: contract.AddOn,
            synthesis.Claim: contract.AuditedClaim,
            synthesis.Conclusion: contract.AuditedConclusion,
        },
        contract.Claims,
        tables.claims,
        ("add-ons", "claims", "conclusions", "verdicts"),
        at_once=50,
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""The syntheses by the last part of their path."""
