"""The data folder: versions on disk, in the form of an evidence folder, safe against a crash.

::

    DIR/quill-2001.ttl        a canonical Turtle file for each written graph of a study
    DIR/https%3A…%2Fg.ttl     … and for each other graph, its IRI written with percent signs
    DIR/versions.jsonl        the journal: which file had which content when
    DIR/versions/ID.nq.gz     the latest versions whole, canonical N-Quads
    DIR/superseded/           files that gave way to packaged ones of the same name, with the
                              version that they were of
    DIR/.staged/              drafts; what lies here counts for nothing
    DIR/.lock                 held by the one process that writes here

A commit puts new files and snapshot on disk, then the journal's line – from there on the version
is made –, then moves the files into their places. Recovery moves them where a crash has come
between, and holds every file against the journal: one that differs is told, never skipped.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from osteokg.kg.drafting import SNAPSHOT, Draft
from osteokg.kg.errors import UnavailableError
from osteokg.kg.files import digest_of_file, graph_of_file
from osteokg.kg.journal import Journal, Record, Truth, files_after
from osteokg.kg.lock import Lock
from osteokg.kg.names import contract
from osteokg.kg.problems import Problem, sort_problems
from osteokg.kg.snapshots import (
    engine_forms,
    flush_folder,
    read_snapshot,
    time_now,
    write_flushed,
)
from osteokg.kg.turtle import line_index, read, text_of
from osteokg.kg.worker.snapshot import Snapshot
from osteokg.kg.writes import KeptVersion

__all__ = ["DataFolder"]

_NOT_FOR_GIT = b"""\
# Versions whole can be made again from the files; drafts and the lock mean nothing later.
/versions/
/.staged/
/.lock
"""
_TOLD = 20
"""So many differences of one file are told; nobody reads more."""


class DataFolder:
    """Keep versions in a folder: make them durable one by one, find them again."""

    def __init__(self, path: Path, keep: int = 20) -> None:
        """Take hold of a folder, made where it is missing, and finish or undo what a crash left.

        ``keep`` is the number of versions that are kept whole. Raises RequestError where another
        process holds the folder, DataError, with file and line, where the journal was changed,
        OSError where the folder cannot be written.
        """
        self.path = path.resolve()
        self._keep = keep
        for folder in (self.path, self._whole, self._staged):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(self.path / ".lock")
        try:
            self.journal = Journal(self.path / "versions.jsonl")
            if not (self.path / ".gitignore").exists():
                write_flushed(self.path / ".gitignore", _NOT_FOR_GIT)
            self._finish()
        except BaseException:
            self._lock.release()
            raise
        self._broken = False

    @property
    def _whole(self) -> Path:
        return self.path / "versions"

    @property
    def _staged(self) -> Path:
        return self.path / ".staged"

    @property
    def current(self) -> Record | None:
        """Return the record of the last version, None in a new folder."""
        return self.journal.records[-1] if self.journal.records else None

    def files(self) -> list[Path]:
        """Return the files of the last version."""
        return [self.path / name for name in sorted(self.journal.files())]

    def files_as_they_lie(self) -> list[Path]:
        """Return the Turtle files that lie in the folder, whatever the journal says."""
        return sorted(path for path in self.path.glob("*.ttl") if not path.name.startswith("."))

    def close(self) -> None:
        """Let others use the folder."""
        self._lock.release()

    def stage(self) -> Path:
        """Return a new, empty folder for a draft."""
        return Path(tempfile.mkdtemp(dir=self._staged))

    def commit(self, draft: Draft, stage: Path, note: str, truth: Truth, basis: str) -> Snapshot:
        """Let a draft be the next version, durable when this returns.

        Raises OSError where it cannot be made durable, and then nothing has changed;
        UnavailableError after a failure that only a restart mends.
        """
        if self._broken or not self.journal.is_whole():
            raise UnavailableError(
                "The data folder failed at an earlier write: restart the service."
            )
        snapshot = Snapshot(draft.id, self._whole / f"{draft.id}.nq.gz")
        (stage / SNAPSHOT).replace(snapshot.path)
        for folder in (self._whole, stage, self._staged):
            flush_folder(folder)
        told = draft.difference
        record = Record(
            version=draft.id,
            made=time_now(),
            note=note,
            truth=truth,
            basis=basis,
            triples=draft.triples,
            snapshot=draft.snapshot,
            files=draft.files,
            added=told.added,
            removed=told.removed,
        )
        self.journal.append(record)
        self._broken = True
        self._put(draft.files, stage)
        self._broken = False
        shutil.rmtree(stage, ignore_errors=True)
        self._prune()
        return snapshot

    def _put(self, files: dict[str, str | None], stage: Path) -> None:
        """Move files of a draft into their places; those that are there already stay."""
        for name, digest in files.items():
            if digest is None:
                (self.path / name).unlink(missing_ok=True)
            elif (stage / name).exists():
                (stage / name).replace(self.path / name)
        flush_folder(self.path)

    def _finish(self) -> None:
        """Finish the last version where a crash came between the journal and the files."""
        if self.current is not None:
            before = files_after(self.journal.records[:-1])
            for name, digest in self.current.files.items():
                path = self.path / name
                found = digest_of_file(path) if path.exists() else None
                if digest is None and found is not None and found == before.get(name):
                    path.unlink()
                elif digest is not None and found != digest:
                    for stage in self._staged.iterdir():
                        if (stage / name).exists() and digest_of_file(stage / name) == digest:
                            (stage / name).replace(path)
            flush_folder(self.path)
        for left in self._staged.iterdir():
            shutil.rmtree(left, ignore_errors=True)

    def set_aside(self, path: Path) -> None:
        """Keep a copy of a file that gives way to a packaged one."""
        assert self.current is not None, "the file is of a version"
        folder = self.path / "superseded"
        folder.mkdir(exist_ok=True)
        # No Turtle file by its name: evidence is looked for in folders below, too.
        copy = folder / f"{path.name}.{self.current.version[:12]}"
        write_flushed(copy, path.read_bytes())
        flush_folder(folder)

    def kept(self) -> list[KeptVersion]:
        """Return the versions that are there whole, newest first, each once."""
        whole = {path.name for path in self._whole.iterdir()}
        by_id: dict[str, KeptVersion] = {}
        for record in reversed(self.journal.records):
            if len(by_id) == self._keep:
                break
            if self._file_of(record.version).name in whole and record.version not in by_id:
                by_id[record.version] = KeptVersion(
                    record.version,
                    record.made,
                    record.triples,
                    record.added,
                    record.removed,
                    record.note,
                )
        return list(by_id.values())

    def snapshot(self, version: str) -> Snapshot | None:
        """Return a kept version whole, None for one that is not kept."""
        known = any(one.id == version for one in self.kept())
        return Snapshot(version, self._file_of(version)) if known else None

    def _file_of(self, version: str) -> Path:
        return self._whole / f"{version}.nq.gz"

    def _prune(self) -> None:
        kept = {self._file_of(one.id) for one in self.kept()}
        for path in self._whole.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)

    def is_whole(self) -> bool:
        """Return whether the last version lies here whole, byte for byte."""
        if self.current is None:
            return False
        path = self._file_of(self.current.version)
        return path.exists() and digest_of_file(path) == self.current.snapshot

    def differences(self) -> list[Problem]:
        """Return where the files differ from the last version: only the service writes here."""
        known = self.journal.files()
        problems = [
            Problem(
                "this file is of no version: the service did not write it. If it shall count, "
                f"run 'osteokg init {self.path}'; else take it away.",
                "changed-outside",
                file=path,
                line=1,
            )
            for path in self.files_as_they_lie()
            if path.name not in known
        ]
        for name, digest in known.items():
            path = self.path / name
            if not path.exists():
                problems.append(self._changed(path, None, "the file is missing"))
            elif digest_of_file(path) != digest:
                problems.extend(self._changes_of(path))
        return sort_problems(problems)

    def _changes_of(self, path: Path) -> list[Problem]:
        """Return what a file says otherwise than the last version, as far as it can be told."""
        found = read(path)
        if isinstance(found, Problem):
            return [found]
        assert self.current is not None, "a file is known from a record"
        try:
            whole = read_snapshot(
                Snapshot(self.current.version, self._file_of(self.current.version))
            )
        except (OSError, SyntaxError):
            return [self._changed(path, 1, "the file is another")]
        before = whole.get(graph_of_file(path.name), set())
        now = engine_forms(found)
        lines = line_index(path)
        problems = []
        for form in [form for form in now if form not in before][:_TOLD]:
            subject, predicate, value = (text_of(term) for term in now[form])
            line = lines.find(subject, predicate, value)
            problems.append(
                self._changed(path, line, f"{_short(subject, predicate, value)} is new")
            )
        for form in [form for form in before if form not in now][:_TOLD]:
            subject, predicate, value = (text_of(term) for term in form)
            line = lines.find(subject, predicate, None)
            told = f"{_short(subject, predicate, value)} is missing"
            problems.append(self._changed(path, line, told))
        return problems or [self._changed(path, 1, "the file is written otherwise")]

    def _changed(self, path: Path, line: int | None, what: str) -> Problem:
        version = self.current.version[:12] if self.current else ""
        return Problem(
            f"{what}, against version {version}: the service did not write this. If it shall "
            f"count, run 'osteokg init {self.path}'; else take the file from a copy.",
            "changed-outside",
            file=path,
            line=line,
        )


def _short(*terms: str) -> str:
    return " ".join(contract(term) if term.startswith("http") else term for term in terms)
