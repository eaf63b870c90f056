"""Names used in the evidence: every one declared, every thing described once, close names offered.

These checks read single triples, so they can say the exact line and what was probably meant.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Changes, Dataset
from osteokg.kg.names import ID, VOCAB, contract, kind_of
from osteokg.kg.problems import Problem
from osteokg.kg.turtle import text_of

__all__ = ["TermNames", "check_names", "names_in", "term_names"]

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_FIND_OR_PROPOSE = (
    "Find a term with 'osteokg terms search', or propose one with 'osteokg terms propose'."
)
_NAMING = {_RDFS + "label", _SKOS + "altLabel", _SKOS + "hiddenLabel", _SKOS + "notation"}


@dataclass
class TermNames:
    """Hold the IRIs that the ontology declares, and how people call them."""

    declared: set[str] = field(default_factory=set)
    called: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def close_to(self, iri: str) -> str | None:
        """Return the CURIE whose name or synonym is closest, if any is.

        Of a class and a property called the same, the one that is spelled like the IRI.
        """
        local = iri.removeprefix(VOCAB)
        match = get_close_matches(_plain(local), list(self.called), n=1, cutoff=0.75)
        if not match:
            return None
        alike = [
            c for c in self.called[match[0]] if c[len("okg:")].isupper() == local[:1].isupper()
        ]
        return (alike or self.called[match[0]])[0]


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def term_names(triples: list[ox.Triple]) -> TermNames:
    """Return the names that the ontology's triples declare."""
    names = TermNames()
    for triple in triples:
        subject = text_of(triple.subject)
        if not subject.startswith(VOCAB):
            continue
        names.declared.add(subject)
        curie = contract(subject)
        keys = [subject.removeprefix(VOCAB)]
        if triple.predicate.value in _NAMING and isinstance(triple.object, ox.Literal):
            keys.append(triple.object.value)
        for key in keys:
            names.called[_plain(key)].append(curie)
    return names


def names_in(dataset: Dataset) -> TermNames:
    """Return the names that the ontology of a dataset declares."""
    ontology = dataset.sources.ontology
    return term_names([triple for path in ontology for triple in dataset.triples_of.get(path, [])])


def check_names(
    dataset: Dataset, changes: Changes | None = None, names: TermNames | None = None
) -> list[Problem]:
    """Return the problems of names in the evidence.

    ``unknown-term``: a name of our vocabulary that the ontology lacks · ``unknown-thing``: an
    IRI of ours that no file describes · ``described-twice``: one thing in two files, or begun
    twice in one · ``blank-node``: a node without a name. With ``changes`` to a dataset in which all
    names were right, only what these can have made wrong is looked at: the answer is the same.
    ``names`` are those of the dataset's ontology, if they are known.
    """
    looked_at = (
        dataset.evidence_triples() if changes is None else _touched_by_name(dataset, changes)
    )
    known = _Known(dataset, names_in(dataset) if names is None else names)
    problems: list[Problem] = []
    for subject in dict.fromkeys(text_of(triple.subject) for _, triple in looked_at):
        files = known.describing(subject)
        problems.extend(_twice(dataset, path, files[0], subject) for path in files[1:])
    for path, triple in looked_at:
        problems.extend(_names_of(known, path, triple))
    problems.extend(_unnamed(dataset, looked_at))
    problems.extend(_begun_again(dataset, looked_at))
    return problems


def _touched_by_name(dataset: Dataset, changes: Changes) -> list[tuple[Path, ox.Triple]]:
    """Return the triples that are new, and those that name what is described no longer."""
    evidence = set(dataset.sources.evidence)
    touched = [said for said in changes.added if said[0] in evidence]
    for subject in dict.fromkeys(text_of(triple.subject) for _, triple in changes.removed):
        if not subject.startswith("_:") and not dataset.describing(subject):
            touched.extend(dataset.naming(subject))
    return touched


