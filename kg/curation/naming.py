"""Naming: what an article calls a term, told once in a sheet and read wherever a cell says it.

Nothing of it is kept: the names that the ontology lacks are suggested after the import, and who
curates decides whether they become synonyms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from osteokg.kg.curation.cells import Book, Row
from osteokg.kg.curation.description import NAMES, tables
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.names import VOCAB, contract
from osteokg.kg.problems import Problem

__all__ = ["LearnedName", "named_in", "suggestions_in_words"]

_ANY = (VOCAB + "Term", VOCAB + "ControlledValue")


@dataclass(frozen=True, order=True)
class LearnedName:
    """Hold a name that texts use for a term and that the ontology does not have: IRI and label."""

    term: str
    label: str
    name: str


def named_in(book: Book, words: Wordlist) -> tuple[Wordlist, list[LearnedName], list[Problem]]:
    """Return the words as a book uses them, the names that are new, and what is wrong with them."""
    meant: dict[str, str] = {}
    learned, problems = [], []
    for row in book.rows(NAMES):
        name, term = row.text("name"), words.read(row.text("term"), _ANY)
        if wrong := _wrong(row, name, term, words):
            problems.append(wrong)
        elif term is not None and not words.has(name, term):
            meant[name] = term
            learned.append(LearnedName(term, words.labels.get(term, contract(term)), name))
    return (words.also_called(meant) if meant else words), learned, problems


def _wrong(row: Row, name: str, term: str | None, words: Wordlist) -> Problem | None:
    if not name:
        return row.where("name").problem("write what the article says.", "name", about="name")
    if term is None or not words.known(term):
        text = row.text("term")
        close = " or ".join(words.close_to(text, _ANY)) if text else ""
        advice = f"Did you mean {close}?" if close else "Find one with 'osteokg terms search'."
        message = f"'{text}' is no term. {advice}"
        return row.where("term").problem(message, "unknown-term", about="term")
    other = words.read(name, _ANY)
    if other is not None and other != term:
        message = (
            f"'{name}' is the name of {contract(other)}: write {contract(term)} in the cells that "
            "mean it."
        )
        return row.where("name").problem(message, "ambiguous", about="name")
    return None


def suggestions_in_words(learned: Iterable[LearnedName]) -> str:
    """Return what is suggested, a line of Turtle for each name; nothing where nothing is new."""
    lines = [
        f"  {contract(one.term)} skos:hiddenLabel {ox.Literal(one.name, language='en')} ."
        f"  # {one.label}\n"
        for one in sorted(set(learned))
    ]
    if not lines:
        return ""
    sheet = tables()[NAMES].name
    return (
        f"Names of the sheet '{sheet}' that the ontology does not have; none was added. Add those "
        "you agree with\nto the ontology or to a file of terms:\n" + "".join(lines)
    )
