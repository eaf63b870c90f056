"""Comparison: what a reviewer wants to know of two states of the evidence, side by side."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import pyoxigraph as ox

from osteokg.kg.files import packaged
from osteokg.kg.names import contract
from osteokg.kg.table import rows_by_name
from osteokg.kg.turtle import text_of

__all__ = [
    "Change",
    "Comparison",
    "Conflict",
    "Side",
    "StudyChange",
    "Things",
    "compare",
    "json_of",
]

_DIRECTIONS = {"increased": "decreased", "decreased": "increased"}
_NOT_TOLD = {"finding", "counteracts", "explains"}
"""Columns of the findings table in which no reviewer reads a change: names, and edges to them."""


@dataclass(frozen=True)
class Side:
    """Hold one state of the evidence: what it is called, its store, the graphs that were curated.

    The store has the computed graphs, and the union of all as the default graph.
    """

    name: str
    store: ox.Store
    curated: frozenset[str]


@dataclass(frozen=True)
class Change:
    """Hold what is said otherwise of one thing: field by field, from what to what."""

    thing: str
    words: str
    fields: Mapping[str, tuple[str, str]]

    @property
    def flipped(self) -> bool:
        """Return whether the direction is the opposite one."""
        was, now = self.fields.get("direction", ("", ""))
        return _DIRECTIONS.get(was) == now


@dataclass(frozen=True)
class StudyChange:
    """Hold a study that comes or goes, or a publication with another status, and why."""

    change: str
    thing: str
    label: str
    before: str = ""
    after: str = ""
    why: str = ""


@dataclass(frozen=True)
class Conflict:
    """Hold a conflict of two findings that appears or vanishes; both told in words."""

    change: str
    kind: str
    one: str
    one_words: str
    other: str
    other_words: str


@dataclass(frozen=True)
class Things:
    """Hold the other things of one kind that come or go."""

    change: str
    what: str
    things: Sequence[str]


@dataclass(frozen=True)
class Comparison:
    """Hold everything in which one side differs from the other, in reading order."""

    before: str
    after: str
    studies: Sequence[StudyChange] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[Change] = ()
    conflicts: Sequence[Conflict] = ()
    verdicts: Sequence[Change] = ()
    things: Sequence[Things] = ()
    details: Sequence[Change] = ()

    @cached_property
    def flips(self) -> Sequence[Change]:
        """Return the findings whose direction is the opposite one."""
        return [change for change in self.changed if change.flipped]

    @property
    def same(self) -> bool:
        """Return whether nothing differs."""
        return not (
            self.studies
            or self.added
            or self.removed
            or self.changed
            or self.conflicts
            or self.verdicts
            or self.things
            or self.details
        )


def compare(before: Side, after: Side) -> Comparison:
    """Return in what two states differ, by the table of findings and ``kg/comparisons/*.rq``."""
    both = _both(before, after)
    was, now = (rows_by_name(side.store) for side in (before, after))
    words = {name: in_words(row) for name, row in [*was.items(), *now.items()]}
    return Comparison(
        before.name,
        after.name,
        studies=[
            StudyChange(
                row["change"],
                contract(row["thing"]),
                row["label"],
                row.get("from", ""),
                row.get("to", ""),
                row.get("why", ""),
            )
            for row in _rows(both, "studies")
        ],
        added={contract(name): words[name] for name in sorted(now.keys() - was.keys())},
        removed={contract(name): words[name] for name in sorted(was.keys() - now.keys())},
        changed=list(_changed(was, now, words)),
        conflicts=[
            Conflict(
                row["change"],
                row["kind"],
                contract(row["one"]),
                words.get(row["one"], ""),
                contract(row["other"]),
                words.get(row["other"], ""),
            )
            for row in _rows(both, "conflicts")
        ],
        verdicts=_differing(_rows(both, "verdicts"), words),
        things=_by_kind(_rows(both, "things")),
        details=_differing(_rows(both, "details"), words),
    )


def json_of(comparison: Comparison) -> str:
    """Return a comparison as JSON, with the same facts as the other forms."""
    told = asdict(comparison)
    told["flips"] = [change.thing for change in comparison.flips]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _both(before: Side, after: Side) -> ox.Store:
    """Return a store with each side in a graph of its own, and in another what was curated."""
    both = ox.Store()
    for side, name in ((before, "x:before"), (after, "x:after")):
        whole, curated = ox.NamedNode(name), ox.NamedNode(f"{name}/curated")
        both.extend(
            ox.Quad(quad.subject, quad.predicate, quad.object, whole)
            for quad in side.store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        )
        for graph in side.curated:
            quads = side.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
            both.extend(
                ox.Quad(quad.subject, quad.predicate, quad.object, curated) for quad in quads
            )
    return both


def _rows(store: ox.Store, name: str) -> list[dict[str, str]]:
    text = packaged("kg", "comparisons", f"{name}.rq").read_text(encoding="utf-8")
    solutions = store.query(text)
    assert isinstance(solutions, ox.QuerySolutions), f"{name}.rq is a SELECT"
    names = [variable.value for variable in solutions.variables]
    return [
        {
            name: term.value if isinstance(term, ox.Literal) else text_of(term)
            for name in names
            if (term := row[name]) is not None
        }
        for row in solutions
    ]


def _changed(
    was: Mapping[str, Mapping[str, str]],
    now: Mapping[str, Mapping[str, str]],
    words: Mapping[str, str],
) -> Iterable[Change]:
    for name in sorted(was.keys() & now.keys()):
        fields = {
            column.replace("_", " "): (value, now[name][column])
            for column, value in was[name].items()
            if value != now[name][column]
            and column not in _NOT_TOLD
            and not column.endswith("_iri")
        }
        if fields:
            yield Change(contract(name), words[name], fields)


def _differing(rows: Iterable[Mapping[str, str]], words: Mapping[str, str]) -> list[Change]:
    """Return what has other values on one side than on the other, thing by thing."""
    facts: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(set))
    )
    for row in rows:
        facts[row["thing"]][row["what"]][row["side"]].add(row["value"])
    changes = []
    for thing, said in sorted(facts.items()):
        fields = {
            what: (_listed(sides["x:before"]), _listed(sides["x:after"]))
            for what, sides in sorted(said.items())
            if sides["x:before"] != sides["x:after"]
        }
        if fields:
            changes.append(Change(contract(thing), _words_of(thing, words), fields))
    return changes


def _words_of(thing: str, words: Mapping[str, str]) -> str:
    """Return a statement in words; that of a conclusion stands in the rows of its propositions."""
    return next((words[name] for name in (thing, f"{thing}#p1") if name in words), "")


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))


def _by_kind(rows: Iterable[Mapping[str, str]]) -> list[Things]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        found[row["change"], row["what"]].append(contract(row["thing"]))
    return [Things(change, what, things) for (change, what), things in found.items()]


def in_words(row: Mapping[str, str]) -> str:
    """Return a row of the findings table as a line of text: what is said, then the facts."""
    about = row["outcome"] or row["claim_type"]
    where = ", ".join(
        row[name] for name in ("site", "compartment") if row[name] not in ("", "not stated")
    )
    facts = [row["study"], row["intervention"], row["model"], about, where, row["direction"]]
    told = " · ".join(fact for fact in facts if fact)
    return f"{row['paraphrase']} [{told}]" if row["paraphrase"] else told
