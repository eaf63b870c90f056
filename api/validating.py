"""Validating: what would be wrong if a document were part of the data; nothing is stored."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import report
from osteokg.api.requests import (
    in_address,
    media_type,
    only,
    rdf_format,
    read_body,
    while_connected,
)
from osteokg.api.settings import Settings
from osteokg.kg.errors import NotFoundError
from osteokg.kg.judging import Judge
from osteokg.kg.writes import Payload

__all__ = ["router"]

router = APIRouter()


@router.post(
    "/validate",
    summary="What would be wrong with a document",
    response_class=Response,
    openapi_extra=openapi.VALIDATE,
)
async def validate(request: Request) -> Response:
    """Answer a posted RDF document with the SHACL report on it: RDF, JSON, text or a page.

    It is judged as the graph of the study it describes, or the one that ``?graph=`` names, in the
    place of what is there, among everything else that is known. Nothing is stored.
    """
    judge: Judge | None = request.app.state.judge
    if judge is None:
        raise NotFoundError("This service has no shapes that a document could be held against.")
    settings: Settings = request.app.state.settings
    format_ = rdf_format(media_type(request))
    graph = only(in_address(request), "graph")
    document = Payload(await read_body(request, settings.max_body), format_)
    problems = await while_connected(request.receive, judge.judge(document, graph))
    return report(request, problems)
