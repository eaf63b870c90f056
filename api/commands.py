"""What each command does, from parsed arguments to an exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from osteokg.api.made_files import made_files
from osteokg.api.text import describe_entity, rows_as_table
from osteokg.kg.catalogue import named_queries, named_query
from osteokg.kg.dataset import Progress
from osteokg.kg.entity import describe, entity_bytes
from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.files import (
    PACKAGED,
    Sources,
    evidence_in,
    find_sources,
    mappings_file,
)
from osteokg.kg.mappings import MappingTable, read_mappings
from osteokg.kg.names import expand
from osteokg.kg.problems import Problem, as_text, errors_of, sort_problems
from osteokg.kg.reasoning import reason as judge
from osteokg.kg.release import write_release
from osteokg.kg.reports import REPORTS
from osteokg.kg.results import GRAPH_FORMATS, RDF_FORMATS, ROW_FORMATS, Query, format_named
from osteokg.kg.shelves import initialise
from osteokg.kg.store import InProcessStore
from osteokg.kg.turtle import canonical, comment_lines, read
from osteokg.kg.version import Version, build, prepare

__all__ = [
    "build_version",
    "export_files",
    "files_in",
    "fmt",
    "init",
    "query",
    "reason",
    "replace_file",
    "report",
    "show",
    "tell_progress",
]


def _progress(step: str) -> None:
    """Tell a person at a terminal what is being done."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step} …", end="", file=sys.stderr, flush=True)


def _progress_ends() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def tell_progress() -> Iterator[Progress]:
    """Let long work tell a person at a terminal how far it is."""
    try:
        yield _progress
    finally:
        _progress_ends()


def build_version(sources: Sources) -> Version:
    """Return the version of these files, telling a person at a terminal how far it is."""
    with tell_progress() as progress:
        return build(sources, progress)


def init(arguments: argparse.Namespace) -> int:
    """Make a data folder the source of the evidence, or take edited files as its next version."""
    with tell_progress() as progress:
        told = initialise(arguments.folder, arguments.evidence, progress)
    for line in told:
        print(line)
    return 0


def reason(arguments: argparse.Namespace) -> int:
    """Print what a reasoner finds wrong with ontology, evidence and rules; exit 1 if anything is.

    Names and shapes are not checked here: what contradicts itself is told whatever they say.
    """
    sources = find_sources(arguments.evidence, more=files_in(arguments.path))
    try:
        problems = judge(prepare(sources, _progress), _progress)
    except DataError as error:
        problems = sort_problems(error.problems)
    finally:
        _progress_ends()
    return report(problems, arguments.format, f"{len(sources.all())} files judged by HermiT")


def report(problems: Sequence[Problem], format_: str, done: str) -> int:
    """Print problems in a form of ``REPORTS`` and how many; return the exit code."""
    sys.stdout.write(REPORTS[format_](problems))
    wrong = len(errors_of(problems))
    print(f"{done}: {wrong} violations, {len(problems) - wrong} warnings.", file=sys.stderr)
    return 1 if wrong else 0


_IMPORT = "osteokg import --dry-run"
_TABLES = (".tsv", ".csv", ".xlsx")


def _has_tables(folder: Path) -> bool:
    inside = [folder, *(one for one in folder.iterdir() if one.is_dir())]
    return any(path.suffix in _TABLES for one in inside for path in one.iterdir())


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the Turtle files that paths name. Raises RequestError for one that names none."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = [file.resolve() for file in evidence_in(path)]
            if not found:
                tables = f" Tables are checked with: {_IMPORT} {path}" if _has_tables(path) else ""
                raise RequestError(f"{path}: there is no Turtle file (*.ttl) in it.{tables}")
            files.extend(found)
        elif path.suffix in _TABLES and path.is_file():
            raise RequestError(f"{path}: a table is checked with: {_IMPORT} {path}")
        elif path.is_file():
            files.append(path.resolve())
        else:
            raise RequestError(f"{path}: no such file or folder.")
    return files


