"""The record: what a version of the contract promises, and whether it is kept.

``ontology/contract/<version>.tsv`` has a line for each key of the context with what it means, for
each field of a model with its form, and for each IRI that is served. ``osteokg fmt`` adds lines and
never changes one: what is promised stays, or the contract gets another version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.contract.frames import FRAMED
from osteokg.kg.contract.parts import Link, Resource
from osteokg.kg.contract.reading import fields_of
from osteokg.kg.files import packaged
from osteokg.kg.jsonld import context
from osteokg.kg.names import CONTRACT, GRAPH, ID, KINDS, VOCAB
from osteokg.kg.problems import Problem

__all__ = ["broken", "promises", "record_file", "record_text", "recorded"]

Promises = Mapping[tuple[str, str], str]

_HEAD = "what\tname\tmeaning\n"
_GRAPHS = ("computed", "import", "mappings", "metadata", "ontology", "study")


def record_file() -> Path:
    """Return the path of the record of this version of the contract."""
    return packaged("ontology", "contract", f"{CONTRACT}.tsv")


def promises(ontology: Iterable[ox.Triple]) -> Promises:
    """Return what holds now: of each key, field and IRI what it means."""
    found = {
        ("key", key): json.dumps(meaning, sort_keys=True) for key, meaning in context().items()
    }
    for name, (model, _) in FRAMED.items():
        found.update(_fields(name, model))
    for triple in ontology:
        subject = triple.subject
        if isinstance(subject, ox.NamedNode) and subject.value.removeprefix(VOCAB) not in (
            "",
            subject.value,
        ):
            found["iri", subject.value] = "a name of the ontology"
    found.update({("iri", f"{ID}{kind}/"): "the things of a kind begin so" for kind in KINDS})
    found.update({("iri", f"{GRAPH}{kind}"): "a graph is so, or begins so" for kind in _GRAPHS})
    return found


def _fields(path: str, model: type[Resource] | type[Link]) -> Promises:
    found: dict[tuple[str, str], str] = {("field", f"{path}.id"): "a name"}
    for field in fields_of(model):
        what = "a name" if field.names_a_thing else "a value"
        if field.model is not None:
            what = "an object"
            found.update(_fields(f"{path}.{field.key}", field.model))
        found["field", f"{path}.{field.key}"] = f"an array of: {what}" if field.several else what
    return found


def recorded(text: str) -> Promises:
    """Return what a record promises."""
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {(what, name): meaning for what, name, meaning in rows}


def record_text(promised: Promises, now: Promises) -> str:
    """Return the record with what is new; what it promises already stays as it is."""
    both = {**now, **promised}
    return _HEAD + "".join(f"{what}\t{name}\t{both[what, name]}\n" for what, name in sorted(both))


def broken(promised: Promises, now: Promises) -> list[Problem]:
    """Return a violation for each promise that does not hold any more."""
    return [
        Problem(
            message=f"Contract {CONTRACT} promises the {what} {name} ({meaning}); "
            + ("it is gone" if (what, name) not in now else f"it is {now[what, name]} now")
            + ". Bring it back (an obsolete name keeps its declaration), or raise CONTRACT in "
            "kg/names.py and say so in the changelog.",
            constraint="broken-promise",
            file=record_file(),
            line=number,
        )
        for number, ((what, name), meaning) in enumerate(promised.items(), start=2)
        if now.get((what, name)) != meaning
    ]
