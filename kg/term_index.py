"""Term search: the terms that a text may mean, by label, synonym, notation, identifier or typo.

There is one, for the command line, the pages and agents: made of the ontology's files, or of what
a store says of its terms (``Ontology.index``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias

import pyoxigraph as ox

from osteokg.kg.mappings import NO_TERM, MappingTable
from osteokg.kg.names import PREFIXES, VOCAB, contract, expand, okg
from osteokg.kg.turtle import text_of

__all__ = ["TERM_KINDS", "Facts", "Hit", "KnownTerm", "TermIndex", "plain", "suggestions"]

TERM_KINDS = {
    "intervention": "InterventionTerm",
    "model": "AnimalModelTerm",
    "site": "SiteTerm",
    "compartment": "CompartmentTerm",
    "outcome": "OutcomeTerm",
    "method": "MethodTerm",
    "evidence-type": "EvidenceTypeTerm",
    "disease": "DiseaseTerm",
    "material": "MaterialTerm",
    "not-applicable": "NotApplicableTerm",
}
"""The kinds of term by the word for them."""

Facts: TypeAlias = Mapping[str, Sequence[str]]
"""What is said of one name: the values of each property by its IRI."""

_TYPE = PREFIXES["rdf"] + "type"
_RDFS, _SKOS = PREFIXES["rdfs"], PREFIXES["skos"]
_BELOW = _RDFS + "subClassOf"
_NAMES = {
    _RDFS + "label": "label",
    _SKOS + "altLabel": "synonym",
    _SKOS + "notation": "notation",
    _SKOS + "hiddenLabel": "hidden label",
}
_MATCHES = {_SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch")}
_WEIGHTS = {
    "label": 1.0,
    "identifier": 1.0,
    "synonym": 0.97,
    "notation": 0.97,
    "name": 0.95,
    "hidden label": 0.93,
    "outside label": 0.88,
    "definition": 0.5,
}
"""How much a name of each kind counts where it is equally close."""

_CLOSE = 0.72
"""Names less alike than this are no answer (1: equal)."""


def plain(text: str) -> str:
    """Return text as names are compared: lower case, letters and digits, single spaces."""
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W_]+", spread.casefold()))


@dataclass
class KnownTerm:
    """Hold a term: its IRI, kinds, label, definition, every name by its kind, what rests on it."""

    iri: str
    kinds: set[str] = field(default_factory=set)
    label: str = ""
    definition: str = ""
    parents: set[str] = field(default_factory=set)
    names: list[tuple[str, str]] = field(default_factory=list)
    findings: int = 0


@dataclass(frozen=True)
class Hit:
    """Hold a term that was found, how close it is (1: equal) and by which of its names."""

    term: KnownTerm
    score: float
    name: str
    kind: str


class TermIndex:
    """Know the terms and controlled values of the ontology by every name they have."""

    def __init__(self, ontology: Iterable[ox.Triple], tables: Iterable[MappingTable] = ()) -> None:
        """Read the ontology's triples and the tables of mappings."""
        facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in ontology:
            if not isinstance(triple.object, ox.BlankNode | ox.Triple):
                facts[text_of(triple.subject)][triple.predicate.value].append(triple.object.value)
        outside: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        for iri, said in facts.items():
            outside[iri] += [
                (contract(other), None) for name in _MATCHES for other in said.get(name, ())
            ]
        for table in tables:
            for row in table.rows:
                if row["object_id"] != NO_TERM:
                    iri = expand(row["subject_id"])
                    outside[iri].append((row["object_id"], row["object_label"]))
        self._take(facts, outside, {})

    @classmethod
    def of_facts(
        cls,
        facts: Mapping[str, Facts],
        outside: Mapping[str, Iterable[tuple[str, str | None]]],
        findings: Mapping[str, int],
    ) -> TermIndex:
        """Return the index of what is said of names, by IRI.

        ``outside`` are the identifiers of their equals elsewhere, with labels; ``findings`` how
        many rest on each: of terms equally close the one with more comes first.
        """
        index = cls(())
        index._take(facts, outside, findings)
        return index

    def _take(
        self,
        facts: Mapping[str, Facts],
        outside: Mapping[str, Iterable[tuple[str, str | None]]],
        findings: Mapping[str, int],
    ) -> None:
        tops = {okg("Term"), okg("ControlledValue")}
        self.kinds: dict[str, str] = {
            iri: contract(iri) for iri, said in facts.items() if tops & {*said.get(_BELOW, ())}
        }
        self.terms: dict[str, KnownTerm] = {}
        for iri, said in facts.items():
            kinds = self.kinds.keys() & {*said.get(_TYPE, ())}
            if iri.startswith(VOCAB) and kinds:
                term = self.terms[iri] = _term(iri, kinds, said)
                term.findings = findings.get(iri, 0)
                for identifier, label in outside.get(iri, ()):
                    term.names.append(("identifier", identifier))
                    if label:
                        term.names.append(("outside label", label))

    def search(
        self,
        text: str,
        kind: str | None = None,
        limit: int | None = 10,
        *,
        definitions: bool = False,
    ) -> list[Hit]:
        """Return the terms closest to a text, the closest first; each once, by its best name.

        ``kind`` is the IRI of a kind of term (``okg:SiteTerm``), None for any; ``limit`` None for
        all. ``definitions`` gives, after those, the terms whose definition has all the words.
        """
        wanted, hits = plain(_bare(text)), []
        words = {*wanted.split()}
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(wanted)
        for term in self.terms.values():
            if kind is not None and kind not in term.kinds:
                continue
            scored = (
                (_likeness(matcher, wanted, plain(name)) * _WEIGHTS[what], name, what)
                for what, name in term.names
                if what != "identifier" or plain(name) == wanted  # one digit off is another
            )
            score, name, what = max(scored, default=(0.0, "", ""))
            if score >= _CLOSE * _WEIGHTS.get(what, 1):
                hits.append(Hit(term, round(score, 3), name, what))
            elif definitions and words and words <= {*plain(term.definition).split()}:
                hits.append(Hit(term, _WEIGHTS["definition"], term.label, "definition"))
        return sorted(hits, key=_place)[:limit]

    def meant(self, text: str) -> KnownTerm | None:
        """Return the term that is called exactly so, the best where several are, else None."""
        found = self.search(text, limit=1)
        exact = found and found[0].score >= _WEIGHTS["hidden label"]
        return found[0].term if exact and plain(found[0].name) == plain(_bare(text)) else None

    def named(self, text: str) -> KnownTerm | None:
        """Return the term that a CURIE, IRI or exact name means, None where none or several do."""
        if ":" in text:
            return self.terms.get(expand(text))
        if VOCAB + text in self.terms:
            return self.terms[VOCAB + text]
        wanted = plain(text)
        found = [t for t in self.terms.values() if any(plain(n) == wanted for _, n in t.names)]
        return found[0] if len(found) == 1 else None


