"""Terms: the ontology laid out for people: kinds, hierarchy, mappings, how many findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from osteokg.kg.catalogue import view
from osteokg.kg.names import PREFIXES, VOCAB, contract
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store
from osteokg.kg.term_index import TermIndex

__all__ = ["Match", "Node", "Ontology", "Section", "Term", "findings_of", "ontology_of"]

_TYPE = PREFIXES["rdf"] + "type"
_RDFS, _SKOS, _OWL = PREFIXES["rdfs"], PREFIXES["skos"], PREFIXES["owl"]
_ABOVE = (_RDFS + "subClassOf", _RDFS + "subPropertyOf")
_PART_OF = VOCAB + "partOf"
_TERM, _VALUE = VOCAB + "Term", VOCAB + "ControlledValue"
_PROPERTIES = {
    _OWL + "ObjectProperty": "Properties that lead to things",
    _OWL + "DatatypeProperty": "Properties that hold values",
    _OWL + "AnnotationProperty": "Annotations",
}
_TITLES = {
    "InterventionTerm": "Interventions",
    "AnimalModelTerm": "Animal models",
    "SiteTerm": "Skeletal sites",
    "CompartmentTerm": "Bone compartments",
    "OutcomeTerm": "Outcomes",
    "MethodTerm": "Methods",
    "EvidenceTypeTerm": "Types of evidence",
    "DiseaseTerm": "Diseases",
    "MaterialTerm": "Materials",
    "NotApplicableTerm": "Where no place applies",
}
"""The headings of the kinds of term, in reading order; a kind that is not here comes after."""


@dataclass(frozen=True)
class Match:
    """Hold what a term is called elsewhere: the relation from ours to it, its IRI, CURIE, label."""

    relation: str
    iri: str
    curie: str
    label: str | None


@dataclass(frozen=True)
class Term:
    """Hold one name of the ontology: what its file says of it, and how much rests on it.

    ``own`` and ``below`` are numbers of findings by direction: of those that name the term, and
    of those that name it, something narrower or a part. ``uses`` is how many things a class has
    or statements a property makes.
    """

    iri: str
    facts: Mapping[str, Sequence[str]] = field(repr=False)
    matches: Sequence[Match] = ()
    own: Mapping[str, int] = field(default_factory=dict)
    below: Mapping[str, int] = field(default_factory=dict)
    uses: int = 0

    def values(self, curie: str) -> Sequence[str]:
        """Return the values of a property named by CURIE (``skos:altLabel``), sorted."""
        prefix, _, local = curie.partition(":")
        return self.facts.get(PREFIXES[prefix] + local, ())

    def first(self, curie: str) -> str | None:
        """Return the first value of a property, None where it has none."""
        return next(iter(self.values(curie)), None)

    @property
    def name(self) -> str:
        """Return the local name, which is the anchor on the page of the whole ontology."""
        return self.iri.removeprefix(VOCAB)

    @property
    def label(self) -> str:
        """Return the label, or the local name of a name without one."""
        return self.first("rdfs:label") or self.name

    @property
    def above(self) -> Sequence[str]:
        """Return the IRIs one step up in the hierarchy."""
        return [value for property_ in _ABOVE for value in self.facts.get(property_, ())]


@dataclass(frozen=True)
class Node:
    """Hold a term's place in a hierarchy; ``again`` where it stands under another parent too."""

    term: Term
    below: Sequence[Node]
    again: bool


@dataclass(frozen=True)
class Section:
    """Hold the terms of one kind as a hierarchy, and as wholes and parts where it has any."""

    name: str
    title: str
    group: str
    nodes: Sequence[Node]
    parts: Sequence[Node] = ()
    size: int = 0


