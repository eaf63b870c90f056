"""Snapshots: whole versions as canonical N-Quads in compressed files, and what differs between."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.names import graph_iri
from osteokg.kg.worker.snapshot import Snapshot

__all__ = [
    "Difference",
    "difference",
    "engine_forms",
    "flush_file",
    "flush_folder",
    "quads_by_graph",
    "quads_of",
    "read_snapshot",
    "time_now",
    "write_flushed",
    "write_snapshot",
]


@dataclass(frozen=True)
class Difference:
    """Count the triples that a version has and the one before has not, and the reverse, by graph.

    A graph in which nothing differs is not named; the metadata graph, which states the version,
    never is.
    """

    added: dict[str, int]
    removed: dict[str, int]


def time_now() -> str:
    """Return the time (UTC, ISO 8601, whole seconds)."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_snapshot(quads: bytes, path: Path) -> str:
    """Write canonical N-Quads into a compressed file, on disk when this returns.

    The same quads give the same bytes. Returns the SHA-256 of the file. Raises OSError.
    """
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=5, filename="", mtime=0) as file:
        file.write(quads)
    return write_flushed(path, packed.getvalue())


def quads_of(snapshot: Snapshot) -> Iterator[ox.Quad]:
    """Yield the quads of a version, blank nodes by their labels. Raises OSError, SyntaxError."""
    with snapshot.open() as file:
        yield from ox.parse(file, ox.RdfFormat.N_QUADS)


def read_snapshot(snapshot: Snapshot) -> dict[str, set[ox.Triple]]:
    """Return the triples of each named graph of a version. Raises OSError, SyntaxError."""
    return quads_by_graph(quads_of(snapshot))


def engine_forms(triples: Iterable[ox.Triple]) -> dict[ox.Triple, ox.Triple]:
    """Return triples by the form in which the engine gives them back.

    It knows numbers and dates by their value alone: "1.50" comes back as "1.5".
    """
    store = ox.Store()
    forms: dict[ox.Triple, ox.Triple] = {}
    for triple in triples:
        quad = ox.Quad(*triple)
        store.add(quad)
        forms.update((one.triple, triple) for one in store)
        store.clear()
    return forms


def write_flushed(path: Path, content: bytes) -> str:
    """Write a file that is on disk when this returns; return its SHA-256. Raises OSError."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def flush_file(path: Path) -> str:
    """Let a file be on disk as it lies; return its SHA-256. Raises OSError."""
    with path.open("r+b") as file:
        content = file.read()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def flush_folder(folder: Path) -> None:
    """Let the names in a folder be on disk when this returns, where folders can be flushed."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def quads_by_graph(quads: Iterable[ox.Quad]) -> dict[str, set[ox.Triple]]:
    """Return the triples of each named graph but the metadata graph, which states the version."""
    metadata = ox.NamedNode(graph_iri("metadata"))
    graphs: dict[str, set[ox.Triple]] = {}
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name != metadata:
            graphs.setdefault(quad.graph_name.value, set()).add(quad.triple)
    return graphs


def difference(
    before: Mapping[str, set[ox.Triple]], after: Mapping[str, set[ox.Triple]]
) -> Difference:
    """Return how many triples two versions differ by, graph by graph."""
    none: set[ox.Triple] = set()
    added, removed = {}, {}
    for graph in sorted(before.keys() | after.keys()):
        old, new = before.get(graph, none), after.get(graph, none)
        if old != new and _has_blank_nodes(old) and _has_blank_nodes(new):
            old, new = _canonical(old), _canonical(new)
        if more := len(new - old):
            added[graph] = more
        if less := len(old - new):
            removed[graph] = less
    return Difference(added, removed)


def _has_blank_nodes(triples: Iterable[ox.Triple]) -> bool:
    return any(
        isinstance(term, ox.BlankNode)
        for triple in triples
        for term in (triple.subject, triple.object)
    )


def _canonical(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Return triples with blank nodes named by RDFC-1.0: the same names in the same graph."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {quad.triple for quad in dataset}
