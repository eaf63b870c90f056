"""Targets of shapes: property shapes that look for their nodes themselves."""

from __future__ import annotations

from rdflib import RDF, RDFS, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

__all__ = ["aimed"]

_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)


def aimed(shapes: Graph) -> Graph:
    """Return shapes that find the same, in which property shapes have the targets of their shape.

    A node shape with a target validates each of its property shapes against each of its nodes
    (SHACL, section 4.7.2, https://www.w3.org/TR/shacl/#PropertyConstraintComponent), pySHACL one by
    one; a property shape with a target has all nodes looked at together, in half the time. A shape
    that others refer to keeps its own, for whether a node conforms to it depends on them.
    """
    found = Graph()
    for triple in shapes:
        found.add(triple)
    for shape in set(shapes.subjects(SH.property)):
        targets = [(name, value) for name in _TARGETS for value in shapes.objects(shape, name)]
        referred_to = (None, None, shape) in shapes
        if not targets or referred_to or (shape, RDF.type, RDFS.Class) in shapes:
            continue
        if (shape, SH.deactivated, None) in shapes:
            continue
        if (shape, SH.closed, None) in shapes:
            _allow(found, shapes, shape)
        for part in shapes.objects(shape, SH.property):
            found.remove((shape, SH.property, part))
            for name, value in targets:
                found.add((part, name, value))
    return found


def _allow(found: Graph, shapes: Graph, shape: Node) -> None:
    """Let a closed shape ignore the paths of its property shapes, which it is to lose.

    SHACL, section 4.8.1, https://www.w3.org/TR/shacl/#ClosedConstraintComponent.
    """
    ignored = shapes.value(shape, SH.ignoredProperties)
    allowed = [] if ignored is None else list(Collection(shapes, ignored))
    for part in shapes.objects(shape, SH.property):
        path = shapes.value(part, SH.path)
        if isinstance(path, URIRef) and path not in allowed:
            allowed.append(path)
    beginning = BNode()
    Collection(found, beginning, allowed)
    found.set((shape, SH.ignoredProperties, beginning))
