"""Votes: which way the experiments of a cell of the evidence point, and how sure that is.

By direction, never by significance: Cochrane Handbook for Systematic Reviews of Interventions,
chapter 12 (McKenzie & Brennan), https://training.cochrane.org/handbook/current/chapter-12; Hilton
Boon & Thomson 2021, https://doi.org/10.1002/jrsm.1458. The counting itself is that of the rules
``71-votes.experiments`` and ``72-votes.counts``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from osteokg.kg.catalogue import view
from osteokg.kg.names import okg
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.synthesis.evidence import Evidence, Recount, Row

__all__ = [
    "DIRECTIONS",
    "RECOUNT",
    "Count",
    "Direction",
    "Votes",
    "counts_in",
    "direction_of",
    "recounted",
    "votes_in_words",
]

Direction: TypeAlias = Literal[
    "increased", "decreased", "no-difference", "mixed", "altered", "not-reported"
]

DIRECTIONS: dict[str, Direction] = {
    okg("Increased"): "increased",
    okg("Decreased"): "decreased",
    okg("NoDifference"): "no-difference",
    okg("Mixed"): "mixed",
    okg("Altered"): "altered",
    okg("NotReported"): "not-reported",
}
"""The directions of findings, in the words of the findings table."""

RECOUNT = Recount(
    "synthesis/votes.inputs",
    ("71-votes.experiments", "72-votes.counts"),
    # A finding that is left out casts no vote; that it is there still keeps a joint citation of
    # its study from voting in its stead: leaving out never makes a vote.
    frozenset({okg("direction")}),
)


@dataclass(frozen=True)
class Votes:
    """Hold how many experiments voted which way, and the two-sided exact sign test of the signs.

    ``sign_test`` is None without a sign, and where there are more than the rule has a value for.
    """

    increased: int = 0
    decreased: int = 0
    null: int = 0
    mixed: int = 0
    sign_test: float | None = None

    @property
    def total(self) -> int:
        """Return the number of experiments that voted."""
        return self.increased + self.decreased + self.null + self.mixed

    @property
    def direction(self) -> Direction | None:
        """Return the direction of all votes where they are alike, else mixed; None without one."""
        cast: dict[Direction, int] = {
            "increased": self.increased,
            "decreased": self.decreased,
            "no-difference": self.null,
            "mixed": self.mixed,
        }
        voted = [direction for direction, number in cast.items() if number]
        if not voted:
            return None
        return voted[0] if len(voted) == 1 else "mixed"


@dataclass(frozen=True)
class Count:
    """Hold the votes in a cell, and which experiment cast which."""

    votes: Votes = field(default_factory=Votes)
    cast: Mapping[str, Direction] = field(default_factory=dict)


_VIEWS = ("synthesis/counts", "synthesis/votes")


async def counts_in(store: Store) -> dict[str, Count]:
    """Return the votes in each cell, all evidence counted."""
    return _counts(*[await rows_of(store, view(name)) for name in _VIEWS])


async def recounted(evidence: Evidence, cells: Sequence[str]) -> dict[str, Count]:
    """Return the votes in some cells, counted again of the evidence that is kept."""
    if not cells:
        return {}
    counts = _counts(*await evidence.recounted(RECOUNT, *_VIEWS, of=cells))
    return {cell: counts.get(cell, Count()) for cell in cells}


def _counts(counts: Iterable[Row], votes: Iterable[Row]) -> dict[str, Count]:
    cast: dict[str, dict[str, Direction]] = defaultdict(dict)
    for row in votes:
        cast[row["cell"]][row["experiment"]] = DIRECTIONS[row["direction"]]
    return {row["cell"]: Count(_votes(row), cast[row["cell"]]) for row in counts}


def _votes(row: Row) -> Votes:
    return Votes(
        int(row["increased"]),
        int(row["decreased"]),
        int(row["null"]),
        int(row["mixed"]),
        float(row["signTest"]) if "signTest" in row else None,
    )


def direction_of(votes: Votes, findings: Iterable[Direction]) -> Direction:
    """Return which way a cell points: by its votes, else whether a change is told at all."""
    return votes.direction or ("altered" if "altered" in findings else "not-reported")


def votes_in_words(votes: Votes) -> str:
    """Return votes in a few words: ``2 increased, 1 no difference``."""
    parts = (
        (votes.increased, "increased"),
        (votes.decreased, "decreased"),
        (votes.null, "no difference"),
        (votes.mixed, "mixed"),
    )
    return ", ".join(f"{number} {word}" for number, word in parts if number)
