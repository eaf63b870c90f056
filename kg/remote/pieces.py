"""Pieces: write an answer of any size bit by bit, in the same bytes as if it were written whole.

The embedded engine's own writers write each bit as a small answer; its beginning and its end are
kept for the beginning and the end of the whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyoxigraph as ox

from osteokg.kg.remote.rows import Row, broken_off
from osteokg.kg.results import Format, graph_bytes

__all__ = ["GraphWriter", "RowWriter", "boolean_bytes"]

_ENDS = {"json": b"]}}", "xml": b"</results></sparql>", "rdf": b"</rdf:RDF>", "jsonld": b"]"}
_BETWEEN = {"json": b",", "jsonld": b","}


class _Frame:
    """Take small answers apart: what comes before, what they say, what comes after."""

    def __init__(self, chosen: Format, empty: bytes) -> None:
        self._end = _ENDS.get(chosen.name, b"")
        self._between = _BETWEEN.get(chosen.name, b"")
        self._start = empty.removesuffix(self._end)
        self._has_begun = False
        self._said_any = False

    def next(self, whole: bytes) -> bytes:
        """Return what a small answer adds to the whole."""
        said = whole[len(self._start) : len(whole) - len(self._end)]
        before = b"" if self._has_begun else self._start
        self._has_begun = True
        if not said:
            return before
        between = self._between if self._said_any else b""
        self._said_any = True
        return before + between + said

    def end(self) -> bytes:
        """Return what closes the whole."""
        return (b"" if self._has_begun else self._start) + self._end


class RowWriter:
    """Write solutions in a format, some at a time."""

    def __init__(self, chosen: Format, variables: Sequence[str]) -> None:
        """Begin an answer with these columns."""
        self._chosen = chosen
        self._variables = list(variables)
        self._frame = _Frame(chosen, self._small([]))

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return the bytes for more solutions. Raises UnavailableError for terms that are none."""
        return self._frame.next(self._small(rows))

    def end(self) -> bytes:
        """Return the bytes that close the answer."""
        return self._frame.end()

    def _small(self, rows: Sequence[Row]) -> bytes:
        said = {"head": {"vars": self._variables}, "results": {"bindings": rows}}
        return _written(json.dumps(said).encode(), self._chosen)


def boolean_bytes(answer: bool, chosen: Format) -> bytes:
    """Return a yes or no in a format."""
    return _written(json.dumps({"head": {}, "boolean": answer}).encode(), chosen)


def _written(said: bytes, chosen: Format) -> bytes:
    assert isinstance(chosen.engine, ox.QueryResultsFormat)
    try:
        results = ox.parse_query_results(said, format=ox.QueryResultsFormat.JSON)
        return results.serialize(format=chosen.engine) or b""
    except (SyntaxError, ValueError) as error:
        raise broken_off(f"a solution holds something that is no term of RDF ({error})") from error


class GraphWriter:
    """Write triples in a format, some at a time; what is written first is sorted as one."""

    def __init__(self, chosen: Format) -> None:
        """Begin an answer."""
        assert isinstance(chosen.engine, ox.RdfFormat)
        self._chosen = chosen
        self._engine = chosen.engine
        self._end = _ENDS.get(chosen.name, b"")
        self._start = self._small([]).removesuffix(self._end)
        self._has_begun = False
        self._between = b""

    def write(self, triples: Sequence[ox.Triple]) -> bytes:
        """Return the bytes for more triples."""
        if not self._has_begun:  # with prefixes, as the embedded engine does it
            said = graph_bytes(triples, self._chosen).removesuffix(self._end)
        else:
            whole = self._small(triples)
            added = whole[len(self._start) : len(whole) - len(self._end)]
            said = self._between + added if added else b""
        self._has_begun = True
        if triples:
            self._between = _BETWEEN.get(self._chosen.name, b"")
        return said

    def end(self) -> bytes:
        """Return the bytes that close the answer."""
        return (b"" if self._has_begun else self._start) + self._end

    def _small(self, triples: Sequence[ox.Triple]) -> bytes:
        return ox.serialize(triples, format=self._engine) or b""
