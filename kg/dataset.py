"""The dataset: named graphs from files, with their origin, in an in-memory store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from osteokg.kg.errors import DataError
from osteokg.kg.files import Sources
from osteokg.kg.mappings import MappingTable, mapping_triples, read_mappings
from osteokg.kg.problems import Problem
from osteokg.kg.sparql import syntax_error
from osteokg.kg.turtle import LineIndex, line_index, read, text_of

__all__ = ["Changes", "Dataset", "Progress", "load"]

Progress = Callable[[str], None]
"""Called with a few words when a step of long work begins."""

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Result = TypeVar("Result", ox.QuerySolutions, ox.QueryTriples)


@dataclass(frozen=True)
class Changes:
    """Hold what a dataset's files say that an earlier one's did not, and the other way round.

    A triple that moves from one file to another is added and removed.
    """

    added: tuple[tuple[Path, ox.Triple], ...] = ()
    removed: tuple[tuple[Path, ox.Triple], ...] = ()

    @classmethod
    def between(cls, before: Dataset, after: Dataset) -> Changes:
        """Return what differs between two datasets; files that share their triples cost nothing."""
        return cls(_not_in(before, after), _not_in(after, before))


def _not_in(one: Dataset, other: Dataset) -> tuple[tuple[Path, ox.Triple], ...]:
    """Return the triples of files of ``other`` that the same files of ``one`` do not hold."""
    found: list[tuple[Path, ox.Triple]] = []
    for path, triples in other.triples_of.items():
        known = one.triples_of.get(path, [])
        if known is not triples:
            held = set(known)
            found.extend((path, triple) for triple in triples if triple not in held)
    return tuple(found)


class Dataset:
    """Hold the named graphs of one version while it is made.

    ``store`` has one named graph per file and one per rule and, after ``close``, the union of
    all of them, each triple once, as the default graph. ``lies_at`` says where the text of a file
    lies that is not yet in its place.
    """

    def __init__(self, sources: Sources) -> None:
        """Begin an empty dataset for these sources."""
        self.sources = sources
        self.store = ox.Store()
        self.file_of_graph: dict[str, Path] = {}
        self.triples_of: dict[Path, list[ox.Triple]] = {}
        self.tables: list[MappingTable] = []
        self.lies_at: dict[Path, Path] = {}
        self._order = {path: position for position, path in enumerate(sources.evidence)}
        self._lines = cache(line_index)

    def add_file(self, path: Path, triples: list[ox.Triple]) -> None:
        """Put a file's triples into its graph."""
        graph = self.sources.graph_of(path)
        self.file_of_graph[graph] = path
        self.triples_of[path] = triples
        self.add_graph(graph, triples)

    def add_table(self, table: MappingTable) -> None:
        """Put what a table of mappings states into its graph."""
        self.tables.append(table)
        self.add_file(table.path, [triple for triple, _ in mapping_triples(table)])

    def add_graph(self, graph: str, triples: Iterable[ox.Triple]) -> None:
        """Put triples into a named graph."""
        name = ox.NamedNode(graph)
        self.store.extend(
            ox.Quad(triple.subject, triple.predicate, triple.object, name) for triple in triples
        )

    def close(self) -> None:
        """Make the default graph: the union of the named graphs, each triple once."""
        # By the engine itself: a million quads through Python take it twice as long.
        self.store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")

    def ask(self, path: Path, form: type[Result]) -> Result:
        """Evaluate the query in a file over the union of all graphs.

        Raises DataError for a query that does not parse or is of another form.
        """
        text = path.read_text(encoding="utf-8")
        try:
            result = self.store.query(text, use_default_graph_as_union=True)
        except SyntaxError as error:
            wrong = syntax_error(error)
            message = f"the query does not parse: {wrong}"
            raise DataError([Problem(message, "query", file=path, line=wrong.line)]) from error
        if not isinstance(result, form):
            message = "a rule is a CONSTRUCT query, a violation query a SELECT."
            raise DataError([Problem(message, "query", file=path, line=1)])
        return result

    def evidence_triples(self) -> list[tuple[Path, ox.Triple]]:
        """Return the curated triples, each with its file."""
        evidence = set(self.sources.evidence)
        return [
            (path, triple)
            for path, triples in self.triples_of.items()
            if path in evidence
            for triple in triples
        ]

    def describing(self, subject: str) -> list[Path]:
        """Return the evidence files that say something of an IRI.

        First the one that says what it is (``rdf:type``), then in the order of the sources.
        """
        typed: dict[Path, bool] = {}
        for quad in self.store.quads_for_pattern(ox.NamedNode(subject), None, None, None):
            path = self.file_of_graph.get(text_of(quad.graph_name))
            if path in self._order:
                typed[path] = typed.get(path, False) or quad.predicate == _TYPE
        return sorted(typed, key=lambda path: (not typed[path], self._order[path]))

    def naming(self, iri: str) -> list[tuple[Path, ox.Triple]]:
        """Return the evidence triples in which an IRI stands, each with its file."""
        node = ox.NamedNode(iri)
        patterns = [(node, None, None), (None, node, None), (None, None, node)]
        return [
            (path, quad.triple)
            for pattern in patterns
            for quad in self.store.quads_for_pattern(*pattern, None)
            if (path := self.file_of_graph.get(text_of(quad.graph_name))) in self._order
            and path is not None
        ]

    def lines_of(self, path: Path) -> LineIndex:
        """Return the line index of a file, read when first asked for."""
        table = next((table for table in self.tables if table.path == path), None)
        if table is None:
            return self._lines(self.lies_at.get(path, path))
        index = LineIndex()
        for triple, line in mapping_triples(table):
            subject, predicate, value = (text_of(term) for term in triple)
            index.add(subject, predicate, value, line)
        return index

    def _file_of(self, quad: ox.Quad) -> Path | None:
        """Return the file that says something; the ontology may have several in its one graph."""
        path = self.file_of_graph.get(text_of(quad.graph_name))
        if path not in self.sources.ontology or len(self.sources.ontology) == 1:
            return path
        holding = (one for one in self.sources.ontology if quad.triple in self.triples_of[one])
        return next(holding, path)

    def place(
        self, subject: str, predicate: str | None = None, value: str | None = None
    ) -> tuple[Path | None, int | None]:
        """Return the file and line of a triple, or of the closest thing known about it."""
        blank = subject.startswith("_:")
        node = ox.BlankNode(subject[2:]) if blank else ox.NamedNode(subject)
        said: Counter[Path] = Counter()
        for quad in self.store.quads_for_pattern(node, None, None, None):
            path = self._file_of(quad)
            if path is not None:
                about = quad.predicate.value == predicate
                # The triple itself before its property before the file that says most.
                said[path] += 1 + 10**4 * about + 10**8 * (about and text_of(quad.object) == value)
        for path, _ in said.most_common(1):
            return path, self.lines_of(path).find(subject, predicate, value)
        # Nothing is said of it: then where it is named.
        for quad in self.store.quads_for_pattern(None, None, node, None):
            path = self._file_of(quad)
            if path is not None:
                namer, by, _ = (text_of(term) for term in quad.triple)
                return path, self.lines_of(path).find(namer, by, subject)
        return None, None


def load(sources: Sources, given: Mapping[Path, list[ox.Triple]] | None = None) -> Dataset:
    """Read every file into its named graph.

    ``given`` are the triples of files that are not in their place yet, or are about to change.
    Raises DataError with the syntax problems of all files together.
    """
    given = given or {}
    dataset = Dataset(sources)
    problems: list[Problem] = []
    for path in sources.mappings:
        table = read_mappings(path)
        if isinstance(table, MappingTable):
            dataset.add_table(table)
        else:
            problems.extend(table)
    for path in (*sources.ontology, *sources.imports, *sources.evidence):
        result = given[path] if path in given else read(path)
        if isinstance(result, Problem):
            problems.append(result)
        else:
            dataset.add_file(path, result)
    if problems:
        raise DataError(problems)
    return dataset
