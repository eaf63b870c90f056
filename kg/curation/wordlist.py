"""Wordlist: the ontology's terms by what people call them, for cells that hold a term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property

import pyoxigraph as ox

from osteokg.kg.curation.slugs import as_curie, slug_of_term
from osteokg.kg.names import PREFIXES, VOCAB, contract
from osteokg.kg.turtle import text_of

__all__ = ["Wordlist"]

_RDFS, _SKOS = PREFIXES["rdfs"], PREFIXES["skos"]
_TYPE = PREFIXES["rdf"] + "type"
_LABEL = _RDFS + "label"
_CALLED = (_LABEL, _SKOS + "altLabel", _SKOS + "notation", _SKOS + "hiddenLabel")
_CLASS = PREFIXES["owl"] + "Class"
_DEPRECATED = PREFIXES["owl"] + "deprecated"


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


@dataclass
class Wordlist:
    """Hold the ontology's terms: their names, their classes, what stands above each.

    ``equal`` leads from a term of another vocabulary to ours, by ``skos:exactMatch``.
    """

    called: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    above: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    labels: dict[str, str] = field(default_factory=dict)
    inducing: set[str] = field(default_factory=set)
    equal: dict[str, str] = field(default_factory=dict)
    obsolete: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, ontology: Iterable[ox.Triple], mappings: Iterable[ox.Triple] = ()) -> Wordlist:
        """Return the terms that an ontology's triples declare."""
        words = cls()
        for triple in ontology:
            subject, predicate = text_of(triple.subject), triple.predicate.value
            if not subject.startswith(VOCAB):
                continue
            if isinstance(triple.object, ox.NamedNode):
                words._take_relation(subject, predicate, triple.object.value)
            elif predicate == _DEPRECATED:
                words.obsolete.add(subject)
            elif predicate in _CALLED and isinstance(triple.object, ox.Literal):
                words._take_name(subject, predicate, triple.object.value)
        for triple in mappings:
            ours, theirs = text_of(triple.subject), text_of(triple.object)
            if triple.predicate.value == _SKOS + "exactMatch" and ours.startswith(VOCAB):
                words.equal.setdefault(theirs, ours)
        return words

    def _take_relation(self, subject: str, predicate: str, value: str) -> None:
        if predicate == _TYPE:
            self.types[subject].add(value)
            self.called[_plain(subject.removeprefix(VOCAB))].append((len(_CALLED), subject))
        elif predicate == _RDFS + "subClassOf":
            self.above[subject].add(value)
        elif predicate == VOCAB + "inducedBy":
            self.inducing.add(value)

    def _take_name(self, subject: str, predicate: str, name: str) -> None:
        self.called[_plain(name)].append((_CALLED.index(predicate), subject))
        if predicate == _LABEL:
            self.labels[subject] = name

    def is_below(self, iri: str, top: str) -> bool:
        """Return whether a class is another or a subclass of it."""
        seen: set[str] = set()
        waiting = [iri]
        while waiting:
            one = waiting.pop()
            if one == top:
                return True
            if one not in seen:
                seen.add(one)
                waiting.extend(self.above.get(one, ()))
        return False

    def fits(self, iri: str, ranges: Sequence[str]) -> bool:
        """Return whether a term is of one of the classes.

        Where these are classes of things (a kind of study), it is one of them or below.
        """
        types = self.types.get(iri, set())
        return any(
            any(self.is_below(type_, one) for type_ in types)
            or (_CLASS in types and self.is_below(iri, one) and not self._is_vocabulary(one))
            for one in ranges
        )

    def _is_vocabulary(self, class_: str) -> bool:
        return any(self.is_below(class_, VOCAB + top) for top in ("Term", "ControlledValue"))

    def read(self, text: str, ranges: Sequence[str]) -> str | None:
        """Return the term that a text means: by CURIE, label, synonym, abbreviation or local name.

        Of several the one whose label it is, then synonym and so on; None where none or two do.
        """
        curie = as_curie(text)
        if curie is not None:
            return self.equal.get(curie, curie)
        fitting = sorted(
            {
                (rank, iri)
                for rank, iri in self.called.get(_plain(text), ())
                if self._usable(iri, ranges)
            }
        )
        best = {iri for rank, iri in fitting if rank == fitting[0][0]}
        return best.pop() if len(best) == 1 else None

    def _usable(self, iri: str, ranges: Sequence[str]) -> bool:
        return iri not in self.obsolete and self.fits(iri, ranges)

    def has(self, name: str, iri: str) -> bool:
        """Return whether a term is called so."""
        return any(iri == one for _, one in self.called.get(_plain(name), ()))

    def also_called(self, names: Mapping[str, str]) -> Wordlist:
        """Return the same words with further names, which nothing else is called by."""
        called = defaultdict(list, {name: list(found) for name, found in self.called.items()})
        for name, iri in names.items():
            called[_plain(name)].append((len(_CALLED), iri))
        return replace(self, called=called)

    def write(self, iri: str, ranges: Sequence[str]) -> str:
        """Return what a table calls a term: its label where that means just this term."""
        label = self.labels.get(iri)
        return label if label and self.read(label, ranges) == iri else contract(iri)

    def known(self, iri: str) -> bool:
        """Return whether the ontology declares a name."""
        return iri in self.types

    def close_to(self, text: str, ranges: Sequence[str], number: int = 3) -> list[str]:
        """Return what the closest terms are called, as ``'label' (CURIE)``."""
        names = {
            name: iri
            for name, called in self.called.items()
            for _, iri in called
            if self._usable(iri, ranges)
        }
        found = [names[name] for name in get_close_matches(_plain(text), list(names), 5, 0.7)]
        return [
            f"'{self.labels.get(iri, slug_of_term(iri))}' ({contract(iri)})"
            for iri in dict.fromkeys(found)
        ][:number]

    def choices(self, ranges: Sequence[str]) -> list[str]:
        """Return what all terms of some classes are called, sorted."""
        return sorted(
            {self.write(iri, ranges) for iri in self.types if self._usable(iri, ranges)},
            key=str.casefold,
        )

    @cached_property
    def controls(self) -> set[str]:
        """Return the control conditions."""
        top = VOCAB + "ControlCondition"
        return {iri for iri in self.types if self.is_below(iri, top)}

    def role_of(self, agent: str) -> str:
        """Return the role that an agent usually has: what makes a model is an induction."""
        if agent in self.controls:
            return VOCAB + "Control"
        induces = any(self.is_below(agent, one) for one in self.inducing)
        return VOCAB + ("ModelInduction" if induces else "Treatment")
