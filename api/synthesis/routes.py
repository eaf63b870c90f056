"""The syntheses over HTTP: a page or JSON at each path, ``.json``, ``.csv`` and ``.svg`` by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.negotiation import HTML, prefers_html
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import store_for
from osteokg.api.synthesis.asked import Asked, read
from osteokg.api.synthesis.kinds import KINDS, Kind, answer_of
from osteokg.api.synthesis.pages import drawing, page_of
from osteokg.api.synthesis.tables import COLUMNS, as_csv

__all__ = ["router"]

router = APIRouter()

_TYPES = {
    "html": f"{HTML}; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; header=present; charset=utf-8",
    "svg": "image/svg+xml",
}


async def _answer(request: Request, kind: Kind, form: str) -> Response:
    asked = await read(request)
    known = validator_for(request, form)
    if known is not None and (unchanged := known.unchanged(request, by_name=True)):
        return unchanged
    found = await kind.run(store_for(request), asked.selection)
    version = store_for(request).version
    body = await asyncio.to_thread(_body, kind, form, found, asked, version)
    more = {}
    if form in ("csv", "svg"):
        more["Content_Disposition"] = f'inline; filename="{kind.name}.{form}"'
    return represent(request, body.encode(), _TYPES[form], known, **more)


def _body(kind: Kind, form: str, found: Any, asked: Asked, version: str) -> str:
    everything = kind.items(found)
    limit = asked.limit or (kind.at_once if form == "html" else None)
    end = None if limit is None else asked.offset + limit
    items: Sequence[object] = everything[asked.offset : end]
    if form == "html":
        return page_of(kind, found, items, len(everything), asked, version)
    if form == "csv":
        return as_csv(kind.rows(found), COLUMNS[kind.name])
    if form == "svg":
        return drawing(kind, items, asked)
    after = asked.offset + len(items)
    where = asked.address(f"/synthesis/{kind.name}.json", offset=after, limit=asked.limit)
    answer = answer_of(
        kind,
        found,
        items,
        version=version,
        without=asked.without,
        filters=asked.by_filter(),
        total=len(everything),
        next=where if after < len(everything) else None,
    )
    return answer.model_dump_json(indent=1) + "\n"


def _negotiated(kind: Kind) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        html = prefers_html(request.headers.get("accept"), ["application/json"])
        return await _answer(request, kind, "html" if html else "json")

    return answer


def _in_form(kind: Kind, form: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await _answer(request, kind, form)

    return answer


def _add(
    path: str, kind: Kind, types: Sequence[str], answer: Callable[[Request], Awaitable[Response]]
) -> None:
    json = "application/json" in types
    described = openapi.document(types, parameters=openapi.SYNTHESIS)
    router.add_api_route(
        path,
        answer,
        methods=["GET"],
        name=path.strip("/").replace("/", "-"),
        summary=kind.title,
        description=kind.lead,
        response_class=Response,
        responses={200: {"model": kind.answer}} if json else None,
        openapi_extra=described,
    )
    router.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)


for _kind in KINDS.values():
    _path = f"/synthesis/{_kind.name}"
    _add(_path, _kind, ["application/json", HTML], _negotiated(_kind))
    _add(f"{_path}.json", _kind, ["application/json"], _in_form(_kind, "json"))
    _add(f"{_path}.csv", _kind, ["text/csv"], _in_form(_kind, "csv"))
    if _kind.drawn:
        _add(f"{_path}.svg", _kind, ["image/svg+xml"], _in_form(_kind, "svg"))


@router.get("/synthesis", include_in_schema=False)
@router.head("/synthesis", include_in_schema=False)
async def syntheses() -> Response:
    """Show what can be asked of the evidence taken together."""
    return page("synthesis/index.html", kinds=KINDS.values())


@router.get("/methods", include_in_schema=False)
@router.head("/methods", include_in_schema=False)
async def methods() -> Response:
    """Tell how votes are counted, tested and held against each other, and what that cannot say."""
    return page("methods.html")
