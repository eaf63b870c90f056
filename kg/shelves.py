"""Shelves: where versions are held, what may be written there, and with which one it begins."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from osteokg.kg.builder import FromFiles, FromSnapshot
from osteokg.kg.data_folder import DataFolder
from osteokg.kg.dataset import Progress
from osteokg.kg.drafting import SNAPSHOT, Draft, PlainDrafter, draft_of
from osteokg.kg.errors import DataError, ReadOnlyError, RequestError
from osteokg.kg.files import (
    Sources,
    file_of_graph,
    find_sources,
    graph_of_file,
    sources_of,
)
from osteokg.kg.journal import Truth
from osteokg.kg.names import graph_iri, kind_of_graph
from osteokg.kg.snapshots import flush_file, time_now, write_flushed
from osteokg.kg.version import basis_of, build
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import KeptVersion

__all__ = ["FolderShelf", "PlainShelf", "initialise"]

_OVER_HTTP = "written over HTTP"
_OWNERS = {
    "ontology": "it is the ontology, which comes with OsteoKG",
    "mappings": "it holds the mappings, which come with OsteoKG",
    "computed": "rules compute it from the other graphs",
    "metadata": "it is what each version says of itself",
}


@dataclass
class FolderShelf:
    """Hold versions in a data folder, beside evidence that files hold and nobody writes here.

    ``notes`` tell a person what was found and done when the folder was opened.
    """

    folder: DataFolder
    files: Sources
    truth: Truth
    basis: str
    notes: list[str]

    @classmethod
    def open(
        cls,
        path: Path,
        evidence: Sequence[str] = (),
        keep: int = 20,
        progress: Progress = lambda step: None,
    ) -> FolderShelf:
        """Open a data folder, made where it is missing; its current version is valid after that.

        In a folder that ``initialise`` made, the folder itself is the evidence; else it lies
        beside the packaged one, or that of the ``evidence`` folders. Files from outside win over
        written ones of the same name. What was found valid is not looked at again. Raises
        DataError, with file and line, for what is wrong or was changed from outside, RequestError
        for a folder in use, OSError.
        """
        folder = DataFolder(path, keep)
        try:
            return cls._opened(folder, evidence, progress)
        except BaseException:
            folder.close()
            raise

    @classmethod
    def _opened(
        cls, folder: DataFolder, evidence: Sequence[str], progress: Progress
    ) -> FolderShelf:
        if problems := folder.differences():
            raise DataError(problems)
        truth = folder.current.truth if folder.current else "packaged-files"
        files = _files_beside(truth, evidence)
        shelf = cls(folder, files, truth, basis_of(files), [])
        if folder.journal.cut is not None:
            shelf.notes.append(
                f"{folder.journal.path}:{folder.journal.cut}: a line that a crash cut off was "
                "taken out; no write that was acknowledged is lost."
            )
        shelf._bring_up_to_date(progress)
        return shelf

    def _bring_up_to_date(self, progress: Progress) -> None:
        """Make a version where the files or the software are others than they were."""
        folder, last = self.folder, self.folder.current
        giving_way = [path for path in folder.files() if self._owns(graph_of_file(path.name))]
        if last is not None and last.basis == self.basis and not giving_way and folder.is_whole():
            return
        written = [path for path in folder.files() if path not in giving_way]
        version = build(sources_of(self.files.given, written), progress)
        before = None if last is None else folder.snapshot(last.version)
        for path in giving_way:
            folder.set_aside(path)
            self.notes.append(
                f"{path.name}: a file from outside has this name now and wins; what was written "
                f"here is set aside in {folder.path / 'superseded'}."
            )
        stage = folder.stage()
        draft = draft_of(version, before, {path.name: None for path in giving_way}, stage)
        if last is None:
            note = "begun"
        elif draft.id == last.version:
            note = "checked again: the software or the files beside are others"
        else:
            note = "files from outside changed"
            self.notes += _told(draft)
        folder.commit(draft, stage, note, self.truth, self.basis)

    def _owns(self, graph: str) -> bool:
        return graph in self.files.graphs()

    @property
    def snapshot(self) -> Snapshot:
        """Return the current version whole."""
        assert self.folder.current is not None, "opening made a version"
        snapshot = self.folder.snapshot(self.folder.current.version)
        assert snapshot is not None, "opening made it whole"
        return snapshot

    def beginning(self) -> FromFiles:
        """Return what a builder begins with."""
        return FromFiles(self.files, self.basis, self.folder.path, self.folder.journal.files())

    def words(self) -> str:
        """Return in a few words what is the truth here, without the folder's path."""
        written = len(self.folder.files())
        if self.truth == "data-folder":
            return f"the service's data folder ({written} graphs), which HTTP writes change"
        return (
            f"{len(self.files.evidence)} files of evidence, which no HTTP write changes, and "
            f"{written} graphs beside them, written over HTTP"
        )

    def stage(self) -> Path:
        """Return a new, empty folder for a draft."""
        return self.folder.stage()

    def commit(self, draft: Draft, stage: Path) -> Snapshot:
        """Let a draft be the next version, on disk when this returns."""
        return self.folder.commit(draft, stage, _OVER_HTTP, self.truth, self.basis)

    def kept(self) -> Sequence[KeptVersion]:
        """Return the kept versions, newest first."""
        return self.folder.kept()

    def find(self, version: str) -> Snapshot | None:
        """Return a kept version whole, None for one that is not kept."""
        return self.folder.snapshot(version)

    def refuse(self, graphs: Iterable[str | None]) -> None:
        """Raise ReadOnlyError for a graph that files or rules own, and for the default graph."""
        for graph in graphs:
            if graph is None:
                raise ReadOnlyError(
                    "The default graph is the union of the named graphs and is not written: name "
                    "the graph of a study, e.g. GRAPH <" + graph_iri("study", "iwamoto-2005") + ">."
                )
            if self._owns(graph):
                raise ReadOnlyError(
                    f"<{graph}> is held by the file {self.files.graphs()[graph].name}, which no "
                    "write changes: change the file, or make the data folder the source with "
                    "'osteokg init'."
                )
            kind = kind_of_graph(graph)
            if kind not in (None, "study"):
                why = _OWNERS.get(kind or "", "its name is kept for graphs of OsteoKG's own")
                raise ReadOnlyError(f"<{graph}> is not written: {why}.")
            file_of_graph(graph)

    def close(self) -> None:
        """Let others use the folder."""
        self.folder.close()


