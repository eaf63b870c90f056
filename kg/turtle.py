"""Turtle files: read them, know the line of every triple, write them in canonical form."""

from __future__ import annotations

import logging
import re
import warnings
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser

from osteokg.kg.names import KINDS, PREFIXES, contract, kind_of, prefixes
from osteokg.kg.payloads import sign_of_rdf_1_2
from osteokg.kg.problems import Problem

__all__ = [
    "LineIndex",
    "Term",
    "canonical",
    "comment_lines",
    "line_ends",
    "line_index",
    "literal_text",
    "read",
    "text_of",
    "unremarked",
]

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal

_XSD = PREFIXES["xsd"]
_BARE = {
    _XSD + "boolean": re.compile("true|false"),
    _XSD + "integer": re.compile("[+-]?[0-9]+"),
    _XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
}
"""Literals that Turtle writes without quotation marks (section 2.5.2), by datatype."""

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_ONTOLOGY = PREFIXES["owl"] + "Ontology"
_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_POSITION = re.compile(r"^Parser error at line \d+ (?:between columns|column) [^:]*: ")


def read(path: Path) -> list[ox.Triple] | Problem:
    """Return the triples of a Turtle file in file order, or the problem that forbids it.

    The problem carries the line where the file stops making sense (Turtle: RDF 1.1 Turtle,
    https://www.w3.org/TR/turtle/). IRIs are written whole or by a prefix: relative ones would
    name the folder in which the file happens to lie.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return Problem(
            message=f"byte {error.start} is not UTF-8: save the file as UTF-8.",
            constraint="encoding",
            file=path,
            line=line,
        )
    except OSError as error:
        return Problem(message=f"cannot be read: {error.strerror}.", constraint="file", file=path)
    try:
        triples = [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)]
    except SyntaxError as error:
        what = _POSITION.sub("", error.msg or "the file does not parse").rstrip(".")
        column = f" (column {error.offset})" if error.offset else ""
        return Problem(
            message=f"{what}{column}. Mend the Turtle here; nothing else was checked meanwhile.",
            constraint="syntax",
            file=path,
            line=error.lineno,
        )
    newer = next((sign for triple in triples if (sign := sign_of_rdf_1_2(triple))), None)
    if newer is None:
        return triples
    return Problem(
        message=f"'{newer}' is RDF 1.2, which is not read here: say it in triples of RDF 1.1.",
        constraint="syntax",
        file=path,
        line=text.count("\n", 0, text.find(newer)) + 1,
    )


def line_ends(paths: Iterable[Path]) -> list[Problem]:
    """Return a warning for each file whose lines do not end in a line feed alone."""
    return [
        Problem(
            "the file has Windows line ends; they are read as line feeds, and canonical Turtle has "
            "these: run 'osteokg fmt' on it, or let the editor save it with LF.",
            "line-ends",
            "warning",
            path,
            1,
        )
        for path in paths
        if path.is_file() and b"\r" in path.read_bytes()
    ]


@dataclass
class LineIndex:
    """Hold the line of every triple of one file: by triple, by property, by subject."""

    triples: dict[tuple[str, str, str], int] = field(default_factory=dict)
    properties: dict[tuple[str, str], int] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)
    again: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Where a triple is written for the second time."""
    nodes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """For a property and value of nodes without a name: the lines, one for each such node."""

    def add(self, subject: str, predicate: str, value: str, line: int) -> None:
        """Note the line of a triple; the first line wins."""
        if (subject, predicate, value) in self.triples:
            self.again.setdefault((subject, predicate, value), line)
        self.triples.setdefault((subject, predicate, value), line)
        self.properties.setdefault((subject, predicate), line)
        self.subjects.setdefault(subject, line)
        if subject == "_:":
            self.nodes.setdefault((predicate, value), []).append(line)

    def find(self, subject: str, predicate: str | None, value: str | None) -> int | None:
        """Return the closest known line: of the triple, else the property, else the subject.

        Blank nodes are not told apart: their labels are another parser's.
        """
        subject = "_:" if subject.startswith("_:") else subject
        value = "_:" if value and value.startswith("_:") else value
        if predicate is not None and value is not None:
            line = self.triples.get((subject, predicate, value))
            if line is not None:
                return line
        if predicate is not None and (subject, predicate) in self.properties:
            return self.properties[(subject, predicate)]
        return self.subjects.get(subject)


@contextmanager
def unremarked() -> Iterator[None]:
    """Keep rdflib from remarking on stderr on literals: the shapes say what is wrong with one."""
    log = logging.getLogger("rdflib.term")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        log.disabled = before


