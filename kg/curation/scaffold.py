"""Scaffold: the first sheets of a new study, with a gap marked where somebody has yet to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osteokg.kg.curation.bibliography import Record
from osteokg.kg.curation.cells import GAP, NOTHING, Book, Place
from osteokg.kg.curation.description import OTHER, tables
from osteokg.kg.curation.groups import column_of, comparators, received
from osteokg.kg.curation.sentences import Sentence
from osteokg.kg.curation.slugs import own_slug, title_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.names import contract

__all__ = ["Beginning", "form_of", "triples_book"]

_FORM = {
    "findings": (
        "arm", "compared_with", "outcome", "site", "compartment", "direction", "degree",
        "judgement", "significance", "presupposed", "wording", "paraphrase", "anchors", "hedged",
        "note",
    ),
    "arms": ("arm", "induction", "treatment", "control", "n", "sex", "strain", "age"),
    "exposures": ("exposure", "agent", "role", "dose_text", "dose_value", "dose_unit", "route"),
    "anchors": ("anchor", "section", "text"),
    "studies": ("study", "label", "species", "publication"),
    "publications": (
        "publication", "label", "authors", "title", "journal", "year", "volume", "issue", "pages",
        "doi", "pmid", "status", "status_notice", "status_source", "status_seen",
    ),
}  # fmt: skip
"""The columns of a form for a simple study; every other one may be added by hand."""

_OF_THE_SENTENCE = ("outcome", "site", "compartment", "direction", "wording", "paraphrase")
"""What whoever reads a sentence has to say of it."""


@dataclass(frozen=True)
class Beginning:
    """Hold what is known of a study that somebody begins to curate.

    ``arms`` are groups as a table names them (``OVX + vitamin K2``); ``sentences`` are those of
    the article, ``cited`` the ids of those that something will rest on.
    """

    stem: str
    record: Record = field(default_factory=Record)
    species: str = ""
    arms: Sequence[str] = ()
    sentences: Sequence[Sentence] = ()
    cited: Sequence[str] = ()

    @property
    def label(self) -> str:
        """Return the study's short name."""
        return self.record.label or title_of(self.stem)


def _publication(beginning: Beginning) -> list[tuple[str, str]]:
    record = beginning.record
    known = [
        (name, getattr(record, name))
        for name in (
            "authors",
            "title",
            "journal",
            "year",
            "volume",
            "issue",
            "pages",
            "doi",
            "pmid",
        )
    ]
    cells = [("publication", beginning.stem), ("label", beginning.label), *known]
    if record.retracted:
        # What a status needs besides is not in the record: gaps, so that nobody forgets it.
        cells += [("status", "retracted")]
        cells += [(name, GAP) for name in ("status_notice", "status_source", "status_seen")]
    return cells


def _begun(beginning: Beginning, species: str) -> Book:
    """Return the sheets of publication, study and anchors."""
    book = Book(beginning.stem, Path(f"{beginning.stem}.xlsx"))
    _add(book, "publications", _publication(beginning))
    study = [("study", beginning.stem), ("label", title_of(beginning.stem))]
    _add(book, "studies", [*study, ("species", species), ("publication", beginning.stem)])
    by_id = {sentence.id: sentence for sentence in beginning.sentences}
    for name in beginning.cited:
        sentence = by_id[name]
        cells = [("anchor", name), ("section", sentence.section), ("text", sentence.text)]
        _add(book, "anchors", cells)
    return book