def fmt(arguments: argparse.Namespace) -> int:
    """Write the files in canonical form: evidence, the mappings, what is made of them."""
    files = files_in(arguments.path) or list(find_sources(arguments.evidence).evidence)
    problems: list[Problem] = []
    changed: list[Path] = []
    for path in files:
        result = _canonical_of(path)
        if not isinstance(result, str):
            problems.extend(result)
        elif result != path.read_bytes().decode():
            changed.append(path)
            if not arguments.check:
                replace_file(path, result)
    if not arguments.path and arguments.evidence in ([], [PACKAGED]):
        problems.extend(_format_mappings(changed, arguments.check))
        problems.extend(_make_files(changed, arguments.check))
    sys.stdout.write(as_text(sort_problems(problems)))
    for path in changed:
        note = " is not in canonical form: run 'osteokg fmt'" if arguments.check else ""
        print(f"{path}{note}")
    return 1 if problems or (changed and arguments.check) else 0


def _canonical_of(path: Path) -> str | list[Problem]:
    triples = read(path)
    if isinstance(triples, Problem):
        return [triples]
    lost = comment_lines(path)
    if lost:
        return [
            Problem(
                message="a comment does not survive formatting: make it okg:curatorNote or "
                "take it out.",
                constraint="comment",
                file=path,
                line=line,
            )
            for line in lost
        ]
    if any(isinstance(term, ox.BlankNode) for triple in triples for term in triple):
        return [
            Problem(
                message="the file has nodes without a name: give each an IRI of its own.",
                constraint="blank-node",
                file=path,
                line=1,
            )
        ]
    return canonical(triples)


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)


def _format_mappings(changed: list[Path], only_check: bool) -> list[Problem]:
    """Write the table of mappings in canonical form; return what forbids to read it."""
    path = mappings_file()
    table = read_mappings(path)
    if not isinstance(table, MappingTable):
        return table
    text = table.canonical()
    if text != path.read_bytes().decode():
        changed.append(path)
        if not only_check:
            replace_file(path, text)
    return []


def _make_files(changed: list[Path], only_check: bool) -> list[Problem]:
    """Write what is made from the ontology; return what forbids it."""
    try:
        for path, text in made_files():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            changed.append(path)
            if not only_check:
                replace_file(path, text)
    except DataError as error:
        return error.problems
    return []


def query(arguments: argparse.Namespace) -> int:
    """Ask a named question, a query in a file or one from standard input."""
    if arguments.list:
        for known in named_queries():
            print(f"{known.name}\n    {known.title}: {known.description}")
        return 0
    if not arguments.query:
        raise RequestError("Name a question, a file, or - for standard input; --list shows them.")
    text = _query_text(arguments.query)
    version = build_version(find_sources(arguments.evidence))
    rows = format_named(arguments.format, ROW_FORMATS)
    graph = format_named(arguments.format, RDF_FORMATS)
    if arguments.format == "table":
        rows, graph = ROW_FORMATS[0], GRAPH_FORMATS[0]
    answer = asyncio.run(_asked(version, Query(text, rows, graph)))
    if arguments.format == "table" and answer[0] == "json":
        sys.stdout.write(rows_as_table(answer[1]))
    else:
        _write(answer[1])
    return 0


def _query_text(name: str) -> str:
    path = Path(name)
    if name != "-" and not path.is_file():
        return named_query(name).text
    content = sys.stdin.buffer.read() if name == "-" else path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"{name}: byte {error.start} is not UTF-8.") from error


async def _asked(version: Version, asked: Query) -> tuple[str, bytes]:
    store = InProcessStore(version)
    try:
        answer = await store.query(asked)
    finally:
        await store.close()
    return answer.format.name, answer.body


def _write(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content if content.endswith(b"\n") else content + b"\n")
    sys.stdout.buffer.flush()


def show(arguments: argparse.Namespace) -> int:
    """Show what the graph says of one thing."""
    iri = expand(arguments.thing)
    version = build_version(find_sources(arguments.evidence))

    async def shown() -> bytes:
        store = InProcessStore(version)
        try:
            entity = await describe(store, iri)
        finally:
            await store.close()
        chosen_format = format_named(arguments.format, GRAPH_FORMATS)
        if chosen_format is None:
            return describe_entity(entity).encode()
        return entity_bytes(entity, chosen_format)

    _write(asyncio.run(shown()))
    return 0


def export_files(arguments: argparse.Namespace) -> int:
    """Write tables and dumps into a folder and name what was written."""
    version = build_version(find_sources(arguments.evidence))
    with tell_progress() as progress:
        written = write_release(version, arguments.folder, progress)
    for path in written:
        print(path)
    return 0