class _LineNotingParser(SinkParser):
    """Parse as rdflib does and note the line on which the object of each triple begins."""

    def __init__(self, text: str, base: str) -> None:
        self._sink = RDFSink(Graph())
        super().__init__(self._sink, baseURI=base, turtle=True)
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lists: list[deque[int]] = []
        self._noted: deque[int] = deque()
        self._subject_line = 1
        self.index = LineIndex()

    def objectList(self, argstr: str, i: int, res: Any) -> int:  # noqa: N802 - rdflib's name
        """Collect the lines of a list of objects; its statements follow at once."""
        self._lists.append(deque())
        end = super().objectList(argstr, i, res)
        self._noted = self._lists.pop()
        return end

    def object(self, argstr: str, i: int, res: Any) -> int:
        """Note where an object begins, or the subject of statements."""
        space = _SPACE.match(argstr, i)
        line = bisect_right(self._line_starts, space.end() if space else i)
        if self._lists:
            self._lists[-1].append(line)
        else:
            self._subject_line = line
        return super().object(argstr, i, res)

    def makeStatement(self, quadruple: Any) -> None:  # noqa: N802 - rdflib's name
        """Note the line of one statement, then pass it on."""
        line = self._noted.popleft() if self._noted else self.lines + 1
        _, predicate, subject, value = (self._sink.normalise(None, term) for term in quadruple)
        self.index.subjects.setdefault(_key(subject), self._subject_line)
        self.index.add(_key(subject), _key(predicate), _key(value), line)
        super().makeStatement(quadruple)


def line_index(path: Path) -> LineIndex:
    """Return the lines of a file's triples; an index of what could be read if it is broken.

    Terms are keyed as N-Triples text without angle brackets round IRIs. Slow (rdflib), therefore
    only asked for when there is a problem to place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # its line ends are line feeds now
    except (UnicodeDecodeError, OSError):
        return LineIndex()
    parser = _LineNotingParser(text, path.as_uri())
    # What is wrong the reader has told; the lines before that place are still right.
    with suppress(BadSyntax), unremarked():
        parser.loadBuf(text.encode())
    return parser.index


def _key(term: Any) -> str:
    if isinstance(term, BNode):
        return "_:"
    if not isinstance(term, Literal):
        return str(term)
    if term.language:
        return text_of(ox.Literal(str(term), language=term.language))
    datatype = None if term.datatype is None else ox.NamedNode(str(term.datatype))
    return text_of(ox.Literal(str(term), datatype=datatype))


def text_of(term: Term | ox.Triple | ox.DefaultGraph) -> str:
    """Return the key of a term in a LineIndex: an IRI bare, a literal as in N-Triples."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def literal_text(literal: ox.Literal, name: Callable[[str], str] = contract) -> str:
    """Return a literal as Turtle writes it, its datatype by ``name``; without one where it can."""
    if literal.language or literal.datatype.value == _XSD + "string":
        return str(literal)
    bare = _BARE.get(literal.datatype.value)
    if bare and bare.fullmatch(literal.value):
        return literal.value
    return f"{ox.Literal(literal.value)}^^{name(literal.datatype.value)}"


_TOKEN = re.compile(
    r"<[^<>\"{}|^`\s]*>"  # an IRI may hold '#'
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|\\."  # a sign of a local name
    r"|(?P<comment>#[^\n]*)",
    re.DOTALL,
)


def comment_lines(path: Path) -> list[int]:
    """Return the lines of a file on which a comment stands (comments do not survive ``fmt``)."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return [
        text.count("\n", 0, found.start()) + 1
        for found in _TOKEN.finditer(text)
        if found["comment"]
    ]


def canonical(triples: Iterable[ox.Triple]) -> str:
    """Return the canonical Turtle of triples without blank nodes.

    An ontology's own header stands first, then subjects by kind in the order of ``names.KINDS``
    and by IRI, ``rdf:type`` first, then predicates and objects in code-point order; prefixes
    that are used, sorted; an empty line before each subject. The same triples give the same
    bytes whatever the order they come in, and canonical(parse(canonical(x))) is canonical(x).
    """
    triples = set(triples)
    rank = {kind: position for position, kind in enumerate(KINDS)}
    headers = {text_of(said.subject) for said in triples if text_of(said.object) == _ONTOLOGY}

    def order(triple: ox.Triple) -> tuple[int, str, bool, str, str]:
        subject, predicate = text_of(triple.subject), triple.predicate.value
        position = rank.get(kind_of(subject) or "", -1 if subject in headers else len(rank))
        return (position, subject, predicate != _TYPE, predicate, str(triple.object))

    used: set[str] = set()

    def name(iri: str) -> str:
        short = contract(iri)
        used.update({short.partition(":")[0]} & prefixes().keys())
        return short

    def written(term: Term | ox.Triple) -> str:
        if isinstance(term, ox.NamedNode):
            return name(term.value)
        assert isinstance(term, ox.Literal), "there are no blank nodes"
        return literal_text(term, name)

    blocks = []
    for subject, about in groupby(sorted(triples, key=order), lambda triple: triple.subject):
        lines = []
        for predicate, said in groupby(about, lambda triple: triple.predicate):
            verb = "a" if predicate.value == _TYPE else name(predicate.value)
            lines.append(f"{verb} " + " , ".join(written(triple.object) for triple in said))
        blocks.append(f"{written(subject)} " + " ;\n    ".join(lines) + " .\n")
    head = "".join(f"@prefix {prefix}: <{prefixes()[prefix]}> .\n" for prefix in sorted(used))
    return "\n".join([head, *blocks] if head else blocks)
