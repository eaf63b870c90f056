"""Harvesting: what crawlers look for, and the small documents of the project as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from functools import cache
from xml.etree import ElementTree as ET

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.documents import FORMATS, TYPES, wanted
from osteokg.api.kept import kept
from osteokg.api.links import header
from osteokg.api.requests import base_of
from osteokg.kg.catalogue import named_queries, view
from osteokg.kg.errors import NotFoundError
from osteokg.kg.files import shape_files
from osteokg.kg.metadata import about
from osteokg.kg.names import BASE, SHAPE
from osteokg.kg.results import Query, graph_bytes
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000
"""Addresses of one sitemap, https://www.sitemaps.org/protocol.html."""

_PAGES = ("", "findings", "ontology", "queries", "void", "versions")


@router.get("/robots.txt", include_in_schema=False)
@router.head("/robots.txt", include_in_schema=False)
async def robots(request: Request) -> Response:
    """Tell crawlers what they may read: everything but what is computed for each who asks.

    RFC 9309, https://www.rfc-editor.org/rfc/rfc9309.
    """
    lines = [
        "User-agent: *",
        "Disallow: /sparql?query=",
        "Disallow: /graphs",
        "Disallow: /metrics",
        "Allow: /",
        "",
        f"Sitemap: {base_of(request)}/sitemap.xml",
        "",
    ]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8")


@router.get(
    "/sitemap.xml",
    summary="The pages, for crawlers",
    response_class=Response,
    openapi_extra=openapi.document(["application/xml"]),
)
@router.head("/sitemap.xml", include_in_schema=False)
async def sitemap(request: Request) -> Response:
    """List the pages of things and terms, and the other pages; of very many, the first 50,000."""
    base = base_of(request)
    things = await kept(request, "things", _things)
    addresses = [f"{base}/{path}" for path in _PAGES]
    addresses += [f"{base}/queries/{query.name}" for query in named_queries()]
    addresses += [f"{base}/{iri.removeprefix(BASE)}.html" for iri in things]
    content = await asyncio.to_thread(_sitemap, addresses[:_MOST])
    return Response(content, media_type="application/xml")


async def _things(store: Store) -> list[str]:
    answer = await store.query(Query(view("pages")))
    rows = json.loads(answer.body)["results"]["bindings"]
    return [row["thing"]["value"] for row in rows]


def _sitemap(addresses: Iterable[str]) -> bytes:
    urls = ET.Element("urlset", xmlns=_SITEMAP)
    for address in addresses:
        ET.SubElement(ET.SubElement(urls, "url"), "loc").text = address
    content: bytes = ET.tostring(urls, encoding="utf-8", xml_declaration=True)
    return content


@router.get(
    "/shapes",
    summary="The shapes that evidence must hold, as SHACL",
    response_class=Response,
    openapi_extra=openapi.document([TYPES[name] for name in FORMATS], [406], versioned=False),
)
@router.head("/shapes", include_in_schema=False)
async def shapes(request: Request) -> Response:
    """Give the shapes in the RDF format that a client likes best; Turtle to a browser."""
    suffix = wanted(request.headers.get("accept"))
    return await _shapes("ttl" if suffix == "html" else suffix)


@router.get(
    "/shapes.{suffix}",
    summary="The shapes in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.document([TYPES[name] for name in FORMATS], [404], versioned=False),
)
@router.head("/shapes.{suffix}", include_in_schema=False)
async def shapes_in_format(suffix: str) -> Response:
    """Give the shapes in the format that a suffix names."""
    if suffix not in FORMATS:
        offered = " ".join(f".{name}" for name in FORMATS)
        raise NotFoundError(f"There is no shapes.{suffix}; there is {offered}.")
    return await _shapes(suffix)


@router.get("/shape/{name:path}", include_in_schema=False)
@router.head("/shape/{name:path}", include_in_schema=False)
async def shape(name: str) -> Response:
    """Lead from a shape to the document that holds all of them."""
    if not any(str(triple.subject) == f"<{SHAPE}{name}>" for triple in _shape_triples()):
        raise NotFoundError(f"There is no shape {name}; /shapes has all of them.")
    return RedirectResponse("/shapes", 303)


async def _shapes(suffix: str) -> Response:
    format_ = FORMATS[suffix]
    body = await asyncio.to_thread(graph_bytes, _shape_triples(), format_)
    links = header(
        [
            *((f"/shapes.{name}", "alternate", TYPES[name]) for name in FORMATS),
            ("/void", "collection", ""),
            (about().license, "license", ""),
        ]
    )
    headers = {"Content-Type": format_.content_type, "Vary": "Accept", "Link": links}
    return Response(body, headers=headers)


@cache
def _shape_triples() -> tuple[ox.Triple, ...]:
    """Return the shapes, blank nodes named by RDFC-1.0: the same shapes give the same bytes."""
    quads = ox.Dataset(
        quad
        for path in shape_files()
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    )
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return tuple(quad.triple for quad in quads)


@router.get("/mappings", include_in_schema=False)
@router.head("/mappings", include_in_schema=False)
async def mappings() -> Response:
    """Lead from the name of the mapping set to its table."""
    return RedirectResponse("/mappings.sssom.tsv", 303)
