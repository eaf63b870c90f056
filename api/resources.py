"""Studies, terms, things and cells: lists to look through, narrowed, sorted and page by page."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from osteokg.api.answers import page
from osteokg.api.findings import askable_kept
from osteokg.api.lists import Asked, Collection, Slice
from osteokg.api.ontology import ontology_kept
from osteokg.api.requests import store_for
from osteokg.kg.contract.items import as_json, resources_of
from osteokg.kg.contract.models import (
    Cell,
    CellsPage,
    CountedTerm,
    StudiesPage,
    Term,
    TermsPage,
    Thing,
    ThingsPage,
)
from osteokg.kg.contract.parts import Resource, Study
from osteokg.kg.extracts import extract
from osteokg.kg.filters import FILTERS, Filters
from osteokg.kg.listing import Listed, cells_of, in_order, studies_of, terms_of, things_of

__all__ = ["router"]

router = APIRouter()


class _Resources(Collection[Listed]):
    """A list of what has a name; its table is that of a release."""

    model: type[Resource]

    @abstractmethod
    async def listed(self, request: Request, asked: Asked) -> Sequence[Listed]: ...

    async def found(self, request: Request, asked: Asked) -> Sequence[Listed]:
        return in_order(await self.listed(request, asked), asked.orders, self.sorts)

    async def models(self, request: Request, iris: Sequence[str]) -> Sequence[BaseModel]:
        return await resources_of(store_for(request), self.model, iris)

    async def told(self, request: Request, items: Sequence[Listed], *, linked: bool) -> list[bytes]:
        models = await self.models(request, [one.iri for one in items])
        return await asyncio.to_thread(lambda: [as_json(one, linked=linked) for one in models])

    async def table(self, request: Request, _asked: Asked, items: Sequence[Listed]) -> bytes:
        return await extract(store_for(request), self.name, [one.iri for one in items])

    async def shown(self, _request: Request, asked: Asked, found: Slice[Listed]) -> Response:
        return await asyncio.to_thread(page, "list.html", list=self, asked=asked, found=found)


class _Studies(_Resources):
    name = "studies"
    title = "Studies"
    words = (
        "What one publication, or one number of a list of references, reports. Each filter leaves "
        "the studies that have a finding with it."
    )
    page, model = StudiesPage, Study
    taken, sorts = FILTERS, ("label", "year", "id")

    async def listed(self, request: Request, asked: Asked) -> Sequence[Listed]:
        return await studies_of(store_for(request), await _filters(request, asked))


class _Terms(_Resources):
    name = "terms"
    title = "Terms"
    words = (
        "What interventions, animal models, places and outcomes are called here, and by others; "
        "with how many findings name each, or it and anything below it, by direction."
    )
    page, model = TermsPage, Term
    taken, sorts = ("q", "kind", "below"), ("label", "kind", "id")
    examples: ClassVar = {"kind": ["site"], "q": ["femoral"]}

    async def listed(self, request: Request, asked: Asked) -> Sequence[Listed]:
        kinds, words, below = (_values(asked, name) for name in ("kind", "q", "below"))
        askable = await askable_kept(request)
        return await terms_of(store_for(request), askable, kinds, words, below)

    async def models(self, request: Request, iris: Sequence[str]) -> Sequence[CountedTerm]:
        known = (await ontology_kept(request)).terms
        told = await resources_of(store_for(request), Term, iris)
        return [
            CountedTerm(
                **dict(one),
                findings=dict(known[iri].own) if iri in known else {},
                findings_below=dict(known[iri].below) if iri in known else {},
            )
            for iri, one in zip(iris, told, strict=True)
        ]


class _Things(_Resources):
    name = "things"
    title = "Things"
    words = "Everything that has a name of its own here: studies, arms, findings, sentences …"
    page, model = ThingsPage, Thing
    taken, sorts = ("q", "kind"), ("label", "kind", "id")
    examples: ClassVar = {"kind": ["arm"], "q": ["ovariectomized"]}

    async def listed(self, request: Request, asked: Asked) -> Sequence[Listed]:
        kinds, words = _values(asked, "kind"), _values(asked, "q")
        return await things_of(store_for(request), kinds, words)


class _Cells(_Resources):
    name = "cells"
    title = "Cells of the evidence"
    words = (
        "Findings of one contrast with the same models, agents and comparators, on one domain of "
        "outcomes in one compartment, stand in one cell. Each filter leaves the cells that have a "
        "finding with it; /synthesis/evidence-map says which way they point."
    )
    page, model = CellsPage, Cell
    taken = tuple(name for name in FILTERS if name != "kind")  # only findings stand in cells
    sorts = ("label", "id")

    async def listed(self, request: Request, asked: Asked) -> Sequence[Listed]:
        return await cells_of(store_for(request), await _filters(request, asked))


for _one in (_Studies(), _Terms(), _Things(), _Cells()):
    _one.add_to(router)


async def _filters(request: Request, asked: Asked) -> Filters:
    return (await askable_kept(request)).read(asked.narrowing)


def _values(asked: Asked, name: str) -> list[str]:
    return [value for key, value in asked.narrowing if key == name]
