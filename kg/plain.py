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
from osteokg.kg.sparql import syntax_error
from osteokg.kg.store import InProcessStore, Store
from osteokg.kg.version import Version
from osteokg.kg.writes import DropGraph, KeptVersion, Write, Written, as_update

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
        dropped = write.graph if isinstance(write, DropGraph) else None
        if dropped is not None and ox.NamedNode(dropped) not in self._store.named_graphs():
            raise NotFoundError(f"There is no graph {dropped}.")
        text, base = as_update(write)
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
