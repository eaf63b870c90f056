"""Anchors: find each cited sentence in the article's text, which the graph does not hold.

An anchor keeps the SHA-256 of its sentence under *normalisation 1*: NFKC, only letters and digits
of any script, lower case, UTF-8. So spaces, hyphens at line ends, dashes and quotation marks do
not count, and every letter does. Beside it stand short digests of the sentence's consecutive
pieces, by which a sentence is found that the columns of a page have torn apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

from osteokg.kg.files import text_in

__all__ = [
    "Anchor",
    "Place",
    "Source",
    "Verdict",
    "digest",
    "normalise",
    "piece_digests",
    "read_source",
    "verify",
]

PIECE = 24
"""Letters in a piece; the last piece of a sentence has up to twice as many."""

Fragments = tuple[tuple[int, int], ...]
"""(start, end) for each unbroken run of a sentence."""

_ROUTES = 8
"""So many ways to put a torn sentence together are followed at once."""

_WORDS = 250
"""The longest sentence, in words, that is looked for without piece digests."""

_LONE_NUMBER = re.compile(r"(?m)^[^\S\n]*(\d[\d,\-–]*)[^\S\n]*$")
_GLUED_NUMBER = re.compile(r"(?m)(?<=[^\W\d_])(\d[\d,\-–]*)$")

Status = Literal["found", "split", "changed", "missing", "ambiguous"]


def normalise(text: str) -> str:
    r"""Return a text under normalisation 1.

    >>> normalise("Vitamin K₂ (µ-CT) in-\ncreased")
    'vitamink2μctincreased'
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if _counts(sign)).lower()


def _counts(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] == "L" or category == "Nd"


