"""Implied rows: what a table leaves out because it follows from what it says.

A finding names two groups of animals: arms, exposures, comparison, experiment and study follow
where no sheet describes them. A row that is written always wins, and ``-`` in a cell says that
nothing is to follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from osteokg.kg.anchors import digest, piece_digests
from osteokg.kg.curation.cells import GAP, NOTHING, Book, Cell, Place, Row
from osteokg.kg.curation.description import tables
from osteokg.kg.curation.groups import (
    AGENT,
    ROLES,
    Received,
    ask_for_intervention,
    closest,
    column_of,
    received,
)
from osteokg.kg.curation.slugs import as_curie, own_slug, slug_of, slug_of_term, title_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.names import ID, VOCAB
from osteokg.kg.problems import Problem

__all__ = ["complete"]

_LEGEND = re.compile(r"FIG([0-9]+)")
_STATEMENTS = tuple(
    name for name, table in tables().items() if any(c.name == "anchors" for c in table.columns)
)


def complete(book: Book, words: Wordlist, known: Callable[[str], bool]) -> list[Problem]:
    """Add to a book the rows and cells that follow from it; return what forbids that.

    ``known`` says whether an IRI is described in other evidence.
    """
    completion = _Completion(book, words, known)
    completion.publications()
    completion.anchors()
    completion.arms_of_findings()
    completion.exposures_of_arms()
    completion.studies()
    completion.comparisons()
    completion.small_things()
    return completion.problems


@dataclass
class _Completion:
    book: Book
    words: Wordlist
    known: Callable[[str], bool]
    problems: list[Problem] = field(default_factory=list)

    def _slug(self, text: str) -> str:
        return own_slug(self.book.stem, text)

    def _names(self, sheet: str) -> dict[str, Row]:
        """Return the rows of a sheet that have a name, by slug or by CURIE as it is written."""
        key = tables()[sheet].key.name
        named = ((row.text(key), row) for row in self.book.rows(sheet))
        return {as_curie(text) or self._slug(text): row for text, row in named if text}

    def _elsewhere(self, kind: str, text: str) -> bool:
        """Return whether a text names a thing that another file describes, or nothing at all."""
        if text in (*NOTHING, GAP) or as_curie(text) is not None:
            return True
        return self.known(f"{ID}{kind}/{slug_of(text)}")

    # Studies, experiments, publications

    def publications(self) -> None:
        """Let a table that tells nothing of its publication have one by the name of the file."""
        rows = self.book.rows("publications")
        for row in rows:
            self._fill(row, "label", title_of(self.book.stem))
            if len(rows) == 1:
                self._fill(row, "publication", self.book.stem)

    def _publication(self, at: Place) -> str:
        """Return the name of the only publication, describing it where nobody has."""
        rows = self.book.rows("publications")
        if not rows and not self.known(f"{ID}publication/{self.book.stem}"):
            cells = (("publication", self.book.stem), ("label", title_of(self.book.stem)))
            self.book.add("publications", cells, at)
        return rows[0].text("publication") if len(rows) == 1 else self.book.stem

    def studies(self) -> None:
        """Give arms their experiment, an experiment its study, a study its label."""
        experiments = self.book.rows("experiments")
        for row in self.book.rows("arms"):
            if "experiment" in row.cells:
                continue
            if not experiments:
                self.book.add("experiments", [("experiment", self.book.stem)], row.place)
                experiments = self.book.rows("experiments")
            if len(experiments) == 1:
                row.set("experiment", experiments[0].text("experiment") or self.book.stem)
        for row in experiments:
            if len(experiments) == 1:
                self._fill(row, "experiment", self.book.stem)
            if "study" not in row.cells:
                row.set("study", self._study(row.place))
            self._fill(row, "label", self._label_of_study())
        for row in self.book.rows("studies"):
            self._fill(row, "label", title_of(row.text("study") or self.book.stem))
            if len(self.book.rows("studies")) == 1:
                self._fill(row, "study", self.book.stem)
        for row in self.book.rows("arms"):
            if row.text("arm"):
                self._fill(row, "label", f"{self._label_of_study()}: {row.text('arm')}")

    def _study(self, at: Place) -> str:
        rows = self.book.rows("studies")
        if not rows:
            cells = [("study", self.book.stem), ("label", title_of(self.book.stem))]
            cited = [row.text("reference") for row in self.book.rows("references")]
            if not cited:
                cells.append(("publication", self._publication(at)))
            species = next((row for row in self.book.rows("findings") if row.text("species")), None)
            row = self.book.add("studies", cells, at)
            if species is not None:
                row.cells["species"] = species.cells["species"]
        return rows[0].text("study") or self.book.stem if len(rows) == 1 else self.book.stem

    def _label_of_study(self) -> str:
        rows = self.book.rows("studies")
        return (rows[0].text("label") if rows else "") or title_of(self.book.stem)

    # Anchors

    def anchors(self) -> None:
        """Make anchors of the sentences that are cited, with digest, figure and source."""
        sentences = {row.text("sentence").upper(): row for row in self.book.rows("sentences")}
        named = self._names("anchors")
        for sheet in _STATEMENTS:
            column = tables()[sheet].column("anchors")
            for row in self.book.rows(sheet):
                cited = column.parts(row.text("anchors"))
                for text in cited:
                    if self._slug(text) in named or self._elsewhere("anchor", text):
                        continue
                    made = self._anchor(text, row, sentences.get(text.upper()), len(cited) == 1)
                    if made is not None:
                        named[self._slug(text)] = made
        for row in self.book.rows("anchors"):
            self._complete_anchor(row, sentences)

    def _anchor(self, text: str, row: Row, looked_up: Row | None, alone: bool) -> Row | None:
        if looked_up is None and not (alone and row.text("text")):
            at = row.where("anchors")
            close = self._close("anchors", text) or self._close("sentences", text)
            ids = [row.text("sentence") for row in self.book.rows("sentences")]
            there = f"There are {ids[0]} to {ids[-1]}. " if ids else ""
            advice = close or (
                f"{there}Describe it in the sheet anchors, give its words in the column text, or "
                "name the article's text with --source."
            )
            message = f"no sentence '{text}' is described. {advice}"
            self.problems.append(at.problem(message, "missing-anchor", about="anchors"))
            return None
        told = looked_up or row
        made = self.book.add("anchors", [("anchor", text)], row.where("anchors"))
        for column in ("section", "text"):
            if column in told.cells:
                made.cells[column] = told.cells[column]
        return made

    def _close(self, sheet: str, text: str) -> str:
        """Return a sentence that offers the closest name of a sheet, empty if none is close."""
        key = tables()[sheet].key.name
        found = closest(text, [row.text(key) for row in self.book.rows(sheet)])
        return f"Did you mean '{found}'?" if found else ""

    def _complete_anchor(self, row: Row, sentences: Mapping[str, Row]) -> None:
        name = row.text("anchor")
        self._fill(row, "sentence", name.rpartition("-")[2].upper())
        if "source" not in row.cells:
            row.set("source", self._publication(row.place))
        looked_up = sentences.get(row.text("sentence").upper())
        if looked_up is not None:
            for column in ("section", "text"):
                if column not in row.cells and column in looked_up.cells and not row.text("digest"):
                    row.cells[column] = looked_up.cells[column]
        legend = _LEGEND.fullmatch(row.text("section"))
        if legend:
            self._fill(row, "figure", legend[1])
        text = row.text("text")
        if not text:
            return
        if row.text("digest") and row.text("digest") != digest(text):
            message = (
                "the digest is not that of the text beside it: leave the digest empty, or correct "
                "the text."
            )
            self.problems.append(row.where("digest").problem(message, "digest", about="digest"))
        self._fill(row, "digest", digest(text), row.where("text"))
        self._fill(row, "piece_digests", piece_digests(text), row.where("text"))

    def _fill(self, row: Row, column: str, text: str, at: Place | None = None) -> None:
        """Put a text into an empty cell."""
        if column not in row.cells:
            row.set(column, text, at)

    # Arms, exposures, comparisons

    def arms_of_findings(self) -> None:
        """Make arms of groups that findings name by what they received, joined by ``+``."""
        named = self._names("arms")
        made: dict[frozenset[str], str] = {}
        for row in self.book.rows("findings"):
            for column in ("arm", "compared_with"):
                text = row.text(column)
                if not text or self._slug(text) in named or self._elsewhere("arm", text):
                    continue
                agents = self._agents(text, row, column)
                if not agents:
                    continue
                key = frozenset(agents.values())
                if key in made:
                    row.set(column, made[key])
                    continue
                made[key] = text
                named[self._slug(text)] = self._arm(text, agents, row.where(column))

    def _received(self, text: str) -> Received:
        return received(text, self.words, self.book.stem, self._names("exposures").keys())

    def _agents(self, text: str, row: Row, column: str) -> Mapping[str, str]:
        """Return what a group received, by the words for it; empty where that cannot be told."""
        told = self._received(text)
        if not told.unknown:
            return told.agents
        meant = self._described_arm(text, told)
        wrong = " ".join(ask_for_intervention(part, self.words) for part in told.unknown)
        advice = (
            f"Did you mean '{meant}'?"
            if meant
            else f"{wrong} Or describe the arm in the sheet arms."
        )
        self.problems.append(
            row.where(column).problem(
                f"no arm is called '{text}'. {advice}",
                "unknown-term",
                about=tables()["findings"].column(column).titles[0],
            )
        )
        return {}

    def _described_arm(self, text: str, told: Received) -> str | None:
        """Return the arm of the sheet arms that a misspelt text means.

        It has all that the text names rightly, and nothing that the text has no word for: a group
        that received something else is never meant.
        """
        alike = []
        for row in self.book.rows("arms"):
            described = self._received(row.text("arm"))
            of_sheet = row.place.sheet == self.book.sheet("arms").title
            rightly = set(told.agents.values()) <= set(described.agents.values())
            if of_sheet and rightly and len(described.parts) == len(told.parts):
                alike.append(row.text("arm"))
        return closest(text, alike)

    def _arm(self, text: str, agents: Mapping[str, str], at: Place) -> Row:
        row = self.book.add("arms", [("arm", text)], at)
        self._give(row, agents, at)
        return row

    def _give(self, row: Row, agents: Mapping[str, str], at: Place) -> None:
        """Write what an arm received into the columns of the roles that these usually have."""
        exposures = self._names("exposures")
        columns: dict[str, list[str]] = {}
        for part, agent in agents.items():
            told = exposures.get(agent)
            role = VOCAB + "Treatment" if told is not None else self.words.role_of(agent)
            if told is not None:
                role = self.words.read(told.text("role"), (VOCAB + "Role",)) or role
            columns.setdefault(column_of(role), []).append(part)
        for column, parts in columns.items():
            row.set(column, "; ".join(parts), at)

    def exposures_of_arms(self) -> None:
        """Make exposures of terms that arms name as induction, treatment or control."""
        for row in self.book.rows("arms"):
            if not {*ROLES, "exposures"} & row.cells.keys():
                told = self._received(row.text("arm"))
                if not told.unknown:
                    self._give(row, told.agents, row.where("arm"))
                elif row.text("arm") not in (*NOTHING, GAP):
                    wrong = " ".join(ask_for_intervention(one, self.words) for one in told.unknown)
                    message = f"{wrong} Or say in the columns beside it what this arm received."
                    at = row.where("arm")
                    self.problems.append(at.problem(message, "unknown-term", about="arm"))
            for column in ROLES:
                parts = tables()["arms"].column(column).parts(row.text(column))
                if parts:
                    names = [self._exposure(part, column, row) for part in parts]
                    named = [name for name in names if name not in NOTHING]
                    row.set(column, "; ".join(named or names[:1]))
        for row in self.book.rows("exposures"):
            role = self.words.read(row.text("role"), (VOCAB + "Role",))
            if role == VOCAB + "Treatment":
                self._fill(row, "regimen", "not stated")

    def _exposure(self, text: str, column: str, arm: Row) -> str:
        """Return the name of the exposure that a cell of an arm means, describing it if need be."""
        if self._slug(text) in self._names("exposures") or self._elsewhere("exposure", text):
            return text
        term = self.words.read(text, AGENT)
        at = arm.where(column)
        title = tables()["arms"].column(column).titles[0]
        if term is None or not self.words.known(term):
            wrong = ask_for_intervention(text, self.words)
            message = f"{wrong} Or describe it in the sheet exposures."
            self.problems.append(at.problem(message, "unknown-term", about=title))
            return NOTHING[0]
        role = ROLES[column]
        described = [
            row
            for row in self.book.rows("exposures")
            if self.words.read(row.text("agent"), AGENT) == term
            and self.words.read(row.text("role"), (VOCAB + "Role",)) == VOCAB + role
        ]
        if len(described) > 1:
            names = ", ".join(row.text("exposure") for row in described)
            message = f"'{text}' is given in several ways: name one of {names}."
            self.problems.append(at.problem(message, "ambiguous", about=title))
        if described:
            return described[0].text("exposure") or slug_of_term(term)
        name = slug_of_term(term)
        label = self.words.write(VOCAB + role, (VOCAB + "Role",))
        made = self.book.add("exposures", [("exposure", name), ("role", label)], at)
        made.cells["agent"] = Cell(text, at)
        return name

    def comparisons(self) -> None:
        """Give each finding the comparison of its two arms."""
        pairs: dict[tuple[str, str], list[Row]] = {}
        for row in self.book.rows("comparisons"):
            pairs.setdefault(self._pair(row), []).append(row)
        for row in self.book.rows("findings"):
            if "comparison" in row.cells or not (row.text("arm") and row.text("compared_with")):
                continue
            found = pairs.get(self._pair(row), [])
            if len(found) > 1:
                names = ", ".join(one.text("comparison") for one in found)
                message = f"these arms are compared more than once: name one of {names}."
                at = row.where("arm")
                self.problems.append(at.problem(message, "ambiguous", about="comparison"))
                continue
            if not found:
                at = row.where("arm")
                made = self.book.add("comparisons", [("comparison", self._comparison(row))], at)
                for column in ("arm", "compared_with"):
                    made.cells[column] = row.cells[column]
                pairs[self._pair(row)] = found = [made]
            name = found[0].text("comparison") or self._comparison(found[0])
            row.set("comparison", name, row.where("arm"))

    def _pair(self, row: Row) -> tuple[str, str]:
        arm, other = row.text("arm"), row.text("compared_with")
        return as_curie(arm) or self._slug(arm), as_curie(other) or self._slug(other)

    def _comparison(self, row: Row) -> str:
        arm, other = (slug.removeprefix(ID + "arm/") for slug in self._pair(row))
        own = self.book.stem + "-"
        return f"{arm.removeprefix(own)}-versus-{other.removeprefix(own)}"

    # Cells that follow from the cell beside them

    def small_things(self) -> None:
        """Take a reason for uncertainty to say that there is some, and the like."""
        for sheet in _STATEMENTS:
            for row in self.book.rows(sheet):
                for reason, flag in (
                    ("scope_reason", "scope_uncertain"),
                    ("inferred_from", "inferred"),
                ):
                    if row.text(reason) not in ("", *NOTHING):
                        self._fill(row, flag, "true", row.where(reason))
