"""Statements: the rows of a book become triples, and each triple knows the cell it came from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pyoxigraph as ox

from osteokg.kg.curation.cells import GAP, NOTHING, Book, Place, Row, Sheet
from osteokg.kg.curation.description import OTHER, Column, Table, tables
from osteokg.kg.curation.groups import how_to_find
from osteokg.kg.curation.implied import complete
from osteokg.kg.curation.slugs import as_curie, own_slug, slug_of, slug_of_term
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.errors import RequestError
from osteokg.kg.names import ID, PREFIXES, VOCAB, contract, expand
from osteokg.kg.problems import Problem

__all__ = ["Key", "Statements", "statements_of", "term_of"]

_XSD = PREFIXES["xsd"]
_TYPE = PREFIXES["rdf"] + "type"
_NO_PLACE = {VOCAB + name for name in ("NotApplicable", "SiteNotStated", "CompartmentNotStated")}
_TRUTH = {"true": "true", "yes": "true", "false": "false", "no": "false"}
_FORMS = {
    _XSD + "integer": (re.compile(r"[+-]?[0-9]+"), "a whole number, e.g. 12"),
    _XSD + "decimal": (re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"), "a number, e.g. 0.5"),
    _XSD + "gYear": (re.compile(r"-?[0-9]{4,}"), "a year, e.g. 2001"),
    _XSD + "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date, e.g. 2026-11-25"),
    _XSD + "anyURI": (re.compile(r"\S+"), "an address without blanks"),
    _XSD + "boolean": (re.compile("true|false"), "true or false"),
}

Key = tuple[str, str, str]
"""Subject, predicate and object, IRIs bare and literals as in N-Triples."""

Known = Callable[[str], bool]


@dataclass
class Statements:
    """Hold what a book states, where each statement stands, and what is wrong with the cells.

    ``subjects`` are the rows by the IRI of the thing they describe; ``failed`` the properties of
    things of which a cell could not be read.
    """

    triples: list[ox.Triple] = field(default_factory=list)
    places: dict[Key, Place] = field(default_factory=dict)
    subjects: dict[str, tuple[Sheet, Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    failed: set[tuple[str, str]] = field(default_factory=set)

    def add(self, triple: ox.Triple, place: Place) -> None:
        """Take a triple; the first place wins."""
        key = (_text(triple.subject), triple.predicate.value, _text(triple.object))
        if key not in self.places:
            self.places[key] = place
            self.triples.append(triple)


def _text(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def statements_of(book: Book, words: Wordlist, known: Known = lambda iri: False) -> Statements:
    """Return what a book states. The book is completed by what follows from it.

    ``known`` says whether an IRI is described in other evidence. Problems are told, not raised:
    all of them at once.
    """
    statements = Statements(problems=complete(book, words, known))
    writer = _Writer(book, words, known, statements)
    named = [(sheet, row, writer.subject(sheet.table, row)) for sheet, row in book.described()]
    for sheet, row, iri in named:
        if not iri:
            continue
        first = statements.subjects.setdefault(iri, (sheet, row))
        if first[1] is not row:
            writer.twice(sheet, row, iri, first[1])
            continue
        writer.describe(sheet.table, row, iri)
    for row in book.rows(OTHER):
        writer.say_as_written(row)
    return statements


@dataclass
class _Writer:
    book: Book
    words: Wordlist
    known: Known
    statements: Statements
    names: dict[str, set[str]] = field(default_factory=dict)

    def subject(self, table: Table, row: Row) -> str:
        """Return the IRI of the thing a row describes, empty where it has no name."""
        text = row.text(table.key.name)
        if text and text not in NOTHING:
            iri = as_curie(text)
            if iri is None:
                slug = own_slug(self.book.stem, text)
                iri = f"{ID}{table.kind}/{slug}" if slug else ""
            if iri:
                return iri
        iri = self._made_up(table, row)
        if not iri and any(cell.text == GAP for cell in row.cells.values()):
            # Nothing of it is written; the name lets each of its gaps be told.
            return f"{ID}{table.kind}/{self.book.stem}-row-{row.place.row}"
        if not iri:
            message = (
                f"what this row would be called is empty, or the name of another row: give it one "
                f"in '{table.key.titles[0]}', or take the row out if it says the same twice."
            )
            at = row.where(table.key.name)
            self.statements.problems.append(at.problem(message, "no-name"))
        return iri

    def _made_up(self, table: Table, row: Row) -> str:
        """Return the IRI made of a row's cells by the first template that no other row takes."""
        for template in table.identifiers:
            absolute = False
            parts = []
            for number, name in enumerate(re.findall(r"\{(\w+)\}|([a-z]+)", template)):
                column_name, word = name
                if word:
                    parts.append(word)
                    continue
                column = table.column(column_name)
                part, whole = self._part(column, row.text(column_name))
                absolute = absolute or (whole and number == 0)
                parts.append(part)
            slug = "-".join(filter(None, parts))
            if not slug.replace("versus", "").replace("explains", "").strip("-"):
                continue
            slug = slug if absolute else own_slug(self.book.stem, slug)
            iri = f"{ID}{table.kind}/{slug}"
            if iri not in self._taken(table):
                self.names[table.name].add(iri)
                return iri
        return ""

    def _taken(self, table: Table) -> set[str]:
        """Return the IRIs of rows of a table that have a name, written or made up."""
        if table.name not in self.names:
            key = table.key.name
            texts = (row.text(key) for row in self.book.rows(table.name))
            self.names[table.name] = {
                as_curie(text) or f"{ID}{table.kind}/{own_slug(self.book.stem, text)}"
                for text in texts
                if text and text not in NOTHING
            }
        return self.names[table.name]

    def _part(self, column: Column, text: str) -> tuple[str, bool]:
        """Return a cell as a part of a slug, and whether that is a publication's whole one."""
        slugs = []
        whole = False
        for part in column.parts(text):
            if part in (*NOTHING, GAP):
                continue
            if column.target == "term":
                iri = self.words.read(part, column.ranges)
                if iri and iri not in _NO_PLACE:
                    slugs.append(slug_of_term(iri))
            elif column.target == "thing" or column.property is None:
                iri = as_curie(part) or self._thing(column.kind or "arm", part)
                slug = iri.rpartition("/")[2]
                whole = column.kind == "publication"
                own = slug.removeprefix(self.book.stem + "-")
                slugs.append(slug if whole else own)
            else:
                slugs.append(slug_of(part))
        return "-".join(slugs), whole

    def twice(self, sheet: Sheet, row: Row, iri: str, first: Row) -> None:
        """Tell that two rows describe one thing."""
        at = row.where(sheet.table.key.name)
        message = (
            f"'{row.text(sheet.table.key.name) or contract(iri)}' is described in "
            f"{first.place.cell} already: give one of them another name, or take one out."
        )
        self.statements.problems.append(at.problem(message, "described-twice"))

    def describe(self, table: Table, row: Row, iri: str) -> None:
        """Say what the cells of a row say of a thing."""
        node = _node(iri)
        if node is None:
            at = row.where(table.key.name)
            message = (
                f"'{row.text(table.key.name)}' cannot be a name: use letters, digits, hyphens."
            )
            self.statements.problems.append(at.problem(message, "no-name"))
            return
        if table.type is not None:
            self.statements.add(
                ox.Triple(node, ox.NamedNode(_TYPE), ox.NamedNode(table.type)), row.place
            )
        self.ask_for_groups(table, row, iri)
        for column in table.columns:
            if column.property is None:
                continue
            text = row.text(column.name) or (column.default or "")
            if text in NOTHING:
                continue
            for part in column.parts(text):
                value = self._value(column, part, row, iri)
                if value is not None:
                    triple = ox.Triple(node, ox.NamedNode(column.property), value)
                    self.statements.add(triple, row.where(column.name))

    def ask_for_groups(self, table: Table, row: Row, iri: str) -> None:
        """Tell which of the two groups a finding does not name, so that nothing is compared."""
        if table.name != "findings" or "comparison" in row.cells:
            return
        for name in ("arm", "compared_with"):
            if name not in row.cells:
                column = table.column(name)
                self.statements.failed.add((iri, VOCAB + "comparison"))
                message = f"this cell is empty. {column.advice()}"
                at = self.book.sheet(table.name).where(row, name)
                problem = at.problem(message, "missing-group", about=column.titles[0])
                self.statements.problems.append(problem)

    def _value(
        self, column: Column, text: str, row: Row, iri: str
    ) -> ox.NamedNode | ox.Literal | None:
        """Return what a part of a cell means; None where it means nothing, which is told."""
        assert column.property is not None
        at = row.where(column.name)
        if text == GAP:
            message = f"a gap that is marked with '?'. {column.advice()}"
            self._fail(at, message, "marked-gap", column, iri)
            return None
        if column.target == "literal":
            return self._literal(column, text, at, iri)
        found = (
            self._term(column, text, at, iri)
            if column.target == "term"
            else (as_curie(text) or self._thing(column.kind, text))
        )
        if found is None:
            return None
        node = _node(found)
        if node is None:
            self._fail(at, f"'{text}' is no name.", "unknown-thing", column, iri)
        return node

    def _fail(self, at: Place, message: str, constraint: str, column: Column, iri: str) -> None:
        assert column.property is not None
        self.statements.failed.add((iri, column.property))
        problem = at.problem(message, constraint, about=column.titles[0])
        self.statements.problems.append(problem)

    def _term(self, column: Column, text: str, at: Place, iri: str) -> str | None:
        found = self.words.read(text, column.ranges)
        if found is not None:
            return found
        choices = self.words.choices(column.ranges)
        few = len(choices) <= 12
        close = " or ".join(self.words.close_to(text, column.ranges)) if few else ""
        if close:
            advice = f"Did you mean {close}?"
        elif few:
            advice = f"Write one of: {', '.join(choices)}."
        else:
            advice = how_to_find(text, self.words, column.ranges)
        elsewhere = self.words.read(text, (VOCAB + "Term", VOCAB + "ControlledValue"))
        what = column.titles[0]
        wrong = f"'{text}' is no {what}" + (f", it is {contract(elsewhere)}" if elsewhere else "")
        self._fail(at, f"{wrong}. {advice}", "unknown-term", column, iri)
        return None

    def _thing(self, kind: str, text: str) -> str:
        """Return the IRI of a thing: the study's own, else one that other evidence describes."""
        own = f"{ID}{kind}/{own_slug(self.book.stem, text)}"
        elsewhere = f"{ID}{kind}/{slug_of(text)}"
        ours = (self._taken(table) for table in tables().values() if table.kind == kind)
        if own not in next(ours, ()) and self.known(elsewhere):
            return elsewhere
        return own

    def _literal(self, column: Column, text: str, at: Place, iri: str) -> ox.Literal | None:
        if column.language:
            return ox.Literal(text, language=column.language)
        if column.datatype == _XSD + "boolean":
            text = _TRUTH.get(text.casefold(), text)
        if column.datatype == _XSD + "date":
            text = text.removesuffix(" 00:00:00")
        if column.datatype not in _FORMS:
            return ox.Literal(text)
        form, words = _FORMS[column.datatype]
        if not form.fullmatch(text):
            hint = " The decimal sign is a point." if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
            self._fail(at, f"'{text}' is not {words}.{hint}", "datatype", column, iri)
            return None
        return ox.Literal(text, datatype=ox.NamedNode(column.datatype))

    def say_as_written(self, row: Row) -> None:
        """Take a statement that is written as in Turtle."""
        subject, predicate, value = (
            term_of(row.text(column)) for column in ("subject", "property", "value")
        )
        for column, term in (("subject", subject), ("property", predicate), ("value", value)):
            if term is None or (column != "value" and isinstance(term, ox.Literal)):
                message = f"'{row.text(column)}' is no CURIE, <IRI> or literal as in Turtle."
                at = row.where(column)
                self.statements.problems.append(at.problem(message, "syntax", about=column))
                return
        assert isinstance(subject, ox.NamedNode)
        assert isinstance(predicate, ox.NamedNode)
        assert value is not None
        self.statements.add(ox.Triple(subject, predicate, value), row.where("value"))


def _node(iri: str) -> ox.NamedNode | None:
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None


def term_of(text: str) -> ox.NamedNode | ox.Literal | None:
    """Return the term that a text is in N-Triples, or as a CURIE; None where it is none."""
    if not text.startswith('"'):
        try:
            return _node(expand(text))
        except RequestError:
            return None
    try:
        (quad,) = ox.parse(f"<x:s> <x:p> {text} .", ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError):
        return None
    return quad.object if isinstance(quad.object, ox.Literal) else None
