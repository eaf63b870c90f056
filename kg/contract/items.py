"""Items: the rows of a page, or the things of a list, made from what the store says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.contract.models import ITEMS, Conclusion, Resource, Statement
from osteokg.kg.contract.reading import Described
from osteokg.kg.jsonld import curie
from osteokg.kg.names import VOCAB
from osteokg.kg.results import GRAPH_FORMATS, Query, format_named
from osteokg.kg.selection import Selected
from osteokg.kg.store import Store

__all__ = ["resources_of", "rows_told", "triples_told"]

_NT = format_named("nt", GRAPH_FORMATS)
_AT_ONCE = 50
"""So many things are asked for in one query: an engine elsewhere may limit its length."""

Model = TypeVar("Model", bound=Resource)


async def triples_told(store: Store, things: Sequence[str]) -> list[ox.Triple]:
    """Return everything said of some things and of what belongs to them, each triple once."""
    found: dict[ox.Triple, None] = {}
    for start in range(0, len(things), _AT_ONCE):
        text = view("resources", things[start : start + _AT_ONCE])
        answer = await store.query(Query(text, graph=_NT))
        found.update(dict.fromkeys(await asyncio.to_thread(_parsed, answer.body)))
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
    model = next(model for name, model in ITEMS.items() if VOCAB + name in classes)
    told = described.read(model, one.statement)
    if one.row == one.statement or not isinstance(told, Conclusion):
        return told
    about = [proposition for proposition in told.proposition if proposition.id == curie(one.row)]
    return told.model_copy(update={"proposition": about})


async def resources_of(store: Store, model: type[Model], things: Sequence[str]) -> list[Model]:
    """Return the model of each of some things, in order."""
    described = await asyncio.to_thread(Described, await triples_told(store, things))
    return await asyncio.to_thread(lambda: [described.read(model, iri) for iri in things])
