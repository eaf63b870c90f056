"""The journal: one line for each version, appended, checksummed, never changed.

A line is a JSON object; its ``check`` is the SHA-256 of the check before it and of the rest of
the line, so that no line can be changed, moved or taken out unseen. A version is made when its
line is on disk. What a crash leaves of a line at the end is no line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from osteokg.kg.errors import DataError
from osteokg.kg.problems import Problem
from osteokg.kg.snapshots import flush_folder

__all__ = ["Journal", "Record", "Truth", "files_after"]

Truth: TypeAlias = Literal["packaged-files", "data-folder"]
"""What holds the evidence that nobody wrote over HTTP: the files given, or the folder itself."""


@dataclass(frozen=True)
class Record:
    """Hold one line: a version, when and why it was made, and what it changed.

    ``files`` gives the SHA-256 of each file of the folder that is new or changed, None for one
    that is gone; ``snapshot`` that of the whole version's file; ``basis`` says by which files
    outside the folder and by which software the version was made and found valid.
    """

    version: str
    made: str
    note: str
    truth: Truth
    basis: str
    triples: int
    snapshot: str
    files: dict[str, str | None] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)


class Journal:
    """Read and extend the journal in a file."""

    def __init__(self, path: Path) -> None:
        """Read what is there; what a crash left at the end is cut off.

        Raises DataError, with file and line, for a line that was changed or cannot be read.
        """
        self.path = path
        self.records: list[Record] = []
        self.cut: int | None = None
        self._check = ""
        self._end = 0
        if path.exists():
            self._read(path.read_bytes())

    def _read(self, content: bytes) -> None:
        lines = content.splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            told = _object_in(line)
            if told is None and number == len(lines):
                self.cut = number
                self._shorten()
                return
            record = self._record(told)
            if record is None:
                raise DataError([_changed(self.path, number)])
            self.records.append(record)
            self._end += len(line)

    def _record(self, told: dict[str, object] | None) -> Record | None:
        if told is None:
            return None
        check = told.pop("check", None)
        self._check = _check_of(self._check, told)
        try:
            # what the check covers was written by us, so its types are right
            return Record(**told) if check == self._check else None  # type: ignore[arg-type]
        except TypeError:  # a field too many, or too few
            return None

    def append(self, record: Record) -> None:
        """Add a line, on disk when this returns. Raises OSError, and then nothing is added."""
        told = asdict(record)
        check = _check_of(self._check, told)
        line = json.dumps({**told, "check": check}, ensure_ascii=False).encode() + b"\n"
        new = not self.path.exists()
        try:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if new:
                flush_folder(self.path.parent)
        except OSError:
            self._shorten()
            raise
        self.records.append(record)
        self._check = check
        self._end += len(line)

    def is_whole(self) -> bool:
        """Return whether the file ends with the last record; not after a failure to write."""
        return self._end == (self.path.stat().st_size if self.path.exists() else 0)

    def _shorten(self) -> None:
        """Cut the file to its whole lines."""
        if self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(self._end)
                os.fsync(file.fileno())

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the folder, by name, in the last version."""
        return files_after(self.records)


def files_after(records: Iterable[Record]) -> dict[str, str]:
    """Return the SHA-256 of each file by name after some records."""
    files: dict[str, str] = {}
    for record in records:
        for name, digest in record.files.items():
            files.pop(name, None)
            if digest is not None:
                files[name] = digest
    return files


def _object_in(line: bytes) -> dict[str, object] | None:
    """Return the JSON object of a whole line, None for anything else."""
    if not line.endswith(b"\n"):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _check_of(before: str, told: dict[str, object]) -> str:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _changed(path: Path, number: int) -> Problem:
    return Problem(
        "this line of the journal is not the one that was written: take it from a copy, or begin "
        "a new journal with 'osteokg init' in an empty folder.",
        "journal",
        file=path,
        line=number,
    )
