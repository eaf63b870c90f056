"""The graph store: SPARQL 1.1 Graph Store HTTP Protocol.

https://www.w3.org/TR/sparql11-http-rdf-update/: graphs named by ``?graph=`` and ``?default``
(section 4.2), those below ``/graphs/`` also by their own address (section 4.1).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import Response
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from osteokg.api import openapi
from osteokg.api.negotiation import best_format
from osteokg.api.representations import Validator, stream, tags_in, versions_in
from osteokg.api.requests import (
    asked_version,
    base_of,
    in_address,
    media_type,
    only,
    peer,
    rdf_format,
    read_body,
    store_for,
    type_of_body,
    while_connected,
)
from osteokg.api.settings import Settings
from osteokg.api.update import required_versions, told
from osteokg.api.write_access import TOKEN, versions_to_write
from osteokg.kg.errors import (
    NotAcceptableError,
    NotFoundError,
    PreconditionError,
    RequestError,
)
from osteokg.kg.results import RDF_FORMATS, Query
from osteokg.kg.store import Store
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Versions, Write

__all__ = ["router"]

router = APIRouter()

_DIRECT = "/graphs/{rest:path}"
_MULTIPART = "multipart/form-data"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class _Target:
    """Name a graph by its IRI, None for the default graph, and where it is to be had."""

    graph: str | None
    location: str


@router.get("/graphs", summary="A graph", response_class=Response, openapi_extra=openapi.READ)
@router.get(_DIRECT, include_in_schema=False)
@router.head("/graphs", include_in_schema=False)
@router.head(_DIRECT, include_in_schema=False)
async def read(request: Request) -> Response:
    """Give a graph in the RDF format that the client likes best (section 5.2)."""
    target = _target(request)
    if target is None:
        raise RequestError("Which graph? Say ?graph= and its IRI, or ?default.")
    accept = request.headers.get("accept")
    chosen = best_format(accept, RDF_FORMATS)
    if chosen is None:
        types = ", ".join(format_.media_types[0] for format_ in RDF_FORMATS)
        raise NotAcceptableError(f"Graphs are given in {types}: accept one of them.")
    store = store_for(request)
    if not await _exists(store, target):
        raise NotFoundError(f"There is no graph {target.graph}.")
    pattern = "?s ?p ?o" if target.graph is None else f"GRAPH <{target.graph}> {{ ?s ?p ?o }}"
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
    query = Query(text, None, chosen, client=peer(request))
    answer = await while_connected(request.receive, store.stream(query))
    pinned = asked_version(in_address(request)) is not None
    known = Validator(answer.version, chosen.name, pinned) if answer.version else None
    return stream(request, answer, chosen.content_type, known)


@router.put(
    "/graphs",
    summary="Replace a graph",
    status_code=204,
    response_class=Response,
    dependencies=[TOKEN],
    openapi_extra=openapi.WRITE,
)
@router.put(_DIRECT, include_in_schema=False)
async def replace(request: Request) -> Response:
    """Make a graph hold what is sent and nothing else (PUT, section 5.3)."""
    versions = versions_to_write(request)
    target = _named(request)
    payloads = await _payloads(request, target)
    return await _written(request, versions, target, ReplaceGraph(target.graph, payloads))


@router.post(
    "/graphs",
    summary="Add to a graph",
    status_code=204,
    response_class=Response,
    dependencies=[TOKEN],
    openapi_extra=openapi.WRITE,
)
@router.post(_DIRECT, include_in_schema=False)
async def merge(request: Request) -> Response:
    """Add what is sent to a graph, to a new one if none is named (POST, section 5.5)."""
    versions = versions_to_write(request)
    target = _target(request) or _new(request)
    payloads = await _payloads(request, target)
    return await _written(request, versions, target, MergeGraph(target.graph, payloads))


@router.delete(
    "/graphs",
    summary="Drop a graph",
    response_class=Response,
    dependencies=[TOKEN],
    openapi_extra=openapi.DROP,
    status_code=204,
)
@router.delete(_DIRECT, include_in_schema=False)
async def drop(request: Request) -> Response:
    """Let a graph be no more (DELETE, section 5.4)."""
    versions = versions_to_write(request)
    target = _named(request)
    return await _written(request, versions, target, DropGraph(target.graph))


def _target(request: Request) -> _Target | None:
    """Return the graph that a request names, None if it names none.

    Raises RequestError for several, and for what is no IRI. A relative one is taken from the
    address of the graph store.
    """
    base = base_of(request)
    given = in_address(request)
    name, default = only(given, "graph"), only(given, "default")
    direct = str(request.path_params.get("rest", ""))
    if sum((name is not None, default is not None, bool(direct))) > 1:
        raise RequestError("Several graphs are named: say ?graph=, or ?default, or neither.")
    if default is not None:
        return _Target(None, f"{base}/graphs?default")
    if direct:
        name = f"{base}/graphs/{quote(direct, safe='/:@!$&()*+,;=~-._')}"
    if name is None:
        return None
    iri = name if _ABSOLUTE.match(name) else urljoin(f"{base}/graphs", name)
    try:
        ox.NamedNode(iri)
    except ValueError as error:
        raise RequestError(f"'{name}' names no graph, for it is no IRI: {error}.") from error
    if not name:
        raise RequestError("'graph' is empty: say its IRI, or ?default.")
    own = iri.startswith(f"{base}/graphs/")
    return _Target(iri, iri if own else f"{base}/graphs?graph={quote(iri, safe='')}")


def _named(request: Request) -> _Target:
    target = _target(request)
    if target is None:
        raise RequestError("Which graph? Say ?graph= and its IRI, or ?default.")
    return target


def _new(request: Request) -> _Target:
    iri = f"{base_of(request)}/graphs/{uuid.uuid4()}"
    return _Target(iri, iri)


async def _exists(store: Store, target: _Target) -> bool:
    """Return whether a graph is there; the default graph always is."""
    if target.graph is None:
        return True
    answer = await store.query(Query(f"ASK {{ GRAPH <{target.graph}> {{}} }}"))
    return b"true" in answer.body


async def _written(request: Request, versions: Versions, target: _Target, write: Write) -> Response:
    written = await versions.write(write, await _required(request, versions.store, target))
    if target.graph in written.created:
        return told(written, 201, Location=target.location)
    return told(written, 204)


async def _required(request: Request, store: Store, target: _Target) -> set[str] | None:
    """Return the versions that a write is meant for, None for any (RFC 9110, section 13.2.2).

    Raises PreconditionError where ``If-Match: *`` finds no graph, or If-None-Match finds one.
    """
    current = store.version
    if tags_in(request, "if-match") == {"*"} and not await _exists(store, target):
        raise PreconditionError(f"There is no graph {target.graph}.")
    refused = tags_in(request, "if-none-match")
    if refused is not None:
        if current in versions_in(refused):
            raise PreconditionError(f"The current version is {current}.")
        if refused == {"*"} and await _exists(store, target):
            raise PreconditionError("The graph is there already.")
        return {current}  # nobody may make the graph meanwhile
    return required_versions(request)


async def _payloads(request: Request, target: _Target) -> tuple[Payload, ...]:
    settings: Settings = request.app.state.settings
    sent_as = media_type(request)
    base = target.graph or target.location
    if sent_as == _MULTIPART:
        body = await read_body(request, settings.max_payload)
        return tuple(
            Payload(content, rdf_format(type_), base)
            for type_, content in _parts(request.headers["content-type"], body)
        )
    format_ = rdf_format(sent_as)
    return (Payload(await read_body(request, settings.max_payload), format_, base),)


def _parts(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return the media types and contents of the parts of a form (RFC 7578).

    Raises RequestError for a body that is no such form, or an empty one.
    """
    parts: list[tuple[dict[bytes, bytes], bytearray]] = []
    name, value = bytearray(), bytearray()

    def header_ends() -> None:
        parts[-1][0][bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    _, options = parse_options_header(content_type)
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": lambda: parts.append(({}, bytearray())),
                "on_part_data": lambda data, start, end: parts[-1][1].extend(data[start:end]),
                "on_header_field": lambda data, start, end: name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: value.extend(data[start:end]),
                "on_header_end": header_ends,
            },
        )
        parser.write(body)
        parser.finalize()
    except KeyError as error:
        raise RequestError("The form does not say its boundary.") from error
    except MultipartParseError as error:
        raise RequestError(f"The body is no form of several parts: {error}.") from error
    if not parts:
        raise RequestError("The form has no parts.")
    return [
        (type_of_body(headers.get(b"content-type", b"").decode("latin-1")), bytes(content))
        for headers, content in parts
    ]
