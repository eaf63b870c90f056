"""The findings: the whole table as CSV, JSON-LD, JSON or a page."""

from __future__ import annotations

import asyncio
import json
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.negotiation import HTML, prefers_html
from osteokg.api.representations import represent, validator_for
from osteokg.kg.entity import findings_jsonld
from osteokg.kg.store import Store
from osteokg.kg.table import findings_csv, findings_rows

__all__ = ["router"]

router = APIRouter()


@router.get(
    "/findings",
    summary="All findings and claims",
    response_class=Response,
    openapi_extra=openapi.document(["application/json", HTML]),
)
@router.head("/findings", include_in_schema=False)
async def findings(request: Request) -> Response:
    """Give every finding and claim: JSON ``{"total", "items", "next"}``, or a page."""
    if prefers_html(request.headers.get("accept"), ["application/json"]):
        body = await kept(request, "html", _page)
        return represent(request, body, f"{HTML}; charset=utf-8", validator_for(request, "html"))
    body = await kept(request, "json", _json)
    return represent(request, body, "application/json", validator_for(request, "json"))


@router.get(
    "/findings.csv",
    summary="The findings table as CSV",
    response_class=Response,
    openapi_extra=openapi.document(["text/csv"]),
)
@router.head("/findings.csv", include_in_schema=False)
async def findings_as_csv(request: Request) -> Response:
    """Give the findings table (RFC 4180, UTF-8)."""
    body = await kept(request, "csv", _csv)
    return represent(
        request,
        body,
        "text/csv; header=present; charset=utf-8",
        validator_for(request, "csv"),
        Content_Disposition='inline; filename="findings.csv"',
    )


@router.get(
    "/findings.jsonld",
    summary="The findings as JSON-LD",
    response_class=Response,
    openapi_extra=openapi.document(["application/ld+json"]),
)
@router.head("/findings.jsonld", include_in_schema=False)
async def findings_as_jsonld(request: Request) -> Response:
    """Give every finding and claim as one compact JSON-LD document."""
    body = await kept(request, "jsonld", _jsonld)
    return represent(request, body, "application/ld+json", validator_for(request, "jsonld"))


async def _page(store: Store) -> bytes:
    statements: dict[str, list[list[dict[str, str]]]] = {}
    rows = await findings_rows(store)
    for _, rows_of_one in groupby(rows, key=lambda row: row["finding"].partition("#")[0]):
        one = list(rows_of_one)
        statements.setdefault(one[0]["kind"], []).append(one)
    response = await asyncio.to_thread(page, "findings.html", statements=statements)
    return bytes(response.body)


async def _json(store: Store) -> bytes:
    rows = await findings_rows(store)
    body: dict[str, Any] = {"total": len(rows), "items": rows, "next": None}
    text = await asyncio.to_thread(json.dumps, body, ensure_ascii=False, indent=1)
    return f"{text}\n".encode()


async def _csv(store: Store) -> bytes:
    return (await asyncio.to_thread(findings_csv, await findings_rows(store))).encode()


async def _jsonld(store: Store) -> bytes:
    return (await findings_jsonld(store)).encode()
