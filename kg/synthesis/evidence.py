"""The evidence that a synthesis rests on: all of it, or what is left when some is left out.

Nothing here knows how votes are counted, gaps found or claims audited: the rules in ``kg/rules``
say that, once. Their results for all evidence stand in the graph; for less they are made again, by
the same rules, from the facts that they read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.errors import RequestError
from osteokg.kg.files import rule_files
from osteokg.kg.filters import Filters
from osteokg.kg.kept import Kept
from osteokg.kg.names import PREFIXES, VOCAB, kind_of
from osteokg.kg.results import GRAPH_FORMATS, Query, format_named
from osteokg.kg.rows import rows_of
from osteokg.kg.selection import select
from osteokg.kg.store import Store

__all__ = [
    "SWITCHES",
    "Evidence",
    "Recount",
    "Row",
    "Selection",
    "Term",
    "offered",
    "take",
    "terms_of",
]

Row = Mapping[str, str]
"""A solution: the text of each variable that is bound."""

SWITCHES = {
    "retracted": "findings all of whose sources are retracted",
    "second-hand": "findings known only from what another publication says of them",
    "presupposed": "findings that a text only implies",
}
"""What can be left out, in words."""

_NT = format_named("nt", GRAPH_FORMATS)


@dataclass(frozen=True, order=True)
class Term:
    """Name a term or thing: what to call it, and its IRI."""

    label: str
    iri: str


@dataclass(frozen=True)
class Selection:
    """Say what is asked for: findings that filters leave, without those that switches take away.

    ``without`` are names of SWITCHES. Raises RequestError for a switch that there is not.
    """

    filters: Filters = field(default_factory=Filters)
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what no switch is."""
        unknown = sorted(self.without - set(SWITCHES))
        if unknown:
            known = ", ".join(SWITCHES)
            raise RequestError(f"'{unknown[0]}' cannot be left out: name one of {known}.")

    def with_all(self) -> Selection:
        """Return the same selection with nothing left out."""
        return replace(self, without=frozenset())

    def unfiltered(self) -> Selection:
        """Return the same selection of all findings."""
        return replace(self, filters=Filters())


@dataclass(frozen=True)
class Recount:
    """Say how results are made again from less: which facts, by which rules, what is taken away.

    ``inputs`` names a CONSTRUCT view and ``rules`` files of ``kg/rules``. Of a finding that is left
    out the properties ``loses`` are taken away, or, if none is named, all that names it but
    ``keeps``.
    """

    inputs: str
    rules: tuple[str, ...]
    loses: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evidence:
    """Hold what is asked for of the evidence of a version.

    ``matching`` are the findings, claims and propositions that the filters leave, None for all;
    ``left_out`` are the findings that a switch takes away, by switch.
    """

    kept: Kept
    selection: Selection
    matching: frozenset[str] | None = None
    left_out: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """Return the store that the version is asked from."""
        return self.kept.store

    @property
    def whole(self) -> bool:
        """Return whether nothing is left out, nor anything asked for in particular."""
        return self.matching is None and not any(self.left_out.values())

    def matches(self, thing: str) -> bool:
        """Return whether a finding, claim or proposition is one of those asked for."""
        return self.matching is None or thing in self.matching

    def stands(self, finding: str) -> bool:
        """Return whether no switch takes a finding away."""
        return not any(finding in some for some in self.left_out.values())

    def keeps(self, finding: str) -> bool:
        """Return whether a finding counts: asked for, and not taken away."""
        return self.matches(finding) and self.stands(finding)

    async def results(self, recount: Recount, *views: str) -> list[list[Row]]:
        """Return the rows of views on what rules have computed, of the evidence that is kept."""
        if self.whole:
            return [list(await rows_of(self.store, view(name))) for name in views]
        return await self.recounted(recount, *views)

    async def recounted(
        self, recount: Recount, *views: str, of: Iterable[str] = ()
    ) -> list[list[Row]]:
        """Return the rows of views on what rules compute again from the evidence that is kept.

        ``of`` are the things that the view of the facts asks for, if it asks for some.
        """
        answer = await self.store.query(Query(view(recount.inputs, of), graph=_NT))
        return await asyncio.to_thread(self._computed, answer.body, recount, views)

    def _computed(self, facts: bytes, recount: Recount, views: Sequence[str]) -> list[list[Row]]:
        """Run rules over the facts that are kept, then ask the views of what they made."""
        store = ox.Store()
        store.extend(
            ox.Quad(*quad.triple)
            for quad in ox.parse(facts, ox.RdfFormat.N_TRIPLES)
            if not self._lost(quad.triple, recount)
        )
        files = {path.stem: path for path in rule_files()}
        for name in recount.rules:
            made = store.query(files[name].read_text(encoding="utf-8"))
            assert isinstance(made, ox.QueryTriples)
            store.extend([ox.Quad(*triple) for triple in made])
        return [_solutions(store, view(name)) for name in views]

    def _lost(self, triple: ox.Triple, recount: Recount) -> bool:
        said = triple.predicate.value
        if said in recount.keeps or (recount.loses and said not in recount.loses):
            return False
        return not (self._counts(triple.subject) and self._counts(triple.object))

    def _counts(self, term: object) -> bool:
        if not isinstance(term, ox.NamedNode) or kind_of(term.value) not in _FINDINGS:
            return True
        return self.keeps(term.value)


_FINDINGS = ("finding", "clinical")


_PREFIXES = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("okg", "rdf"))


async def take(kept: Kept, selection: Selection, *, claims: bool = False) -> Evidence:
    """Return what a selection takes of the evidence of a version.

    ``claims`` for claims and propositions that match as well, which takes longer.
    """
    store, matching = kept.store, None
    if selection.filters and claims:
        matching = frozenset(one.row for one in await select(store, selection.filters))
    elif selection.filters:
        asked = f"{_PREFIXES}SELECT ?finding WHERE {{ {selection.filters.of_findings()} }}"
        matching = frozenset(row["finding"] for row in await rows_of(store, asked))
    left_out: dict[str, frozenset[str]] = {}
    if selection.without:
        by_switch = await kept.of("synthesis/left-out", _left_out)
        left_out = {name: by_switch[name] for name in SWITCHES if name in selection.without}
    return Evidence(kept, selection, matching, left_out)


async def _left_out(store: Store) -> dict[str, frozenset[str]]:
    """Return the findings that each switch takes away."""
    told = await rows_of(store, view("synthesis/left-out"))
    return {
        name: frozenset(row["finding"] for row in told if row["switch"] == name)
        for name in SWITCHES
    }


async def offered(store: Store) -> dict[str, tuple[Term, ...]]:
    """Return, by filter, the terms that findings use and those above them, by label."""
    found: dict[str, set[Term]] = {name: set() for name in _OFFERED}
    for row in await rows_of(store, view("synthesis/offered")):
        found[row["property"].removeprefix(VOCAB)].add(Term(row["label"], row["term"]))
    return {
        name: tuple(sorted(terms, key=lambda term: (term.label.casefold(), term.iri)))
        for name, terms in found.items()
    }


_OFFERED = ("intervention", "model", "compartment", "outcome", "site")


def _solutions(store: ox.Store, text: str) -> list[Row]:
    solutions = store.query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    return [
        {name: value.value for name in names if (value := solution[name]) is not None}
        for solution in solutions
    ]


def terms_of(pairs: Iterable[tuple[str, str]]) -> tuple[Term, ...]:
    """Return terms of (IRI, label) pairs, each once, in the order of their labels."""
    return tuple(sorted({Term(label, iri) for iri, label in pairs}))
