"""Writing: what a file of evidence states becomes a book of cells that reads back as the same."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.curation.cells import GAP, NOTHING, Book, Place, Row
from osteokg.kg.curation.delimited import delimited_bytes, trimmed
from osteokg.kg.curation.description import OTHER, Column, Table, tables
from osteokg.kg.curation.slugs import as_curie, short_name
from osteokg.kg.curation.statements import Key, statements_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.curation.workbook import workbook_bytes
from osteokg.kg.errors import RequestError
from osteokg.kg.names import PREFIXES, VOCAB, contract, kind_of
from osteokg.kg.turtle import text_of

__all__ = ["book_of", "delimited_files", "grids_of", "workbook_of", "write_files"]

_TYPE = PREFIXES["rdf"] + "type"
_ROUNDS = 4
"""So often a book is read back and mended; each round mends all that differs."""


def book_of(stem: str, triples: Iterable[ox.Triple], words: Wordlist) -> Book:
    """Return the sheets of one file's triples, which have no blank nodes.

    The book is read back: what a cell cannot hold stands in the sheet ``other``, and where a
    reader would add something there is a ``-``. Raises RequestError for a node without a name,
    and where that does not help.
    """
    stated = list(triples)
    if any(isinstance(term, ox.BlankNode) for triple in stated for term in triple):
        raise RequestError(f"{stem} has nodes without a name: give each an IRI of its own.")
    writer = _Writer(stem, stated, words)
    wanted = {_key(triple) for triple in writer.triples}
    for _ in range(_ROUNDS):
        read = set(statements_of(writer.book(), words).places)
        if read == wanted:
            return writer.book()
        writer.mend(wanted - read, read - wanted)
    raise RequestError(f"{stem}: these triples cannot be written as a table.")


def _key(triple: ox.Triple) -> Key:
    return text_of(triple.subject), triple.predicate.value, text_of(triple.object)


class _Writer:
    """Write triples as rows, and mend what reads back as something else."""

    def __init__(self, stem: str, triples: Sequence[ox.Triple], words: Wordlist) -> None:
        self.stem = stem
        self.triples = triples
        self.words = words
        self.other: set[Key] = set()
        self.nothing: set[tuple[str, str]] = set()
        self.apart: set[str] = set()
        self.about: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(dict)
        for triple in triples:
            assert isinstance(triple.object, ox.NamedNode | ox.Literal)
            said = self.about[text_of(triple.subject)]
            said.setdefault(triple.predicate.value, []).append(triple.object)

    def mend(self, missing: set[Key], added: set[Key]) -> None:
        """Put what is missing among the other statements, and nothing where something is added."""
        self.other |= missing
        for subject, predicate, _ in added:
            if (subject, predicate) in self.nothing or subject not in self.about:
                self.apart.add(subject)
            self.nothing.add((subject, predicate))

    def book(self) -> Book:
        """Return the book as far as it is known how to write it."""
        book = Book(self.stem, Path(self.stem))
        written: set[Key] = set()
        for subject in sorted(self.about):
            table = self._table_of(subject)
            if table is None or subject in self.apart:
                continue
            row = Row(Place(book.file, table.name, len(book.rows(table.name)) + 2))
            row.set(table.key.name, short_name(self.stem, subject, table.kind))
            if table.type is not None:
                written.add((subject, _TYPE, table.type))
            for column in table.columns:
                written |= self._fill(row, column, subject)
            book.sheet(table.name).rows.append(row)
        self._name_arms(book)
        for triple in self.triples:
            if _key(triple) not in written:
                self._write_other(book, triple)
        return book

    def _table_of(self, subject: str) -> Table | None:
        """Return the sheet of a thing: of its kind, if its class is the one the sheet says."""
        types = {text_of(one) for one in self.about[subject].get(_TYPE, ())}
        for table in tables().values():
            if not table.kind or table.kind != kind_of(subject):
                continue
            if table.type is not None:
                return table if table.type in types else None
            ranges = table.column("kind").ranges
            return table if any(self.words.fits(one, ranges) for one in types) else None
        return None

    def _fill(self, row: Row, column: Column, subject: str) -> set[Key]:
        """Fill a cell; return the statements that it holds."""
        if column.property is None:
            return set()
        values = sorted(self.about[subject].get(column.property, ()), key=str)
        parts: dict[str, Key] = {}
        for value in values:
            key = (subject, column.property, text_of(value))
            text = self._text(column, value)
            if key not in self.other and text is not None and self._in_column(column, key[2]):
                parts.setdefault(text, key)
        chosen = dict(list(parts.items())[: None if column.separator else 1])
        text = column.joined(list(chosen))
        default = column.default
        if not text and (default is not None or (subject, column.property) in self.nothing):
            row.set(column.name, NOTHING[0])
        elif text != default:
            row.set(column.name, text)
        return set(chosen.values())

    def _in_column(self, column: Column, value: str) -> bool:
        """Return whether an exposure belongs into a column: by its role, or in none of these."""
        if column.property != VOCAB + "exposure":
            return True
        roles = [text_of(one) for one in self.about.get(value, {}).get(VOCAB + "role", ())]
        others = [c.role for c in tables()["arms"].columns if c.role in roles]
        return column.role == others[0] if others else column.role is None

    def _text(self, column: Column, value: ox.NamedNode | ox.Literal) -> str | None:
        """Return the text of one value in a column, None where it cannot stand there."""
        if isinstance(value, ox.Literal):
            if column.target != "literal":
                return None
            right = (
                value.language == column.language
                if column.language or value.language
                else value.datatype.value == column.datatype
            )
            text: str | None = value.value if right else None
        elif column.target == "term":
            text = self.words.write(value.value, column.ranges)
        elif column.target == "thing":
            text = short_name(self.stem, value.value, column.kind)
            if as_curie(text) is None and value.value not in self.about:
                text = contract(value.value)
        else:
            text = None
        if text is None or text != trimmed(text) or text in (*NOTHING, GAP):
            return None
        if not text.replace("\n", "").isprintable():
            return None
        return text if column.parts(text) == [text] else None

    def _name_arms(self, book: Book) -> None:
        """Write the two arms of each comparison into the findings, and leave out what follows."""
        rows = {row.text("comparison"): row for row in book.rows("comparisons")}
        pairs: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows.values():
            pairs[row.text("arm"), row.text("compared_with")].append(row)
        used: set[str] = set()
        for row in book.rows("findings"):
            comparison = rows.get(row.text("comparison"))
            if comparison is None:
                continue
            arm, other = comparison.text("arm"), comparison.text("compared_with")
            if not arm or not other or {arm, other} & set(NOTHING):
                continue
            row.set("arm", arm)
            row.set("compared_with", other)
            if len(pairs[arm, other]) == 1:
                row.set("comparison", "")
            used.add(comparison.text("comparison"))
        if rows:
            book.sheets["comparisons"].rows = [
                row
                for name, row in rows.items()
                if name not in used or not self._follows(row) or len(pairs[self._pair(row)]) > 1
            ]

    def _pair(self, row: Row) -> tuple[str, str]:
        return row.text("arm"), row.text("compared_with")

    def _follows(self, row: Row) -> bool:
        """Return whether a comparison is called after its arms, which are the study's own."""
        return row.text("comparison") == "{}-versus-{}".format(*self._pair(row))

    def _write_other(self, book: Book, triple: ox.Triple) -> None:
        subject, predicate, value = (
            contract(one.value) if isinstance(one, ox.NamedNode) else _escaped(str(one))
            for one in triple
        )
        row = Row(Place(book.file, OTHER, len(book.rows(OTHER)) + 2))
        for name, text in (("subject", subject), ("property", predicate), ("value", value)):
            row.set(name, text)
        book.sheet(OTHER).rows.append(row)


