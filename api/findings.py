"""The findings: the whole table as CSV, JSON-LD, JSON or a page."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api.answers import page
from osteokg.api.negotiation import prefers_html
from osteokg.kg.entity import findings_jsonld
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows

__all__ = ["router"]

router = APIRouter()


@router.get("/findings", summary="All findings and claims")
@router.head("/findings", include_in_schema=False)
async def findings(request: Request) -> Response:
    """Give every finding and claim: JSON ``{"total", "items", "next"}``, or a page."""
    rows = await findings_rows(_store(request))
    if prefers_html(request.headers.get("accept"), ["application/json"]):
        return page("findings.html", rows=rows)
    body: dict[str, Any] = {"total": len(rows), "items": rows, "next": None}
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    return Response(text, media_type="application/json", headers={"Vary": "Accept"})


@router.get("/findings.csv", summary="The findings table as CSV")
@router.head("/findings.csv", include_in_schema=False)
async def findings_as_csv(request: Request) -> Response:
    """Give the findings table (RFC 4180, UTF-8)."""
    text = findings_csv(await findings_rows(_store(request)))
    headers = {"Content-Disposition": 'inline; filename="findings.csv"'}
    return Response(text, headers=headers, media_type="text/csv; header=present")


@router.get("/findings.jsonld", summary="The findings as JSON-LD")
@router.head("/findings.jsonld", include_in_schema=False)
async def findings_as_jsonld(request: Request) -> Response:
    """Give every finding and claim as one compact JSON-LD document."""
    return Response(await findings_jsonld(_store(request)), media_type="application/ld+json")


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
