"""Incremental validation: what a change can have made wrong, and no more, is looked at again.

From the shapes follows which triples the verdict on a node rests on (``Reach``). Walked backwards
from a changed triple this gives the nodes whose verdict may be another; walked forwards from
these it gives everything that the verdict needs. The work depends on what changed and its
neighbourhood, not on the size of the graph. The idea is that of shape fragments (Delva, Dimou,
Jakubowski, Van den Bussche: Shape Fragments, https://arxiv.org/abs/2112.11796).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

import pyoxigraph as ox
from rdflib import RDF, RDFS, SH, XSD, Graph
from rdflib.collection import Collection
from rdflib.term import Node

from osteokg.kg.dataset import Changes, Dataset, Progress
from osteokg.kg.problems import Problem, errors_of, sort_problems
from osteokg.kg.turtle import Term, text_of
from osteokg.kg.validation import (
    joined,
    load_shapes,
    run_shapes,
    run_violation_queries,
    validate,
)
from osteokg.kg.vocabulary import TermNames, check_names, names_in

__all__ = [
    "Reach",
    "Standard",
    "affected",
    "neighbourhood",
    "reach_of",
    "run_shapes_on",
    "validate_changes",
]

Link: TypeAlias = tuple[str | None, bool]
"""A predicate, None for every one, and whether it is followed against its direction."""


@dataclass(frozen=True)
class Step:
    """Follow one of some links, once or (``repeated``) any number of times, none included."""

    links: frozenset[Link]
    repeated: bool = False


Walk: TypeAlias = tuple[Step, ...]
Reach: TypeAlias = frozenset[Walk]
"""The walks from a node along which shapes look; never too few, perhaps too many."""

_STRING = str(XSD.string)
_CLASS: Walk = (
    Step(frozenset({(str(RDF.type), False)})),
    Step(frozenset({(str(RDFS.subClassOf), False)}), repeated=True),
)
"""How the class of a node is found (SHACL, section 1.1, "SHACL instance")."""

_OF_THE_VALUES = (SH["class"],)
_BESIDE = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
_NESTED = (SH.node, SH["not"], SH.property, SH.qualifiedValueShape)
_LISTS_OF_NESTED = (SH["and"], SH["or"], SH.xone)
_REPEATING = (SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath)


@dataclass(frozen=True)
class Standard:
    """Hold what changes are held against: shapes, where these look, names of the ontology.

    It is made once for many changes.
    """

    shapes: Graph
    reach: Reach
    names: TermNames

    @classmethod
    def of(cls, dataset: Dataset) -> Standard:
        """Return the packaged shapes and the names of a dataset's ontology."""
        shapes = load_shapes()
        return cls(shapes, reach_of(shapes), names_in(dataset))


def validate_changes(
    dataset: Dataset,
    changes: Changes,
    before: Sequence[Problem] = (),
    standard: Standard | None = None,
    progress: Progress = lambda step: None,
) -> list[Problem]:
    """Return every problem of a dataset whose computed graphs exist, given what changed in it.

    ``before`` are the problems of the dataset without the changes. What is returned is what
    ``validate`` returns. Where ontology or shapes are others, or something was wrong already,
    everything is looked at.
    """
    evidence = set(dataset.sources.evidence)
    others = (path not in evidence for path, _ in changes.added)
    gone = (path not in evidence and path in dataset.triples_of for path, _ in changes.removed)
    if errors_of(before) or any(others) or any(gone):
        return validate(dataset, progress)
    progress("checking names")
    standard = Standard.of(dataset) if standard is None else standard
    names = check_names(dataset, changes, standard.names)
    names += [problem for problem in before if problem.constraint.startswith("mapping-")]
    progress("checking shapes")
    of_shapes = run_shapes_on(dataset, changes, before, standard.shapes, standard.reach)
    progress("checking rules across nodes")
    of_files = [problem for problem in before if problem.constraint == "line-ends"]
    problems = joined(dataset, names, of_shapes, run_violation_queries(dataset))
    return sort_problems([*of_files, *problems])


