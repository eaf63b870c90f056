"""Drafting: make the next version of a dataset from changed graphs, and judge it.

Nothing here is seen by anybody before it is accepted: a draft lies in a folder of its own, and
whoever drafts can be ended at any moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

import pyoxigraph as ox

from osteokg.kg.dataset import Changes, Dataset, load
from osteokg.kg.errors import DataError, PayloadSyntaxError, RequestError
from osteokg.kg.files import Sources, file_of_graph
from osteokg.kg.incremental import Standard, validate_changes
from osteokg.kg.names import PREFIXES, graph_iri, kind_of_graph, okg
from osteokg.kg.payloads import Payload, sign_of_rdf_1_2, triples_of
from osteokg.kg.problems import Problem, errors_of, sort_problems
from osteokg.kg.rules import apply_rules
from osteokg.kg.snapshots import (
    Difference,
    difference,
    engine_forms,
    quads_by_graph,
    quads_of,
    read_snapshot,
    write_flushed,
    write_snapshot,
)
from osteokg.kg.turtle import canonical, read, text_of
from osteokg.kg.version import Version, canonical_quads, hashed_quads, named_quads
from osteokg.kg.worker.snapshot import Snapshot

__all__ = [
    "SNAPSHOT",
    "ChangedGraphs",
    "Draft",
    "Drafter",
    "GraphDrafter",
    "PlainDrafter",
    "draft_of",
]

_RDF_TYPE = PREFIXES["rdf"] + "type"

SNAPSHOT = "snapshot.nq.gz"
"""The file of a draft that holds the version whole."""

ChangedGraphs: TypeAlias = Mapping[str | None, bytes | None]
"""The N-Triples of each changed graph by its IRI (None: the default graph), None for one gone."""


@dataclass(frozen=True)
class Draft:
    """Hold what is told of the next version: its id, what is new in it, its files.

    ``files`` gives the SHA-256 of each changed graph's file in the draft's folder by its name,
    None for one that goes away; ``snapshot`` is that of ``SNAPSHOT`` there. ``empty_graphs`` are
    there though no triple is in them.
    """

    id: str
    triples: int
    created: tuple[str, ...]
    difference: Difference
    files: dict[str, str | None]
    snapshot: str
    empty_graphs: tuple[str, ...] = ()


def draft_of(
    version: Version, before: Snapshot | None, files: Mapping[str, str | None], folder: Path
) -> Draft:
    """Return the draft that a version made of files is, against the version before it."""
    quads = quads_by_graph(version.store)
    told = difference({} if before is None else read_snapshot(before), quads)
    packed = write_snapshot(canonical_quads(named_quads(version.store)), folder / SNAPSHOT)
    number = len(set().union(*quads.values()))
    return Draft(version.id, number, (), told, dict(files), packed)


class Drafter(Protocol):
    """Make drafts of the version after the current one."""

    def draft(self, changes: ChangedGraphs, folder: Path) -> Draft:
        """Make the next version from changed graphs, in an empty folder.

        Raises DataError with every problem where it would not be valid, RequestError for a graph
        that cannot be named, OSError for a folder that cannot be written.
        """
        ...

    def accept(self) -> None:
        """Let the last draft be the current version."""
        ...


class GraphDrafter:
    """Draft versions of a dataset whose graphs are files: canonical Turtle, rules, shapes."""

    def __init__(self, sources: Sources, home: Path) -> None:
        """Read the current version; ``home`` is where the files of written graphs will lie.

        Raises DataError for a file that does not parse.
        """
        self.home = home
        self._current = load(sources)
        self._standard = Standard.of(self._current)
        apply_rules(self._current)
        self._quads = quads_by_graph(self._current.store)
        self._next: tuple[Dataset, dict[str, set[ox.Triple]]] | None = None

    def draft(self, changes: ChangedGraphs, folder: Path) -> Draft:
        """Stage the files, compute, judge what changed and what it touches, hash, pack."""
        self._next = None
        triples_of, files, created = self._staged(changes, folder)
        dataset = self._computed(triples_of)
        dataset.lies_at = {self.home / name: folder / name for name in files}
        problems = errors_of(self._judged(dataset))
        if problems:
            raise DataError([_by_name(problem) for problem in problems])
        quads = quads_by_graph(dataset.store)
        told = difference(self._quads, quads)
        identifier, content = hashed_quads(dataset)
        packed = write_snapshot(content, folder / SNAPSHOT)
        self._next = (dataset, quads)
        number = len(set().union(*quads.values()))
        return Draft(identifier, number, created, told, files, packed)

    def _staged(
        self, changes: ChangedGraphs, folder: Path
    ) -> tuple[dict[Path, list[ox.Triple]], dict[str, str | None], tuple[str, ...]]:
        """Write the changed graphs into the folder; return the triples of all files of evidence."""
        triples_of = dict(self._current.triples_of)
        files: dict[str, str | None] = {}
        created = []
        problems = []
        for graph, content in changes.items():
            assert graph is not None, "the default graph is the union of the others"
            name = file_of_graph(graph)
            before = triples_of.pop(self.home / name, [])
            form = engine_forms(before)  # what is said again is written as it was
            said = [form.get(triple, triple) for triple in _parsed(content or b"")]
            problems += _unwritable(graph, said)
            if said and not problems:
                files[name] = write_flushed(folder / name, canonical(said).encode())
                triples_of[self.home / name] = said
                created += [graph] * (not before)
            elif not said:  # a graph without a triple is no graph
                files[name] = None
        if problems:
            raise DataError(problems)
        return triples_of, files, tuple(created)

    def _computed(self, triples_of: Mapping[Path, list[ox.Triple]]) -> Dataset:
        now = self._current.sources
        installed = {*now.ontology, *now.imports, *now.mappings}
        evidence = sorted(set(triples_of) - installed, key=lambda path: path.stem)
        written = frozenset(path for path in evidence if path.parent == self.home)
        dataset = Dataset(replace(now, evidence=tuple(evidence), written=written))
        dataset.tables = self._current.tables
        for path in dataset.sources.all():
            dataset.add_file(path, triples_of[path])
        apply_rules(dataset)
        return dataset

    def _judged(self, dataset: Dataset) -> list[Problem]:
        changes = Changes.between(self._current, dataset)
        return validate_changes(dataset, changes, standard=self._standard)

    def judge(
        self, sent: tuple[bytes, str, str | None], graph: str | None, folder: Path
    ) -> list[Problem]:
        """Return what would be wrong if a document were the graph of a study here.

        ``sent`` is its content, its media type and its base.

        The graph is that of the one study which the document describes, unless it is named; what
        is there is replaced. Told are the problems of the document and what it would make wrong
        elsewhere; lines are those of the document where it is Turtle.
        """
        if graph is not None:
            _refuse_as_study(graph)
        text = folder / "document.ttl"
        content, media_type, base = sent
        format_ = ox.RdfFormat.from_media_type(media_type)
        assert format_ is not None, "the service reads no other"
        said = _document(Payload(content, format_, base), text)
        if isinstance(said, Problem):
            return [_by_name(said)]
        graph = graph or _graph_for(said)
        path = self._current.sources.graphs().get(graph, self.home / file_of_graph(graph))
        dataset = self._computed({**self._current.triples_of, path: said})
        dataset.lies_at = {path: text}
        return [
            _by_name(problem)
            for problem in self._judged(dataset)
            if problem.file == path or problem.severity == "violation"
        ]

    def accept(self) -> None:
        """Let the last draft be the current version; its files are in their place by now."""
        assert self._next is not None, "there is a draft"
        (self._current, self._quads), self._next = self._next, None
        self._current.lies_at.clear()


def _document(document: Payload, path: Path) -> list[ox.Triple] | Problem:
    """Return the triples of a document; Turtle is left in a file, so that its lines are known."""
    if document.format in (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES) and document.base is None:
        path.write_bytes(document.content)
        return read(path)
    try:
        return triples_of(document)
    except PayloadSyntaxError as error:
        return Problem(str(error), "syntax", file=path, line=error.line)
    except RequestError as error:
        return Problem(str(error), "syntax", file=path)


def _refuse_as_study(graph: str) -> None:
    """Raise RequestError for a name that is no IRI, or that of a graph which is no study's."""
    try:
        ox.NamedNode(graph)
    except ValueError as error:
        raise RequestError(f"'{graph}' names no graph, for it is no IRI: {error}.") from error
    if kind_of_graph(graph) not in (None, "study"):
        raise RequestError(f"<{graph}> is no graph of a study: no document is judged as it.")


