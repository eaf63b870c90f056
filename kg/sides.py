"""Sides: the two states that are compared, found by the name that somebody gives them.

``packaged``, folders of evidence (several joined by commas) or a file of it · ``git:REVISION`` or
``git:REVISION:PATH``, as git has it · the id of a version in a data folder, or its beginning · a
version whole, as ``osteokg export`` writes it (``osteokg.nq``) or a data folder keeps it
(``.nq.gz``).
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.comparison import Side
from osteokg.kg.dataset import Progress
from osteokg.kg.errors import RequestError
from osteokg.kg.files import PACKAGED, Sources, find_sources, packaged, sources_of
from osteokg.kg.names import kind_of_graph
from osteokg.kg.version import prepare
from osteokg.kg.worker.snapshot import Snapshot, load

__all__ = ["side_named", "side_of_files", "side_of_snapshot"]

_VERSION = re.compile(r"[0-9a-f]{7,64}")


def side_named(
    name: str, other: str, data_folder: Path | None, progress: Progress = lambda step: None
) -> Side:
    """Return the state that a name means; ``other`` is the name of the one beside it.

    What is made of files has the rules of this release applied to it. Raises RequestError for a
    name that means nothing, DataError for files that do not parse.
    """
    if name.startswith("git:"):
        return _of_git(name, other, progress)
    folders = name.split(",")
    if all(folder == PACKAGED or Path(folder).is_dir() for folder in folders):
        return side_of_files(name, find_sources(folders), progress)
    path = Path(name)
    if path.is_file() and path.name.endswith((".nq", ".nq.gz")):
        return side_of_snapshot(name, path)
    if path.is_file():
        return side_of_files(name, sources_of([path.resolve()]), progress)
    if data_folder is not None and _VERSION.fullmatch(name):
        return _of_version(name, data_folder)
    raise RequestError(
        f"{name}: neither '{PACKAGED}', a file, a folder, git:REVISION, nor – with --data-dir – "
        "the beginning of a version's id (7 signs or more)."
    )


def side_of_files(name: str, sources: Sources, progress: Progress) -> Side:
    """Return the state that files make, with the rules applied to it. Raises DataError."""
    dataset = prepare(sources, progress)
    dataset.close()
    return Side(name, dataset.store, frozenset(sources.graphs()))


def side_of_snapshot(name: str, path: Path) -> Side:
    """Return the state that a version whole holds. Raises RequestError where none can be read."""
    try:
        store = load(Snapshot(path.name, path))
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise RequestError(f"{path}: no version can be read from it: {error}.") from error
    graphs = {graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}
    return Side(
        name, store, frozenset(graph for graph in graphs if kind_of_graph(graph) in (None, "study"))
    )


def _of_version(name: str, folder: Path) -> Side:
    found = sorted((folder / "versions").glob(f"{name}*.nq.gz"))
    if len(found) != 1:
        wrong = "more than one version begins" if found else "no kept version begins"
        raise RequestError(f"{folder}: {wrong} with {name}; versions.jsonl there lists them.")
    return side_of_snapshot(f"version {name[:12]}", found[0])


def _of_git(name: str, other: str, progress: Progress) -> Side:
    """Return the evidence of a folder as it was at a revision; without a path, of the other's."""
    revision, _, path = name.removeprefix("git:").partition(":")
    if not path and not other.startswith("git:"):
        path = str(packaged("kg", "evidence")) if other == PACKAGED else other
    folder = Path(path or ".").resolve()
    if not revision or revision.startswith("-"):
        raise RequestError(f"{name}: write git:REVISION or git:REVISION:FOLDER.")
    top = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if top is None:
        raise RequestError(f"{name}: {folder} lies in no git repository; write {name}:FOLDER.")
    inside = folder.relative_to(top).as_posix()
    asked = ["git", "-C", str(top), "archive", "--format=tar", revision]
    try:
        done = subprocess.run([*asked, "--", inside], capture_output=True, check=False)  # noqa: S603 - no shell, and the revision is no option
    except FileNotFoundError as error:
        raise RequestError(f"{name}: git is not installed here.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise RequestError(f"{name}: git says: {said[0]}")
    with tempfile.TemporaryDirectory() as held:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(held, filter="data")
        was = Path(held) / inside
        sources = sources_of([was.resolve()]) if was.is_file() else find_sources([str(was)])
        return side_of_files(name, sources, progress)