def digest(text: str) -> str:
    """Return the SHA-256, in hex, of a text under normalisation 1."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()


def _short(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()[:16]


def _pieces(letters: str) -> list[str]:
    number = max(1, len(letters) // PIECE)
    cuts = [position * PIECE for position in range(number)] + [len(letters)]
    return [letters[start:end] for start, end in pairwise(cuts)]


def piece_digests(text: str) -> str:
    """Return what an anchor keeps to find a torn sentence: its length, then a digest per piece."""
    letters = normalise(text)
    return " ".join([str(len(letters)), *(_short(piece) for piece in _pieces(letters))])


@dataclass(frozen=True)
class Anchor:
    """Hold what the graph says of one anchored sentence.

    Without ``pieces`` (an anchor written by hand) only the unbroken sentence can be found.
    """

    iri: str
    section: str
    sentence: str
    digest: str
    pieces: str = ""


@dataclass(frozen=True)
class Place:
    """Hold where a sentence stands: offsets in the text of a source, one pair per fragment."""

    fragments: Fragments


@dataclass(frozen=True)
class Verdict:
    """Say whether an anchored sentence stands in a source, and where."""

    anchor: Anchor
    status: Status
    places: tuple[Place, ...] = ()


class _Letters:
    """Hold the counted letters of a text, where each of them stood, and where pieces begin."""

    def __init__(self, text: str, left_out: Iterable[tuple[int, int]] = ()) -> None:
        out = {at for start, end in left_out for at in range(start, end)}
        kept = [
            (sign.lower(), at) for at, sign in enumerate(text) if _counts(sign) and at not in out
        ]
        self.text = "".join(letters for letters, _ in kept)
        self.offsets = [at for letters, at in kept for _ in letters]
        breaks = [0, *(at for at, sign in enumerate(text) if sign == "\n")]
        starts = {bisect_left(self.offsets, at) for at in breaks}
        self.line_starts = starts - {len(self.text)}

    def begins_word(self, at: int) -> bool:
        """Return whether a word begins at a letter."""
        return at == 0 or self.offsets[at - 1] != self.offsets[at] - 1

    def may_tear(self, at: int) -> bool:
        """Return whether a page may tear a text before a letter.

        It may where a line begins, or where something foreign is glued to a word at the end of
        a line. Anywhere else a missing word is a changed word, even if it stands in another line.
        """
        return at in self.line_starts or at >= len(self.text) or not self.begins_word(at)

    @cached_property
    def word_starts(self) -> list[int]:
        """Return where words begin."""
        return [at for at in range(len(self.text)) if self.begins_word(at)]

    @cached_property
    def windows(self) -> dict[str, list[int]]:
        """Return where the letters of each full piece begin, by digest."""
        found: dict[str, list[int]] = defaultdict(list)
        for start in range(len(self.text) - PIECE + 1):
            found[_short(self.text[start : start + PIECE])].append(start)
        return found

    def place(self, fragments: Fragments) -> Place:
        """Return the place in the text of runs of letters; empty runs are left out."""
        return Place(
            tuple(
                (self.offsets[start], self.offsets[end - 1] + 1)
                for start, end in fragments
                if end > start
            )
        )


class Source:
    """Hold an article's text, normalised once, and find sentences in it by digest."""

    def __init__(self, text: str) -> None:
        """Normalise the text and remember where each of its letters stood.

        A page sets the number of a citation above its line, and extraction puts it on a line of
        its own: a torn sentence is looked for without those numbers, which are then put back
        where its digest wants them.
        """
        self.text = unicodedata.normalize("NFKC", text)
        lone = [match.span(1) for match in _LONE_NUMBER.finditer(self.text)]
        glued = [match.span(1) for match in _GLUED_NUMBER.finditer(self.text)]
        self._all = _Letters(self.text)
        self._torn = _Letters(self.text, lone)
        self._numbers = {normalise(self.text[start:end]) for start, end in lone + glued}

    def find(self, anchor: Anchor) -> Verdict:
        """Return the verdict on one anchor: found whole, found in fragments, changed or missing."""
        if not anchor.pieces:
            places = self._spans_with(anchor.digest)
            return Verdict(anchor, "found" if places else "missing", places)
        length_text, *pieces = anchor.pieces.split()
        length = int(length_text)
        letters = self._all
        begins: Iterable[int] = letters.windows.get(pieces[0], ())
        if len(pieces) == 1:
            begins = range(len(letters.text) - length + 1)
        whole = [
            letters.place(((at, at + length),))
            for at in begins
            if hashlib.sha256(letters.text[at : at + length].encode()).hexdigest() == anchor.digest
        ]
        if whole:
            return Verdict(anchor, "found", tuple(whole))
        for route in self._routes(pieces, length):
            if hashlib.sha256(route.letters.encode()).hexdigest() == anchor.digest:
                return Verdict(anchor, "split", (self._torn.place(route.fragments),))
        known = any(piece in letters.windows for piece in pieces)
        return Verdict(anchor, "changed" if known else "missing")

    def _spans_with(self, wanted: str) -> tuple[Place, ...]:
        """Return the runs of at most ``_WORDS`` whole words that have a digest."""
        letters = self._all
        bounds = [*letters.word_starts, len(letters.text)]
        found = []
        for number, start in enumerate(bounds[:-1]):
            running, begun = hashlib.sha256(), start
            for end in bounds[number + 1 : number + 1 + _WORDS]:
                running.update(letters.text[begun:end].encode())
                begun = end
                if running.hexdigest() == wanted:
                    found.append(letters.place(((start, end),)))
        return tuple(found)

    def _routes(self, pieces: Sequence[str], length: int) -> list[_Route]:
        """Return the ways to put a torn sentence together, piece by piece, the simplest first.

        A piece follows the one before it; or a citation number is put back into it; or a tear
        goes through it: its first letters follow, the others stand where some line begins.
        """
        sizes = [PIECE] * (len(pieces) - 1) + [length - PIECE * (len(pieces) - 1)]
        routes = [
            _Route(((at, at + PIECE),), self._torn.text[at : at + PIECE])
            for at in self._torn.windows.get(pieces[0], [])
        ] or self._first_piece(pieces)
        for piece, size in zip(pieces[1:], sizes[1:], strict=True):
            longer = [more for route in routes for more in self._extend(route, piece, size)]
            routes = sorted(longer, key=self._cost)[:_ROUTES]
        return routes

    def _cost(self, route: _Route) -> tuple[int, int]:
        """Return what a likelier way has less of: runs, then letters jumped over."""
        jumps = ((end, on) for (_, end), (on, _) in pairwise(route.fragments))
        return (len(route.fragments), sum(abs(on - end) for end, on in jumps))

    def _first_piece(self, pieces: Sequence[str]) -> list[_Route]:
        """Return the ways to begin when the first piece does not stand whole."""
        text = self._torn.text
        found = []
        for at in self._torn.windows.get(pieces[1], []) if len(pieces) > 1 else []:
            for taken in range(1, PIECE):
                right = text[at - PIECE + taken : at]
                if at - PIECE + taken not in self._torn.line_starts:
                    continue
                for start in self._torn.word_starts:
                    if (
                        self._torn.may_tear(start + taken)
                        and _short(text[start : start + taken] + right) == pieces[0]
                    ):
                        run = ((start, start + taken), (at - PIECE + taken, at))
                        found.append(_Route(run, text[start : start + taken] + right))
            for number in self._numbers:
                start = at - PIECE + len(number)
                for cut in range(start, at):
                    letters = text[start:cut] + number + text[cut:at]
                    if _short(letters) == pieces[0]:
                        found.append(_Route(((start, at),), letters))
        return found

    def _extend(self, route: _Route, piece: str, size: int) -> Iterable[_Route]:
        text = self._torn.text
        end = route.fragments[-1][1]
        if _short(text[end : end + size]) == piece:
            yield route.going_on(end + size, text[end : end + size])
            return
        for taken in range(size + 1):
            left, rest = text[end : end + taken], size - taken
            for number in self._numbers:
                after = rest - len(number)
                right = text[end + taken : end + taken + max(after, 0)]
                if after >= 0 and _short(left + number + right) == piece:
                    yield route.going_on(end + taken + after, left + number + right)
            for on in self._torn.line_starts if rest and self._torn.may_tear(end + taken) else ():
                if _short(left + text[on : on + rest]) == piece:
                    torn = route.going_on(end + taken, left)
                    yield torn.jumping_to(on, on + rest, text[on : on + rest])

    def shown(self, place: Place) -> str:
        """Return the text at a place, with the signs that close it."""
        parts = []
        for start, end in place.fragments:
            stop = end
            while stop < len(self.text) and self.text[stop] in ".,;:!?)]'\"’”":
                stop += 1
            parts.append(" ".join(self.text[start:stop].split()))
        return " […] ".join(parts)

    def line_of(self, place: Place) -> int:
        """Return the line of the text on which a place begins, from 1."""
        return self.text.count("\n", 0, place.fragments[0][0]) + 1