def _escaped(literal: str) -> str:
    """Return a literal in N-Triples without signs that a cell or its reader would change."""
    return "".join(
        sign
        if " " < sign <= "~" or (sign > "\u00a1" and sign.isalpha())
        else f"\\u{ord(sign):04X}"
        if ord(sign) < 0x10000
        else f"\\U{ord(sign):08X}"
        for sign in literal
    ).replace("\\u0020", " ")


def grids_of(book: Book, empty: bool = False) -> dict[str, list[list[str]]]:
    """Return the cells of each sheet that has rows, headings first, empty columns left out.

    ``empty`` keeps every column of the sheets there are: a form to fill in.
    """
    grids: dict[str, list[list[str]]] = {}
    for name, table in tables().items():
        if name not in book.sheets or not (book.sheets[name].rows or empty):
            continue
        rows = book.sheets[name].rows
        columns = [
            column
            for column in table.columns
            if empty or column is table.key or any(column.name in row.cells for row in rows)
        ]
        heads = [column.titles[0] for column in columns]
        grids[name] = [heads, *([row.text(column.name) for column in columns] for row in rows)]
    return grids


def delimited_files(grids: dict[str, list[list[str]]]) -> dict[str, bytes]:
    """Return the TSV file of each sheet, by name."""
    return {f"{name}.tsv": delimited_bytes(grid) for name, grid in grids.items()}


def workbook_of(grids: dict[str, list[list[str]]], words: Wordlist) -> bytes:
    """Return a workbook of the sheets, each column saying what it is for and what it takes."""
    choices: dict[tuple[str, str], Sequence[str]] = {}
    comments: dict[tuple[str, str], str] = {}
    for name, grid in grids.items():
        for heading in grid[0]:
            column = tables()[name].titled(heading)
            assert column is not None
            comments[name, heading] = column.words
            if column.target == "term":
                choices[name, heading] = words.choices(column.ranges)
    return workbook_bytes(grids, choices, comments)


def write_files(contents: Mapping[Path, bytes]) -> list[Path]:
    """Write files, all of them or none where one cannot be written; return their paths.

    Raises OSError for a folder that cannot be made or written.
    """
    waiting: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting[path] = path.with_name(f".{path.name}.{os.getpid()}")
            waiting[path].write_bytes(content)
    except OSError:
        for unfinished in waiting.values():
            unfinished.unlink(missing_ok=True)
        raise
    for path, unfinished in waiting.items():
        unfinished.replace(path)
    return list(waiting)
