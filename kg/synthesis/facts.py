"""Facts of findings: what a reader needs to see of one finding beside another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from osteokg.kg.names import contract
from osteokg.kg.rows import rows_about
from osteokg.kg.store import Store
from osteokg.kg.synthesis.evidence import Term, terms_of
from osteokg.kg.synthesis.votes import DIRECTIONS, Direction

__all__ = ["Facts", "facts_of"]


@dataclass(frozen=True)
class Facts:
    """Hold what is told of one finding, in our words and term by term.

    ``anchors`` are the sentences it stands in; ``doses``, ``regimens``, ``times``, ``methods`` and
    ``ages`` are those of the treated animals, as far as they are stated.
    """

    finding: str
    paraphrase: str
    direction: Direction
    contrasts: tuple[Term, ...]
    models: tuple[Term, ...]
    interventions: tuple[Term, ...]
    comparators: tuple[Term, ...]
    outcomes: tuple[Term, ...]
    sites: tuple[Term, ...]
    compartments: tuple[Term, ...]
    studies: tuple[Term, ...]
    anchors: tuple[Term, ...]
    degrees: tuple[Term, ...] = ()
    judgements: tuple[Term, ...] = ()
    benefits: tuple[Term, ...] = ()
    doses: tuple[str, ...] = ()
    regimens: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    cell: str = ""
    retracted: bool = False
    presupposed: bool = False


async def facts_of(store: Store, findings: Iterable[str]) -> dict[str, Facts]:
    """Return the facts of findings, by IRI."""
    told: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in await rows_about(store, "synthesis/facts", findings):
        value = row["value"]
        told[row["finding"]][row["column"]].append((value, row.get("label", value)))
    return {finding: _facts(finding, columns) for finding, columns in told.items()}


def _facts(finding: str, told: Mapping[str, Sequence[tuple[str, str]]]) -> Facts:
    def terms(column: str) -> tuple[Term, ...]:
        return terms_of(told.get(column, ()))

    def words(column: str) -> tuple[str, ...]:
        return tuple(sorted({label for _, label in told.get(column, ())}))

    def one(column: str) -> str:
        return min((value for value, _ in told.get(column, ())), default="")

    return Facts(
        finding,
        one("paraphrase") or contract(finding),
        DIRECTIONS[one("direction")],
        terms("contrast"),
        terms("model"),
        terms("intervention"),
        terms("comparator"),
        terms("outcome"),
        terms("site"),
        terms("compartment"),
        terms("study"),
        terms("anchor"),
        terms("degree"),
        terms("judgement"),
        terms("benefit"),
        words("dose"),
        words("regimen"),
        words("time"),
        words("method"),
        words("age"),
        one("cell"),
        one("retraction").endswith("AllSourcesRetracted"),
        one("presupposed") == "true",
    )