def read_source(path: Path) -> Source:
    """Return the text in a file. Raises RequestError for what is not UTF-8, OSError."""
    return Source(text_in(path))


@dataclass(frozen=True)
class _Route:
    """Hold a torn sentence as far as it is put together: runs of letters, and the letters."""

    fragments: Fragments
    letters: str

    def going_on(self, end: int, more: str) -> _Route:
        """Return the route with its last run ending later."""
        start = self.fragments[-1][0]
        return _Route((*self.fragments[:-1], (start, end)), self.letters + more)

    def jumping_to(self, start: int, end: int, more: str) -> _Route:
        """Return the route with one run more."""
        return _Route((*self.fragments, (start, end)), self.letters + more)


def verify(anchors: Iterable[Anchor], source: Source) -> list[Verdict]:
    """Return the verdict on each anchor, by sentence.

    Where n anchors share a digest because the article says the same sentence n times, the k-th
    anchor is the k-th place; any other number of places is ambiguous.
    """
    ordered = sorted(anchors, key=lambda anchor: (anchor.sentence, anchor.iri))
    sharing: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in ordered:
        sharing[anchor.digest].append(anchor)
    verdicts = []
    for anchor in ordered:
        verdict = source.find(anchor)
        twins = sharing[anchor.digest]
        if verdict.status == "found" and len(verdict.places) == len(twins):
            verdict = Verdict(anchor, "found", (verdict.places[twins.index(anchor)],))
        elif verdict.status == "found" and len(verdict.places) > 1:
            verdict = Verdict(anchor, "ambiguous", verdict.places)
        verdicts.append(verdict)
    whole = [
        run
        for verdict in verdicts
        if verdict.status == "found"
        for place in verdict.places
        for run in place.fragments
    ]
    return [_without_borrowing(verdict, whole) for verdict in verdicts]


def _without_borrowing(verdict: Verdict, taken: Sequence[tuple[int, int]]) -> Verdict:
    """Return the verdict, "changed" where a torn sentence takes words that are another's."""
    borrowed = verdict.status == "split" and any(
        start < other_end and other_start < end
        for place in verdict.places
        for start, end in place.fragments
        for other_start, other_end in taken
    )
    return Verdict(verdict.anchor, "changed") if borrowed else verdict
