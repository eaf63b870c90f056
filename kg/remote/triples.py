"""Triples: what an engine says of a graph, read as it comes."""

from __future__ import annotations

import pyoxigraph as ox

from osteokg.kg.remote.rows import broken_off

__all__ = ["ACCEPTED", "TripleReader"]

ACCEPTED = "application/n-triples, text/turtle;q=0.5"
"""N-Triples can be read line by line; Turtle only when it is there as a whole."""

_LINES = ("application/n-triples", "text/plain", "")


class TripleReader:
    """Read the triples of one answer as its bytes come.

    Of N-Triples no more than a line is held, of another format the whole.
    """

    def __init__(self, media_type: str) -> None:
        """Begin to read an answer sent as this type. Raises UnavailableError for one not read."""
        kind = media_type.partition(";")[0].strip().lower()
        self._is_lines = kind in _LINES
        format_ = ox.RdfFormat.N_TRIPLES if self._is_lines else ox.RdfFormat.from_media_type(kind)
        if format_ is None or format_.supports_datasets:
            raise broken_off(f"a graph was asked for and '{kind}' came")
        self._format = format_
        self._held = bytearray()

    def read(self, part: bytes) -> list[ox.Triple]:
        """Take more bytes and return the triples that are whole now."""
        self._held += part
        if not self._is_lines:
            return []
        whole, _, rest = bytes(self._held).rpartition(b"\n")
        self._held = bytearray(rest)
        return self._parsed(whole)

    def end(self) -> list[ox.Triple]:
        """Return the triples that are left. Raises UnavailableError for what is none."""
        return self._parsed(bytes(self._held))

    def _parsed(self, content: bytes) -> list[ox.Triple]:
        try:
            return [quad.triple for quad in ox.parse(content, self._format)]
        except SyntaxError as error:
            raise broken_off(f"it is no {self._format.name} ({error.msg})") from error
