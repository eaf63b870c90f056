"""The shapes under their addresses: what evidence must hold, and what is served holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.documents import FORMATS, TYPES, wanted
from osteokg.api.links import header, of_our_dataset
from osteokg.kg.errors import NotFoundError
from osteokg.kg.names import BASE, SHAPE
from osteokg.kg.results import graph_bytes
from osteokg.kg.shapes import served_shape_triples, shape_triples

__all__ = ["router"]

router = APIRouter()

_TYPES = [TYPES[name] for name in FORMATS]


@dataclass(frozen=True)
class _Shapes:
    """Name a document of shapes: where it lies, what it is, how it is made."""

    path: str
    title: str
    words: str
    triples: Callable[[], Sequence[ox.Triple]]


_DOCUMENTS = (
    _Shapes(
        "/shapes",
        "The shapes that evidence must hold, as SHACL",
        "They are closed: what the rules compute is never curated. /shapes/served has those for "
        "data that this service has given.",
        shape_triples,
    ),
    _Shapes(
        "/shapes/served",
        "The shapes that what is served holds",
        "As /shapes, but none is closed. All findings (/findings.jsonld) together with "
        "/ontology.ttl conform to them; a page of the list, or the document of one thing, says "
        "less of its neighbours than a shape asks.",
        served_shape_triples,
    ),
)


def _add(one: _Shapes) -> None:
    async def by_accept(request: Request) -> Response:
        suffix = wanted(request.headers.get("accept"))
        return await _given(one, "ttl" if suffix == "html" else suffix)

    async def by_suffix(suffix: str) -> Response:
        return await _given(one, suffix)

    for path, given, described in (
        (one.path, by_accept, openapi.document(_TYPES, [406], versioned=False)),
        (
            one.path + ".{suffix}",
            by_suffix,
            openapi.document(_TYPES, [404], versioned=False, suffixes=FORMATS),
        ),
    ):
        router.add_api_route(
            path,
            given,
            methods=["GET"],
            name=path,
            summary=one.title,
            description=one.words,
            response_class=Response,
            openapi_extra=described,
        )
        router.add_api_route(path, given, methods=["HEAD"], include_in_schema=False)


async def _given(one: _Shapes, suffix: str) -> Response:
    format_ = FORMATS.get(suffix)
    if format_ is None:
        offered = " ".join(f".{name}" for name in FORMATS)
        raise NotFoundError(f"There is no {one.path[1:]}.{suffix}; there is {offered}.")
    body = await asyncio.to_thread(lambda: graph_bytes(one.triples(), format_))
    links = header(
        [
            (f"{BASE}{one.path[1:]}", "canonical", ""),
            *((f"{one.path}.{name}", "alternate", TYPES[name]) for name in FORMATS),
            *of_our_dataset(),
        ]
    )
    headers = {"Content-Type": format_.content_type, "Vary": "Accept", "Link": links}
    return Response(body, headers=headers)


for _one in _DOCUMENTS:
    _add(_one)


@router.get(
    "/shape/{name:path}",
    summary="A shape",
    response_class=Response,
    openapi_extra=openapi.document([], [404], versioned=False, s303={}),
)
@router.head("/shape/{name:path}", include_in_schema=False)
async def shape(name: str) -> Response:
    """Lead from a shape to the document that holds all of them."""
    if not any(str(triple.subject) == f"<{SHAPE}{name}>" for triple in shape_triples()):
        raise NotFoundError(f"There is no shape {name}; /shapes has all of them.")
    return RedirectResponse("/shapes", 303)
