"""Jelly: a binary format of RDF, written by pyjelly, the extra ``jelly``.

https://w3id.org/jelly/dev/specification/serialization.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec

import pyoxigraph as ox

__all__ = ["jelly_bytes", "jelly_is_there"]


@cache
def jelly_is_there() -> bool:
    """Say whether the extra is installed."""
    return find_spec("pyjelly") is not None


def jelly_bytes(quads: Iterable[ox.Quad]) -> bytes:
    """Return quads of named graphs in Jelly, in their order: one delimited stream of flat quads."""
    from pyjelly import jelly  # noqa: PLC0415 - an extra; only who writes Jelly imports it
    from pyjelly.integrations.generic import generic_sink as terms  # noqa: PLC0415 - an extra
    from pyjelly.integrations.generic.serialize import flat_stream_to_file  # noqa: PLC0415 - an extra
    from pyjelly.serialize.streams import SerializerOptions  # noqa: PLC0415 - an extra

    def term(node: object) -> object:
        if isinstance(node, ox.NamedNode):
            return terms.IRI(node.value)
        if isinstance(node, ox.BlankNode):
            return terms.BlankNode(node.value)
        assert isinstance(node, ox.Literal), "there is no RDF 1.2 in a version"
        if node.language:
            return terms.Literal(node.value, langtag=node.language)
        plain = node.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
        return terms.Literal(node.value, datatype=None if plain else node.datatype.value)

    written = io.BytesIO()
    statements = (terms.Quad(*map(term, quad.triple), term(quad.graph_name)) for quad in quads)
    options = SerializerOptions(logical_type=jelly.LOGICAL_STREAM_TYPE_FLAT_QUADS)
    flat_stream_to_file(statements, written, options)
    return written.getvalue()
