"""Searching terms by what people call them: labels, synonyms, what texts write, notations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from osteokg.kg.names import VOCAB
from osteokg.kg.terms import Ontology, Term

__all__ = ["KINDS_OF_TERM", "Found", "closest_names", "search_terms"]

KINDS_OF_TERM = {
    "intervention": "InterventionTerm",
    "model": "AnimalModelTerm",
    "site": "SiteTerm",
    "compartment": "CompartmentTerm",
    "outcome": "OutcomeTerm",
    "method": "MethodTerm",
    "disease": "DiseaseTerm",
}
"""The kinds of term that can be searched apart, and the class of each."""

_NAMES = ("rdfs:label", "skos:altLabel", "skos:hiddenLabel", "skos:notation")


@dataclass(frozen=True)
class Found:
    """Hold a term that was found, the name of it that fits, and how well: 0 is best."""

    term: Term
    name: str
    rank: int


def search_terms(ontology: Ontology, text: str, kind: str | None = None) -> list[Found]:
    """Return the terms that are called so, best first; ``kind`` is one of KINDS_OF_TERM.

    Best is a whole name, then the beginning of one, then all words in one, then all words in what
    defines it; among equals the term with more findings.
    """
    wanted = _words(text)
    found = []
    for term in _of_kind(ontology, kind):
        best = min((_fit(term, wanted, text)), default=None)
        if best is not None:
            found.append(Found(term, best[1], best[0]))
    return sorted(found, key=lambda one: (one.rank, -_findings(one.term), one.term.label))


def closest_names(ontology: Ontology, text: str, kind: str | None = None) -> list[str]:
    """Return up to five labels or synonyms that are spelt almost so."""
    names = {
        name.casefold(): name
        for term in _of_kind(ontology, kind)
        for property_ in _NAMES
        for name in term.values(property_)
    }
    close = get_close_matches(text.casefold(), names, n=5, cutoff=0.6)
    return [names[one] for one in close]


def _of_kind(ontology: Ontology, kind: str | None) -> Sequence[Term]:
    classes = {VOCAB + name for name in KINDS_OF_TERM.values()}
    if kind is not None:
        classes = {VOCAB + KINDS_OF_TERM[kind]}
    return [
        term
        for term in ontology.terms.values()
        if classes & {one.iri for one in ontology.kinds(term)}
    ]


def _fit(term: Term, wanted: set[str], text: str) -> list[tuple[int, str]]:
    whole = text.strip().casefold()
    fits = []
    for property_ in _NAMES:
        for name in term.values(property_):
            lower = name.casefold()
            if lower == whole:
                fits.append((0 if property_ == "rdfs:label" else 1, name))
            elif lower.startswith(whole):
                fits.append((2, name))
            elif wanted <= _words(name):
                fits.append((3, name))
    if term.name.casefold() == whole.removeprefix("okg:"):
        fits.append((0, term.label))
    if not fits and wanted <= _words(" ".join(term.values("skos:definition"))):
        fits.append((4, term.label))
    return fits if wanted else []


def _findings(term: Term) -> int:
    return sum(term.below.values())


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