@dataclass(frozen=True)
class Ontology:
    """Hold every name of the ontology by IRI, how they hang together, and what its document says.

    ``document`` is the ontology itself: title, description, version, licence.
    """

    terms: Mapping[str, Term]
    document: Term

    @cached_property
    def index(self) -> TermIndex:
        """Return the search over the terms; of equally close ones more findings come first."""
        return TermIndex.of_facts(
            {iri: term.facts for iri, term in self.terms.items()},
            {
                iri: [(one.curie, one.label) for one in term.matches if one.relation != "related"]
                for iri, term in self.terms.items()
            },
            {iri: sum(term.below.values()) for iri, term in self.terms.items()},
        )

    @cached_property
    def _below(self) -> Mapping[str, Sequence[Term]]:
        return self._inverse(lambda term: term.above)

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[Term]]:
        return self._inverse(lambda term: term.facts.get(_PART_OF, ()))

    def _inverse(self, steps: Callable[[Term], Iterable[str]]) -> Mapping[str, Sequence[Term]]:
        found: dict[str, list[Term]] = defaultdict(list)
        for term in self.ordered(self.terms):
            for iri in steps(term):
                found[iri].append(term)
        return found

    def ordered(self, iris: Iterable[str]) -> list[Term]:
        """Return the terms of these IRIs that the ontology declares, by label."""
        known = (self.terms[iri] for iri in set(iris) if iri in self.terms)
        return sorted(known, key=lambda term: (term.label.casefold(), term.iri))

    def narrower(self, term: Term) -> Sequence[Term]:
        """Return the terms one step below."""
        return self._below.get(term.iri, ())

    def parts(self, term: Term) -> Sequence[Term]:
        """Return the terms that are parts of this one, direct ones."""
        return self._parts.get(term.iri, ())

    def wholes(self, term: Term) -> Sequence[Term]:
        """Return the terms that this one is a part of, direct ones."""
        return self.ordered(term.facts.get(_PART_OF, ()))

    def paths(self, term: Term) -> list[list[Term]]:
        """Return every way from a root of the hierarchy down to the term, the term left out."""
        return self._paths(term, {term.iri})

    def _paths(self, term: Term, seen: set[str]) -> list[list[Term]]:
        # A cycle is a violation of the data; a page about it must still end.
        above = [one for one in self.ordered(term.above) if one.iri not in seen]
        if not above:
            return [[]]
        return [[*way, one] for one in above for way in self._paths(one, seen | {one.iri})]

    def kinds(self, term: Term) -> list[Term]:
        """Return what the ontology says the term is: its metaclass, its kind of value."""
        return self.ordered(term.facts.get(_TYPE, ()))

    def sections(self) -> list[Section]:
        """Return the ontology as sections in reading order; each name stands in at least one."""
        by_kind: dict[str, list[Term]] = defaultdict(list)
        for term in self.terms.values():
            by_kind[self._kind(term)].append(term)
        order = [VOCAB + name for name in _TITLES]
        order += sorted(kind for kind in by_kind if self._is_below(kind, _TERM, order))
        order += sorted(kind for kind in by_kind if self._is_below(kind, _VALUE, order))
        order += [_OWL + "Class", *_PROPERTIES]
        return [self._section(kind, by_kind[kind]) for kind in order if kind in by_kind]

    def _is_below(self, kind: str, top: str, but: Sequence[str]) -> bool:
        term = self.terms.get(kind)
        return (
            term is not None
            and kind not in but
            and (kind == top or any(one.iri == top for way in self.paths(term) for one in way))
        )

    def _kind(self, term: Term) -> str:
        """Return under which heading a name stands: its kind of term or value, class, property."""
        types = [kind.iri for kind in self.kinds(term)]
        if types:
            return types[0]
        stated = term.facts.get(_TYPE, ())
        return next((kind for kind in _PROPERTIES if kind in stated), _OWL + "Class")

    def _section(self, kind: str, members: Sequence[Term]) -> Section:
        own = {term.iri for term in members}
        placed: set[str] = set()
        nodes = self._nodes(
            [term for term in self.ordered(own) if not own & set(term.above)], own, placed
        )
        parts = []
        if any(term.facts.get(_PART_OF) for term in members):
            wholes = [
                term
                for term in self.ordered(own)
                if self.parts(term) and not own & set(term.facts.get(_PART_OF, ()))
            ]
            parts = self._part_nodes(wholes, frozenset())
        title, group = self._heading(kind)
        name = kind.removeprefix(VOCAB).removeprefix(_OWL)
        return Section(f"{name}-list", title, group, nodes, parts, len(own))

    def _heading(self, kind: str) -> tuple[str, str]:
        if kind in _PROPERTIES:
            return _PROPERTIES[kind], "properties"
        if kind == _OWL + "Class":
            return "Classes", "classes"
        label = self.terms[kind].label
        name = kind.removeprefix(VOCAB)
        if name in _TITLES or self._is_below(kind, _TERM, ()):
            return _TITLES.get(name, label.capitalize()), "terms"
        return label.capitalize(), "values"

    def _nodes(self, terms: Sequence[Term], within: set[str], placed: set[str]) -> list[Node]:
        nodes = []
        for term in terms:
            again = term.iri in placed
            placed.add(term.iri)
            below = [one for one in self.narrower(term) if one.iri in within and not again]
            nodes.append(Node(term, self._nodes(below, within, placed), again))
        return nodes

    def _part_nodes(self, terms: Sequence[Term], above: frozenset[str]) -> list[Node]:
        return [
            Node(term, self._part_nodes(self.parts(term), above | {term.iri}), again=True)
            for term in terms
            if term.iri not in above
        ]


async def ontology_of(store: Store) -> Ontology:
    """Return the ontology of the current version with its mappings and numbers of findings."""
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await rows_of(store, view("terms")):
        facts[row["term"]][row["property"]].append(row["value"])
    matches: dict[str, list[Match]] = defaultdict(list)
    for row in await rows_of(store, view("term-mappings")):
        target = row["target"]
        match = Match(row["relation"], target, contract(target).strip("<>"), row.get("label"))
        matches[row["term"]].append(match)
    numbers: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in await rows_of(store, view("term-counts")):
        numbers[row["term"], row["scope"]][row["direction"]] = int(row["findings"])
    uses = {row["term"]: int(row["uses"]) for row in await rows_of(store, view("term-uses"))}
    return Ontology(
        {
            iri: Term(
                iri,
                {property_: sorted(values) for property_, values in said.items()},
                matches.get(iri, ()),
                numbers.get((iri, "own"), {}),
                numbers.get((iri, "below"), {}),
                uses.get(iri, 0),
            )
            for iri, said in facts.items()
            if iri != VOCAB
        },
        Term(VOCAB, facts[VOCAB]),
    )


async def findings_of(store: Store, term: str) -> list[dict[str, str]]:
    """Return the findings that name a term or something below it, ordered by IRI.

    Each has ``finding``, ``used`` (what it names) and, where it says so, ``paraphrase`` and
    ``direction``.
    """
    return await rows_of(store, view("term-findings", [term]))