class _Known:
    """Know which names are declared and which things described, looked up once each."""

    def __init__(self, dataset: Dataset, names: TermNames) -> None:
        self.dataset = dataset
        self.names = names
        self.describing = cache(self._describing)

    def _describing(self, subject: str) -> list[Path]:
        return [] if subject.startswith("_:") else self.dataset.describing(subject)

    @cached_property
    def slugs(self) -> dict[str | None, dict[str, str]]:
        """Return every thing described by its slug, by kind."""
        slugs: dict[str | None, dict[str, str]] = defaultdict(dict)
        for _, triple in self.dataset.evidence_triples():
            iri = text_of(triple.subject)
            slugs[kind_of(iri)][iri.rpartition("/")[2]] = iri
        return slugs

    def close_thing(self, iri: str) -> str | None:
        """Return the CURIE of the thing of the same kind with the closest slug, if any is close."""
        slugs = self.slugs[kind_of(iri)]
        match = get_close_matches(iri.rpartition("/")[2], list(slugs), n=1, cutoff=0.8)
        return contract(slugs[match[0]]) if match else None


def _twice(dataset: Dataset, path: Path, first: Path, subject: str) -> Problem:
    return Problem(
        message=f"{contract(subject)} is described in {first.name} too: one thing is described in "
        "one file; give one of them another name or move its statements together.",
        constraint="described-twice",
        file=path,
        line=dataset.lines_of(path).find(subject, None, None),
        focus=subject,
    )


def _begun_again(
    dataset: Dataset, looked_at: Iterable[tuple[Path, ox.Triple]]
) -> Iterator[Problem]:
    """Yield a problem for each thing of which one file says twice what it is.

    To a parser the two blocks are one thing that has everything both say.
    """
    types = ((path, triple) for path, triple in looked_at if triple.predicate.value == _TYPE)
    begun = Counter((path, text_of(t.subject), text_of(t.object)) for path, t in types)
    for (path, subject, type_), times in begun.items():
        if times == 1:
            continue
        key = (subject, _TYPE, type_)
        lines = dataset.lines_of(path)
        first, again = lines.triples.get(key), lines.again.get(key)
        yield Problem(
            message=f"{contract(subject)} is described in line {first} already: give one of "
            "the two another name, or take one out.",
            constraint="described-twice",
            file=path,
            line=again,
            focus=subject,
        )


def _unnamed(dataset: Dataset, curated: list[tuple[Path, ox.Triple]]) -> Iterator[Problem]:
    """Yield a problem for each blank node, where it is pointed at or else where it begins."""
    told: set[ox.BlankNode] = set()
    objects = [(path, triple, triple.object) for path, triple in curated]
    subjects = [(path, triple, triple.subject) for path, triple in curated]
    for path, triple, node in objects + subjects:
        if not isinstance(node, ox.BlankNode) or node in told:
            continue
        told.add(node)
        subject, predicate, value = (text_of(term) for term in triple)
        yield Problem(
            message="a node without a name: give it an IRI of its own (evidence has no blank "
            "nodes, so that every statement can be cited and compared).",
            constraint="blank-node",
            file=path,
            line=dataset.lines_of(path).find(subject, predicate, value),
            focus=subject,
            path=predicate,
            value=value,
        )


def _names_of(known: _Known, path: Path, triple: ox.Triple) -> Iterator[Problem]:
    subject, predicate, value = (text_of(term) for term in triple)
    for iri in dict.fromkeys((subject, predicate, value)):
        if iri.startswith(VOCAB) and iri not in known.names.declared:
            constraint, wrong = "unknown-term", "is not in the ontology"
            close, otherwise = known.names.close_to(iri), _FIND_OR_PROPOSE
        elif iri.startswith(ID) and not known.describing(iri):
            constraint, wrong = "unknown-thing", "is described nowhere"
            close, otherwise = known.close_thing(iri), "Describe it or correct it."
        else:
            continue
        yield Problem(
            message=f"{contract(iri)} {wrong}. "
            + (f"Did you mean {close}?" if close else otherwise),
            constraint=constraint,
            file=path,
            line=known.dataset.lines_of(path).find(subject, predicate, value),
            focus=subject,
            path=predicate,
            value=value,
        )
