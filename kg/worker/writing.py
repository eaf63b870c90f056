"""Writing: what a write makes of the graphs of a store, which is this process's own copy."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import pyoxigraph as ox

from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.sparql import syntax_error
from osteokg.kg.updates import engine_operations, engine_texts
from osteokg.kg.worker.snapshot import make_union
from osteokg.kg.writes import DropGraph, MergeGraph, ReplaceGraph, Update, Write, triples_of

__all__ = ["changes"]

_Graph: TypeAlias = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


def changes(store: ox.Store, write: Write, union: bool) -> dict[str | None, bytes | None]:
    """Carry out a write and return the graphs that it makes new or changes, by name.

    Each as its sorted N-Triples; None for one that is gone; the key None is the default graph.
    With ``union`` the default graph repeats the named ones: it is among the changes only where
    the write names it, and every operation of an update reads what those before it wrote.

    Raises QueryRefusedError for LOAD and SERVICE, QuerySyntaxError, NotFoundError for a graph to
    drop that is not there, RequestError for what cannot be carried out. The store is of no more
    use then: some of the write may be in it.
    """
    before = _digests(store, union)
    changed: dict[str | None, bytes | None] = {}
    try:
        if isinstance(write, Update):
            default = _update(store, write, union)
        else:
            default = _set_graph(store, write)
    except SyntaxError as error:
        raise syntax_error(error) from error
    except RuntimeError as error:
        raise RequestError(f"The update cannot be carried out: {error}.") from error
    if union and default is not None:
        changed[None] = default
    now = _digests(store, union)
    changed |= {name: _lines(store, _node(name)) for name in now if before.get(name) != now[name]}
    return changed | dict.fromkeys(before.keys() - now.keys())


def _update(store: ox.Store, write: Update, union: bool) -> bytes | None:
    """Carry out an update; return the default graph where it wrote to one that is a union."""
    asked = (write.text, write.base, write.using, write.using_named)
    if not union:
        for text in engine_texts(*asked):
            store.update(text, base_iri=write.base)
        return None
    written = None
    for operation in engine_operations(*asked):
        before = _lines(store, ox.DefaultGraph())
        store.update(operation, base_iri=write.base)
        after = _lines(store, ox.DefaultGraph())
        if after != before:
            written = after
        make_union(store)
    return written


def _set_graph(store: ox.Store, write: ReplaceGraph | MergeGraph | DropGraph) -> bytes | None:
    """Carry out an operation of the Graph Store Protocol; return the default graph if it wrote it.

    https://www.w3.org/TR/sparql11-http-rdf-update/
    """
    graph = _node(write.graph)
    before = _lines(store, graph)
    if isinstance(write, DropGraph):
        if isinstance(graph, ox.NamedNode) and not store.contains_named_graph(graph):
            raise NotFoundError(f"There is no graph {write.graph}.")
        store.remove_graph(graph)
    else:
        # Read before anything is changed, so that a document that cannot be read changes nothing.
        triples = [triple for payload in write.payloads for triple in triples_of(payload)]
        if isinstance(write, ReplaceGraph):
            store.clear_graph(graph)
        if isinstance(graph, ox.NamedNode):
            store.add_graph(graph)
        store.extend(ox.Quad(one.subject, one.predicate, one.object, graph) for one in triples)
    after = _lines(store, graph)
    return after if write.graph is None and after != before else None


def _node(name: str | None) -> ox.NamedNode | ox.DefaultGraph:
    try:
        return ox.DefaultGraph() if name is None else ox.NamedNode(name)
    except ValueError as error:
        raise RequestError(f"'{name}' names no graph, for it is no IRI: {error}.") from error


def _digests(store: ox.Store, union: bool) -> dict[str | None, bytes]:
    graphs: list[_Graph] = [*store.named_graphs()]
    if not union:
        graphs.append(ox.DefaultGraph())
    return {
        None if isinstance(graph, ox.DefaultGraph) else graph.value: hashlib.sha256(
            _lines(store, graph)
        ).digest()
        for graph in graphs
    }


def _lines(store: ox.Store, graph: _Graph) -> bytes:
    """Return a graph as sorted N-Triples."""
    lines = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph) or b""
    return b"".join(sorted(lines.splitlines(keepends=True)))
