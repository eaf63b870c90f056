"""The versions of the data: which are kept, what changed between them, what is the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.negotiation import best_type, prefers_html
from osteokg.api.requests import base_of
from osteokg.api.write_access import writing_is_on
from osteokg.kg.errors import NotAcceptableError
from osteokg.kg.names import BASE
from osteokg.kg.service import counts_of
from osteokg.kg.writes import KeptVersion, Versions

__all__ = ["kept_versions", "router"]

router = APIRouter()

_ATOM = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"


@router.get(
    "/versions",
    summary="The kept versions and what changed between them",
    response_class=Response,
    openapi_extra=openapi.document(
        ["application/json", "text/html", _ATOM], [406, 503], versioned=False
    ),
)
@router.head("/versions", include_in_schema=False)
async def versions(request: Request) -> Response:
    """List the kept versions, newest first: JSON, a page, or an Atom feed."""
    accept = request.headers.get("accept")
    if prefers_html(accept, ["application/json", _ATOM]):
        return page("versions.html", versions=await kept_versions(request), truth=_truth(request))
    chosen = best_type(accept, ["application/json", _ATOM])
    if chosen is None:
        raise NotAcceptableError(f"Versions are told in application/json, text/html and {_ATOM}.")
    if chosen == _ATOM:
        return await _feed(request)
    told = {**_truth(request), "versions": [asdict(one) for one in await kept_versions(request)]}
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return Response(text, media_type="application/json", headers=_HEADERS)


@router.get(
    "/versions.atom",
    summary="The kept versions as an Atom feed",
    response_class=Response,
    openapi_extra=openapi.document([_ATOM], [400, 503], versioned=False),
)
@router.head("/versions.atom", include_in_schema=False)
async def versions_as_feed(request: Request) -> Response:
    """Give the kept versions as an Atom feed (RFC 4287)."""
    return await _feed(request)


_HEADERS = {"Vary": "Accept", "Cache-Control": "no-cache"}


async def kept_versions(request: Request) -> Sequence[KeptVersion]:
    """Return the versions that can be asked, newest first."""
    held: Versions | None = request.app.state.versions
    if held is not None:
        return held.kept()
    counts = await kept(request, "counts", counts_of)
    version = request.app.state.store.version
    note = "what the service was begun with"
    return [KeptVersion(version, request.app.state.begun, counts.triples, {}, {}, note)]


def _truth(request: Request) -> dict[str, Any]:
    """Say which version is the current one, what is the truth, and whether it can be written."""
    return {
        "current": request.app.state.store.version,
        "truth": request.app.state.truth(),
        "writable": writing_is_on(request),
    }


async def _feed(request: Request) -> Response:
    """Return an Atom feed, https://www.rfc-editor.org/rfc/rfc4287."""
    base = base_of(request)
    versions_ = await kept_versions(request)
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _add(feed, "id", BASE + "versions")
    _add(feed, "title", "OsteoKG: versions of the data")
    _add(feed, "updated", versions_[0].made)
    _add(_add(feed, "author"), "name", "OsteoKG")
    _add(feed, "link", rel="self", type=_ATOM, href=f"{base}/versions.atom")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{base}/versions")
    for version in versions_:
        entry = _add(feed, "entry")
        _add(entry, "id", f"{BASE}version/{version.id}")
        _add(entry, "title", f"Version {version.id[:12]}: {version.note or 'made'}")
        _add(entry, "updated", version.made)
        _add(entry, "link", rel="alternate", href=f"{base}/sparql?version={version.id}")
        _add(entry, "summary", _summary(version))
    content = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(content, headers={**_HEADERS, "Content-Type": f"{_ATOM}; charset=utf-8"})


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _summary(version: KeptVersion) -> str:
    """Return what a version changed, a line for each graph."""
    lines = [
        f"{graph or 'the default graph'}: {version.added.get(graph, 0)} triples added, "
        f"{version.removed.get(graph, 0)} removed."
        for graph in sorted(version.added.keys() | version.removed.keys())
    ]
    return "\n".join([f"{version.triples} triples.", *lines])
