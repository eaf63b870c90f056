"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation.

https://www.w3.org/TR/sparql11-protocol/#query-operation: GET, POST of a form, POST of the query.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.heads import said_in
from osteokg.api.kept import kept
from osteokg.api.links import of_service
from osteokg.api.negotiation import best_format, best_type, prefers_html, remembering
from osteokg.api.query_page import Asked, labels_in, query_page
from osteokg.api.representations import Validator, represent, stream
from osteokg.api.requests import (
    FORM,
    Parameters,
    asked_version,
    base_of,
    decode_body,
    in_address,
    instead_of,
    media_type,
    only,
    peer,
    read_body,
    text_of_body,
    while_connected,
)
from osteokg.api.settings import Settings
from osteokg.api.write_access import writing_is_on
from osteokg.kg.errors import (
    MediaTypeError,
    NotAcceptableError,
    OsteoKGError,
    QuerySyntaxError,
    RequestError,
)
from osteokg.kg.results import (
    GRAPH_FORMATS,
    RDF_FORMATS,
    ROW_FORMATS,
    Format,
    Query,
    format_named,
    graph_bytes,
)
from osteokg.kg.service import Service, graph_sizes, service_description
from osteokg.kg.sparql import is_repeatable, language_of
from osteokg.kg.store import PinnedStore, Store

__all__ = ["RESULT_TYPES", "answer_query", "router"]

router = APIRouter()

_DIRECT = "application/sparql-query"
RESULT_TYPES = tuple(
    sorted({name for format_ in ROW_FORMATS + RDF_FORMATS for name in format_.media_types})
)

# as SPARQLWrapper names them
_ALSO_CALLED = {"turtle": "ttl", "n3": "ttl", "rdf+xml": "rdf", "json-ld": "jsonld"}


@router.get(
    "/sparql",
    summary="Ask a SPARQL query (GET)",
    response_class=Response,
    openapi_extra=openapi.QUERY_GET,
)
@router.head("/sparql", include_in_schema=False)
async def ask_by_get(request: Request) -> Response:
    """Answer ``?query=``; without a query, describe the service (RDF) or show the query page."""
    parameters = in_address(request)
    _refuse_update(parameters)
    if "query" in dict(parameters):
        return await answer_query(request, parameters)
    accept = request.headers.get("accept")
    if prefers_html(accept, RESULT_TYPES):
        shown = query_page(Asked(""))
        shown.headers["Link"] = _links(request)
        return shown
    chosen = best_format(accept, RDF_FORMATS)
    if chosen is None:
        types = ", ".join(format_.media_types[0] for format_ in RDF_FORMATS)
        raise NotAcceptableError(f"The service is described in {types}; to ask it, give 'query'.")
    body = graph_bytes(service_description(await _service(request)), chosen)
    return Response(
        body,
        headers={
            "Content-Type": _content_type(accept, chosen),
            "Vary": "Accept",
            "Link": _links(request),
        },
    )


