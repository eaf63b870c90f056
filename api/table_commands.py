"""The commands ``import`` and ``export --study``: evidence as tables, and back."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from osteokg.api.commands import export_files, tell_progress
from osteokg.kg.curation.description import tables
from osteokg.kg.curation.importing import import_books, triples_in, words_of
from osteokg.kg.curation.naming import suggestions_in_words
from osteokg.kg.curation.reading import books_in
from osteokg.kg.curation.writing import (
    book_of,
    delimited_files,
    grids_of,
    workbook_of,
    write_files,
)
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources, text_in
from osteokg.kg.problems import Problem, as_json, as_text, errors_of

__all__ = ["add_commands", "export", "import_"]

Command = Callable[[argparse.Namespace], int]

_ALL = "all"


def add_commands(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """Add the commands ``export`` and ``import``; ``add`` makes a parser for one."""
    _add_export_arguments(add("export", export, "Write the tables and dumps of this version."))
    _add_import_arguments(add("import", import_, "Turn curation tables into evidence files."))


def _add_import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        f"{parser.description} A table is a workbook (.xlsx), a table of findings (.tsv, .csv) or "
        "a folder of tables, called as the study is. It is judged with the evidence; every mistake "
        "is told with its cell, and nothing is written while there is one."
    )
    parser.add_argument("table", nargs="+", type=Path, metavar="TABLE", help="file or folder")
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="write the Turtle here (default: beside the table)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be written, and write nothing"
    )
    parser.add_argument(
        "--source",
        type=Path,
        metavar="FILE",
        help="the article's text, UTF-8, in which cited sentences are looked up",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def import_(arguments: argparse.Namespace) -> int:
    """Import tables: print every problem, or write the evidence files and say what changed."""
    books = [book for path in arguments.table for book in books_in(path)]
    into = arguments.into or _beside(books)
    source = None if arguments.source is None else text_in(arguments.source)
    with tell_progress() as progress:
        result = import_books(books, into, find_sources(arguments.evidence), source, progress)
    writer = as_json if arguments.format == "json" else as_text
    sys.stdout.write(writer(result.problems))
    wrong = len(errors_of(result.problems))
    told = f"{wrong} violations, {len(result.problems) - wrong} warnings"
    if not result.good:
        print(f"{told}: nothing is written.", file=sys.stderr)
        sys.stderr.write(_lying_there(result.problems, books))
        return 1
    if not arguments.dry_run:
        write_files({study.file: study.text.encode() for study in result.studies})
    out = sys.stderr if arguments.format == "json" else sys.stdout
    for study in result.studies:
        print(f"{os.path.relpath(study.file)}: {study.told()}", file=out)
    done = "would be written" if arguments.dry_run else "written"
    number = len(result.studies)
    studies = "1 study" if number == 1 else f"{number} studies"
    print(f"{studies} {done}: {told}.", file=sys.stderr)
    sys.stderr.write(suggestions_in_words(result.learned))
    return 0


def _lying_there(problems: Iterable[Problem], books: Iterable[Path]) -> str:
    """Return what to do about wrong files that no table is turned into, empty for none."""
    tables = {book.resolve() for book in books}
    wrong = {one.file.resolve() for one in errors_of(problems) if one.file is not None}
    others = sorted(path for path in wrong if tables.isdisjoint((path, *path.parents)))
    if not others:
        return ""
    named = ", ".join(os.path.relpath(path) for path in others)
    return (
        f"{named}: this evidence lies there already, and all of it is judged together. Mend it "
        "first, move it away, or write into another folder (--into).\n"
    )


def _beside(books: list[Path]) -> Path:
    folders = {book.resolve().parent for book in books}
    if len(folders) > 1:
        raise RequestError("The tables lie in several folders: say with --into where to write.")
    return folders.pop()


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        f"{parser.description} With --study the curation tables of single studies instead, which "
        "'osteokg import' reads back without loss."
    )
    # argparse would show the folder last, where --study takes it for a study.
    parser.usage = "%(prog)s [-h] [DIR] [--evidence DIR] [--study SLUG ...] [--format {tsv,xlsx}]"
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where to write")
    parser.add_argument(
        "--study",
        nargs="+",
        action="extend",
        metavar="SLUG",
        help=f"write the curation tables of these files of evidence, or of '{_ALL}' of them",
    )
    parser.add_argument(
        "--format", choices=("tsv", "xlsx"), help="of the curation tables (default: tsv)"
    )


def export(arguments: argparse.Namespace) -> int:
    """Write the release into a folder, or the curation tables of single studies."""
    if arguments.study is None:
        if arguments.folder is None or arguments.format is not None:
            raise RequestError("Name the folder to write into; --format goes with --study.")
        return export_files(arguments)
    sources = find_sources(arguments.evidence)
    by_stem = {path.stem: path for path in sources.evidence}
    chosen = list(by_stem) if _ALL in arguments.study else list(dict.fromkeys(arguments.study))
    unknown = [slug for slug in arguments.study if slug not in (*by_stem, _ALL)]
    if unknown:
        # A folder that is named after the studies would be taken for one of them.
        raise RequestError(
            f"There is no evidence file {unknown[0]}.ttl (the folder to write into stands before "
            f"--study); there are: {', '.join(by_stem)}."
        )
    words = words_of(sources)
    folder = arguments.folder or Path()
    for slug in chosen:
        grids = grids_of(book_of(slug, triples_in(by_stem[slug]), words))
        if arguments.format == "xlsx":
            written = write_files({folder / f"{slug}.xlsx": workbook_of(grids, words)})
        else:
            _take_away(folder / slug)
            contents = delimited_files(grids)
            written = write_files({folder / slug / name: contents[name] for name in contents})
        print(written[0] if len(written) == 1 else folder / slug)
    return 0


def _take_away(folder: Path) -> None:
    """Remove the tables of an earlier export: a sheet that is empty by now has no file."""
    for name in tables():
        (folder / f"{name}.tsv").unlink(missing_ok=True)