def _place(hit: Hit) -> tuple[float, int, str]:
    return -hit.score, -hit.term.findings, hit.term.label.casefold()


def _bare(text: str) -> str:
    """Return a text without what makes a name of ours of it."""
    return text.strip().removeprefix(VOCAB).removeprefix("okg:")


def _term(iri: str, kinds: set[str], said: Facts) -> KnownTerm:
    names = [("name", iri.removeprefix(VOCAB))]
    for property_, what in _NAMES.items():
        names += [(what, name) for name in said.get(property_, ())]
    return KnownTerm(
        iri,
        kinds,
        label=next(iter(said.get(_RDFS + "label", ())), ""),
        definition=next(iter(said.get(_SKOS + "definition", ())), ""),
        parents={*said.get(_BELOW, ())},
        names=names,
    )


def _likeness(matcher: SequenceMatcher[str], wanted: str, name: str) -> float:
    """Return how alike two names are: 1 for equal ones, less for a part, less again for a typo."""
    if not wanted or not name:
        return 0.0
    if wanted == name or sorted(wanted.split()) == sorted(name.split()):
        return 1.0 if wanted == name else 0.98
    words = name.split()
    if len(wanted) > 1 and (name.startswith(wanted) or set(wanted.split()) <= set(words)):
        return 0.8 + 0.15 * len(wanted) / max(len(name), len(wanted))
    if set(words) <= set(wanted.split()) and len(name) > 2:
        return 0.72 + 0.15 * len(name) / len(wanted)
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() < _CLOSE or matcher.quick_ratio() < _CLOSE:
        return 0.0
    return matcher.ratio() * 0.97


def suggestions(index: TermIndex, learned: Mapping[str, str]) -> list[tuple[str, KnownTerm]]:
    """Return the names that texts used for terms and that these do not have yet.

    ``learned`` gives, for each name, the IRI of the term that somebody took it to mean. Nothing is
    added anywhere: who curates decides.
    """
    found = []
    for name, iri in sorted(learned.items()):
        term = index.terms.get(iri)
        if term is not None and plain(name) not in {plain(known) for _, known in term.names}:
            found.append((name, term))
    return found
