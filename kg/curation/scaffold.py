"""Scaffold: the first sheets of a new study, with a gap marked where somebody has yet to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from osteokg.kg.curation.bibliography import Record
from osteokg.kg.curation.cells import GAP, NOTHING, Book, Place
from osteokg.kg.curation.description import OTHER, tables
from osteokg.kg.curation.sentences import Sentence
from osteokg.kg.curation.slugs import title_of

__all__ = ["Beginning", "form_of", "triples_book"]

_FORM = {
    "findings": (
        "arm", "compared_with", "outcome", "site", "compartment", "direction", "degree",
        "significance", "wording", "paraphrase", "anchors", "hedged", "note",
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
    """Return the sheets of publication, study, arms and anchors."""
    book = Book(beginning.stem, Path(f"{beginning.stem}.xlsx"))
    _add(book, "publications", _publication(beginning))
    study = [("study", beginning.stem), ("label", title_of(beginning.stem))]
    _add(book, "studies", [*study, ("species", species), ("publication", beginning.stem)])
    for arm in beginning.arms:
        _add(book, "arms", [("arm", arm)])
    by_id = {sentence.id: sentence for sentence in beginning.sentences}
    for name in beginning.cited:
        sentence = by_id[name]
        cells = [("anchor", name), ("section", sentence.section), ("text", sentence.text)]
        _add(book, "anchors", cells)
    return book


def form_of(beginning: Beginning) -> dict[str, list[list[str]]]:
    """Return the cells of a form to fill in, sheet by sheet, headings first; gaps are marked.

    The sentences of the article, if they are known, are a sheet of their own, in which the ids
    that findings cite are looked up.
    """
    book = _begun(beginning, beginning.species or GAP)
    arms = beginning.arms or (GAP,)
    # What an arm received follows from its name, as long as nobody says more in its sheet.
    book.sheet("arms").rows.clear()
    grids = {}
    for name, columns in _FORM.items():
        table = tables()[name]
        rows = [[row.text(column) for column in columns] for row in book.rows(name)]
        if name == "findings":
            others = [arm for arm in arms if arm != arms[0]] or [GAP]
            rows = [[arm, arms[0], *[GAP] * 4, *[""] * 3, GAP, GAP, "", ""] for arm in others]
        grids[name] = [[table.column(column).titles[0] for column in columns], *rows]
    if beginning.sentences:
        told = [[one.id, one.section, one.text] for one in beginning.sentences]
        grids["sentences"] = [["sentence", "section", "text"], *told]
    return grids


def triples_book(beginning: Beginning) -> Book:
    """Return the sheets of a study in which every gap is a statement that ``check`` tells.

    A gap in Turtle is a literal ``"?"``; a term or a thing that is not known is left out, which
    the shapes tell.
    """
    book = _begun(beginning, beginning.species)
    arms = [row.text("arm") for row in book.rows("arms")]
    cited = list(beginning.cited)
    gaps: list[tuple[str, str]] = []
    for arm in () if arms else ("arm-1", "arm-2"):
        # Nothing for a label, so that none is made of the name; the gap stands in its place.
        _add(book, "arms", [("arm", arm), ("label", NOTHING[0])])
        gaps.append((f"arm:{book.stem}-{arm}", "rdfs:label"))
    arms = arms or ["arm-1", "arm-2"]
    if not cited:
        _add(book, "anchors", [("anchor", "S1")])
        gaps += [(f"anchor:{book.stem}-s1", name) for name in ("okg:section", "okg:digest")]
        cited = ["S1"]
    finding = [("finding", "1"), ("arm", arms[-1]), ("compared_with", arms[0])]
    _add(book, "findings", [*finding, ("anchors", "; ".join(cited))])
    gaps.append((f"finding:{book.stem}-1", "okg:paraphrase"))
    for subject, property_ in gaps:
        language = "" if subject.startswith("anchor:") else "@en"
        cells = [("subject", subject), ("property", property_), ("value", f'"{GAP}"{language}')]
        _add(book, OTHER, cells)
    return book


def _add(book: Book, sheet: str, cells: Iterable[tuple[str, str]]) -> None:
    """Add a row below those of a sheet."""
    book.add(sheet, cells, Place(book.file, sheet, len(book.rows(sheet)) + 2))
