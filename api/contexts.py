"""The JSON-LD contexts and frames: how our JSON is read as RDF, and our RDF made the same JSON."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.links import header, of_our_dataset
from osteokg.kg.contract.frames import FRAMED
from osteokg.kg.errors import NotFoundError
from osteokg.kg.files import context_file, frame_file
from osteokg.kg.names import BASE, CONTEXT, CONTRACT

__all__ = ["router"]

router = APIRouter()

_JSON_LD = "application/ld+json"


@router.get(
    "/context.jsonld",
    summary="The JSON-LD context",
    response_class=Response,
    openapi_extra=openapi.document([_JSON_LD], versioned=False),
)
@router.head("/context.jsonld", include_in_schema=False)
async def context() -> Response:
    """Give the context that our JSON-LD is written with, that of the newest contract."""
    return _given(CONTRACT)


@router.get(
    "/context/{version}.jsonld",
    summary="The JSON-LD context of a version of the contract",
    response_class=Response,
    openapi_extra=openapi.document([_JSON_LD], [404], versioned=False),
)
@router.head("/context/{version}.jsonld", include_in_schema=False)
async def context_of_version(version: str) -> Response:
    """Give the context of a version of the contract: keys are added to it, none is changed."""
    if not (version.isascii() and version.isdigit() and context_file(version).exists()):
        raise NotFoundError(f"There is no contract {version}; the newest is {CONTRACT}.")
    return _given(version)


def _given(version: str) -> Response:
    canonical = CONTEXT if version == CONTRACT else f"{BASE}context/{version}.jsonld"
    links = header([(canonical, "canonical", ""), *of_our_dataset()])
    body = context_file(version).read_bytes()
    return Response(body, media_type=_JSON_LD, headers={"Link": links})


@router.get(
    "/frames/{name}.jsonld",
    summary="A JSON-LD frame: the shape of one kind of resource",
    response_class=Response,
    openapi_extra=openapi.document([_JSON_LD], [404], versioned=False),
)
@router.head("/frames/{name}.jsonld", include_in_schema=False)
async def frame(name: str) -> Response:
    """Give the frame that makes our JSON of our RDF; its context is a relative address."""
    if name not in FRAMED:
        raise NotFoundError(f"There is no frame {name}; there are {', '.join(FRAMED)}.")
    links = header([(f"{BASE}frames/{name}.jsonld", "canonical", ""), *of_our_dataset()])
    body = frame_file(name).read_bytes()
    return Response(body, media_type=_JSON_LD, headers={"Link": links})
