"""Sentences: an article's text as numbered sentences with the headings they stand under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from osteokg.kg.curation.cells import Book, Place, Row

__all__ = ["Sentence", "give_sentences", "sentences_of"]

_ABBREVIATIONS = (
    "al", "approx", "cf", "ca", "co", "corp", "dr", "e.g", "eq", "etc", "fig", "figs", "i.e",
    "i.p", "i.v", "inc", "ltd", "no", "nos", "p.o", "prof", "ref", "refs", "resp", "s.c", "sp",
    "spp", "st", "tab", "vol", "vs", "wt",
)  # fmt: skip
_END = re.compile(
    r"(?P<word>\S*?)(?P<end>[.!?]+)(?P<close>[)\]\"'”’]*(?:\d{1,3}(?:[,–-]\d{1,3})*)?)\s+"
    r"(?=[\"'“‘(\[]*[A-Z0-9Α-Ωα-ω])"
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[a-z])")
_LEGEND = re.compile(r"fig(?:ure|\.)?\s*([0-9]+)\b", re.IGNORECASE)
_LONGEST_HEADING = 70


@dataclass(frozen=True)
class Sentence:
    """Hold one sentence: its id (``S012``), the heading it stands under, its words."""

    id: str
    section: str
    text: str


def sentences_of(text: str) -> list[Sentence]:
    """Return the sentences of a text in reading order, numbered from S001.

    Paragraphs are parted by empty lines. A short line of its own without a full stop is a
    heading, and so is one that begins with ``#``; a paragraph that begins with ``Fig. 3`` is a
    legend, its section ``FIG3``.
    """
    found: list[tuple[str, str]] = []
    section = "TEXT"
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line.strip() for line in paragraph.strip().split("\n")]
        while lines and _is_heading(lines[0]):
            section = lines.pop(0).lstrip("# ").upper()
        words = " ".join(_HYPHEN.sub("", "\n".join(lines)).split())
        legend = _LEGEND.match(words)
        under = f"FIG{legend[1]}" if legend else section
        found.extend((under, sentence) for sentence in _split(words))
    width = max(3, len(str(len(found))))
    return [
        Sentence(f"S{number:0{width}}", section, words)
        for number, (section, words) in enumerate(found, 1)
    ]


def _is_heading(line: str) -> bool:
    if line.startswith("#"):
        return True
    letters = [sign for sign in line if sign.isalpha()]
    return (
        bool(letters)
        and len(line) <= _LONGEST_HEADING
        and line[-1] not in ".!?,;:)"
        and line[0].isupper()
        and (line.isupper() or len(line.split()) <= 6)
    )


def _split(words: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(words):
        word = end["word"].lstrip("([\"'“‘").casefold()
        initial = len(word) == 1 and word.isalpha()
        if end["end"] == "." and (word in _ABBREVIATIONS or initial):
            continue
        yield words[begin : end.end()].strip()
        begin = end.end()
    if words[begin:].strip():
        yield words[begin:].strip()


def give_sentences(book: Book, text: str) -> None:
    """Let a book look its sentences up in a text, after those it has itself."""
    sheet = book.sheet("sentences")
    for number, sentence in enumerate(sentences_of(text), 1):
        row = Row(Place(book.file, "sentences", number))
        row.set("sentence", sentence.id)
        row.set("section", sentence.section)
        row.set("text", sentence.text)
        sheet.rows.append(row)
