"""The shapes under their addresses: what evidence must hold, and what is served holds."""

from __future__ import annotations

import asyncio

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
_MADE = {"/shapes": shape_triples, "/shapes/served": served_shape_triples}


@router.get(
    "/shapes",
    summary="The shapes that evidence must hold, as SHACL",
    response_class=Response,
    openapi_extra=openapi.document(_TYPES, [406], versioned=False),
)
@router.head("/shapes", include_in_schema=False)
async def shapes(request: Request) -> Response:
    """Give the shapes in the RDF format that a client likes best; Turtle to a browser.

    They are closed: what the rules compute is never curated. /shapes/served has those for data
    that this service has given.
    """
    return await _given("/shapes", _suffix(request))


@router.get(
    "/shapes.{suffix}",
    summary="The shapes in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.document(_TYPES, [404], versioned=False, suffixes=FORMATS),
)
@router.head("/shapes.{suffix}", include_in_schema=False)
async def shapes_in_format(suffix: str) -> Response:
    """Give the shapes in the format that a suffix names."""
    return await _given("/shapes", suffix)


@router.get(
    "/shapes/served",
    summary="The shapes that what is served holds",
    response_class=Response,
    openapi_extra=openapi.document(_TYPES, [406], versioned=False),
)
@router.head("/shapes/served", include_in_schema=False)
async def served_shapes(request: Request) -> Response:
    """Give the shapes for who validates what this service gives: as /shapes, but none is closed.

    All findings (``/findings.jsonld``) together with ``/ontology.ttl`` conform to them. A page of
    the list, or the document of one thing, says less of its neighbours than a shape asks.
    """
    return await _given("/shapes/served", _suffix(request))


@router.get(
    "/shapes/served.{suffix}",
    summary="The same in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.document(_TYPES, [404], versioned=False, suffixes=FORMATS),
)
@router.head("/shapes/served.{suffix}", include_in_schema=False)
async def served_shapes_in_format(suffix: str) -> Response:
    """Give the shapes for what is served in the format that a suffix names."""
    return await _given("/shapes/served", suffix)


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


def _suffix(request: Request) -> str:
    suffix = wanted(request.headers.get("accept"))
    return "ttl" if suffix == "html" else suffix


async def _given(path: str, suffix: str) -> Response:
    format_ = FORMATS.get(suffix)
    if format_ is None:
        offered = " ".join(f".{name}" for name in FORMATS)
        raise NotFoundError(f"There is no {path[1:]}.{suffix}; there is {offered}.")
    body = await asyncio.to_thread(lambda: graph_bytes(_MADE[path](), format_))
    links = header(
        [
            (f"{BASE}{path[1:]}", "canonical", ""),
            *((f"{path}.{name}", "alternate", TYPES[name]) for name in FORMATS),
            *of_our_dataset(),
        ]
    )
    headers = {"Content-Type": format_.content_type, "Vary": "Accept", "Link": links}
    return Response(body, headers=headers)