def run_shapes_on(
    dataset: Dataset, changes: Changes, before: Sequence[Problem], shapes: Graph, reach: Reach
) -> list[Problem]:
    """Return what SHACL finds in a dataset, given what it found before some changes."""
    nodes = affected(dataset, changes, reach)
    seen = {text_of(node) for node in nodes}
    found = run_shapes(dataset, shapes, neighbourhood(dataset, nodes, reach)) if nodes else []
    problems = [problem for problem in found if problem.focus in seen]
    for problem in before:
        if problem.constraint.endswith("ConstraintComponent") and problem.focus not in seen:
            assert problem.focus is not None, "SHACL names a focus node"
            file, line = dataset.place(problem.focus, problem.path, problem.value)
            problems.append(replace(problem, file=file, line=line))
    return problems


def reach_of(shapes: Graph) -> Reach:
    """Return the walks along which the shapes look from a focus node (SHACL Core)."""
    walks: set[Walk] = set()
    targets = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
    heads = {shape for target in targets for shape in shapes.subjects(target)}
    heads.update(shape for shape in shapes.subjects(RDF.type, RDFS.Class))  # implicit targets
    for shape in heads:
        walks.update(_of_shape(shapes, shape, ()))
        walks.update(_once(name, False) for name in shapes.objects(shape, SH.targetSubjectsOf))
        walks.update(_once(name, True) for name in shapes.objects(shape, SH.targetObjectsOf))
    return frozenset(walks | {_CLASS} if heads else walks)


def _of_shape(shapes: Graph, shape: Node, within: tuple[Node, ...]) -> Iterator[Walk]:
    """Yield the walks of a shape from its focus node; a shape within itself is not followed."""
    if shape in within:
        return
    path = shapes.value(shape, SH.path)
    ways = [()] if path is None else list(_of_path(shapes, path))
    yield from ways
    nested = [inner for name in _NESTED for inner in shapes.objects(shape, name)]
    for name in _LISTS_OF_NESTED:
        for members in shapes.objects(shape, name):
            nested.extend(Collection(shapes, members))
    beyond = [walk for inner in nested for walk in _of_shape(shapes, inner, (*within, shape))]
    if any((shape, name, None) in shapes for name in _OF_THE_VALUES):
        beyond.append(_CLASS)
    if (shape, SH.closed, None) in shapes:
        beyond.append((Step(frozenset({(None, False)})),))
    yield from (way + more for way in ways for more in beyond)
    yield from (_once(other, False) for name in _BESIDE for other in shapes.objects(shape, name))


def _once(predicate: Node, inverse: bool) -> Walk:
    return (Step(frozenset({(str(predicate), inverse)})),)


def _of_path(shapes: Graph, path: Node) -> Iterator[Walk]:
    """Yield the walks of a property path (SHACL, section 2.3.1).

    What is repeated is told by its links alone, in any order: more than the path says.
    """
    alternatives = shapes.value(path, SH.alternativePath)
    inverse = shapes.value(path, SH.inversePath)
    repeated = next((one for name in _REPEATING if (one := shapes.value(path, name))), None)
    if alternatives is not None:
        for alternative in Collection(shapes, alternatives):
            yield from _of_path(shapes, alternative)
    elif inverse is not None:
        for walk in _of_path(shapes, inverse):
            yield tuple(
                replace(step, links=frozenset((name, not back) for name, back in step.links))
                for step in reversed(walk)
            )
    elif repeated is not None:
        links = {
            link for walk in _of_path(shapes, repeated) for step in walk for link in step.links
        }
        yield (Step(frozenset(links), repeated=True),)
    elif (path, RDF.first, None) in shapes:
        walks: list[Walk] = [()]
        for part in Collection(shapes, path):
            walks = [walk + more for walk in walks for more in _of_path(shapes, part)]
        yield from walks
    else:
        yield _once(path, False)


