"""Dumps: the files of every kept version, each under an address whose content never changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.history import kept_versions
from osteokg.api.negotiation import prefers_html
from osteokg.api.representations import Validator
from osteokg.api.requests import base_of
from osteokg.kg.errors import GoneError, NotFoundError
from osteokg.kg.release import TYPES_OF_RELEASE, ReleaseFile, files_of_release
from osteokg.kg.releases import Releases

__all__ = ["dumps_of", "router"]

router = APIRouter()

_LISTED = openapi.document(["application/json", "text/html"], [400, 404], versioned=False)
_FRESH = {"Vary": "Accept", "Cache-Control": "no-cache"}
_CURRENT = "current"


def dumps_of(request: Request) -> Sequence[ReleaseFile]:
    """Return the files that each version has here, none for a service without dumps."""
    return files_of_release() if request.app.state.releases else ()


def _releases(request: Request) -> Releases:
    releases: Releases | None = request.app.state.releases
    if releases is None:
        raise NotFoundError(
            "This service has no dumps: it stands before an engine elsewhere, or its dataset is "
            "plain. Ask /sparql for what you need; 'osteokg export DIR' writes the files of a "
            "version."
        )
    return releases


@router.get(
    "/dumps",
    summary="The versions whose files can be had",
    response_class=Response,
    openapi_extra=_LISTED,
)
@router.head("/dumps", include_in_schema=False)
async def dumps(request: Request) -> Response:
    """List the kept versions with the addresses of their files: JSON, or a page."""
    _releases(request)
    current = request.app.state.store.version
    kept = await kept_versions(request)
    if prefers_html(request.headers.get("accept"), ["application/json"]):
        return page("dumps.html", versions=kept, current=current, files=files_of_release())
    base = base_of(request)
    items = [
        {"version": one.id, "made": one.made, "address": f"{base}/dumps/{one.id}"} for one in kept
    ]
    return _json({"current": current, "versions": items})


@router.get(
    "/dumps/{version}",
    summary="The files of a version",
    response_class=Response,
    openapi_extra=openapi.document(
        ["application/json", "text/html"], [400, 404, 410], versioned=False, s307={}
    ),
)
@router.head("/dumps/{version}", include_in_schema=False)
async def dumps_of_version(request: Request, version: str) -> Response:
    """List the files of a version: JSON, or a page. ``current`` leads to those of the current one.

    Raises GoneError for a version that is not kept.
    """
    _releases(request)
    if version == _CURRENT:
        return await _to_current(request, "")
    kept = [one for one in await kept_versions(request) if one.id == version]
    if not kept:
        raise GoneError.of_version(version)
    files = files_of_release()
    if prefers_html(request.headers.get("accept"), ["application/json"]):
        current = request.app.state.store.version
        return page("dumps.html", versions=kept, current=current, files=files)
    base = base_of(request)
    items = [
        {
            "name": file.name,
            "type": file.media_type,
            "holds": file.words,
            "address": f"{base}/dumps/{version}/{file.name}",
        }
        for file in files
    ]
    return _json({"version": version, "made": kept[0].made, "files": items})


@router.get(
    "/dumps/{version}/{name}",
    summary="A file of a version",
    response_class=Response,
    openapi_extra=openapi.document(
        TYPES_OF_RELEASE, [400, 404, 410, 503], versioned=False, s307={}
    ),
)
@router.head("/dumps/{version}/{name}", include_in_schema=False)
async def dump(request: Request, version: str, name: str) -> Response:
    """Give a file of a version, made when the first of them is asked for.

    Raises NotFoundError for another name, GoneError for a version that is not kept, and
    UnavailableError while the files are still being made.
    """
    releases = _releases(request)
    file = next((one for one in files_of_release() if one.name == name), None)
    if file is None:
        raise NotFoundError(f"No version has a file {name}; /dumps/{_CURRENT} lists them.")
    if version == _CURRENT:
        return await _to_current(request, f"/{name}")
    release = await releases.of(version)
    # Of the sums themselves none is told: they are as many as the files.
    digest = release.digests.get(name, version)
    known = Validator(version, f"{name}.{digest[:16]}", pinned=True)
    if unchanged := known.unchanged(request):
        return unchanged
    text = file.media_type.startswith("text/")
    kind = f"{file.media_type}; charset=utf-8" if text else file.media_type
    headers = {**known.headers(), "Content-Type": kind}
    return FileResponse(release.folder / name, headers=headers)


async def _to_current(request: Request, rest: str) -> Response:
    version = request.app.state.store.version
    return RedirectResponse(f"/dumps/{version}{rest}", 307, headers={"Cache-Control": "no-cache"})


def _json(told: dict[str, Any]) -> Response:
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return Response(text, media_type="application/json", headers=_FRESH)
