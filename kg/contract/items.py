"""Items: the rows of a page, or the things of a list, made from what the store says of them."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import pyoxigraph as ox
from pydantic import BaseModel

from osteokg.kg.catalogue import view
from osteokg.kg.contract.models import ITEMS, Conclusion, Statement
from osteokg.kg.contract.parts import Resource
from osteokg.kg.contract.reading import Described
from osteokg.kg.filters import STATEMENT_KINDS
from osteokg.kg.jsonld import context, curie
from osteokg.kg.names import VOCAB
from osteokg.kg.results import GRAPH_FORMATS, Query, format_named
from osteokg.kg.selection import Selected
from osteokg.kg.store import Store

__all__ = ["Page", "ToldRows", "as_json", "resources_of", "rows_told", "triples_told"]

_NT = format_named("nt", GRAPH_FORMATS)
_AT_ONCE = 100
"""So many things are asked for in one query: an engine elsewhere may limit its length."""

Model = TypeVar("Model", bound=Resource)


_PARTS = frozenset(
    VOCAB + name
    for name in (
        "comparison", "targetArm", "referenceArm", "exposure", "partOfExperiment", "anchor",
        "source", "component", "proposition", "population", "study", "jointAttribution",
        "publication", "reference", "citedIn",
    )
)  # fmt: skip
"""What leads from a thing to what belongs to it."""


async def triples_told(store: Store, things: Sequence[str]) -> list[ox.Triple]:
    """Return everything said of some things and of what belongs to them, each triple once.

    Step by step: what a step leads to is asked for in the next one. Engines differ widely in how
    they walk the same ways in one query.
    """
    found: dict[ox.Triple, None] = {}
    seen: set[str] = set()
    step = list(dict.fromkeys(things))
    while step:
        seen.update(step)
        told: list[ox.Triple] = []
        for start in range(0, len(step), _AT_ONCE):
            text = view("resources", step[start : start + _AT_ONCE])
            answer = await store.query(Query(text, graph=_NT))
            told += await asyncio.to_thread(_parsed, answer.body)
        found.update(dict.fromkeys(told))
        parts = dict.fromkeys(
            triple.object.value
            for triple in told
            if triple.predicate.value in _PARTS and isinstance(triple.object, ox.NamedNode)
        )
        step = [part for part in parts if part not in seen]
    return list(found)


def _parsed(body: bytes) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(body, ox.RdfFormat.N_TRIPLES)]


async def rows_told(store: Store, selected: Sequence[Selected]) -> list[Statement]:
    """Return the model of each row, in order: of a conclusion with the one proposition it is about.

    So there is one for each line of the findings table, and what several say of one conclusion
    adds up to all of it.
    """
    triples = await triples_told(store, list(dict.fromkeys(one.statement for one in selected)))
    return await asyncio.to_thread(_rows, triples, selected)


def _rows(triples: Sequence[ox.Triple], selected: Sequence[Selected]) -> list[Statement]:
    described = Described(triples)
    return [_row(described, one) for one in selected]


def _row(described: Described, one: Selected) -> Statement:
    classes = described.classes(one.statement)
    name = next(name for name in ITEMS if VOCAB + name in classes)
    told = described.read(ITEMS[name], one.statement)
    update: dict[str, object] = {"finding": one.statement, "kind": STATEMENT_KINDS[name]}
    if one.row != one.statement and isinstance(told, Conclusion):
        names = [proposition.id for proposition in told.proposition]
        place = names.index(curie(one.row))
        update["finding"] = f"{one.statement}#p{place + 1}"
        update["proposition"] = [told.proposition[place]]
    return told.model_copy(update=update)


def as_json(item: BaseModel, *, linked: bool = False) -> bytes:
    """Return a model as JSON text, what is not stated left out.

    ``linked`` leaves out as well what the context has no key for: it would be no part of the RDF,
    and readers that are strict about it refuse the document.
    """
    plain = _plain_keys(type(item)) if linked else None
    return item.model_dump_json(by_alias=True, exclude_none=True, exclude=plain).encode()


@cache
def _plain_keys(model: type[BaseModel]) -> set[str]:
    return {
        name for name, info in model.model_fields.items() if (info.alias or name) not in context()
    }


@dataclass(frozen=True)
class Page:
    """Hold a page of a list: how many there are, the JSON of those here, where the next is."""

    total: int
    items: Sequence[bytes]
    next: str | None = None

    def as_json(self) -> bytes:
        """Return ``{"total", "items", "next"}``."""
        head = b'{"total":%d,"items":[\n' % self.total
        return head + b",\n".join(self.items) + b'\n],"next":%b}\n' % json.dumps(self.next).encode()

    def as_jsonld(self) -> bytes:
        """Return the items, which are ``linked`` ones, with the context: RDF to anybody.

        Nothing else stands beside them: some readers take a graph with unknown keys beside it for
        a named one. Total and next page are in the JSON, and the next page in ``Link`` as well.
        """
        text = json.dumps(context(), ensure_ascii=False, separators=(",", ":")).encode()
        return b'{"@context":%b,\n"items":[\n%b\n]}\n' % (text, b",\n".join(self.items))

    def triples(self) -> list[ox.Triple]:
        """Return the triples of the JSON-LD, each once: what the Turtle of a page says."""
        read = ox.parse(self.as_jsonld(), ox.RdfFormat.JSON_LD)
        return list(dict.fromkeys(quad.triple for quad in read))


class ToldRows:
    """Keep the JSON of rows of one version, least asked out first: pages share them."""

    def __init__(self, most: int = 2000, *, linked: bool = False) -> None:
        """Keep so many rows, plain or ``linked`` as ``as_json`` says."""
        self._most = most
        self._linked = linked
        self._texts: OrderedDict[Selected, bytes] = OrderedDict()

    async def of(self, store: Store, selected: Sequence[Selected]) -> list[bytes]:
        """Return the JSON of each row, in order."""
        missing = [one for one in selected if one not in self._texts]
        made = dict(zip(missing, await self._made(store, missing), strict=True)) if missing else {}
        found = [self._texts.get(one) or made[one] for one in selected]
        for one, text in zip(selected, found, strict=True):
            self._texts[one] = text
            self._texts.move_to_end(one)
        while len(self._texts) > self._most:
            self._texts.popitem(last=False)
        return found

    async def _made(self, store: Store, selected: Sequence[Selected]) -> list[bytes]:
        rows = await rows_told(store, selected)
        return await asyncio.to_thread(lambda: [as_json(row, linked=self._linked) for row in rows])


async def resources_of(store: Store, model: type[Model], things: Sequence[str]) -> list[Model]:
    """Return the model of each of some things, in order."""
    described = await asyncio.to_thread(Described, await triples_told(store, things))
    return await asyncio.to_thread(lambda: [described.read(model, iri) for iri in things])
