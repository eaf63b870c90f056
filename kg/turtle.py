"""Turtle files: read them, know the line of every triple, write them in canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser

from osteokg.kg.names import KINDS, PREFIXES, kind_of
from osteokg.kg.problems import Problem

__all__ = ["LineIndex", "Term", "canonical", "comment_lines", "line_index", "read", "text_of"]

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_POSITION = re.compile(r"^Parser error at line \d+ (?:between columns|column) [^:]*: ")


def read(path: Path) -> list[ox.Triple] | Problem:
    """Return the triples of a Turtle file in file order, or the problem that forbids it.

    The problem carries the line where the file stops making sense (Turtle: RDF 1.1 Turtle,
    https://www.w3.org/TR/turtle/).
    """
    try:
        text = path.read_bytes().decode("utf-8")
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
        quads = ox.parse(text, ox.RdfFormat.TURTLE, base_iri=path.as_uri())
        return [quad.triple for quad in quads]
    except SyntaxError as error:
        what = _POSITION.sub("", error.msg or "the file does not parse").rstrip(".")
        column = f" (column {error.offset})" if error.offset else ""
        return Problem(
            message=f"{what}{column}. Mend the Turtle here; nothing else was checked meanwhile.",
            constraint="syntax",
            file=path,
            line=error.lineno,
        )


@dataclass
class LineIndex:
    """Hold the line of every triple of one file: by triple, by property, by subject."""

    triples: dict[tuple[str, str, str], int] = field(default_factory=dict)
    properties: dict[tuple[str, str], int] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)

    def add(self, subject: str, predicate: str, value: str, line: int) -> None:
        """Note the line of a triple; the first line wins."""
        self.triples.setdefault((subject, predicate, value), line)
        self.properties.setdefault((subject, predicate), line)
        self.subjects.setdefault(subject, line)

    def find(self, subject: str, predicate: str | None, value: str | None) -> int | None:
        """Return the closest known line: of the triple, else the property, else the subject."""
        if predicate is not None and value is not None:
            line = self.triples.get((subject, predicate, value))
            if line is not None:
                return line
        if predicate is not None and (subject, predicate) in self.properties:
            return self.properties[(subject, predicate)]
        return self.subjects.get(subject)


class _LineNotingParser(SinkParser):
    """Parse as rdflib does and note the line at which each triple is complete."""

    index: LineIndex

    def makeStatement(self, quadruple: Any) -> None:  # noqa: N802 - overrides rdflib's name
        """Note the line of one statement, then pass it on."""
        _, predicate, subject, value = quadruple
        self.index.add(_key(subject), _key(predicate), _key(value), self.lines + 1)
        super().makeStatement(quadruple)


def line_index(path: Path) -> LineIndex:
    """Return the lines of a file's triples; an index of what could be read if it is broken.

    Terms are keyed as N-Triples text without angle brackets round IRIs. Slow (rdflib), therefore
    only asked for when there is a problem to place.
    """
    index = LineIndex()
    try:
        text = path.read_bytes()
        sink = RDFSink(Graph())
        parser = _LineNotingParser(sink, baseURI=path.as_uri(), turtle=True)
        parser.index = index
        parser.loadBuf(text)
    except (BadSyntax, UnicodeDecodeError, OSError):
        pass  # the reader has told what is wrong; the lines before that place are still right
    return index


def _key(term: Any) -> str:
    if isinstance(term, URIRef):
        return str(term)
    if isinstance(term, BNode):
        return "_:"
    if isinstance(term, Literal):
        return text_of(
            ox.Literal(str(term), language=term.language)
            if term.language
            else ox.Literal(
                str(term),
                datatype=None if term.datatype is None else ox.NamedNode(str(term.datatype)),
            )
        )
    return str(term)


def text_of(term: Term | ox.Triple) -> str:
    """Return the key of a term in a LineIndex: an IRI bare, a literal as in N-Triples."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def comment_lines(path: Path) -> list[int]:
    """Return the lines of a file on which a comment stands (comments do not survive ``fmt``)."""
    token = re.compile(
        r"<[^<>\"{}|^`\\\s]*>"  # an IRI may hold '#'
        r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
        r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
        r'|"(?:[^"\\\n]|\\.)*"'
        r"|'(?:[^'\\\n]|\\.)*'"
        r"|(?P<comment>#[^\n]*)",
        re.DOTALL,
    )
    text = path.read_text(encoding="utf-8", errors="replace")
    return [
        text.count("\n", 0, found.start()) + 1
        for found in token.finditer(text)
        if found.group("comment")
    ]


def canonical(triples: Iterable[ox.Triple]) -> str:
    """Return the canonical Turtle of triples without blank nodes.

    Subjects stand by kind in the order of ``names.KINDS`` and then by IRI, ``rdf:type`` first,
    then predicates and objects in code-point order; prefixes that are used, sorted; an empty
    line before each subject. The same triples give the same bytes whatever the order they come
    in, and canonical(parse(canonical(x))) is canonical(x).
    """
    rank = {kind: position for position, kind in enumerate(KINDS)}

    def order(triple: ox.Triple) -> tuple[int, str, bool, str, str]:
        subject, predicate = text_of(triple.subject), triple.predicate.value
        position = rank.get(kind_of(subject) or "", len(rank))
        return (position, subject, predicate != _TYPE, predicate, str(triple.object))

    ordered = sorted(set(triples), key=order)
    content = ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES)) or b""
    lines = content.decode().split("\n")[:-1]
    declarations = [line for line in lines if line.startswith("@prefix ")]
    body = [line for line in lines if not line.startswith("@prefix ")]
    used = [line for line in declarations if _uses(line.split()[1], body)]
    parts = ["\n".join(sorted(used))]
    for line in body:
        parts.append(("\n" if not line.startswith("\t") else "") + line.replace("\t", "    ", 1))
    return "\n".join(parts) + "\n"


def _uses(prefix: str, body: list[str]) -> bool:
    pattern = re.compile(r"(?:^|[\s^])" + re.escape(prefix))
    return any(pattern.search(line) for line in body)
