"""Term search: the terms that a text may mean, by label, synonym, notation, identifier or typo."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import pyoxigraph as ox

from osteokg.kg.mappings import NO_TERM, MappingTable
from osteokg.kg.names import PREFIXES, VOCAB, contract, expand, okg
from osteokg.kg.turtle import text_of

__all__ = ["Hit", "KnownTerm", "TermIndex", "plain", "suggestions"]

_TYPE = PREFIXES["rdf"] + "type"
_RDFS, _SKOS = PREFIXES["rdfs"], PREFIXES["skos"]
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
    """Hold a term: its IRI, kinds, label, definition, and every name by its kind."""

    iri: str
    kinds: set[str] = field(default_factory=set)
    label: str = ""
    definition: str = ""
    parents: set[str] = field(default_factory=set)
    names: list[tuple[str, str]] = field(default_factory=list)


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
        self.kinds: dict[str, str] = {}
        self.terms: dict[str, KnownTerm] = {}
        about: dict[str, list[ox.Triple]] = defaultdict(list)
        for triple in ontology:
            about[text_of(triple.subject)].append(triple)
        for iri, said in about.items():
            above = {text_of(t.object) for t in said if t.predicate.value == _RDFS + "subClassOf"}
            if above & {okg("Term"), okg("ControlledValue")}:
                self.kinds[iri] = contract(iri)
        for iri, said in about.items():
            kinds = {text_of(t.object) for t in said if t.predicate.value == _TYPE}
            if iri.startswith(VOCAB) and kinds & self.kinds.keys():
                self.terms[iri] = _term(iri, kinds & self.kinds.keys(), said)
        for table in tables:
            self._add(table)

    def _add(self, table: MappingTable) -> None:
        for row in table.rows:
            term = self.terms.get(expand(row["subject_id"]))
            if term is not None and row["object_id"] != NO_TERM:
                term.names.append(("identifier", row["object_id"]))
                term.names.append(("outside label", row["object_label"]))

    def search(self, text: str, kind: str | None = None, limit: int = 10) -> list[Hit]:
        """Return the terms closest to a text, the closest first; each once, by its best name.

        ``kind`` is the IRI of a kind of term (``okg:SiteTerm``), None for any.
        """
        wanted, hits = plain(text), []
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
        return sorted(hits, key=lambda hit: (-hit.score, hit.term.label))[:limit]

    def named(self, text: str) -> KnownTerm | None:
        """Return the term that a CURIE, IRI or exact name means, None where none or several do."""
        if ":" in text:
            return self.terms.get(expand(text))
        if VOCAB + text in self.terms:
            return self.terms[VOCAB + text]
        wanted = plain(text)
        found = [t for t in self.terms.values() if any(plain(n) == wanted for _, n in t.names)]
        return found[0] if len(found) == 1 else None


def _term(iri: str, kinds: set[str], said: Iterable[ox.Triple]) -> KnownTerm:
    term = KnownTerm(iri, kinds)
    term.names.append(("name", iri.removeprefix(VOCAB)))
    for triple in said:
        name, value = triple.predicate.value, triple.object
        if isinstance(value, ox.Literal):
            if name in _NAMES:
                term.names.append((_NAMES[name], value.value))
            if name == _RDFS + "label":
                term.label = value.value
            elif name == _SKOS + "definition":
                term.definition = value.value
        elif name == _RDFS + "subClassOf" and isinstance(value, ox.NamedNode):
            term.parents.add(value.value)
        elif name in _MATCHES:
            term.names.append(("identifier", contract(text_of(value))))
    return term


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
