"""Nanopublications under their addresses: of a statement, by trusty URI, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.links import header, of_our_dataset
from osteokg.api.negotiation import HTML, best_format, prefers_html
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import asked_version, in_address, store_for
from osteokg.kg.errors import NotAcceptableError, NotFoundError
from osteokg.kg.names import BASE, ID
from osteokg.kg.nanopub import (
    DATASET_FORMATS,
    Nanopub,
    nanopub_of,
    nanopubs,
    nanopubs_bytes,
)
from osteokg.kg.nanopub_index import indexes_of
from osteokg.kg.results import Format, format_named
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_TYPES = [name for format_ in DATASET_FORMATS for name in format_.media_types]


@router.get(
    "/id/{kind}/{slug}.nanopub",
    summary="A statement's nanopublication",
    response_class=Response,
    openapi_extra=openapi.document([], [404], s303={}),
)
@router.head("/id/{kind}/{slug}.nanopub", include_in_schema=False)
async def of_statement(request: Request, kind: str, slug: str) -> Response:
    """Lead to the nanopublication of a finding, claim, explanation, mechanism or conclusion."""
    one = await nanopub_of(store_for(request), f"{ID}{kind}/{slug}")
    version = asked_version(in_address(request))
    at = "" if version is None else f"?version={quote(version)}"
    return RedirectResponse(f"/{one.iri.removeprefix(BASE)}{at}", 303)


@router.get(
    "/np",
    summary="Every nanopublication",
    response_class=Response,
    openapi_extra=openapi.document(_TYPES, [406]),
)
@router.head("/np", include_in_schema=False)
async def every(request: Request) -> Response:
    """Give the nanopublications of all statements, and their index, in one document."""
    format_ = _accepted(request)
    made = await kept(request, "nanopubs", _by_code)
    body = await asyncio.to_thread(nanopubs_bytes, list(made.values()), format_)
    links = header([(BASE + "np", "canonical", ""), ("/np/index", "index", ""), *of_our_dataset()])
    known = validator_for(request, format_.name)
    return represent(request, body, format_.content_type, known, Link=links)


@router.get(
    "/np/index",
    summary="The index of all nanopublications",
    response_class=Response,
    openapi_extra=openapi.document([], [404], s303={}),
)
@router.head("/np/index", include_in_schema=False)
async def index(request: Request) -> Response:
    """Lead to the index of the version, which names the nanopublication of every statement."""
    made = await kept(request, "nanopubs", _by_code)
    if not made:
        raise NotFoundError("There is no statement, so there is no index.")
    version = asked_version(in_address(request))
    at = "" if version is None else f"?version={quote(version)}"
    return RedirectResponse(f"/np/{[*made][-1]}{at}", 303)


@router.get(
    "/np/{name}.{suffix}",
    summary="A nanopublication by its trusty URI, by suffix",
    response_class=Response,
    openapi_extra=openapi.document(
        _TYPES, [404], suffixes=[format_.name for format_ in DATASET_FORMATS]
    ),
)
@router.head("/np/{name}.{suffix}", include_in_schema=False)
async def in_format(request: Request, name: str, suffix: str) -> Response:
    """Give one nanopublication in the format that a suffix names."""
    return await by_trusty_uri(request, f"{name}.{suffix}")


@router.get(
    "/np/{name}",
    summary="A nanopublication by its trusty URI",
    response_class=Response,
    openapi_extra=openapi.document([HTML, *_TYPES], [404, 406]),
)
@router.head("/np/{name}", include_in_schema=False)
async def by_trusty_uri(request: Request, name: str) -> Response:
    """Give one nanopublication: TriG, N-Quads, JSON-LD or a page; a suffix names the format."""
    code, _, suffix = name.partition(".")
    made = await kept(request, "nanopubs", _by_code)
    one = made.get(code)
    chosen = format_named(suffix, DATASET_FORMATS)
    if one is None or (suffix and chosen is None):
        raise NotFoundError(
            f"There is no nanopublication {name} of this version. One that was published from "
            "another version is at the same address with '?version=', while that is kept "
            "(/versions)."
        )
    if not suffix and prefers_html(request.headers.get("accept"), _TYPES):
        text = nanopubs_bytes([one], DATASET_FORMATS[0]).decode()
        formats = [(format_.name, format_.media_types[0]) for format_ in DATASET_FORMATS]
        return page("nanopub.html", one=one, text=text, formats=formats)
    format_ = chosen or _accepted(request)
    body = nanopubs_bytes([one], format_)
    links = header([(one.iri, "canonical", ""), (one.statement, "about", ""), *of_our_dataset()])
    known = validator_for(request, format_.name)
    return represent(request, body, format_.content_type, known, Link=links)


def _accepted(request: Request) -> Format:
    format_ = best_format(request.headers.get("accept"), DATASET_FORMATS)
    if format_ is None:
        raise NotAcceptableError(f"Nanopublications are given as {', '.join(_TYPES)}.")
    return format_


async def _by_code(store: Store) -> Mapping[str, Nanopub]:
    """Return all nanopublications by their codes, those of statements before the index."""
    made = await nanopubs(store)
    return {one.code: one for one in [*made, *await asyncio.to_thread(indexes_of, made)]}
