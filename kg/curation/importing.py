"""Importing: books of tables judged with the evidence, then written as Turtle, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.curation.cells import GAP, Book
from osteokg.kg.curation.naming import LearnedName, named_in
from osteokg.kg.curation.reading import read_book
from osteokg.kg.curation.sentences import give_sentences
from osteokg.kg.curation.slugs import own_slug, slug_of
from osteokg.kg.curation.statements import Statements, statements_of
from osteokg.kg.curation.telling import told_in_tables
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.dataset import Changes, Dataset, Progress, load
from osteokg.kg.errors import DataError
from osteokg.kg.files import Sources, evidence_in, sources_of
from osteokg.kg.incremental import validate_changes
from osteokg.kg.mappings import MappingTable, mapping_triples, read_mappings
from osteokg.kg.names import kind_of
from osteokg.kg.problems import Problem, errors_of, sort_problems
from osteokg.kg.rules import apply_rules
from osteokg.kg.turtle import canonical, read, text_of
from osteokg.kg.validation import validate
from osteokg.kg.version import build

__all__ = ["Import", "Imported", "import_books", "triples_in", "words_of"]


@dataclass(frozen=True)
class Imported:
    """Hold one study that is to be written: its file, what it will state, what it states now."""

    file: Path
    triples: tuple[ox.Triple, ...]
    before: tuple[ox.Triple, ...] | None

    @cached_property
    def text(self) -> str:
        """Return the canonical Turtle."""
        return canonical(self.triples)

    def told(self) -> str:
        """Return in words what writing it changes: ``new: 8 findings, 4 arms``."""
        after = _things(self.triples)
        before = _things(self.before or ())
        parts = [
            _counted("added", (iri for iri in after if iri not in before)),
            _counted(
                "changed", (iri for iri in after if iri in before and after[iri] != before[iri])
            ),
            _counted("gone", (iri for iri in before if iri not in after)),
        ]
        if self.before is None:
            return f"new: {parts[0].removesuffix(' added')}"
        return "; ".join(filter(None, parts)) or "unchanged"


@dataclass(frozen=True)
class Import:
    """Hold what an import would write, and every problem; nothing is written if one forbids it.

    ``learned`` are names of terms that the tables use and the ontology lacks.
    """

    studies: tuple[Imported, ...]
    problems: tuple[Problem, ...]
    learned: tuple[LearnedName, ...] = ()

    @property
    def good(self) -> bool:
        """Return whether nothing forbids the import."""
        return not errors_of(self.problems)


def _things(triples: Iterable[ox.Triple]) -> dict[str, set[str]]:
    things: dict[str, set[str]] = {}
    for triple in triples:
        things.setdefault(text_of(triple.subject), set()).add(str(triple))
    return things


def _counted(what: str, iris: Iterable[str]) -> str:
    counted = Counter(kind_of(iri) or "other thing" for iri in iris)
    named = [
        f"{number} {_plural(kind) if number > 1 else kind}" for kind, number in counted.items()
    ]
    return f"{', '.join(named)} {what}" if named else ""


def _plural(kind: str) -> str:
    irregular = {"study": "studies", "discrepancy": "discrepancies", "clinical": "clinical"}
    return irregular.get(kind, kind + "s")


def words_of(sources: Sources) -> Wordlist:
    """Return the words for the terms of an ontology, and its equals in other vocabularies.

    Raises DataError for a file that does not parse.
    """
    ontology: list[ox.Triple] = []
    for path in sources.ontology:
        ontology.extend(triples_in(path))
    mappings: list[ox.Triple] = []
    for path in sources.mappings:
        table = read_mappings(path)
        if isinstance(table, MappingTable):
            mappings.extend(triple for triple, _ in mapping_triples(table))
    return Wordlist.of(ontology, mappings)


def triples_in(path: Path) -> list[ox.Triple]:
    """Return the triples of a file. Raises DataError where it does not parse."""
    triples = read(path)
    if isinstance(triples, Problem):
        raise DataError([triples])
    return triples


def import_books(
    paths: Sequence[Path],
    into: Path,
    evidence: Sources,
    source: str | None = None,
    progress: Progress = lambda step: None,
) -> Import:
    """Return what the books at these paths would write into a folder, judged with the evidence.

    Files of the folder, then of the evidence, that are called as an imported study are taken as
    replaced by it. ``source`` is the text of the article, in which cited sentences are looked up.
    Raises DataError where evidence or ontology do not parse.
    """
    progress("reading tables")
    read_books = [read_book(path) for path in paths]
    problems = [problem for _, wrong in read_books for problem in wrong]
    books = {book.stem: book for book, _ in read_books}
    if len(books) < len(read_books):
        problems.append(_called_alike([book for book, _ in read_books]))
    problems.extend(wrong for book in books.values() for wrong in _misnamed(book))
    lying = _standing(into, evidence)
    others = {stem: path for stem, path in lying.items() if stem not in books}
    targets = {stem: _target(stem, into, lying) for stem in books if stem}
    context = sources_of(others.values())
    progress("reading evidence")
    before = load(context)
    known = {text_of(quad.subject) for quad in before.store}
    words = words_of(context)
    stated: dict[str, Statements] = {}
    learned: list[LearnedName] = []
    for stem, book in books.items():
        if source is not None:
            give_sentences(book, source)
        of_book, new, wrong = named_in(book, words)
        learned.extend(new)
        stated[stem] = statements_of(book, of_book, known.__contains__)
        problems.extend([*wrong, *stated[stem].problems])
    given = {targets[stem]: stated[stem].triples for stem in targets}
    judged = _judged(before, given, progress)
    by_file = {targets[stem]: (books[stem], stated[stem]) for stem in targets}
    problems.extend(told_in_tables(judged, by_file, problems, words))
    return Import(
        tuple(
            Imported(
                file,
                tuple(triples),
                _stated_by(file),
            )
            for file, triples in given.items()
        ),
        tuple(sort_problems(problems)),
        tuple(learned),
    )


def _target(stem: str, into: Path, lying: Mapping[str, Path]) -> Path:
    """Return the file to write: the one of this name in the folder or below, else a new one."""
    there = lying.get(stem)
    if there is not None and there.is_relative_to(into.resolve()):
        return there
    return into.resolve() / f"{stem}.ttl"


def _stated_by(file: Path) -> tuple[ox.Triple, ...] | None:
    """Return the triples of a file that is to be replaced, None for none or a broken one."""
    triples = read(file) if file.is_file() else None
    return tuple(triples) if isinstance(triples, list) else None


def _called_alike(books: Sequence[Book]) -> Problem:
    counted = Counter(book.stem for book in books)
    twice = next(book for book in books if counted[book.stem] > 1)
    return Problem(
        f"two tables are called {twice.stem}: a study is one workbook, one folder or one table.",
        "file-name",
        file=twice.file,
    )


def _misnamed(book: Book) -> Iterator[Problem]:
    """Yield the problem of a table that is called otherwise than the one study in it."""
    for row in book.rows("studies") if len(book.rows("studies")) == 1 else ():
        name = slug_of(row.text("study"))
        if name and row.text("study") != GAP and own_slug(name, book.stem) != book.stem:
            message = (
                f"the table is called {book.stem}, the study {name}, and what is described in it "
                "would be called after both: give them one name."
            )
            problem = row.where("study").problem(message, "file-name", about="study")
            yield replace(problem, value=book.stem)


def _standing(into: Path, evidence: Sources) -> dict[str, Path]:
    """Return the files of evidence by name; those of the folder to write into come first."""
    lying = {path.stem: path for path in evidence.given}
    if into.is_dir():
        lying.update({path.stem: path.resolve() for path in evidence_in(into)})
    return lying


def _judged(
    before: Dataset, given: Mapping[Path, list[ox.Triple]], progress: Progress
) -> list[Problem]:
    """Return every problem of a dataset with the given files in it.

    Where the other evidence is valid without them, which is looked at once, only what they add
    is looked at.
    """
    files = sources_of([*before.sources.given, *given])
    # The other files' triples are the same ones: that nothing changed in them need not be found.
    after = load(files, {**before.triples_of, **given})
    apply_rules(after, progress=progress)
    try:
        warnings = build(before.sources, progress).warnings
    except DataError:
        return validate(after, progress)
    changes = Changes.between(before, after)
    return validate_changes(after, changes, warnings, progress=progress)
