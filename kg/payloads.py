"""Payloads: RDF documents that are sent to be written, and the triples in them."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from osteokg.kg.errors import PayloadSyntaxError, RequestError

__all__ = ["Payload", "sign_of_rdf_1_2", "triples_of"]


@dataclass(frozen=True)
class Payload:
    """Hold an RDF document as it was sent; ``base`` resolves its relative IRIs."""

    content: bytes
    format: ox.RdfFormat
    base: str | None = None


def triples_of(payload: Payload) -> list[ox.Triple]:
    """Return the triples of a document, each once, with blank nodes of their own.

    Nothing is fetched for it. Raises PayloadSyntaxError with line and column, and RequestError
    for a document that has named graphs (one graph is written at a time), or RDF 1.2.
    """
    triples: dict[ox.Triple, None] = {}
    try:
        for quad in ox.parse(
            payload.content, payload.format, base_iri=payload.base, rename_blank_nodes=True
        ):
            if not isinstance(quad.graph_name, ox.DefaultGraph):
                raise RequestError(
                    f"The document names the graph {quad.graph_name}: one graph is written at a "
                    "time. Send its triples alone and name the graph in the address."
                )
            if newer := sign_of_rdf_1_2(quad.triple):
                raise RequestError(f"'{newer}' is RDF 1.2: say it in triples of RDF 1.1.")
            triples[quad.triple] = None
    except SyntaxError as error:
        told = error.msg or "it makes no sense"
        raise PayloadSyntaxError(told, error.lineno or None, error.offset) from error
    except ValueError as error:  # a base that is no IRI, bytes that are not UTF-8
        raise RequestError(f"The document cannot be read: {error}.") from error
    return list(triples)


def sign_of_rdf_1_2(triple: ox.Triple) -> str | None:
    """Return the sign by which a triple shows itself to be of RDF 1.2, None if it is not."""
    if isinstance(triple.object, ox.Triple):
        return "<<"
    if isinstance(triple.object, ox.Literal) and triple.object.direction:
        return "--"
    return None