class _Curated:
    """Follow links in ontology and evidence, which shapes look at, and in some triples besides."""

    def __init__(self, dataset: Dataset, besides: Iterable[ox.Triple] = ()) -> None:
        ours = {*dataset.sources.ontology, *dataset.sources.evidence}
        self.graphs = {graph for graph, path in dataset.file_of_graph.items() if path in ours}
        self.store = dataset.store
        self.gone = ox.Store()
        self.gone.extend(ox.Quad(*triple) for triple in besides)

    def triples(self, node: Term, link: Link) -> Iterator[tuple[ox.Triple, Term]]:
        """Yield the triples that a link leads along from a node, with the node it leads to."""
        name, inverse = link
        predicate = None if name is None else ox.NamedNode(name)
        if inverse:
            quads = self._quads(None, predicate, node)
        elif isinstance(node, ox.Literal):
            return
        else:
            quads = self._quads(node, predicate, None)
        for quad in quads:
            other = quad.subject if inverse else quad.object
            assert not isinstance(other, ox.Triple), "RDF 1.2 is not read"
            yield quad.triple, other

    def _quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | None,
        predicate: ox.NamedNode | None,
        value: Term | None,
    ) -> Iterator[ox.Quad]:
        for quad in self.store.quads_for_pattern(subject, predicate, value, None):
            if text_of(quad.graph_name) in self.graphs:
                yield quad
        yield from self.gone.quads_for_pattern(subject, predicate, value, None)

    def along(self, nodes: set[Term], step: Step, back: bool = False) -> set[Term]:
        """Return where a step leads from some nodes, or (``back``) from where it leads there."""
        reached = set(nodes) if step.repeated else set()
        new = nodes
        while new:
            new = {
                other
                for node in new
                for name, inverse in step.links
                for _, other in self.triples(node, (name, inverse != back))
            } - reached
            reached |= new
            if not step.repeated:
                break
        return reached


def affected(dataset: Dataset, changes: Changes, reach: Reach) -> set[Term]:
    """Return the nodes whose verdict may be another after the changes."""
    before_link: dict[Link, set[Walk]] = {}
    for walk in reach:
        for position, step in enumerate(walk):
            # What is repeated may have been followed already when it comes to the change.
            walked = walk[: position + 1] if step.repeated else walk[:position]
            for link in step.links:
                before_link.setdefault(link, set()).add(walked)
    ends: dict[Walk, set[Term]] = {}
    for _, triple in changes.added + changes.removed:
        for name in (triple.predicate.value, None):
            for inverse, node in ((False, triple.subject), (True, triple.object)):
                assert not isinstance(node, ox.Triple), "RDF 1.2 is not read"
                for walked in before_link.get((name, inverse), ()):
                    ends.setdefault(walked, set()).add(node)
    curated = _Curated(dataset, (triple for _, triple in changes.removed))
    nodes: set[Term] = set()
    for walked, begun in ends.items():
        reached = begun
        for step in reversed(walked):
            reached = curated.along(reached, step, back=True)
        nodes |= reached
    return nodes


def neighbourhood(dataset: Dataset, nodes: Iterable[Term], reach: Reach) -> set[ox.Triple]:
    """Return the triples that the verdict on some nodes rests on."""
    curated = _Curated(dataset)
    branches = _branches(reach)
    found: set[ox.Triple] = set()
    visited: set[tuple[Term, int]] = set()
    todo = [(node, branches) for node in nodes]
    while todo:
        node, tree = todo.pop()
        if (node, id(tree)) in visited:
            continue
        visited.add((node, id(tree)))
        for step, beyond in tree.items():
            begun = curated.along({node}, step) if step.repeated else {node}
            todo.extend((one, beyond) for one in begun if step.repeated)
            for one, link in product(begun, step.links):
                for triple, other in curated.triples(one, link):
                    found.add(triple)
                    todo.append((other, beyond))
    return _as_written(dataset, found)


def _as_written(dataset: Dataset, triples: set[ox.Triple]) -> set[ox.Triple]:
    """Return triples in the form in which the files have them: the engine knows 12.50 as 12.5."""
    typed = {
        (triple.subject, triple.predicate)
        for triple in triples
        if isinstance(triple.object, ox.Literal) and triple.object.datatype.value != _STRING
    }
    paths = {
        path
        for subject, predicate in typed
        for quad in dataset.store.quads_for_pattern(subject, predicate, None, None)
        if (path := dataset.file_of_graph.get(text_of(quad.graph_name))) is not None
        and (path in dataset.sources.ontology or path in dataset.sources.evidence)
    }
    others = {one for one in triples if (one.subject, one.predicate) not in typed}
    return others | {
        triple
        for path in paths
        for triple in dataset.triples_of[path]
        if (triple.subject, triple.predicate) in typed
    }


_Tree: TypeAlias = dict[Step, "_Tree"]


def _branches(reach: Reach) -> _Tree:
    """Return the walks with their common beginnings told once."""
    tree: _Tree = {}
    for walk in reach:
        at = tree
        for step in walk:
            at = at.setdefault(step, {})
    return tree
