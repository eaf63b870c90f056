"""Term proposals: a new term with all that a term needs, held against those that are there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset, Progress
from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.files import TERMS, Sources
from osteokg.kg.names import PREFIXES, VOCAB, contract, expand, okg
from osteokg.kg.problems import Problem, errors_of
from osteokg.kg.term_index import Hit, TermIndex
from osteokg.kg.turtle import canonical, read
from osteokg.kg.validation import validate
from osteokg.kg.version import prepare

__all__ = ["RELATIONS", "Proposal", "index_of", "near_duplicates", "proposed_text", "validated"]

_RDF, _RDFS, _SKOS, _OWL = (PREFIXES[name] for name in ("rdf", "rdfs", "skos", "owl"))
_SOURCE = "http://purl.obolibrary.org/obo/IAO_0000119"
_NEAR = 0.85
"""A name this like one that is there is probably the same."""

RELATIONS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")


@dataclass(frozen=True)
class Proposal:
    """Hold what somebody proposes; names of terms are CURIEs, labels or IRIs.

    ``mappings`` gives outside terms with the relation of ours to each, ``more`` further properties
    that the kind of term needs, such as ``okg:partOf``.
    """

    label: str
    definition: str
    parents: Sequence[str]
    synonyms: Sequence[str] = ()
    hidden: Sequence[str] = ()
    source: str = "okg:"
    nature: str | None = None
    name: str | None = None
    mappings: Mapping[str, str] = field(default_factory=dict)
    more: Sequence[tuple[str, str]] = ()

    @property
    def iri(self) -> str:
        """Return the IRI: the name given, or the label in upper camel case."""
        words = re.findall(r"[A-Za-z0-9]+", self.label)
        local = self.name or "".join(word[:1].upper() + word[1:] for word in words)
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", local):
            raise RequestError(
                f"'{local}' is no name for a term: give one with --name, in upper camel case, "
                "letters and digits only."
            )
        return VOCAB + local


def index_of(dataset: Dataset) -> TermIndex:
    """Return what the ontology of a dataset calls its terms."""
    triples = [t for path in dataset.sources.ontology for t in dataset.triples_of.get(path, [])]
    return TermIndex(triples, dataset.tables)


def near_duplicates(proposal: Proposal, index: TermIndex) -> list[tuple[str, Hit]]:
    """Return the terms whose names are much like one of the proposal's, each with that name.

    So is a term that has one of the outside terms for its equal.
    """
    names = [proposal.label, *proposal.synonyms, *proposal.hidden]
    equal = [outside for outside, relation in proposal.mappings.items() if relation == "exactMatch"]
    found: dict[str, tuple[str, Hit]] = {}
    for name in [*names, *equal]:
        for hit in index.search(name):
            if hit.score >= (1.0 if name in equal else _NEAR):
                found.setdefault(hit.term.iri, (name, hit))
    return list(found.values())


def proposed_text(proposal: Proposal, index: TermIndex, path: Path) -> str:
    """Return the whole text of a file of terms with the proposal in it, in canonical form.

    Raises RequestError for what is named and is not there, DataError where the file does not parse.
    """
    if not path.name.endswith(TERMS):
        raise RequestError(f"{path}: a file of terms is named ….{TERMS.strip('.')}: rename it.")
    subject = ox.NamedNode(proposal.iri)
    if proposal.iri in index.terms:
        raise RequestError(f"{contract(proposal.iri)} is there already: name another with --name.")
    before = read(path) if path.exists() else []
    if isinstance(before, Problem):
        raise DataError([before])
    parents = [_term(index, name) for name in proposal.parents]
    kinds = sorted(set().union(*(index.terms[parent].kinds for parent in parents)))
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (_RDF + "type", ox.NamedNode(_OWL + "Class")),
        *((_RDF + "type", ox.NamedNode(kind)) for kind in kinds),
        *((_RDFS + "subClassOf", ox.NamedNode(parent)) for parent in parents),
        (_RDFS + "label", _english(proposal.label)),
        (_SKOS + "definition", _english(proposal.definition)),
        *((_SKOS + "altLabel", _english(name)) for name in proposal.synonyms),
        *((_SKOS + "hiddenLabel", _english(name)) for name in proposal.hidden),
        (_SOURCE, ox.NamedNode(expand(proposal.source))),
        *(
            (_SKOS + relation, ox.NamedNode(expand(outside)))
            for outside, relation in proposal.mappings.items()
        ),
        *((expand(name), _value(index, value)) for name, value in proposal.more),
    ]
    if proposal.nature:
        said.append((okg("termNature"), ox.Literal(proposal.nature)))
    triples = [ox.Triple(subject, ox.NamedNode(name), value) for name, value in said]
    return canonical([*before, *triples])


def _english(text: str) -> ox.Literal:
    return ox.Literal(" ".join(text.split()), language="en")


def _term(index: TermIndex, name: str) -> str:
    term = index.named(name)
    if term is None:
        close = index.search(name, limit=3)
        hint = ", ".join(f"{contract(hit.term.iri)} ({hit.term.label})" for hit in close)
        raise RequestError(
            f"There is no term '{name}'." + (f" Did you mean {hint}?" if hint else "")
        )
    return term.iri


def _value(index: TermIndex, text: str) -> ox.NamedNode | ox.Literal:
    """Return the value that a text means: true or false, a term by name, else a string."""
    if text in ("true", "false"):
        return ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + "boolean"))
    term = index.named(text)
    return ox.Literal(text) if term is None else ox.NamedNode(term.iri)


def validated(
    sources: Sources, path: Path, written: Path, progress: Progress = lambda step: None
) -> list[Problem]:
    """Return what would be wrong if a text were the file of terms at a path.

    ``written`` is where it lies meanwhile; what is told names the path.
    """
    others = tuple(one for one in sources.ontology if one != path)
    problems = validate(prepare(replace(sources, ontology=(*others, written)), progress), progress)
    return [
        replace(problem, file=path if problem.file == written else problem.file)
        for problem in errors_of(problems)
    ]
