"""A plain store: an empty dataset in memory that takes any write; no rules, no shapes.

It is what ``osteokg serve --plain`` serves: SPARQL 1.1 as the standards have it, the default
graph the engine's own.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

import pyoxigraph as ox

from osteokg.kg.errors import NotFoundError, PreconditionError, RequestError
from osteokg.kg.files import Sources
from osteokg.kg.sparql import refuse_outside_update, syntax_error
from osteokg.kg.store import InProcessStore, Store
from osteokg.kg.updates import with_dataset
from osteokg.kg.version import Version
from osteokg.kg.writes import (
    DropGraph,
    KeptVersion,
    MergeGraph,
    ReplaceGraph,
    Update,
    Write,
    Written,
    triples_of,
)

__all__ = ["PlainVersions"]

_Graph: TypeAlias = ox.NamedNode | ox.BlankNode | ox.DefaultGraph | ox.Triple


class PlainVersions(InProcessStore):
    """Hold one dataset in memory, from empty on; only its current version is kept."""

    def __init__(self, threads: int = 4) -> None:
        """Begin with nothing."""
        self._begun = uuid.uuid4().hex
        self._number = 0
        self._writing = asyncio.Lock()
        super().__init__(Version(self._next(), ox.Store(), Sources((), ())), threads)

    @property
    def store(self) -> Store:
        """Return the store that answers: this one."""
        return self

    def kept(self) -> Sequence[KeptVersion]:
        """Return the current version."""
        return [KeptVersion(self._version, "", len(self._store), {}, {})]

    async def write(self, write: Write, if_match: Collection[str] | None = None) -> Written:
        """Carry out a write in one transaction, one write at a time."""
        async with self._writing:
            if if_match is not None and self._version not in if_match:
                raise PreconditionError(f"The current version is {self._version}.")
            loop = asyncio.get_running_loop()
            created, touched = await loop.run_in_executor(self._pool, self._carry_out, write)
            if touched:
                self._version = self._next()
            return Written(self._version, _names(created), _names(touched))

    def _carry_out(self, write: Write) -> tuple[set[_Graph], set[_Graph]]:
        """Change the dataset; return which graphs are new and which are not as they were."""
        text, base = _as_update(self._store, write)
        graphs, quads = set(self._store.named_graphs()), set(self._store)
        try:
            self._store.update(text, base_iri=base)
        except SyntaxError as error:
            raise syntax_error(error) from error
        except RuntimeError as error:
            raise RequestError(f"The update cannot be carried out: {error}.") from error
        now = set(self._store.named_graphs())
        touched = {quad.graph_name for quad in quads ^ set(self._store)}
        return {*(now - graphs)}, touched | (graphs ^ now)

    def _next(self) -> str:
        self._number += 1
        return hashlib.sha256(f"{self._begun} {self._number}".encode()).hexdigest()


def _names(graphs: Iterable[_Graph]) -> tuple[str, ...]:
    return tuple(sorted(graph.value for graph in graphs if isinstance(graph, ox.NamedNode)))


def _as_update(store: ox.Store, write: Write) -> tuple[str, str | None]:
    """Return a write as an update, which the engine carries out wholly or not, and its base."""
    if isinstance(write, Update):
        refuse_outside_update(write.text, write.base)
        return with_dataset(write.text, write.using, write.using_named), write.base
    graph = "DEFAULT" if write.graph is None else f"GRAPH <{write.graph}>"
    if isinstance(write, DropGraph):
        if write.graph is not None and ox.NamedNode(write.graph) not in store.named_graphs():
            raise NotFoundError(f"There is no graph {write.graph}.")
        return f"DROP {graph}", None
    triples = [triple for payload in write.payloads for triple in triples_of(payload)]
    body = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    body = body if write.graph is None else f"{graph} {{ {body} }}"
    begin = {ReplaceGraph: f"DROP SILENT {graph}; ", MergeGraph: ""}[type(write)]
    made = "" if write.graph is None else f"CREATE SILENT {graph}; "
    return f"{begin}{made}INSERT DATA {{ {body} }}", None
