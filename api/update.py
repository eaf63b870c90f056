"""The update endpoint: SPARQL 1.1 Protocol, update operation.

https://www.w3.org/TR/sparql11-protocol/#update-operation: POST of a form, POST of the update.
"""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.representations import VERSION, tags_in, versions_in
from osteokg.api.requests import (
    FORM,
    base_of,
    decode_body,
    in_address,
    instead_of,
    media_type,
    only,
    read_body,
    text_of_body,
)
from osteokg.api.settings import Settings
from osteokg.api.write_access import TOKEN, versions_to_write
from osteokg.kg.errors import MediaTypeError, QuerySyntaxError, RequestError
from osteokg.kg.sparql import language_of
from osteokg.kg.writes import Update, Written

__all__ = ["required_versions", "router", "told"]

router = APIRouter()

_DIRECT = "application/sparql-update"


@router.post(
    "/update",
    summary="Change the data by SPARQL Update",
    response_class=Response,
    dependencies=[TOKEN],
    openapi_extra=openapi.UPDATE,
)
async def update(request: Request) -> Response:
    """Carry out an update posted as a form or as it is (``application/sparql-update``)."""
    versions = versions_to_write(request)
    settings: Settings = request.app.state.settings
    sent_as = media_type(request)
    given = in_address(request)
    if sent_as == "application/sparql-query":
        raise RequestError("This is a query: ask it at /sparql.")
    if sent_as not in (FORM, _DIRECT):
        raise MediaTypeError(
            f"A body of type '{sent_as or 'none'}' is not read: send the update as {_DIRECT}, or "
            f"as the field 'update' of {FORM}."
        )
    body = await read_body(request, settings.max_payload)
    if sent_as == FORM:
        given = await decode_body(body) + given
    elif any(name == "update" for name, _ in given):
        raise RequestError("The update stands in the body and in the address: send it once.")
    else:
        given = [("update", text_of_body(body)), *given]
    for name, _ in given:
        if name in ("query", "default-graph-uri", "named-graph-uri"):
            raise RequestError(f"'{name}' belongs to a query: ask it at /sparql.")
    text = only(given, "update")
    if text is None:
        raise RequestError("There is no 'update' parameter.")
    asked = Update(
        text,
        tuple(value for name, value in given if name == "using-graph-uri"),
        tuple(value for name, value in given if name == "using-named-graph-uri"),
        f"{base_of(request)}/update",
    )
    try:
        written = await versions.write(asked, required_versions(request))
    except QuerySyntaxError as error:
        if language_of(text) == "query":
            raise instead_of(error, "this is a query: ask it at /sparql") from error
        raise
    return told(written, 200)


def required_versions(request: Request) -> set[str] | None:
    """Return the versions that If-Match names, None for any."""
    tags = tags_in(request, "if-match")
    return None if tags is None or tags == {"*"} else versions_in(tags)


def told(written: Written, status: int, **headers: str) -> Response:
    """Return the answer to a write: the version it made and the graphs it touched."""
    facts = {"version": written.version, "created": written.created, "changed": written.changed}
    head = {VERSION: written.version, "Cache-Control": "no-store", **headers}
    if status == 204:
        return Response(status_code=204, headers=head)
    text = json.dumps(facts, ensure_ascii=False) + "\n"
    return Response(text, status, media_type="application/json", headers=head)