def _graph_for(triples: list[ox.Triple]) -> str:
    """Return the graph in which a document would stand: that of the one study it describes."""
    kinds = {okg("Study"), okg("JointStudy"), okg("BackgroundStudy")}
    studies = {
        text_of(triple.subject)
        for triple in triples
        if triple.predicate.value == _RDF_TYPE and text_of(triple.object) in kinds
    }
    slug = studies.pop().rpartition("/")[2] if len(studies) == 1 else ""
    return graph_iri("study", slug or "document")


def _parsed(content: bytes) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(content, ox.RdfFormat.N_TRIPLES)]


def _unwritable(graph: str, triples: list[ox.Triple]) -> list[Problem]:
    """Return a problem for each triple that no file here can hold."""
    problems = []
    for triple in triples:
        if newer := sign_of_rdf_1_2(triple):
            wrong = f"'{newer}' is RDF 1.2, which is not kept here: say it in triples of RDF 1.1."
            constraint = "syntax"
        elif isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            wrong = (
                "a node without a name: give it an IRI of its own (evidence has no blank nodes, "
                "so that every statement can be cited and compared)."
            )
            constraint = "blank-node"
        else:
            continue
        subject, predicate, value = (text_of(term) for term in triple)
        name = Path(file_of_graph(graph))
        problems.append(
            Problem(wrong, constraint, file=name, focus=subject, path=predicate, value=value)
        )
    return sort_problems(problems)


