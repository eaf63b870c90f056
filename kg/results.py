"""Results: evaluate a query and serialise its answer in a standard format."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Protocol, TypeAlias, cast
from xml.parsers import expat

import pyoxigraph as ox

from osteokg.kg.errors import NotAcceptableError, RequestError, SizeLimitError
from osteokg.kg.names import DESCRIBING, PREFIXES, prefixes
from osteokg.kg.ordering import kinds_apart
from osteokg.kg.paths import walked_once
from osteokg.kg.sparql import refuse_outside, syntax_error

__all__ = [
    "BACKGROUND",
    "GRAPH_FORMATS",
    "QUAD_FORMATS",
    "RDF_FORMATS",
    "ROW_FORMATS",
    "SORTED",
    "Answer",
    "Format",
    "Query",
    "Sink",
    "checked",
    "evaluate",
    "evaluate_into",
    "format_named",
    "graph_bytes",
    "prefixes_of",
]


@dataclass(frozen=True, eq=False)
class Format:
    """Name a format: its short name, the media types that ask for it, the engine's name.

    The first media type is the one that is sent. There is one of each: what is remembered of a
    choice among them is looked up at every request.
    """

    name: str
    media_types: tuple[str, ...]
    engine: ox.RdfFormat | ox.QueryResultsFormat

    @property
    def content_type(self) -> str:
        """Return the Content-Type to send, with charset where text is sent."""
        first = self.media_types[0]
        return f"{first}; charset=utf-8" if first.startswith("text/") else first


_TYPE = PREFIXES["rdf"] + "type"
_R = ox.QueryResultsFormat
_G = ox.RdfFormat

ROW_FORMATS: tuple[Format, ...] = (
    Format("json", ("application/sparql-results+json", "application/json"), _R.JSON),
    Format("xml", ("application/sparql-results+xml", "application/xml", "text/xml"), _R.XML),
    Format("csv", ("text/csv",), _R.CSV),
    Format("tsv", ("text/tab-separated-values",), _R.TSV),
)
"""Formats of SELECT and ASK; the first is given to ``*/*``."""

GRAPH_FORMATS: tuple[Format, ...] = (
    Format("ttl", ("text/turtle", "application/x-turtle"), _G.TURTLE),
    Format("nt", ("application/n-triples", "text/plain"), _G.N_TRIPLES),
    Format("rdf", ("application/rdf+xml", "application/xml", "text/xml"), _G.RDF_XML),
    Format("jsonld", ("application/ld+json", "application/json"), _G.JSON_LD),
)
"""Formats of a graph; the first is given to ``*/*``."""

QUAD_FORMATS: tuple[Format, ...] = (
    Format("trig", ("application/trig",), _G.TRIG),
    Format("nq", ("application/n-quads",), _G.N_QUADS),
)
"""Formats of a dataset: a graph stands in them as the default graph."""

RDF_FORMATS = GRAPH_FORMATS + QUAD_FORMATS
"""Formats of CONSTRUCT and DESCRIBE; the first is given to ``*/*``."""


def format_named(name: str, offered: Sequence[Format]) -> Format | None:
    """Return the offered format of a short name (``csv``), or None."""
    return next((format_ for format_ in offered if format_.name == name), None)


BACKGROUND = "background"


@dataclass(frozen=True)
class Query:
    """Ask one query: text, the formats acceptable for either form, the dataset to ask.

    ``rows`` and ``graph`` are None where no acceptable format exists for that form. Dataset
    parameters replace FROM and FROM NAMED (SPARQL 1.1 Protocol, section 2.1.4,
    https://www.w3.org/TR/sparql11-protocol/#dataset); they name graphs of this dataset only.
    ``version`` asks a kept version, None the current one. ``client`` says who asks, so that one
    client's slow queries make way before another's; empty for our own pages, ``BACKGROUND`` for
    what nobody waits for: that is answered where a place is free, and for it nobody makes way.
    """

    text: str
    rows: Format | None = ROW_FORMATS[0]
    graph: Format | None = GRAPH_FORMATS[0]
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base: str | None = None
    version: str | None = None
    client: str = ""


@dataclass(frozen=True)
class Answer:
    """Hold a serialised answer, its format and the id of the version that gave it."""

    format: Format
    body: bytes
    version: str = ""


QueryResult: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Sink(Protocol):
    """Take an answer's bytes as they come."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes and say how many."""
        ...

    def flush(self) -> None:
        """Let nothing wait."""
        ...


def evaluate(store: ox.Store, query: Query) -> Answer:
    """Evaluate a query against a store; blocks until the answer is serialised.

    Raises what ``evaluate_into`` raises.
    """
    body = io.BytesIO()
    chosen = evaluate_into(store, query, lambda _chosen: body)
    return Answer(chosen, body.getvalue())


def evaluate_into(
    store: ox.Store,
    query: Query,
    begin: Callable[[Format], Sink],
    triples: int | None = None,
    is_small: Callable[[str], bool] = lambda _property: False,
) -> Format:
    """Evaluate a query and write its answer, as it comes, to what ``begin`` gives for its format.

    What was written before an error is raised is no answer. Raises QuerySyntaxError,
    QueryRefusedError, NotAcceptableError (perhaps late), SizeLimitError for a graph of more than
    so many ``triples``, and RequestError for a query that the engine cannot evaluate or a dataset
    parameter that is no IRI; what a sink raises goes through. Closures of properties that
    ``is_small`` tells are walked once (``osteokg.kg.paths``).
    """
    refuse_outside(query.text)
    try:
        result = _run(store, query, is_small)
        if isinstance(result, ox.QueryTriples):
            chosen = _acceptable(query.graph, RDF_FORMATS, "CONSTRUCT and DESCRIBE")
            with checked(begin(chosen), chosen) as sink:
                _write_graph(_at_most(result, triples), chosen, sink, SORTED)
        else:
            chosen = _acceptable(query.rows, ROW_FORMATS, "SELECT and ASK")
            assert isinstance(chosen.engine, ox.QueryResultsFormat)
            with checked(begin(chosen), chosen) as sink:
                result.serialize(cast(IO[bytes], sink), chosen.engine)
    except SyntaxError as error:
        raise syntax_error(error) from error
    except RuntimeError as error:
        raise RequestError(f"The query cannot be evaluated: {error}.") from error
    return chosen


def _at_most(result: Iterable[ox.Triple], most: int | None) -> Iterator[ox.Triple]:
    for number, triple in enumerate(result):
        if number == most:
            raise SizeLimitError(f"The answer has more than {most} triples: ask for a part of it.")
        yield triple


def checked(sink: Sink, chosen: Format) -> AbstractContextManager[Sink]:
    """Pass an answer on; raise NotAcceptableError where XML cannot carry it.

    XML 1.0 has no control characters, and RDF/XML no property whose IRI ends in ``/``; the
    engine writes both as if it had.
    """
    return _read_as_xml(sink) if chosen.name in ("xml", "rdf") else nullcontext(sink)


@contextmanager
def _read_as_xml(sink: Sink) -> Iterator[Sink]:
    reader = _XmlReader(sink)
    try:
        yield reader
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotAcceptableError(
            "The answer holds something that XML cannot carry (a control character, or a "
            "property without a local name): accept another format."
        ) from error


class _XmlReader:
    """Read XML before it is passed on."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.parser = expat.ParserCreate(namespace_separator=" ")

    def write(self, data: bytes) -> int:
        """Read some bytes and pass them on."""
        self.parser.Parse(data, False)
        return self.sink.write(data)

    def flush(self) -> None:
        """Let nothing wait."""
        self.sink.flush()


def _run(store: ox.Store, query: Query, is_small: Callable[[str], bool]) -> QueryResult:
    text = walked_once(kinds_apart(query.text), is_small)
    try:
        return _asked(store, query, text)
    except SyntaxError:
        if text == query.text:
            raise
        return _asked(store, query, query.text)  # places are told as the asker wrote it


def _asked(store: ox.Store, query: Query, text: str) -> QueryResult:
    if query.default_graphs or query.named_graphs:
        return store.query(
            text,
            base_iri=query.base,
            default_graph=[_graph(name) for name in query.default_graphs],
            named_graphs=[_graph(name) for name in query.named_graphs],
        )
    return store.query(text, base_iri=query.base)


def _graph(name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(name)
    except ValueError as error:
        raise RequestError(f"'{name}' names no graph, for it is no IRI: {error}.") from error


def _acceptable(chosen: Format | None, offered: tuple[Format, ...], forms: str) -> Format:
    if chosen is None:
        known = ", ".join(f"{format_.name} ({format_.media_types[0]})" for format_ in offered)
        raise NotAcceptableError(f"{forms} are answered in {known}: ask for one of them.")
    return chosen


SORTED = 100_000
"""So many triples are sorted before the first is written; what comes after stays as it comes."""


def graph_bytes(triples: Iterable[ox.Triple], chosen: Format) -> bytes:
    """Serialise triples, each once, sorted so that the same graph gives the same bytes.

    Of a subject its types come first: readers of OWL need to know what it is before the rest.
    """
    body = io.BytesIO()
    _write_graph(triples, chosen, body, None)
    return body.getvalue()


def _place(triple: ox.Triple) -> tuple[str, bool, str]:
    return str(triple.subject), triple.predicate.value != _TYPE, str(triple)


def _write_graph(
    triples: Iterable[ox.Triple], chosen: Format, sink: Sink, of_them: int | None
) -> None:
    """Write triples, the first ``of_them`` (None: all) sorted, without keeping the others.

    An answer that fits is the same bytes each time; one that does not is not held in memory to
    be sorted.
    """
    assert isinstance(chosen.engine, ox.RdfFormat)
    rest = iter(triples)
    first = sorted(set(islice(rest, of_them)), key=_place)
    plain = chosen.engine in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)
    used = {} if plain else prefixes_of(first)
    ox.serialize(chain(first, rest), cast(IO[bytes], sink), chosen.engine, prefixes=used)


def prefixes_of(
    statements: Iterable[ox.Triple | ox.Quad], more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the prefixes that names begin with: ours, of outside vocabularies, and ``more``."""
    used = set()
    for statement in statements:
        for term in statement:
            if isinstance(term, ox.NamedNode):
                used.add(term.value)
            elif isinstance(term, ox.Literal):
                used.add(term.datatype.value)
    return {
        prefix: namespace
        for prefix, namespace in {**prefixes(), **DESCRIBING, **(more or {})}.items()
        if any(iri.startswith(namespace) for iri in used)
    }
