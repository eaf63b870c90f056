"""The last good state: what each file said when all was well, so that a change can be held to it.

It lies in a database in the cache folder and knows of every file which things it describes, which
it names and by which values they meet things of other files – not the triples themselves, and
things only by numbers. Looking one up costs the same however many there are.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.files import digest_of_file, violation_query_files
from osteokg.kg.headers import header_of
from osteokg.kg.names import ID, expand, kind_of, okg
from osteokg.kg.problems import Problem
from osteokg.kg.turtle import text_of

__all__ = ["Content", "Fingerprint", "KnownGood", "content_of", "number_of"]

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_BACKGROUND = ox.NamedNode(okg("BackgroundStudy"))
_NAMED_FROM_EVERYWHERE = {"publication", "study", "reference", "anchor"}

_LAYOUT = 1
_TABLES = f"""
CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, digest TEXT,
    strange INTEGER);
CREATE TABLE said (file TEXT, subject INTEGER, digest INTEGER, marks INTEGER);
CREATE TABLE edge (file TEXT, subject INTEGER, object INTEGER);
CREATE TABLE meeting (file TEXT, subject INTEGER, value INTEGER);
CREATE TABLE warning (told TEXT);
CREATE INDEX said_of ON said (subject);
CREATE INDEX said_in ON said (file);
CREATE INDEX background ON said (marks) WHERE marks >= 4;
CREATE INDEX edge_to ON edge (object);
CREATE INDEX edge_in ON edge (file);
CREATE INDEX meeting_at ON meeting (value);
CREATE INDEX meeting_in ON meeting (file);
PRAGMA user_version = {_LAYOUT};
"""
_STATES = 8
"""So many states are kept, each of other evidence or of an ontology of its own."""

_COMMON, _STUDY, _IN_BACKGROUND = 1, 2, 4
"""The marks of a thing: named from everywhere, a study, a background study."""


def number_of(text: str) -> int:
    """Return the number by which a thing or value is known: equal ones only by a rare chance.

    Two things with one number are looked at together, which is more than needed and never wrong.
    """
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


@dataclass(frozen=True)
class Fingerprint:
    """Hold what tells one state of a file from another; the digest decides, the rest is quick."""

    size: int
    modified: int
    digest: str

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """Return the fingerprint of a file as it lies. Raises OSError."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, digest_of_file(path))


@dataclass(frozen=True)
class Content:
    """Hold what a file says, as far as it can touch other files; things by their numbers.

    ``said`` gives a digest of what is said of each thing, ``edges`` which thing names which,
    ``meetings`` the values by which a thing meets others (``meets`` in the header of a violation
    query). ``common`` are those of the things that other files name as a matter of course,
    ``strange`` says that something is said of names that are no things of the evidence.
    """

    said: Mapping[int, int] = field(default_factory=dict)
    edges: frozenset[tuple[int, int]] = frozenset()
    meetings: frozenset[tuple[int, int]] = frozenset()
    common: frozenset[int] = frozenset()
    studies: frozenset[int] = frozenset()
    background: frozenset[int] = frozenset()
    strange: bool = False

    def marks(self, thing: int) -> int:
        """Return the marks of a thing as one number."""
        return (
            _COMMON * (thing in self.common)
            + _STUDY * (thing in self.studies)
            + _IN_BACKGROUND * (thing in self.background)
        )


@cache
def _meetings() -> tuple[tuple[str, ...], ...]:
    """Return the groups of properties whose values let things of different files meet."""
    headers = (header_of(path.read_text(encoding="utf-8")) for path in violation_query_files())
    groups = ",".join(header["meets"] for header in headers if "meets" in header).split(",")
    return tuple(tuple(expand(name) for name in group.split()) for group in groups)


def content_of(triples: Iterable[ox.Triple]) -> Content:
    """Return what a file with these triples says, as far as it can touch other files."""
    about: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        about[text_of(triple.subject)].append(triple)
    numbers = {subject: number_of(subject) for subject in about}
    kinds: dict[str, set[int]] = defaultdict(set)
    edges: set[tuple[int, int]] = set()
    meetings: set[tuple[int, int]] = set()
    for subject, said in about.items():
        number = numbers[subject]
        kinds[kind_of(subject) or ""].add(number)
        if any(one.predicate == _TYPE and one.object == _BACKGROUND for one in said):
            kinds["background"].add(number)
        named = (text_of(one.object) for one in said)
        edges.update((number, number_of(name)) for name in named if name.startswith(ID))
        meetings.update((number, value) for value in _met(said))
    return Content(
        {numbers[one]: number_of("\n".join(sorted(map(str, said)))) for one, said in about.items()},
        frozenset(edges),
        frozenset(meetings),
        frozenset().union(*(kinds[kind] for kind in _NAMED_FROM_EVERYWHERE)),
        frozenset(kinds["study"]),
        frozenset(kinds["background"]),
        strange=any(not one.startswith((ID, "_:")) for one in about),
    )


def _met(said: Iterable[ox.Triple]) -> Iterator[int]:
    """Yield the values by which a thing meets others, upper and lower case alike."""
    values: dict[str, list[str]] = defaultdict(list)
    for triple in said:
        values[triple.predicate.value].append(text_of(triple.object).casefold())
    for group in _meetings():
        if all(name in values for name in group):
            yield number_of(" ".join((*group, *(sorted(values[name])[0] for name in group))))


