"""Opening: the store, the versions and what is needed beside them, as the settings have it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from osteokg.api.commands import build_version, tell_progress
from osteokg.api.settings import Settings
from osteokg.kg.builder import Beginning, Builder, FromFiles
from osteokg.kg.comparing import Comparisons
from osteokg.kg.engine import ProcessStore, Snapshot
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.judging import Judge
from osteokg.kg.problems import as_text
from osteokg.kg.releases import Releases
from osteokg.kg.shelves import FolderShelf, PlainShelf
from osteokg.kg.snapshots import write_snapshot
from osteokg.kg.store import Store
from osteokg.kg.version import basis_of, canonical_quads, named_quads
from osteokg.kg.versions import StoredVersions

__all__ = ["Opened", "Opening", "prepare"]


@dataclass(frozen=True)
class Opened:
    """Hold what a service answers from: ``versions`` None for one that has only one version.

    ``judge`` is None where there are no shapes, ``releases`` where there are no dumps,
    ``comparisons`` where no version is kept but one; ``truth`` tells what holds, in a few words.
    """

    store: Store
    versions: StoredVersions | None
    judge: Judge | None
    truth: Callable[[], str]
    releases: Releases | None = None
    comparisons: Comparisons | None = None

    def warnings(self) -> Iterator[str]:
        """Tell what this system cannot keep from queries of strangers."""
        if not isinstance(self.store, ProcessStore):
            return
        status = self.store.status()
        if not status.isolated:
            yield (
                "queries run in processes that could reach the network, for this system gives "
                "them no namespace without it; SERVICE and LOAD are refused all the same."
            )
        if not status.memory_limited:
            yield (
                "this system does not limit the memory of a process; it is looked at ten times a "
                "second instead."
            )

    async def close(self) -> None:
        """Let go of processes and folders."""
        if self.judge is not None:
            await self.judge.close()
        if self.releases is not None:
            await self.releases.close()
        if self.comparisons is not None:
            await self.comparisons.close()
        await (self.versions or self.store).close()


@dataclass(frozen=True)
class Opening:
    """Hold what was prepared before there is an event loop: a valid current version in a file."""

    settings: Settings
    snapshot: Snapshot
    shelf: FolderShelf | PlainShelf | None
    beginning: Callable[[], Beginning]
    truth: Callable[[], str]

    async def open(self) -> Opened:
        """Begin the processes that answer. Raises UnavailableError where they do not."""
        settings, shelf = self.settings, self.shelf
        find = self._only if shelf is None else shelf.find
        store = await ProcessStore.start(
            self.snapshot, settings.engine, workers=settings.workers, kept=find
        )
        versions = None
        if shelf is not None:
            versions = StoredVersions(store, Builder(self.beginning, settings.builder), shelf)
            if settings.plain or settings.write_token is not None:
                versions.warm()
        if isinstance(shelf, PlainShelf):
            return Opened(store, versions, None, self.truth)
        unmoved = None if versions is None else versions.unmoved
        judge = Judge(self.beginning, lambda: store.version, settings.builder, unmoved)
        comparisons = None if shelf is None else Comparisons(shelf.find)
        return Opened(store, versions, judge, self.truth, Releases(find), comparisons)

    def _only(self, version: str) -> Snapshot | None:
        """Return the one version of a service that keeps no others."""
        return self.snapshot if version == self.snapshot.id else None


def prepare(settings: Settings, evidence: Sequence[str], held: ExitStack) -> Opening:
    """Find or make a valid version to begin with; ``held`` lets go of what was taken.

    Raises DataError with every problem of the data, RequestError for settings that do not go
    together or a folder that is in use.
    """
    if settings.plain:
        if settings.data_dir or evidence:
            raise RequestError(
                "--plain begins with nothing and keeps nothing: it goes with neither --data-dir "
                "nor --evidence."
            )
        plain = PlainShelf()
        held.callback(plain.close)
        words = "what was written since the service began"
        return Opening(settings, plain.snapshot, plain, plain.beginning, lambda: words)
    if settings.data_dir:
        with tell_progress() as progress:
            folder = FolderShelf.open(
                Path(settings.data_dir), evidence, settings.keep_versions, progress
            )
        held.callback(folder.close)
        sys.stderr.writelines(f"{note}\n" for note in folder.notes)
        return Opening(settings, folder.snapshot, folder, folder.beginning, folder.words)
    if settings.write_token is not None:
        raise RequestError(
            "What is written must lie somewhere: add --data-dir DIR to --write-token-file, or "
            "--plain for what may be forgotten."
        )
    return _of_files(settings, evidence, held)


def _of_files(settings: Settings, evidence: Sequence[str], held: ExitStack) -> Opening:
    """Build the graph of files and leave it in a file: the service itself holds no more of it."""
    sources = find_sources(evidence)
    basis = basis_of(sources)
    version = build_version(sources)
    sys.stderr.write(as_text(version.warnings))
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="osteokg-")))
    snapshot = Snapshot(version.id, folder / f"{version.id}.nq.gz")
    write_snapshot(canonical_quads(named_quads(version.store)), snapshot.path)
    beginning = FromFiles(sources, basis, folder, {})
    truth = f"{len(sources.evidence)} files of evidence, as they were when the service began"
    return Opening(settings, snapshot, None, lambda: beginning, lambda: truth)
