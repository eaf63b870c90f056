"""Snapshots: the file that a version is loaded from, and the store that comes of it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox

from osteokg.kg.results import Query
from osteokg.kg.sparql import may_name_graphs

__all__ = ["Snapshot", "Stores", "load", "load_stores", "make_union"]

_UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"

_FEW = 10_000
"""So many triples are walked in some milliseconds."""


@dataclass(frozen=True)
class Snapshot:
    """Name the file of one version: canonical N-Quads of its graphs, perhaps packed (``.gz``).

    With ``union`` the default graph is the union of the named graphs, each triple once; without,
    it is the file's own. ``empty_graphs`` are there though no triple is in them.
    """

    id: str
    path: Path
    union: bool = True
    empty_graphs: tuple[str, ...] = ()

    def open(self) -> BinaryIO:
        """Open the quads for reading, unpacked."""
        if self.path.suffix == ".gz":
            return cast(BinaryIO, gzip.open(self.path))
        return self.path.open("rb")


def load(snapshot: Snapshot) -> ox.Store:
    """Return a store in memory that holds a snapshot, blank nodes under the names they have there.

    The same version has the same names in every worker (the engine's own ``load`` would give
    each its own). Raises OSError and SyntaxError for a file that cannot be read.
    """
    store = ox.Store()
    with snapshot.open() as quads:
        store.extend(ox.parse(quads, format=ox.RdfFormat.N_QUADS))
    for name in snapshot.empty_graphs:
        store.add_graph(ox.NamedNode(name))
    if snapshot.union:
        make_union(store)
    return store


@dataclass(frozen=True)
class Stores:
    """Hold a version as it is answered from; ``union`` is its default graph alone, if that is one.

    The engine passes over a triple in every graph that it stands in, whichever is asked. So what
    asks only the union is answered up to twice as fast by a store that holds nothing else.
    """

    whole: ox.Store
    union: ox.Store | None
    _small: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def asked_by(self, query: Query) -> ox.Store:
        """Return the store that answers a query: the small one where that says the same."""
        named = query.default_graphs or query.named_graphs or may_name_graphs(query.text)
        return self.whole if self.union is None or named else self.union

    def is_small(self, property_: str) -> bool:
        """Return whether a property, by its IRI, has few triples; they are counted once."""
        if property_ in self._small:
            return self._small[property_]
        try:
            name = ox.NamedNode(property_)
        except ValueError:
            return False
        store = self.whole if self.union is None else self.union  # one that is empty is false
        triples = store.quads_for_pattern(None, name, None)
        count = sum(1 for _ in islice(triples, _FEW + 1))
        if count:  # anybody can name properties that are not here
            self._small[property_] = count <= _FEW
        return count <= _FEW


def load_stores(snapshot: Snapshot) -> Stores:
    """Return the stores of a snapshot. Raises what ``load`` raises."""
    whole = load(snapshot)
    if not snapshot.union:
        return Stores(whole, None)
    union = ox.Store()
    union.extend(whole.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    return Stores(whole, union)


def make_union(store: ox.Store) -> None:
    """Make the default graph the union of the named graphs, each triple once."""
    store.clear_graph(ox.DefaultGraph())
    store.update(_UNION)