def _files_beside(truth: Truth, evidence: Sequence[str]) -> Sources:
    if truth == "packaged-files" or evidence:
        return find_sources(evidence)
    return sources_of(())


def _told(draft: Draft) -> list[str]:
    """Return what a version changes, a line for each graph of evidence."""
    difference = draft.difference
    return [
        f"{graph}: {difference.added.get(graph, 0)} triples added, "
        f"{difference.removed.get(graph, 0)} removed."
        for graph in sorted(difference.added.keys() | difference.removed.keys())
        if not graph.startswith(graph_iri("computed"))
    ]


def initialise(
    path: Path, evidence: Sequence[str] = (), progress: Progress = lambda step: None
) -> list[str]:
    """Make a data folder the source of the evidence; return what a person is told.

    An empty folder is given a copy of the packaged evidence, or that of other folders. In a
    folder with a journal the files are taken as they lie, as the next version. Raises DataError
    for what is wrong, RequestError for a folder in which something else lies, OSError.
    """
    folder = DataFolder(path)
    try:
        if folder.current is None:
            return _copied(folder, evidence, progress)
        return _adopted(folder, evidence, progress)
    finally:
        folder.close()


def _copied(folder: DataFolder, evidence: Sequence[str], progress: Progress) -> list[str]:
    if folder.files_as_they_lie():
        raise RequestError(
            f"{folder.path} holds Turtle files and no journal: name an empty folder, and this one "
            "with --evidence to copy it."
        )
    given = find_sources(evidence)
    if given.terms:
        raise RequestError(
            f"{given.terms[0]}: terms are not copied into a data folder. Move them into the "
            "ontology, or leave the evidence where it is: serve --data-dir DIR --evidence …"
        )
    build(given, progress)  # what is wrong is told of the files where they lie
    stage = folder.stage()
    files: dict[str, str | None] = {}
    for path in given.evidence:
        name = file_of_graph(given.graph_of(path))
        files[name] = write_flushed(stage / name, path.read_bytes())
    version = build(sources_of((), [stage / name for name in files]), progress)
    draft = draft_of(version, None, files, stage)
    note = f"initialised with {len(files)} files"
    folder.commit(draft, stage, note, "data-folder", basis_of(sources_of(())))
    return [
        f"{folder.path}: {len(files)} files, version {draft.id[:12]}.",
        f"It is the source now: osteokg serve --data-dir {folder.path}",
    ]


