"""A version: files made into one immutable, validated dataset with a content hash."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version as version_of
from pathlib import Path

import pyoxigraph as ox

from osteokg import __version__
from osteokg.kg.dataset import Dataset, Progress, load
from osteokg.kg.errors import DataError
from osteokg.kg.files import (
    Sources,
    digest_of,
    packaged,
    rule_files,
    shape_files,
    violation_query_files,
)
from osteokg.kg.metadata import LIBRARIES, describe_version
from osteokg.kg.names import graph_iri
from osteokg.kg.problems import Problem, errors_of
from osteokg.kg.rules import apply_rules
from osteokg.kg.validation import validate

__all__ = [
    "Version",
    "add_metadata",
    "basis_of",
    "build",
    "cache_folder",
    "canonical_quads",
    "content_hash",
    "hashed_quads",
    "named_quads",
    "prepare",
]


@dataclass(frozen=True)
class Version:
    """Hold one immutable version: its id, its store and the warnings that came with it.

    ``seconds`` says how long each step took, for people and benchmarks.
    """

    id: str
    store: ox.Store
    sources: Sources
    warnings: tuple[Problem, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)


def content_hash(store: ox.Store) -> str:
    """Return the SHA-256 of the canonical N-Quads of the named graphs, without the metadata graph.

    Blank nodes are named by RDFC-1.0 (https://www.w3.org/TR/rdf-canon/), so the same knowledge
    has the same hash whatever the order or the labels in the files.
    """
    metadata = ox.NamedNode(graph_iri("metadata"))
    quads = (quad for quad in named_quads(store) if quad.graph_name != metadata)
    return hashlib.sha256(canonical_quads(quads)).hexdigest()


def named_quads(store: ox.Store) -> list[ox.Quad]:
    """Return what stands in named graphs (the default graph repeats it)."""
    return [quad for quad in store if not isinstance(quad.graph_name, ox.DefaultGraph)]


def canonical_quads(quads: Iterable[ox.Quad]) -> bytes:
    """Return canonical N-Quads: blank nodes named by RDFC-1.0, lines sorted, each once.

    What names no blank node has no part in naming them (https://www.w3.org/TR/rdf-canon/, section
    4.4, step 2), and a million of such quads would take the algorithm ten times as long as writing
    them does.
    """
    named, blank = [], ox.Dataset()
    for quad in quads:
        if any(isinstance(term, (ox.BlankNode, ox.Triple)) for term in quad):
            blank.add(quad)
        else:
            named.append(quad)
    blank.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    written = (ox.serialize(some, format=ox.RdfFormat.N_QUADS) or b"" for some in (named, blank))
    return b"".join(sorted({line for text in written for line in text.splitlines(keepends=True)}))


def cache_folder() -> Path | None:
    """Return the folder for stamps of validated content (``$XDG_CACHE_HOME`` or ``~/.cache``).

    None where nobody is at home: then everything is validated at each start.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "osteokg"
    except RuntimeError:
        return None


def prepare(
    sources: Sources,
    progress: Progress = lambda step: None,
    seconds: dict[str, float] | None = None,
) -> Dataset:
    """Return the dataset of these files with its computed graphs, not yet validated.

    Raises DataError when a file does not parse.
    """
    clock = _Clock({} if seconds is None else seconds)
    progress("reading files")
    dataset = load(sources)
    clock.lap("read")
    apply_rules(dataset, progress=progress)
    clock.lap("rules")
    return dataset


def build(
    sources: Sources, progress: Progress = lambda step: None, use_stamp: bool = True
) -> Version:
    """Make the version of these files: read, compute, validate, hash.

    What was validated once is neither computed nor validated again: a stamp named after the
    bytes of everything that these depend on lies in ``cache_folder()``. Raises DataError with all
    problems.
    """
    seconds: dict[str, float] = {}
    clock = _Clock(seconds)
    stamp = _stamp_of(sources) if use_stamp else None
    kept = _kept(stamp, sources)
    if kept is None:
        dataset = prepare(sources, progress, seconds)
        clock = _Clock(seconds)
        problems = validate(dataset, progress)
        if errors_of(problems):
            raise DataError(problems)
        clock.lap("validate")
        progress("hashing")
        kept = _Kept(content_hash(dataset.store), tuple(problems), _computed(dataset))
        _leave(stamp, kept)
        clock.lap("hash")
    else:
        dataset = load(sources)
        clock.lap("read")
        dataset.store.extend(kept.computed)
        clock.lap("rules")
    add_metadata(dataset, kept.id)
    dataset.close()
    clock.lap("close")
    return Version(kept.id, dataset.store, sources, kept.warnings, seconds)


def hashed_quads(dataset: Dataset) -> tuple[str, bytes]:
    """Return the content hash of a dataset and, its metadata added, its canonical N-Quads.

    The metadata graph has no blank nodes, so that one canonicalisation does for both.
    """
    content = canonical_quads(named_quads(dataset.store))
    identifier = hashlib.sha256(content).hexdigest()
    add_metadata(dataset, identifier)
    metadata = dataset.store.quads_for_pattern(
        None, None, None, ox.NamedNode(graph_iri("metadata"))
    )
    lines = [*content.splitlines(keepends=True), *(f"{quad} .\n".encode() for quad in metadata)]
    return identifier, b"".join(sorted(lines))


def add_metadata(dataset: Dataset, identifier: str) -> None:
    """Add the graph in which a version says what it is and where its graphs are from."""
    sources = dataset.sources
    origins = {graph: sources.origin_of(path) for graph, path in dataset.file_of_graph.items()}
    told = describe_version(dataset.store, identifier, origins)
    dataset.add_graph(graph_iri("metadata"), told)


_STAMPS = 16
"""So many stamps are kept; each holds some megabytes."""


@dataclass(frozen=True)
class _Kept:
    """Hold what a stamp keeps of a version: its id, its warnings, its computed graphs."""

    id: str
    warnings: tuple[Problem, ...]
    computed: list[ox.Quad]


def _computed(dataset: Dataset) -> list[ox.Quad]:
    """Return what stands in no file."""
    return [
        quad
        for quad in named_quads(dataset.store)
        if isinstance(quad.graph_name, ox.NamedNode)
        and quad.graph_name.value not in dataset.file_of_graph
    ]


def basis_of(sources: Sources) -> str:
    """Return a digest of all that a verdict rests on: files, shapes, rules, code, libraries."""
    code = sorted(packaged("kg").glob("*.py"))
    data = [*sources.all(), *rule_files(), *shape_files(), *violation_query_files()]
    libraries = [f"{name} {version_of(name)}" for name in LIBRARIES]
    return digest_of([*code, *data], __version__, *libraries)


def _stamp_of(sources: Sources) -> Path | None:
    """Return the stamp for these files."""
    folder = cache_folder()
    return folder and folder / "validated" / basis_of(sources)


def _kept(stamp: Path | None, sources: Sources) -> _Kept | None:
    """Return what is kept in a stamp, None where this content was never validated."""
    if stamp is None:
        return None
    by_name = {path.name: path for path in sources.all()}
    try:
        told = json.loads(stamp.read_text(encoding="utf-8"))
        warnings = (
            Problem(**{**row, "file": by_name.get(row["file"])}) for row in told["warnings"]
        )
        computed = list(ox.parse(told["computed"], ox.RdfFormat.N_QUADS))
        return _Kept(told["id"], tuple(warnings), computed)
    except (OSError, ValueError, TypeError, KeyError, SyntaxError):
        return None


def _leave(stamp: Path | None, kept: _Kept) -> None:
    """Leave the stamp; a cache that cannot be written only costs the next start its time.

    Of a file it keeps the name: the same bytes may lie in another folder next time.
    """
    if stamp is None:
        return
    told = {
        "id": kept.id,
        "warnings": [{**asdict(one), "file": one.file and one.file.name} for one in kept.warnings],
        "computed": canonical_quads(kept.computed).decode(),
    }
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        unfinished = stamp.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(told), encoding="utf-8")
        unfinished.replace(stamp)
        by_age = sorted(stamp.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-_STAMPS]:
            old.unlink(missing_ok=True)
    except OSError:
        return


class _Clock:
    """Note the seconds between laps."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the seconds since the last lap under a name."""
        now = time.perf_counter()
        self.seconds[name] = now - self.last
        self.last = now
