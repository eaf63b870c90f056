"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation.

https://www.w3.org/TR/sparql11-protocol/#query-operation: GET, POST of a form, POST of the query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api.answers import page
from osteokg.api.negotiation import best_format, best_type, prefers_html
from osteokg.api.settings import Settings
from osteokg.kg.catalogue import named_queries
from osteokg.kg.errors import (
    MediaTypeError,
    NotAcceptableError,
    OsteoKGError,
    RequestError,
    TooLargeError,
)
from osteokg.kg.names import PREFIXES
from osteokg.kg.results import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Answer,
    Format,
    Query,
    format_named,
    graph_bytes,
)
from osteokg.kg.service import service_description
from osteokg.kg.store import Store

__all__ = ["RESULT_TYPES", "answer_query", "in_address", "router"]

router = APIRouter()

_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
RESULT_TYPES = sorted(
    {name for format_ in ROW_FORMATS + GRAPH_FORMATS for name in format_.media_types}
)

# as SPARQLWrapper names them
_ALSO_CALLED = {"turtle": "ttl", "n3": "ttl", "rdf+xml": "rdf", "json-ld": "jsonld"}

Parameters = list[tuple[str, str]]


@router.get("/sparql", summary="Ask a SPARQL query (GET)")
@router.head("/sparql", include_in_schema=False)
async def ask_by_get(request: Request) -> Response:
    """Answer ``?query=``; without a query, describe the service (RDF) or show the query page."""
    parameters = in_address(request)
    if any(name == "query" for name, _ in parameters):
        return await answer_query(request, parameters)
    accept = request.headers.get("accept")
    if prefers_html(accept, RESULT_TYPES):
        return _query_page("", None, None)
    chosen = best_format(accept, GRAPH_FORMATS)
    if chosen is None:
        types = ", ".join(format_.media_types[0] for format_ in GRAPH_FORMATS)
        raise NotAcceptableError(f"The service is described in {types}; to ask it, give 'query'.")
    settings: Settings = request.app.state.settings
    base = settings.base_url or str(request.base_url).rstrip("/")
    return _send(request, Answer(chosen, graph_bytes(service_description(base), chosen)))


@router.post("/sparql", summary="Ask a SPARQL query (POST)")
async def ask_by_post(request: Request) -> Response:
    """Answer a query posted as a form or as it is (``application/sparql-query``)."""
    settings: Settings = request.app.state.settings
    body = await _body(request, settings.max_body)
    sent_as, _, parameters = request.headers.get("content-type", "").partition(";")
    sent_as = sent_as.strip().lower()
    charset = _CHARSET.search(parameters)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeError(f"A body in {charset[1]} is not read: send it in UTF-8.")
    given = in_address(request)
    if sent_as == _FORM:
        return await answer_query(request, _decode(_text(body)) + given)
    if sent_as == _DIRECT:
        if any(name == "query" for name, _ in given):
            raise RequestError("The query stands in the body and in the address: send it once.")
        return await answer_query(request, [("query", _text(body)), *given])
    raise MediaTypeError(
        f"A body of type '{sent_as or 'none'}' is not read: send the query as {_DIRECT}, or "
        f"as the field 'query' of {_FORM}."
    )


async def _body(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"The body is larger than {limit} bytes.")
        parts.append(part)
    return b"".join(parts)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"Byte {error.start} of the body is not UTF-8.") from error


def in_address(request: Request) -> Parameters:
    """Return the parameters of a request's address. Raises RequestError for what is not UTF-8."""
    try:
        return _decode(request.scope["query_string"].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RequestError("The address is not UTF-8.") from error


def _decode(encoded: str) -> Parameters:
    """Decode a form once (WHATWG URL, application/x-www-form-urlencoded parsing)."""
    try:
        return parse_qsl(encoded, keep_blank_values=True, encoding="utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise RequestError("A parameter is not UTF-8 once its %-signs are decoded.") from error


def _only(parameters: Parameters, name: str) -> str | None:
    values = [value for key, value in parameters if key == name]
    if len(values) > 1:
        raise RequestError(f"'{name}' is given {len(values)} times: give it once.")
    return values[0] if values else None


async def answer_query(request: Request, parameters: Parameters) -> Response:
    """Answer the one query among the parameters, in the format that the client likes best."""
    text = _only(parameters, "query")
    if text is None:
        raise RequestError("There is no 'query' parameter.")
    accept = request.headers.get("accept")
    named = [value for key, value in parameters if key == "format" and value]
    rows, graph = _formats(accept, named)
    query = Query(
        text,
        rows,
        graph,
        tuple(value for key, value in parameters if key == "default-graph-uri"),
        tuple(value for key, value in parameters if key == "named-graph-uri"),
    )
    store: Store = request.app.state.store
    if not named and prefers_html(accept, RESULT_TYPES):
        shown = Query(
            text, ROW_FORMATS[0], GRAPH_FORMATS[0], query.default_graphs, query.named_graphs
        )
        try:
            return _query_page(text, await store.query(shown), None)
        except OsteoKGError as error:
            return _query_page(text, None, error)
    return _send(request, await store.query(query))


def _formats(accept: str | None, named: Sequence[str]) -> tuple[Format | None, Format | None]:
    """Return the format for rows and for a graph: the first that is named, else by Accept.

    Clients name formats (``format=xml``, SPARQLWrapper several at once) before they know which
    form a query has, so a name that does not fit the form does not count.
    """
    names = [_ALSO_CALLED.get(name, name) for name in named]
    rows = [chosen for name in names if (chosen := format_named(name, ROW_FORMATS))]
    graph = [chosen for name in names if (chosen := format_named(name, GRAPH_FORMATS))]
    if names and not rows and not graph:
        known = ", ".join(format_.name for format_ in ROW_FORMATS + GRAPH_FORMATS)
        raise RequestError(f"'{named[0]}' is no format; there are {known}.")
    return (
        rows[0] if rows else best_format(accept, ROW_FORMATS),
        graph[0] if graph else best_format(accept, GRAPH_FORMATS),
    )


def _send(request: Request, answer: Answer) -> Response:
    """Send an answer under the name of its format that the client asked for."""
    accept = request.headers.get("accept")
    asked = best_type(accept, answer.format.media_types) if accept else None
    kind = asked or answer.format.media_types[0]
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return Response(answer.body, media_type=None, headers={"Content-Type": kind, "Vary": "Accept"})


def _query_page(text: str, answer: Answer | None, error: OsteoKGError | None) -> Response:
    table = None
    graph = None
    if answer is not None and answer.format.name == "json":
        table = json.loads(answer.body)
    elif answer is not None:
        graph = answer.body.decode()
    return page(
        "sparql.html",
        200 if error is None else error.status,
        text=text or _FIRST_QUERY,
        asked=bool(text),
        table=table,
        graph=graph,
        error=error,
        queries=named_queries(),
    )


_FIRST_QUERY = f"""PREFIX okg: <{PREFIXES["okg"]}>
PREFIX rdfs: <{PREFIXES["rdfs"]}>
SELECT ?study ?outcome ?direction ?finding
WHERE {{
  ?finding a okg:Finding ;
    okg:model okg:OvariectomizedRat ; okg:intervention okg:VitaminK2 ;
    okg:study/rdfs:label ?study ; okg:outcome/rdfs:label ?outcome ;
    okg:direction/rdfs:label ?direction .
}}
ORDER BY ?study ?outcome
"""
