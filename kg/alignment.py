"""Alignment: the mapping table held against our terms and the slices of outside vocabularies.

The slices under ``ontology/imports/`` are the register of what was verified: an identifier that
is not there, or is called otherwise there, is an error of the row that names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset
from osteokg.kg.mappings import NO_TERM, MappingRow, MappingTable
from osteokg.kg.names import PREFIXES, VOCAB, contract, expand, okg
from osteokg.kg.problems import Problem
from osteokg.kg.turtle import text_of
from osteokg.kg.vocabulary import TermNames, term_names

__all__ = ["check_alignment"]

_TYPE = PREFIXES["rdf"] + "type"
_LABEL = PREFIXES["rdfs"] + "label"
_KIND_OF = PREFIXES["rdfs"] + "subClassOf"
_VERSION = PREFIXES["owl"] + "versionInfo"
_WITHDRAWN = PREFIXES["owl"] + "deprecated"
_AFTER = "http://purl.obolibrary.org/obo/IAO_0100001"
_ONTOLOGY = PREFIXES["owl"] + "Ontology"
_SAME = ("skos:exactMatch", "owl:equivalentClass")


@dataclass
class Register:
    """Hold what is known of the terms of a vocabulary, ours or one outside, by IRI."""

    labels: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    withdrawn: dict[str, str | None] = field(default_factory=dict)
    versions: dict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, path: Path, triples: list[ox.Triple]) -> None:
        """Note the labels, withdrawals and versions in a file."""
        headers = {one.subject for one in triples if text_of(one.object) == _ONTOLOGY}
        for triple in triples:
            subject, predicate = text_of(triple.subject), triple.predicate.value
            if predicate == _LABEL and isinstance(triple.object, ox.Literal):
                self.labels.setdefault(subject, triple.object.value)
                self.files.setdefault(subject, path)
            elif predicate == _WITHDRAWN:
                self.withdrawn.setdefault(subject, None)
            elif predicate == _AFTER:
                self.withdrawn[subject] = text_of(triple.object)
            elif predicate == _VERSION and triple.subject in headers:
                assert isinstance(triple.object, ox.Literal), "a version is text"
                self.versions[path].add(triple.object.value)


def check_alignment(dataset: Dataset) -> list[Problem]:
    """Return the problems of the mapping tables, each at the row it is of.

    ``mapping-subject``, ``mapping-object``: a term that is not there, is withdrawn or is called
    otherwise · ``mapping-source``: a vocabulary or release that the slice is not from ·
    ``mapping-twice``: two rows for one pair, or two terms said to be the same as one ·
    ``mapping-missing``: a term of ours that no row speaks of, told where the term stands; those of
    another laboratory carry their mappings themselves.
    """
    sources = dataset.sources
    ours, outside = Register(), Register()
    for path in sources.ontology:
        ours.add(path, dataset.triples_of.get(path, []))
    for path in sources.imports:
        outside.add(path, dataset.triples_of.get(path, []))
    named = [triple for path in sources.ontology for triple in dataset.triples_of.get(path, [])]
    names = term_names(named)
    problems: list[Problem] = []
    for table in dataset.tables:
        problems += _of_set(table, ours)
        for row in table.rows:
            told = [*_of_subject(row, ours, names), *_of_object(row, outside)]
            problems += [_problem(table, row, constraint, wrong) for constraint, wrong in told]
        problems += _twice(table)
    for table in dataset.tables:
        spoken_of = {expand(row["subject_id"]) for row in table.rows}
        mapped = [path for path in sources.ontology if path not in sources.terms]
        said = [triple for path in mapped for triple in dataset.triples_of.get(path, [])]
        problems += [_missing(dataset, term) for term in sorted(_terms(said) - spoken_of)]
    return problems


def _problem(table: MappingTable, row: MappingRow, constraint: str, wrong: str) -> Problem:
    return Problem(
        message=f"{row.named()}: {wrong}",
        constraint=constraint,
        file=table.path,
        line=row.line,
        focus=expand(row["subject_id"]),
        path=expand(row["predicate_id"]),
        value=None if row["object_id"] == NO_TERM else expand(row["object_id"]),
    )


def _of_set(table: MappingTable, ours: Register) -> Iterator[Problem]:
    stated = table.stated("subject_source_version")
    versions = set().union(*ours.versions.values())
    if versions and stated not in versions:
        wrong = f"subject_source_version is '{stated}', the ontology's is {_listed(versions)}"
        yield Problem(f"{wrong}: write that.", "mapping-source", file=table.path, line=1)


def _of_subject(row: MappingRow, ours: Register, names: TermNames) -> Iterator[tuple[str, str]]:
    subject, label = expand(row["subject_id"]), row["subject_label"]
    if not subject.startswith(VOCAB) or subject not in ours.labels:
        close = names.close_to(subject) if subject.startswith(VOCAB) else None
        otherwise = f"Did you mean {close}?" if close else "Take a term of the ontology."
        yield "mapping-subject", f"{row['subject_id']} is not in the ontology. {otherwise}"
    elif ours.labels[subject] != label:
        wrong = f"{row['subject_id']} is called '{ours.labels[subject]}', not '{label}'"
        yield "mapping-subject", f"{wrong}. Correct the identifier or the label."


def _of_object(row: MappingRow, outside: Register) -> Iterator[tuple[str, str]]:
    label, source = row["object_label"], row["object_source"].partition(":")[2]
    if row["object_id"] == NO_TERM:
        if label:
            yield "mapping-object", "no term has no label. Leave object_label empty."
        if not any(path.stem == source for path in outside.versions):
            wrong = f"the vocabulary searched, {row['object_source']}, has no slice"
            yield "mapping-source", f"{wrong} in ontology/imports/. Name one that has."
        return
    term, prefix = expand(row["object_id"]), row["object_id"].partition(":")[0]
    if term in outside.withdrawn:
        after = outside.withdrawn[term]
        instead = f" in favour of {contract(after)}" if after else ""
        yield "mapping-object", f"{row['object_id']} is withdrawn{instead}. Take another term."
    elif term not in outside.labels:
        wrong = f"{row['object_id']} is in no slice under ontology/imports/, so nobody verified it"
        advice = "a new one is verified first, then cut (docs/make_imports.py)"
        yield "mapping-object", f"{wrong}. Correct the identifier; {advice}."
    else:
        path = outside.files[term]
        if outside.labels[term] != label:
            wrong = f"{row['object_id']} is called '{outside.labels[term]}' in {path.name}"
            yield "mapping-object", f"{wrong}, not '{label}'. Correct the identifier or the label."
        if source != prefix.lower():
            wrong = f"{row['object_id']} is not of {row['object_source']}"
            yield "mapping-source", f"{wrong}. Write bioregistry:{prefix.lower()}."
        elif row["object_source_version"] not in outside.versions[path]:
            wrong = f"{path.name} is cut from {_listed(outside.versions[path])}"
            stated = row["object_source_version"]
            yield "mapping-source", f"{wrong}, not from '{stated}'. Write the release it is from."


def _listed(versions: set[str]) -> str:
    return " or ".join(f"'{version}'" for version in sorted(versions))


def _twice(table: MappingTable) -> Iterator[Problem]:
    """Yield a problem for each row that says of a pair, or of sameness, what another denies."""
    pairs: dict[tuple[str, ...], MappingRow] = {}
    same: dict[tuple[str, ...], MappingRow] = {}
    for row in table.rows:
        subject, value = row["subject_id"], row["object_id"]
        searched = (row["object_source"],) if value == NO_TERM else ()
        first = pairs.setdefault((subject, value, *searched), row)
        if first is not row:
            wrong = f"line {first.line} speaks of the same pair. Keep one of the two rows."
            yield _problem(table, row, "mapping-twice", wrong)
        if row["predicate_id"] not in _SAME:
            continue
        # What is the same as two terms of one vocabulary would make these two the same.
        for key in ((subject, row["object_source"]), *(((value,),) if value != NO_TERM else ())):
            first = same.setdefault(key, row)
            if first is not row and (first["subject_id"], first["object_id"]) != (subject, value):
                wrong = f"line {first.line} says {first.named()}: one of the two is not exact."
                yield _problem(table, row, "mapping-twice", wrong)


def _terms(ontology: list[ox.Triple]) -> set[str]:
    """Return the terms of ours: the individuals of the kinds of term."""
    kinds = {
        one.subject
        for one in ontology
        if one.predicate.value == _KIND_OF and text_of(one.object) == okg("Term")
    }
    return {
        text_of(one.subject)
        for one in ontology
        if one.predicate.value == _TYPE and one.object in kinds
    }


def _missing(dataset: Dataset, term: str) -> Problem:
    path, line = dataset.place(term, _TYPE)
    return Problem(
        f"{contract(term)} has no row in ontology/mappings.sssom.tsv: map it, or say with "
        f"{NO_TERM} which vocabulary has no equal.",
        "mapping-missing",
        file=path,
        line=line,
        focus=term,
    )
