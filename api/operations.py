"""Operations: whether the process lives, whether it can answer, and its numbers."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg import __version__
from osteokg.api import openapi
from osteokg.api.addresses import is_among
from osteokg.api.metrics import Metrics
from osteokg.api.settings import Settings
from osteokg.kg.errors import ForbiddenError, OsteoKGError, UnavailableError
from osteokg.kg.results import Query
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_PROBE = "ASK { }"
_FORWARDED = ("x-forwarded-for", "forwarded", "via")


@router.get("/health", tags=["Operations"], summary="Whether the process answers")
@router.head("/health", include_in_schema=False)
async def health(request: Request) -> dict[str, Any]:
    """Say that the process answers, and which version it serves; the engine is not asked."""
    version = request.app.state.store.version
    return {"status": "ok", "version": version, "software": __version__}


@router.get("/ready", tags=["Operations"], summary="Whether queries are answered")
@router.head("/ready", include_in_schema=False)
async def ready(request: Request) -> dict[str, Any]:
    """Say that a query is answered, for one just was; 503 with the reason if none is.

    The engine is asked, not what was kept of its answers.
    """
    settings: Settings = request.app.state.settings
    engine: Store = request.app.state.engine
    if request.app.state.stopping:
        raise UnavailableError("The service is stopping: ask another.")
    try:
        async with asyncio.timeout(settings.ready_seconds):
            answer = await engine.query(Query(_PROBE))
    except TimeoutError as error:
        raise UnavailableError(
            f"A query was not answered within {settings.ready_seconds:g} s.", retry_after=1
        ) from error
    except OsteoKGError as error:
        raise UnavailableError(f"A query was not answered: {error}", retry_after=1) from error
    if b"true" not in answer.body:
        raise UnavailableError("A query that is true of any data was answered otherwise.")
    return {"status": "ready", "version": answer.version, "software": __version__}


@router.get(
    "/metrics",
    tags=["Operations"],
    summary="Numbers for Prometheus",
    response_class=Response,
    openapi_extra=openapi.document(
        ["text/plain", "application/openmetrics-text"], [403], versioned=False
    ),
)
@router.head("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Give the numbers, to those who may read them and ask without a proxy."""
    settings: Settings = request.app.state.settings
    numbers: Metrics = request.app.state.metrics
    client = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in _FORWARDED)
    if forwarded or not is_among(client, settings.metrics_from):
        raise ForbiddenError("The numbers are for those whom --metrics-from names, not by proxy.")
    body, media_type = numbers.text(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})
