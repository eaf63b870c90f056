"""Shapes: what evidence must hold, as documents – for curators, and for who reads what is served.

What is served has, beside what is curated, what the rules compute. The shapes that curators are
held to are closed, so that nobody writes by hand what a rule computes; held to data that were
served, each closed shape would refuse every computed property. So there they are open, and say
otherwise the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pyoxigraph as ox

from osteokg.kg.files import shape_files
from osteokg.kg.names import PREFIXES

__all__ = ["served_shape_triples", "shape_triples"]

_CLOSED, _IGNORED, _MESSAGE = (
    ox.NamedNode(PREFIXES["sh"] + name) for name in ("closed", "ignoredProperties", "message")
)
_REST = ox.NamedNode(PREFIXES["rdf"] + "rest")


@cache
def shape_triples() -> tuple[ox.Triple, ...]:
    """Return the shapes, blank nodes named by RDFC-1.0: the same shapes give the same bytes."""
    return _named(
        quad.triple
        for path in shape_files()
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    )


@cache
def served_shape_triples() -> tuple[ox.Triple, ...]:
    """Return the shapes for what is served: none is closed.

    https://www.w3.org/TR/shacl/#ClosedConstraintComponent
    """
    triples = shape_triples()
    closed = {triple.subject for triple in triples if triple.predicate == _CLOSED}
    lists: set[object] = {triple.object for triple in triples if triple.predicate == _IGNORED}
    rests: dict[object, object] = {
        triple.subject: triple.object for triple in triples if triple.predicate == _REST
    }
    step = lists
    while step:
        step = {rests[node] for node in step if node in rests}
        lists |= step
    return _named(
        triple
        for triple in triples
        if triple.predicate not in (_CLOSED, _IGNORED)
        and triple.subject not in lists
        and not (triple.predicate == _MESSAGE and triple.subject in closed)
    )


def _named(triples: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return tuple(quad.triple for quad in dataset)
