"""The versions of the data: which are kept, what changed between them, what is the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.differences import rendered
from osteokg.api.kept import kept
from osteokg.api.negotiation import best_type, prefers_html
from osteokg.api.requests import base_of
from osteokg.api.write_access import writing_is_on
from osteokg.kg.comparing import Comparisons
from osteokg.kg.comparison import json_of
from osteokg.kg.errors import GoneError, NotAcceptableError, NotFoundError
from osteokg.kg.names import BASE, expand
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
        return page(
            "versions.html",
            versions=await kept_versions(request),
            truth=_truth(request),
            compared=request.app.state.comparisons is not None,
        )
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


_CHANGES = {"text/plain": "text", "text/markdown": "markdown"}
_CURRENT = "current"
_SINCE = openapi.parameter(
    "since",
    "The id of the kept version to compare with; the one before unless given.",
    pattern="^[0-9a-f]{64}$",
)


@router.get(
    "/versions/{version}/changes",
    summary="In what a version differs from the one before, in words",
    response_class=Response,
    openapi_extra=openapi.document(
        ["application/json", "text/html", *_CHANGES],
        [400, 404, 406, 410, 503],
        versioned=False,
        parameters=[_SINCE],
        s307={},
    ),
)
@router.head("/versions/{version}/changes", include_in_schema=False)
async def changes(request: Request, version: str) -> Response:
    """Tell a reviewer in what two kept versions differ, down to conclusions: as ``osteokg diff``.

    ``current`` leads to the changes of the current one.

    Raises NotFoundError where there is nothing to compare with, GoneError for a version that is
    not kept, UnavailableError while they are still being compared.
    """
    if version == _CURRENT:
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"/versions/{request.app.state.store.version}/changes{query}"
        return RedirectResponse(address, 307, headers={"Cache-Control": "no-cache"})
    accept = request.headers.get("accept")
    as_page = prefers_html(accept, ["application/json", *_CHANGES])
    form = best_type(accept, ["application/json", *_CHANGES])
    if form is None and not as_page:
        offered = ", ".join(["application/json", "text/html", *_CHANGES])
        raise NotAcceptableError(f"Changes are told in {offered}; accept one of them.")
    comparisons: Comparisons | None = request.app.state.comparisons
    if comparisons is None:
        raise NotFoundError(
            "This service keeps one version, so that there is nothing to compare it with; 'serve "
            "--data-dir DIR' keeps more, and 'osteokg diff A B' compares files."
        )
    before = request.query_params.get("since") or await _before(request, version)
    found = await comparisons.of(before, version)
    if as_page:
        return page("changes.html", diff=found, before=before, after=version, address=_address)
    text = rendered(found, _CHANGES[form]) if form in _CHANGES else json_of(found)
    return Response(text, media_type=form, headers=_HEADERS)


async def _before(request: Request, version: str) -> str:
    """Return the version that was kept before another."""
    ids = [one.id for one in await kept_versions(request)]
    if version not in ids:
        raise GoneError.of_version(version)
    if version == ids[-1]:
        raise NotFoundError(
            f"Version {version[:12]} is the oldest that is kept: none was before it."
        )
    return ids[ids.index(version) + 1]


def _address(name: str) -> str:
    """Return where a thing is shown: a path of this service for ours."""
    iri = expand(name)
    return f"/{iri.removeprefix(BASE)}" if iri.startswith(BASE) else iri


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
        if request.app.state.comparisons is not None and version != versions_[-1]:
            changes_ = f"{base}/versions/{version.id}/changes"
            _add(entry, "link", rel="related", title="What changed, in words", href=changes_)
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
