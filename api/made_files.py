"""The files that are made from others: the context, the frames, the record of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.contract.frames import FRAMED, frame_text
from osteokg.kg.contract.record import broken, promises, record_file, record_text, recorded
from osteokg.kg.errors import DataError
from osteokg.kg.files import context_file, find_sources, frame_file
from osteokg.kg.jsonld import context_text
from osteokg.kg.problems import Problem
from osteokg.kg.turtle import read

__all__ = ["made_files"]


def made_files() -> Iterator[tuple[Path, str]]:
    """Give each file with the text that it ought to have, one after the other.

    What comes later is made from what came earlier, as it lies there. Raises DataError for an
    ontology that does not parse, and for a contract that is not kept.
    """
    ontology: list[ox.Triple] = []
    for path in find_sources().ontology:
        result = read(path)
        if isinstance(result, Problem):
            raise DataError([result])
        ontology.extend(result)
    yield context_file(), context_text(ontology)
    for name in FRAMED:
        yield frame_file(name), frame_text(name)
    path, now = record_file(), promises(ontology)
    promised = recorded(path.read_text(encoding="utf-8")) if path.exists() else {}
    if problems := broken(promised, now):
        raise DataError(problems)
    yield path, record_text(promised, now)
