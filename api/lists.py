"""Lists: what every list of ours takes and gives – parameters, pages, links, formats.

A page is bound to one version of the data: the address of the next one names it, so that nothing
is told twice or left out while the data change.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from osteokg.api import openapi
from osteokg.api.links import DESCRIPTION, Link, header, of_our_dataset
from osteokg.api.negotiation import HTML, best_type, prefers_html
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import Parameters, base_of, in_address, only, store_for
from osteokg.api.settings import Settings
from osteokg.kg.contract.items import Page
from osteokg.kg.errors import FilterError, NotFoundError
from osteokg.kg.names import BASE, CONTEXT
from osteokg.kg.results import GRAPH_FORMATS, graph_bytes

__all__ = ["FORMATS", "LIMIT", "MOST", "Asked", "Collection", "Slice", "asked_of"]

LIMIT = 500
"""So many items a page has unless the client says otherwise."""

MOST = 1000
"""So many items a page has at most."""

FORMATS = {
    "json": "application/json",
    "jsonld": "application/ld+json",
    "csv": "text/csv; header=present; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
    "html": f"{HTML}; charset=utf-8",
}
"""The formats of a list by suffix, with the Content-Type."""

_WHOLE = ("jsonld", "csv", "ttl")
"""Formats that are given whole unless a page is asked for: a table or graph to be kept."""
_TURTLE = GRAPH_FORMATS[0]
_BY_SUFFIX = (
    "``.json`` and ``.html`` come page by page, the others whole unless ``limit`` is given."
)

_PAGING = ("limit", "cursor", "version", "format")
_CURSOR = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{0,16})\.(\d{1,9})")

Item = TypeVar("Item")


@dataclass(frozen=True)
class Slice(Generic[Item]):
    """Hold one page of a list: its items, how many there are in all, where others begin."""

    items: Sequence[Item]
    total: int
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Asked:
    """Hold what a request asks of a list.

    ``narrowing`` are the parameters that say which items, ``orders`` the values of ``sort``;
    ``limit`` is None for all of them.
    """

    path: str
    base: str
    version: str
    narrowing: Parameters
    orders: tuple[str, ...]
    limit: int | None
    start: int

    @property
    def _question(self) -> str:
        """Return a short digest of what is asked for, whatever page of it."""
        text = repr((self.path, sorted(self.narrowing), self.orders))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def address(self, suffix: str = "", start: int | None = None) -> str:
        """Return the address of this list in a format, or of its page that begins somewhere."""
        parameters = [*self.narrowing, *(("sort", order) for order in self.orders)]
        if start is not None:
            parameters.append(("limit", str(self.limit)))
            if start:
                text = f"{self._question}.{self.version[:16]}.{start}"
                token = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
                parameters.append(("cursor", token))
            if self.version:
                parameters.append(("version", self.version))
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"{self.path}{suffix}{query}"

    def whole(self, address: str | None) -> str | None:
        """Return an address of ours as a client can follow it from anywhere."""
        return None if address is None else f"{self.base}{address}"

    def begin(self, cursor: str) -> int:
        """Return where the page of a cursor begins. Raises FilterError for one of another list."""
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        except ValueError:
            text = ""
        found = _CURSOR.fullmatch(text)
        if not found or found[1] != self._question or found[2] != self.version[:16]:
            raise FilterError(
                "The cursor is none of this list in this version: follow 'next' as it is, or "
                "begin again without a cursor.",
                "cursor",
                cursor,
            )
        return int(found[3])

    def page_of(self, items: Sequence[Item], suffix: str = "") -> Slice[Item]:
        """Return the page that is asked for."""
        if self.limit is None:
            return Slice(items, len(items), None, None)
        end = self.start + self.limit
        following = self.address(suffix, end) if end < len(items) else None
        before = max(0, self.start - self.limit)
        previous = self.address(suffix, before) if self.start else None
        return Slice(items[self.start : end], len(items), following, previous)


def asked_of(request: Request, path: str, taken: Sequence[str], *, whole: bool = False) -> Asked:
    """Return what a request asks of the list at a path, which takes some parameters.

    ``whole`` gives all items unless a page is asked for. Raises FilterError for a limit or cursor
    that cannot be, RequestError for one given twice.
    """
    parameters = in_address(request)
    version = store_for(request).version
    narrowing = [
        (name, value)
        for name, value in parameters
        if value.strip() and name not in (*_PAGING, "sort")
    ]
    orders = tuple(value for name, value in parameters if name == "sort" and value.strip())
    cursor = only(parameters, "cursor")
    limit = _limit(only(parameters, "limit"))
    if limit is None and (cursor or not whole):
        limit = LIMIT
    unknown = [name for name, _ in narrowing if name not in taken]
    if unknown:
        raise _no_parameter(unknown[0], dict(narrowing)[unknown[0]], taken)
    asked = Asked(path, base_of(request), version, narrowing, orders, limit, 0)
    return replace(asked, start=asked.begin(cursor)) if cursor else asked


def _no_parameter(name: str, value: str, taken: Sequence[str]) -> FilterError:
    close = get_close_matches(name, taken, n=2, cutoff=0.6)
    known = [*taken, "sort", "limit", "cursor", "version"]
    hint = f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(known)}."
    return FilterError(f"There is no parameter '{name}' here. {hint}", name, value, close)


def _limit(text: str | None) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,4}", text) or not 1 <= int(text) <= MOST:
        raise FilterError(f"limit={text}: give a number from 1 to {MOST}.", "limit", text)
    return int(text)


def _format_of(request: Request) -> str:
    """Return the format that a client likes best by its Accept header; JSON if none."""
    types = {kind.partition(";")[0]: name for name, kind in FORMATS.items()}
    accept = request.headers.get("accept")
    others = [type_ for type_ in types if type_ != HTML]
    if prefers_html(accept, others):
        return "html"
    return types.get(best_type(accept, others) or "", "json")


def _links(asked: Asked, page: Slice[Item], suffix: str, *, described: bool) -> str:
    """Return the Link header of a page (RFC 8288): other pages, other formats, what reads it.

    The context of plain JSON is named as https://www.w3.org/TR/json-ld11/#interpreting-json-as-json-ld
    says.
    """
    told: list[Link] = [
        (f"{asked.base}{asked.address()}", "canonical", ""),
        DESCRIPTION,
    ]
    if suffix in ("", ".json"):
        context = f"/{CONTEXT.removeprefix(BASE)}"
        told.append((context, "http://www.w3.org/ns/json-ld#context", "application/ld+json"))
    if asked.limit is not None:
        told.append((asked.address(suffix, 0), "first", ""))
    if page.previous:
        told.append((page.previous, "prev", ""))
    if page.next:
        told.append((page.next, "next", ""))
    for name, kind in FORMATS.items():
        told.append((asked.address(f".{name}"), "alternate", kind.partition(";")[0]))
    return header([*told, *of_our_dataset(described=described)])


class Collection(ABC, Generic[Item]):
    """A list of ours under its address, in every format.

    ``name`` is its path, ``taken`` are its filters, ``sorts`` what it can be sorted by, ``page``
    is the model of its JSON, ``examples`` are values for filters that leave something.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    words: ClassVar[str]
    page: ClassVar[type[BaseModel]]
    taken: ClassVar[tuple[str, ...]]
    sorts: ClassVar[tuple[str, ...]]
    examples: ClassVar[Mapping[str, list[str]]] = {}

    @property
    def path(self) -> str:
        """Return the address of the list."""
        return f"/{self.name}"

    @abstractmethod
    async def found(self, request: Request, asked: Asked) -> Sequence[Item]:
        """Return everything that is asked for, in order. Raises FilterError for what cannot be."""

    @abstractmethod
    async def told(self, request: Request, items: Sequence[Item], *, linked: bool) -> list[bytes]:
        """Return the JSON of items, ``linked`` as ``as_json`` says."""

    @abstractmethod
    async def table(self, request: Request, asked: Asked, items: Sequence[Item]) -> bytes:
        """Return items as CSV."""

    @abstractmethod
    async def shown(self, request: Request, asked: Asked, found: Slice[Item]) -> Response:
        """Return the page of HTML."""

    def add_to(self, router: APIRouter) -> None:
        """Add the addresses of the list to a router: negotiated, and with a suffix."""

        async def by_accept(request: Request) -> Response:
            return await self._answer(request, "")

        async def by_suffix(request: Request, suffix: str) -> Response:
            return await self._answer(request, suffix)

        for path, given, words in (
            (self.path, by_accept, self.words),
            (self.path + ".{suffix}", by_suffix, f"{self.words} {_BY_SUFFIX}"),
        ):
            router.add_api_route(
                path,
                given,
                methods=["GET"],
                name=self.name,
                summary=self.title if given is by_accept else f"{self.title}, by suffix",
                description=words,
                response_class=Response,
                openapi_extra=openapi.listing(
                    self.page,
                    self.taken,
                    self.sorts,
                    {name: kind.partition(";")[0] for name, kind in FORMATS.items()},
                    suffix=given is by_suffix,
                    examples=self.examples,
                ),
            )
            router.add_api_route(path, given, methods=["HEAD"], include_in_schema=False)

    async def _answer(self, request: Request, suffix: str) -> Response:
        if suffix and suffix not in FORMATS:
            offered = " ".join(f".{name}" for name in FORMATS)
            raise NotFoundError(f"There is no {self.name}.{suffix}; there is {offered}.")
        chosen = suffix or _format_of(request)
        asked = asked_of(request, self.path, self.taken, whole=chosen in _WHOLE)
        dotted = f".{suffix}" if suffix else ""
        found = asked.page_of(await self.found(request, asked), dotted)
        body = await self._body(request, asked, found, chosen)
        settings: Settings = request.app.state.settings
        more = {"Link": _links(asked, found, dotted, described=not settings.plain)}
        if chosen == "csv":
            more["Content_Disposition"] = f'inline; filename="{self.name}.csv"'
        return represent(request, body, FORMATS[chosen], validator_for(request, chosen), **more)

    async def _body(self, request: Request, asked: Asked, found: Slice[Item], chosen: str) -> bytes:
        if chosen == "html":
            return bytes((await self.shown(request, asked, found)).body)
        if chosen == "csv":
            return await self.table(request, asked, found.items)
        told = await self.told(request, found.items, linked=chosen != "json")
        page = Page(found.total, told, asked.whole(found.next))
        if chosen == "ttl":
            triples = await asyncio.to_thread(page.triples)
            return await asyncio.to_thread(graph_bytes, triples, _TURTLE)
        return page.as_json() if chosen == "json" else page.as_jsonld()
