"""The syntheses over HTTP: a page or JSON at each path; ``.json``, ``.csv``, ``.svg`` by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept, kept_for
from osteokg.api.negotiation import HTML, prefers_html
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import Parameters, asked_version, in_address, only, store_for
from osteokg.api.synthesis.asked import Asked, switches_in
from osteokg.api.synthesis.kinds import KINDS, Kind, json_of
from osteokg.api.synthesis.pages import drawing, page_of
from osteokg.api.synthesis.tables import COLUMNS, as_csv
from osteokg.kg.errors import RequestError
from osteokg.kg.filters import askable_of
from osteokg.kg.synthesis import Selection, offered

__all__ = ["router"]

router = APIRouter()

_OWN = ("without", "version", "offset", "limit")
"""Parameters of a synthesis that are no filters."""

_JSON_AT_ONCE = 1000
"""So many items one JSON document holds; it says where the others are."""

_TYPES = {
    "html": f"{HTML}; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; header=present; charset=utf-8",
    "svg": "image/svg+xml",
}


async def _asked(request: Request) -> Asked:
    """Return what a request asks for. Raises RequestError, FilterError, GoneError."""
    parameters = in_address(request)
    askable = await kept(request, "askable", askable_of)
    filters = [(name, value) for name, value in parameters if name not in _OWN and value.strip()]
    given = [(name, value) for name, value in parameters if name not in _OWN]
    return Asked(
        Selection(askable.read(given), switches_in(v for k, v in parameters if k == "without")),
        filters,
        asked_version(parameters),
        _number(parameters, "offset") or 0,
        _number(parameters, "limit"),
        await kept(request, "offered", offered),
    )


def _number(parameters: Parameters, name: str) -> int | None:
    text = only(parameters, name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RequestError(f"'{name}' is a number, not '{text}'.")
    if name == "limit" and int(text) == 0:
        raise RequestError("'limit' is at least 1.")
    return int(text)


async def _answer(request: Request, kind: Kind, form: str) -> Response:
    asked = await _asked(request)
    known = validator_for(request, form)
    if known is not None and (unchanged := known.unchanged(request, by_name=True)):
        return unchanged
    shown = asked.at_most({"html": kind.at_once, "json": _JSON_AT_ONCE}.get(form))
    # A table is whole.
    part = slice(None) if form == "csv" else shown.part
    found = await kind.run(kept_for(request), asked.selection, part)
    version = store_for(request).version
    body = await asyncio.to_thread(_body, kind, form, found, shown, version)
    more = {}
    if form in ("csv", "svg"):
        more["Content_Disposition"] = f'inline; filename="{kind.name}.{form}"'
    return represent(request, body.encode(), _TYPES[form], known, **more)


def _body(kind: Kind, form: str, found: Any, asked: Asked, version: str) -> str:
    if form == "html":
        return page_of(kind, found, asked, version)
    if form == "csv":
        return as_csv(kind.rows(found), COLUMNS[kind.name])
    if form == "svg":
        return drawing(kind, kind.shown(found, asked.part)[0], asked)
    return json_of(kind, found, asked, version)


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


@router.get(
    "/synthesis",
    summary="What can be asked of the evidence taken together",
    response_class=Response,
    openapi_extra=openapi.document([HTML], versioned=False),
)
@router.head("/synthesis", include_in_schema=False)
async def syntheses() -> Response:
    """Show what can be asked of the evidence taken together."""
    return page("synthesis/index.html", kinds=KINDS.values())


@router.get(
    "/methods",
    summary="How votes are counted, tested and held against each other",
    response_class=Response,
    openapi_extra=openapi.document([HTML], versioned=False),
)
@router.head("/methods", include_in_schema=False)
async def methods() -> Response:
    """Tell how votes are counted, tested and held against each other, and what that cannot say."""
    return page("methods.html")
