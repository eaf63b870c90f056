"""Harvesting: what crawlers look for, and the small documents of the project as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.kept import kept
from osteokg.api.requests import base_of
from osteokg.api.synthesis.kinds import KINDS
from osteokg.kg.catalogue import named_queries, view
from osteokg.kg.names import BASE
from osteokg.kg.results import Query
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000
"""Addresses of one sitemap, https://www.sitemaps.org/protocol.html."""

_PAGES = (
    "", "findings", "studies", "terms", "things", "cells", "synthesis", "methods", "ontology",
    "queries", "void", "versions", "docs",
)  # fmt: skip


@router.get(
    "/robots.txt",
    summary="What crawlers may read",
    response_class=Response,
    openapi_extra=openapi.document(["text/plain"], versioned=False),
)
@router.head("/robots.txt", include_in_schema=False)
async def robots(request: Request) -> Response:
    """Tell crawlers what they may read: everything but what is computed for each who asks.

    RFC 9309, https://www.rfc-editor.org/rfc/rfc9309. Crawlers look for it at the top of a host: a
    service below a path has its lines put there by whoever has the host.
    """
    base = base_of(request)
    below = urlsplit(base).path
    lines = [
        "User-agent: *",
        f"Disallow: {below}/sparql?query=",
        f"Disallow: {below}/graphs",
        f"Disallow: {below}/metrics",
        f"Allow: {below}/",
        "",
        f"Sitemap: {base}/sitemap.xml",
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
    addresses += [f"{base}/synthesis/{name}" for name in KINDS]
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
    "/mappings",
    summary="The mapping set",
    response_class=Response,
    openapi_extra=openapi.document([], versioned=False, s303={}),
)
@router.head("/mappings", include_in_schema=False)
async def mappings() -> Response:
    """Lead from the name of the mapping set to its table."""
    return RedirectResponse("/mappings.sssom.tsv", 303)