def _adopted(folder: DataFolder, evidence: Sequence[str], progress: Progress) -> list[str]:
    last = folder.current
    assert last is not None, "there is a journal"
    known, lying = folder.journal.files(), folder.files_as_they_lie()
    files: dict[str, str | None] = {
        path.name: digest for path in lying if (digest := flush_file(path)) != known.get(path.name)
    }
    files |= dict.fromkeys(known.keys() - {path.name for path in lying})
    if not files:
        return [f"{folder.path}: every file is as version {last.version[:12]} has it."]
    beside = _files_beside(last.truth, evidence)
    version = build(sources_of(beside.given, lying), progress)
    stage = folder.stage()
    draft = draft_of(version, folder.snapshot(last.version), files, stage)
    folder.commit(draft, stage, "files taken as they lie", last.truth, basis_of(beside))
    return [f"{folder.path}: version {draft.id[:12]}.", *_told(draft)]


class PlainShelf:
    """Hold the versions of a plain dataset in a temporary folder, until the service ends."""

    def __init__(self, keep: int = 5) -> None:
        """Begin with an empty dataset."""
        self._folder = tempfile.TemporaryDirectory(prefix="osteokg-", ignore_cleanup_errors=True)
        self._keep = keep
        self._kept: list[tuple[KeptVersion, Snapshot]] = []
        stage = self.stage()
        self.commit(PlainDrafter().draft({}, stage), stage)

    @property
    def snapshot(self) -> Snapshot:
        """Return the current version whole."""
        return self._kept[0][1]

    def beginning(self) -> FromSnapshot:
        """Return what a builder begins with."""
        return FromSnapshot(self.snapshot)

    def stage(self) -> Path:
        """Return a new, empty folder for a draft."""
        return Path(tempfile.mkdtemp(dir=self._folder.name))

    def commit(self, draft: Draft, stage: Path) -> Snapshot:
        """Let a draft be the next version; it lasts as long as the service."""
        path = Path(self._folder.name) / f"{draft.id}.nq.gz"
        (stage / SNAPSHOT).replace(path)
        shutil.rmtree(stage, ignore_errors=True)
        snapshot = Snapshot(draft.id, path, union=False, empty_graphs=draft.empty_graphs)
        told = draft.difference
        version = KeptVersion(draft.id, time_now(), draft.triples, told.added, told.removed)
        others = [kept for kept in self._kept if kept[0].id != draft.id]
        self._kept = [(version, snapshot), *others[: self._keep - 1]]
        for _, let_go in others[self._keep - 1 :]:
            let_go.path.unlink(missing_ok=True)
        return snapshot

    def kept(self) -> Sequence[KeptVersion]:
        """Return the kept versions, newest first."""
        return [version for version, _ in self._kept]

    def find(self, version: str) -> Snapshot | None:
        """Return a kept version whole, None for one that is not kept."""
        return next((whole for kept, whole in self._kept if kept.id == version), None)

    def refuse(self, graphs: Iterable[str | None]) -> None:
        """Refuse nothing: every graph may be written."""

    def close(self) -> None:
        """Let the versions go."""
        self._folder.cleanup()
