"""The named questions under addresses of their own: what they ask, and what the answer is."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.negotiation import best_type, prefers_html
from osteokg.api.requests import in_address
from osteokg.api.sparql import RESULT_TYPES, answer_query
from osteokg.kg.catalogue import named_queries, named_query

__all__ = ["router"]

router = APIRouter()

_SPARQL = "application/sparql-query"


@router.get(
    "/queries",
    summary="The named questions",
    response_class=Response,
    openapi_extra=openapi.document(["application/json", "text/html"], versioned=False),
)
@router.head("/queries", include_in_schema=False)
async def questions(request: Request) -> Response:
    """List the named questions: JSON, or a page."""
    queries = named_queries()
    if prefers_html(request.headers.get("accept"), ["application/json"]):
        return page("queries.html", queries=queries)
    items = [
        {
            "name": query.name,
            "title": query.title,
            "description": query.description,
            "address": f"/queries/{query.name}",
        }
        for query in queries
    ]
    text = json.dumps({"total": len(items), "items": items}, ensure_ascii=False, indent=1)
    return Response(f"{text}\n", media_type="application/json", headers={"Vary": "Accept"})


@router.get(
    "/queries/{name}",
    summary="A named question and its answer",
    response_class=Response,
    openapi_extra=openapi.document([*openapi.RESULTS, "text/html", _SPARQL], [404, 406]),
)
@router.head("/queries/{name}", include_in_schema=False)
async def question(request: Request, name: str) -> Response:
    """Give the answer to a question, as ``/sparql`` would, or its text as application/sparql-query.

    Raises NotFoundError, naming the closest question.
    """
    query = named_query(name)
    accept = request.headers.get("accept")
    if accept and best_type(accept, [*RESULT_TYPES, _SPARQL]) == _SPARQL:
        headers = {"Content-Type": f"{_SPARQL}; charset=utf-8", "Vary": "Accept"}
        return Response(query.text, headers=headers)
    return await answer_query(request, [("query", query.text), *in_address(request)])
