"""Writes: what a client may ask to change, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from osteokg.kg.payloads import Payload, triples_of

if TYPE_CHECKING:  # what a worker does with a write needs no store
    from osteokg.kg.store import Store

__all__ = [
    "DropGraph",
    "KeptVersion",
    "MergeGraph",
    "Payload",
    "ReplaceGraph",
    "Update",
    "Versions",
    "Write",
    "Written",
    "triples_of",
]


@dataclass(frozen=True)
class Update:
    """Ask a SPARQL 1.1 Update, all of its operations or none.

    ``using`` and ``using_named`` are the dataset parameters of the protocol
    (https://www.w3.org/TR/sparql11-protocol/#update-operation); ``base`` resolves relative IRIs.
    """

    text: str
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class ReplaceGraph:
    """Ask that a graph hold these triples and no others (Graph Store Protocol, PUT).

    ``graph`` is an IRI, None for the default graph; several payloads are one multipart body.
    """

    graph: str | None
    payloads: tuple[Payload, ...]


@dataclass(frozen=True)
class MergeGraph:
    """Ask that a graph hold these triples besides its own (Graph Store Protocol, POST)."""

    graph: str | None
    payloads: tuple[Payload, ...]


@dataclass(frozen=True)
class DropGraph:
    """Ask that a graph be no more (Graph Store Protocol, DELETE)."""

    graph: str | None


Write: TypeAlias = Update | ReplaceGraph | MergeGraph | DropGraph


@dataclass(frozen=True)
class Written:
    """Say what a write came to: the version that holds it, the graphs that are new or changed.

    The new ones are among the changed ones; the default graph, which has no name, is not named. A
    write that changes nothing gives the version that was current.
    """

    version: str
    created: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class KeptVersion:
    """Hold what is told of a version: its id, when it was made (UTC, ISO 8601), its triples.

    ``added`` and ``removed`` count triples against the version before it, by graph.
    """

    id: str
    made: str
    triples: int
    added: dict[str, int]
    removed: dict[str, int]
    note: str = ""


class Versions(Protocol):
    """Hold a dataset over time: its current version, the kept ones, and the way to the next."""

    @property
    def store(self) -> Store:
        """Return the store that answers for the current and the kept versions."""
        ...

    def kept(self) -> Sequence[KeptVersion]:
        """Return the versions that can be asked, newest first."""
        ...

    async def write(self, write: Write, if_match: Collection[str] | None = None) -> Written:
        """Make the next version, durable before this returns; readers never see it half.

        ``if_match`` names versions that the current one must be among; None for any. Raises
        PreconditionError, ReadOnlyError, QuerySyntaxError, QueryRefusedError, DataError with
        every problem where the outcome would not be valid, NotFoundError for a graph to drop that
        is not there, LimitError. Whatever is raised, nothing has changed.
        """
        ...

    async def close(self) -> None:
        """Let go of everything; what was acknowledged is on disk."""
        ...