class KnownGood:
    """Keep and look up the last good state of some evidence.

    Every method raises sqlite3.Error where the database is no such or in use for long.
    """

    def __init__(self, path: Path) -> None:
        """Name where the state lies or will lie."""
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            yield database

    def exists(self) -> bool:
        """Return whether there is a good state that can be read."""
        if not self.path.is_file():
            return False
        try:
            with self._open() as database:
                (layout,) = database.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error:
            return False
        return bool(layout == _LAYOUT)

    def files(self) -> dict[Path, Fingerprint]:
        """Return the files of the good state with their fingerprints."""
        with self._open() as database:
            rows = database.execute("SELECT path, size, modified, digest FROM file")
            return {Path(path): Fingerprint(*rest) for path, *rest in rows}

    def warnings(self) -> list[Problem]:
        """Return the warnings that the good state had."""
        with self._open() as database:
            told = [json.loads(text) for (text,) in database.execute("SELECT told FROM warning")]
        return [Problem(**{**one, "file": one["file"] and Path(one["file"])}) for one in told]

    def keep(
        self, contents: Mapping[Path, tuple[Fingerprint, Content]], warnings: Iterable[Problem]
    ) -> None:
        """Let this be the good state in place of the one before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished)) as database, database:
            database.executescript(_TABLES)
            _put(database, contents, warnings)
        unfinished.replace(self.path)
        by_age = sorted(self.path.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-_STATES]:
            old.unlink(missing_ok=True)

    def change(
        self,
        contents: Mapping[Path, tuple[Fingerprint, Content]],
        gone: Iterable[Path],
        warnings: Iterable[Problem],
    ) -> None:
        """Let some files be others in the good state, and some gone."""
        paths = [(str(path),) for path in (*contents, *gone)]
        with self._open() as database:
            database.executemany("DELETE FROM file WHERE path = ?", paths)
            database.executemany("DELETE FROM said WHERE file = ?", paths)
            database.executemany("DELETE FROM edge WHERE file = ?", paths)
            database.executemany("DELETE FROM meeting WHERE file = ?", paths)
            database.execute("DELETE FROM warning")
            _put(database, contents, warnings)

    def content(self, path: Path) -> Content:
        """Return what a file said in the good state; of one that was not there, nothing."""
        name = (str(path),)
        with self._open() as database:
            rows = database.execute("SELECT subject, digest, marks FROM said WHERE file = ?", name)
            said = rows.fetchall()
            edges = database.execute("SELECT subject, object FROM edge WHERE file = ?", name)
            met = database.execute("SELECT subject, value FROM meeting WHERE file = ?", name)
            strange = database.execute("SELECT 1 FROM file WHERE path = ? AND strange", name)

            def marked(mark: int) -> frozenset[int]:
                return frozenset(subject for subject, _, marks in said if marks & mark)

            return Content(
                {subject: digest for subject, digest, _ in said},
                frozenset(edges),
                frozenset(met),
                marked(_COMMON),
                marked(_STUDY),
                marked(_IN_BACKGROUND),
                strange=strange.fetchone() is not None,
            )

    def find(
        self, lookup: str, numbers: Iterable[int], without: Iterable[Path] = ()
    ) -> set[tuple[Path, int]]:
        """Return what a lookup finds for some numbers: files, each with the thing in it.

        ``describing`` things · ``naming`` things (with the thing that names) · ``named`` anywhere,
        one place each (with the thing itself) · ``meeting`` at values.
        """
        with self._open() as database:
            given = (json.dumps(list(map(str, without))), json.dumps(list(numbers)))
            rows = database.execute(_LOOKUPS[lookup], given).fetchall()
        return {(Path(path), number) for path, number in rows if path is not None}

    def background(self) -> set[Path]:
        """Return the files with a background study, which the rules hold every study against."""
        with self._open() as database:
            rows = database.execute("SELECT DISTINCT file FROM said WHERE marks >= 4").fetchall()
        return {Path(path) for (path,) in rows}


_LOOKUPS = {
    lookup: f"WITH without AS (SELECT value FROM json_each(?)) {select}"  # noqa: S608 - of constants
    for lookup, select in {
        "describing": "SELECT said.file, subject FROM json_each(?) AS given "
        "JOIN said ON subject = given.value WHERE said.file NOT IN without",
        "naming": "SELECT edge.file, subject FROM json_each(?) AS given "
        "JOIN edge ON object = given.value WHERE edge.file NOT IN without",
        "meeting": "SELECT meeting.file, subject FROM json_each(?) AS given "
        "JOIN meeting ON meeting.value = given.value WHERE meeting.file NOT IN without",
        "named": "SELECT (SELECT file FROM edge WHERE object = given.value "
        "AND file NOT IN without LIMIT 1), given.value FROM json_each(?) AS given",
    }.items()
}


def _put(
    database: sqlite3.Connection,
    contents: Mapping[Path, tuple[Fingerprint, Content]],
    warnings: Iterable[Problem],
) -> None:
    for path, (seen, content) in contents.items():
        name = str(path)
        row = (name, seen.size, seen.modified, seen.digest, content.strange)
        database.execute("INSERT INTO file VALUES (?, ?, ?, ?, ?)", row)
        said = [(name, one, digest, content.marks(one)) for one, digest in content.said.items()]
        database.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", said)
        edges = [(name, *edge) for edge in content.edges]
        database.executemany("INSERT INTO edge VALUES (?, ?, ?)", edges)
        meetings = [(name, *meeting) for meeting in content.meetings]
        database.executemany("INSERT INTO meeting VALUES (?, ?, ?)", meetings)
    told = [{**asdict(one), "file": one.file and str(one.file)} for one in warnings]
    database.executemany("INSERT INTO warning VALUES (?)", [(json.dumps(one),) for one in told])