def form_of(beginning: Beginning, words: Wordlist) -> dict[str, list[list[str]]]:
    """Return the cells of a form to fill in, sheet by sheet, headings first; gaps are marked.

    There is a row for each sentence that is cited, else for each comparison of the groups. The
    sentences of the article, if they are known, are a sheet of their own, in which the ids that
    findings cite are looked up; what an arm received follows from its name, as long as nobody says
    more in its sheet.
    """
    book = _begun(beginning, beginning.species or GAP)
    pairs = list(comparators(beginning.arms, words).items()) or [(GAP, GAP)]
    pair = pairs[0] if len(pairs) == 1 else (GAP, GAP)
    begun = [(*pair, name) for name in beginning.cited] or [(*one, GAP) for one in pairs]
    for arm, other, cited in begun:
        known = [("arm", arm), ("compared_with", other), ("anchors", cited)]
        _add(book, "findings", [*known, *((column, GAP) for column in _OF_THE_SENTENCE)])
    grids = {}
    for name, columns in _FORM.items():
        table = tables()[name]
        rows = [[row.text(column) for column in columns] for row in book.rows(name)]
        grids[name] = [[table.column(column).titles[0] for column in columns], *rows]
    if beginning.sentences:
        told = [[one.id, one.section, one.text] for one in beginning.sentences]
        grids["sentences"] = [["sentence", "section", "text"], *told]
    return grids


def triples_book(beginning: Beginning, words: Wordlist) -> Book:
    """Return the sheets of a study in which every gap is a literal ``"?"`` that ``check`` tells.

    There is a comparison for each group that has something to be compared with, and a finding for
    each sentence that is cited.
    """
    book = _begun(beginning, beginning.species)
    arms = list(beginning.arms) or ["arm-1", "arm-2"]
    for arm in arms:
        _arm(book, arm, words, named=bool(beginning.arms))
    pairs = list(comparators(arms, words).items())
    for arm, other in pairs:
        _add(book, "comparisons", [("arm", arm), ("compared_with", other)])
    cited = list(beginning.cited)
    if not cited:
        cited = ["S1"]
        _add(book, "anchors", [("anchor", "S1")])
        _gaps(book, "anchors", "S1", ("section", "digest"))
    for name in cited:
        pair = [("arm", pairs[0][0]), ("compared_with", pairs[0][1])] if len(pairs) == 1 else []
        # Nothing for a pair, so that none is asked for; the gap stands in its place.
        known = pair or [("comparison", NOTHING[0])]
        _add(book, "findings", [("finding", name), ("anchors", name), *known])
        _gaps(book, "findings", name, [*_OF_THE_SENTENCE, *([] if pair else ["comparison"])])
    return book


def _arm(book: Book, arm: str, words: Wordlist, *, named: bool) -> None:
    """Add an arm with what is known of what it received, a gap for what is not.

    One that is not ``named`` after that has a gap for its label as well.
    """
    told = received(arm, words)
    if named and not told.unknown:
        _add(book, "arms", [("arm", arm)])
        return
    columns: dict[str, list[str]] = {}
    for part, agent in told.agents.items():
        columns.setdefault(column_of(words.role_of(agent)), []).append(part)
    known = [(name, "; ".join(parts)) for name, parts in columns.items()]
    # Nothing where something would be made of the name; the gap stands in its place.
    label = [] if named else [("label", NOTHING[0])]
    _add(book, "arms", [("arm", arm), *label, *(known or [("exposures", NOTHING[0])])])
    _gaps(book, "arms", arm, ("exposures",) if named else ("label", "exposures"))


def _gaps(book: Book, sheet: str, name: str, columns: Iterable[str]) -> None:
    """Mark the gaps of a thing, each as a statement."""
    table = tables()[sheet]
    subject = f"{table.kind}:{own_slug(book.stem, name)}"
    for column in map(table.column, columns):
        assert column.property is not None, "what is a gap is stated"
        value = f'"{GAP}"@{column.language}' if column.language else f'"{GAP}"'
        cells = [("subject", subject), ("property", contract(column.property)), ("value", value)]
        _add(book, OTHER, cells)


def _add(book: Book, sheet: str, cells: Iterable[tuple[str, str]]) -> None:
    """Add a row below those of a sheet."""
    book.add(sheet, cells, Place(book.file, sheet, len(book.rows(sheet)) + 2))