def _by_name(problem: Problem) -> Problem:
    """Return a problem that names a file without its folder, which is nobody's business."""
    return replace(problem, file=problem.file and Path(problem.file.name))


class PlainDrafter:
    """Draft versions of a dataset as it is: any graph, the default one too, no rules, no shapes."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Begin with a version as it is, or with nothing."""
        self._graphs: dict[str | None, frozenset[bytes]] = {}
        if snapshot is not None:
            self._graphs = _lines_by_graph(snapshot)
        self._next: dict[str | None, frozenset[bytes]] | None = None

    def draft(self, changes: ChangedGraphs, folder: Path) -> Draft:
        """Put the changed graphs in the place of the others and pack all of them."""
        graphs = dict(self._graphs)
        for graph, content in changes.items():
            if content is None:
                graphs.pop(graph, None)
            else:
                graphs[graph] = frozenset(content.splitlines())
        quads = b"".join(sorted(_quads_of(graphs)))
        packed = write_snapshot(quads, folder / SNAPSHOT)
        created = tuple(graph for graph in graphs if graph and graph not in self._graphs)
        self._next = graphs
        none: frozenset[bytes] = frozenset()
        counts = {
            graph or "": (
                len(graphs.get(graph, none) - self._graphs.get(graph, none)),
                len(self._graphs.get(graph, none) - graphs.get(graph, none)),
            )
            for graph in changes
        }
        told = Difference(
            {graph: more for graph, (more, _) in counts.items() if more},
            {graph: less for graph, (_, less) in counts.items() if less},
        )
        empty = tuple(sorted(graph for graph, lines in graphs.items() if graph and not lines))
        identifier = hashlib.sha256("\n".join((quads.decode(), *empty)).encode()).hexdigest()
        return Draft(identifier, quads.count(b"\n"), created, told, {}, packed, empty)

    def accept(self) -> None:
        """Let the last draft be the current version."""
        assert self._next is not None, "there is a draft"
        self._graphs, self._next = self._next, None


def _quads_of(graphs: Mapping[str | None, frozenset[bytes]]) -> list[bytes]:
    return [
        line.rstrip(b" .") + (b"" if graph is None else f" <{graph}>".encode()) + b" .\n"
        for graph, lines in graphs.items()
        for line in lines
    ]


def _lines_by_graph(snapshot: Snapshot) -> dict[str | None, frozenset[bytes]]:
    graphs: dict[str | None, set[bytes]] = {}
    for quad in quads_of(snapshot):
        graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else None
        graphs.setdefault(graph, set()).add(f"{quad.triple} .".encode())
    for graph in snapshot.empty_graphs:
        graphs[graph] = set()
    return {graph: frozenset(lines) for graph, lines in graphs.items()}
