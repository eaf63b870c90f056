"""Justifications: of many assertions, a smallest set that contradicts itself.

An assertion is what OWL calls an axiom, taken from the file: one triple with the nodes without a
name that hang on it, or one such node that nothing points at (``[] a owl:AllDisjointClasses …``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset
from osteokg.kg.names import PREFIXES, contract
from osteokg.kg.turtle import literal_text, text_of

__all__ = ["Assertion", "assertions_in", "minimal"]

_RDF = PREFIXES["rdf"]
_RDFS = PREFIXES["rdfs"]
_OWL = PREFIXES["owl"]
_TYPE = ox.NamedNode(_RDF + "type")
_NIL = ox.NamedNode(_RDF + "nil")
_FIRST, _REST = _RDF + "first", _RDF + "rest"
_DECLARED_AS = {
    ox.NamedNode(_OWL + name)
    for name in (
        *("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"),
        *("NamedIndividual", "Ontology"),
    )
}
_SAYS_NOTHING = {
    *(_RDFS + name for name in ("label", "comment", "seeAlso", "isDefinedBy")),
    *(_OWL + name for name in ("versionIRI", "versionInfo", "deprecated")),
}
"""Annotation properties that OWL 2 brings along: what they say contradicts nothing."""


@dataclass(frozen=True)
class Assertion:
    """Hold the triples of one assertion, the first of them its own, and where it stands.

    ``file`` is None for what a rule computed.
    """

    triples: tuple[ox.Triple, ...]
    file: Path | None = None
    line: int | None = None

    def names(self) -> set[str]:
        """Return the IRIs in it."""
        terms = (term for triple in self.triples for term in (triple.subject, triple.object))
        return {term.value for term in terms if isinstance(term, ox.NamedNode)}

    def text(self, of_interest: Collection[str] = ()) -> str:
        """Return it as Turtle on one line.

        Of a list of named things only those ``of_interest`` are written, if any is; ``…`` stands
        for the others.
        """
        facts: dict[str, list[ox.Triple]] = defaultdict(list)
        for triple in self.triples:
            facts[text_of(triple.subject)].append(triple)
        own = self.triples[0]
        writer = _Writer(facts, of_interest)
        if isinstance(own.subject, ox.BlankNode):
            return "[] " + writer.facts_of(text_of(own.subject))
        # a subject is a name or a blank node: only names are left
        return f"{contract(own.subject.value)} {writer.fact(own)}"  # type: ignore[union-attr]


@dataclass(frozen=True)
class _Writer:
    """Write nodes without a name where they are pointed at."""

    facts: dict[str, list[ox.Triple]]
    of_interest: Collection[str]

    def fact(self, triple: ox.Triple) -> str:
        property_ = "a" if triple.predicate == _TYPE else contract(triple.predicate.value)
        return f"{property_} {self.value(triple.object)}"

    def facts_of(self, node: str) -> str:
        return " ; ".join(self.fact(triple) for triple in self.facts[node])

    def value(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
        if isinstance(term, ox.NamedNode):
            return contract(term.value)
        if isinstance(term, ox.Literal):
            return literal_text(term)
        assert isinstance(term, ox.BlankNode), "what is read is RDF 1.1"
        if any(triple.predicate.value == _FIRST for triple in self.facts[text_of(term)]):
            return "( " + " ".join(self.shortened(list(self.members(term)))) + " )"
        return f"[ {self.facts_of(text_of(term))} ]"

    def members(self, head: ox.BlankNode) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
        node = head
        while isinstance(node, ox.BlankNode):
            said = {triple.predicate.value: triple.object for triple in self.facts[text_of(node)]}
            # a list in OWL holds terms, never triples
            yield said[_FIRST]  # type: ignore[misc]
            node = said.get(_REST, _NIL)  # type: ignore[assignment]  # as above

    def shortened(self, members: Sequence[ox.NamedNode | ox.BlankNode | ox.Literal]) -> list[str]:
        kept = [text_of(member) in self.of_interest for member in members]
        if not any(kept):
            return [self.value(member) for member in members]
        written = []
        for member, keep in zip(members, kept, strict=True):
            if keep or isinstance(member, ox.BlankNode):
                written.append(self.value(member))
            elif written[-1:] != ["…"]:
                written.append("…")
        return written


def assertions_in(
    dataset: Dataset, computed: Iterable[ox.Triple] = ()
) -> tuple[list[ox.Triple], list[Assertion]]:
    """Return the declarations of a dataset's files, and what else these and the rules assert.

    Annotations are left out: they contradict nothing. ``computed`` are the triples of rules.
    """
    files = list(dataset.triples_of.items())
    every = [triple for _, triples in files for triple in triples]
    declarations = [
        triple for triple in every if triple.predicate == _TYPE and triple.object in _DECLARED_AS
    ]
    silent = _SAYS_NOTHING | {
        text_of(triple.subject)
        for triple in declarations
        if triple.object == ox.NamedNode(_OWL + "AnnotationProperty")
    }
    found: list[Assertion] = []
    for path, triples in files:
        found.extend(_assertions_of_file(dataset, path, triples, silent))
    known = set(every)
    found.extend(
        Assertion((triple,))
        for triple in computed
        if triple not in known and triple.predicate.value not in silent
    )
    return declarations, found


def _assertions_of_file(
    dataset: Dataset, path: Path, triples: list[ox.Triple], silent: set[str]
) -> Iterator[Assertion]:
    below: dict[ox.BlankNode, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        if isinstance(triple.subject, ox.BlankNode):
            below[triple.subject].append(triple)
    pointed_at = {triple.object for triple in triples if isinstance(triple.object, ox.BlankNode)}
    lines = dataset.lines_of(path)
    seen: Counter[tuple[str, str]] = Counter()
    for triple in triples:
        subject, predicate, value = (text_of(term) for term in triple)
        if isinstance(triple.subject, ox.BlankNode):
            # Of the nodes that are not pointed at the first triple stands for all.
            number = seen[predicate, value]
            seen[predicate, value] += 1
            if triple.subject not in pointed_at and triple is below[triple.subject][0]:
                known = lines.nodes.get((predicate, value), [])
                line = known[number] if number < len(known) else None
                yield Assertion(tuple(_closure(triple.subject, below)), path, line)
        elif predicate not in silent and not (
            triple.predicate == _TYPE and triple.object in _DECLARED_AS
        ):
            rest = _closure(triple.object, below) if triple.object in below else ()
            yield Assertion((triple, *rest), path, lines.find(subject, predicate, value))


def _closure(
    node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple,
    below: dict[ox.BlankNode, list[ox.Triple]],
) -> Iterator[ox.Triple]:
    """Yield what is said of a node without a name, and of those that it points at."""
    if isinstance(node, ox.BlankNode):
        for triple in below[node]:
            yield triple
            yield from _closure(triple.object, below)


def minimal(
    assertions: Sequence[Assertion], contradictory: Callable[[Sequence[Assertion]], bool]
) -> list[Assertion]:
    """Return assertions that contradict one another, none of which can be left out.

    Asks some 2 k log2(n / k) times for k of n assertions (QuickXplain: Junker, AAAI 2004; its
    author on it: https://uli-research.com/a-principled-approach-for-quickxplain.html).
    Returns none if the whole is not contradictory.
    """

    def among(
        background: list[Assertion], changed: bool, candidates: list[Assertion]
    ) -> list[Assertion]:
        if changed and contradictory(background):
            return []
        if len(candidates) == 1:
            return candidates
        middle = len(candidates) // 2
        former, latter = candidates[:middle], candidates[middle:]
        of_latter = among(background + former, bool(former), latter)
        of_former = among(background + of_latter, bool(of_latter), former)
        return of_former + of_latter

    if not assertions or not contradictory(assertions):
        return []
    return among([], False, list(assertions))