def _links(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return of_service(described=not settings.plain)


async def _service(request: Request) -> Service:
    settings: Settings = request.app.state.settings
    return Service(
        base_of(request),
        await kept(request, "sizes", graph_sizes),
        union=not settings.plain,
        writable=writing_is_on(request),
        limits=settings.limits(),
    )


@router.post(
    "/sparql",
    summary="Ask a SPARQL query (POST)",
    response_class=Response,
    openapi_extra=openapi.QUERY_POST,
)
async def ask_by_post(request: Request) -> Response:
    """Answer a query posted as a form or as it is (``application/sparql-query``)."""
    settings: Settings = request.app.state.settings
    body = await read_body(request, settings.max_body)
    sent_as = media_type(request)
    given = in_address(request)
    if sent_as == FORM:
        given = await decode_body(body) + given
    elif sent_as == _DIRECT:
        if any(name == "query" for name, _ in given):
            raise RequestError("The query stands in the body and in the address: send it once.")
        given = [("query", text_of_body(body)), *given]
    elif sent_as == "application/sparql-update":
        raise RequestError("This is an update: send it to /update.")
    else:
        raise MediaTypeError(
            f"A body of type '{sent_as or 'none'}' is not read: send the query as {_DIRECT}, or "
            f"as the field 'query' of {FORM}."
        )
    _refuse_update(given)
    return await answer_query(request, given)


def _refuse_update(parameters: Parameters) -> None:
    for name, _ in parameters:
        if name in ("update", "using-graph-uri", "using-named-graph-uri"):
            raise RequestError(f"'{name}' belongs to an update: POST it to /update.")


async def answer_query(request: Request, parameters: Parameters) -> Response:
    """Answer the one query among the parameters, in the format that the client likes best."""
    text = only(parameters, "query")
    if text is None:
        raise RequestError("There is no 'query' parameter.")
    said = said_in(request.scope)
    accept = said[b"accept"].decode("latin-1") if b"accept" in said else None
    version = asked_version(parameters)
    named, default_graphs, named_graphs = _told(parameters) if len(parameters) > 1 else ((), (), ())
    as_page, rows, graph = _wanted(accept, named)
    query = Query(
        text,
        rows,
        graph,
        default_graphs,
        named_graphs,
        f"{base_of(request)}/sparql",
        version,
        peer(request),
    )
    store: Store = request.app.state.store
    if as_page:
        try:
            shown = await while_connected(request.receive, store.query(query))
            at = PinnedStore(store, shown.version) if shown.version else store
            labels = await labels_in(shown, at)
        except OsteoKGError as error:
            return query_page(Asked(text, version, error=error))
        return query_page(Asked(text, version, shown, labels))

    def validator(of_version: str, format_: Format) -> Validator | None:
        """Return what the answer can be known by again, if it is the same each time."""
        if not of_version or not is_repeatable(text):
            return None
        return Validator(of_version, format_.name, pinned=version is not None)

    # What the client holds is known before it is asked for again: the format of the other form
    # of query has another name.
    for format_ in (rows, graph) if b"if-none-match" in said else ():
        known = format_ and validator(version or store.version, format_)
        if known and (unchanged := known.unchanged(request, by_name=True)):
            return unchanged
    try:
        if request.scope["http_version"] == "1.0":  # nobody could tell that a stream was cut
            whole = await while_connected(request.receive, store.query(query))
            known = validator(whole.version, whole.format)
            return represent(request, whole.body, _content_type(accept, whole.format), known)
        answer = await while_connected(request.receive, store.stream(query))
    except QuerySyntaxError as error:
        if language_of(text) == "update":
            raise instead_of(error, "this is an update: POST it to /update") from error
        raise
    known = validator(answer.version, answer.format)
    return stream(request, answer, _content_type(accept, answer.format), known)


def _told(parameters: Parameters) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the formats that are named, and the default and the named graphs."""
    return (
        tuple(value for name, value in parameters if name == "format" and value),
        tuple(value for name, value in parameters if name == "default-graph-uri"),
        tuple(value for name, value in parameters if name == "named-graph-uri"),
    )


def _wanted(accept: str | None, named: Sequence[str]) -> tuple[bool, Format | None, Format | None]:
    """Return whether a page is wanted, and else the formats for rows and for a graph."""
    if named:
        return False, *_formats(accept, named)
    return _accepted(accept, RESULT_TYPES)


@remembering
def _accepted(
    accept: str | None, others: Sequence[str]
) -> tuple[bool, Format | None, Format | None]:
    if prefers_html(accept, others):
        return True, ROW_FORMATS[0], GRAPH_FORMATS[0]
    return False, *_formats(accept, ())


def _formats(accept: str | None, named: Sequence[str]) -> tuple[Format | None, Format | None]:
    """Return the format for rows and for a graph: the first that is named, else by Accept.

    Clients name formats (``format=xml``, SPARQLWrapper several at once) before they know which
    form a query has, so a name that does not fit the form does not count.
    """
    names = [_ALSO_CALLED.get(name, name) for name in named]
    rows = [chosen for name in names if (chosen := format_named(name, ROW_FORMATS))]
    graph = [chosen for name in names if (chosen := format_named(name, RDF_FORMATS))]
    if names and not rows and not graph:
        known = ", ".join(format_.name for format_ in ROW_FORMATS + RDF_FORMATS)
        raise RequestError(f"'{named[0]}' is no format; there are {known}.")
    return (
        rows[0] if rows else best_format(accept, ROW_FORMATS),
        graph[0] if graph else best_format(accept, RDF_FORMATS),
    )


def _content_type(accept: str | None, chosen: Format) -> str:
    """Return the name of a format that the client asked for, with charset where text is sent."""
    asked = best_type(accept, chosen.media_types) if accept else None
    kind = asked or chosen.media_types[0]
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
