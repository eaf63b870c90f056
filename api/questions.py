"""The named questions under addresses of their own: what they ask, and what the answer is."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.documents import FORMATS, TYPES, wanted
from osteokg.api.links import header, of_our_dataset
from osteokg.api.negotiation import HTML, best_type
from osteokg.api.requests import base_of, in_address
from osteokg.api.sparql import RESULT_TYPES, answer_query
from osteokg.kg.catalogue import NamedQuery, named_queries, named_query
from osteokg.kg.errors import NotFoundError
from osteokg.kg.examples import examples
from osteokg.kg.names import BASE
from osteokg.kg.results import ROW_FORMATS, graph_bytes

__all__ = ["router"]

router = APIRouter()

_SPARQL = "application/sparql-query"
_ROWS = [format_.name for format_ in ROW_FORMATS]


@router.get(
    "/queries",
    summary="The named questions",
    response_class=Response,
    openapi_extra=openapi.document(["application/json", *TYPES.values()], [400], versioned=False),
)
@router.head("/queries", include_in_schema=False)
async def questions(request: Request) -> Response:
    """List the named questions: JSON, a page, or examples in RDF (sh:SPARQLExecutable)."""
    queries = named_queries()
    accept = request.headers.get("accept")
    rdf = {TYPES[name]: name for name in FORMATS}
    chosen = best_type(accept, ["application/json", HTML, *rdf])
    if chosen == HTML:
        return _page(queries)
    if chosen in rdf:
        return _examples(request, queries, rdf[chosen], _LINKS)
    items = [
        {
            "name": query.name,
            "title": query.title,
            "description": query.description,
            "address": f"{base_of(request)}/queries/{query.name}",
        }
        for query in queries
    ]
    text = json.dumps({"total": len(items), "items": items}, ensure_ascii=False, indent=1)
    headers = {"Vary": "Accept", "Link": _LINKS}
    return Response(f"{text}\n", media_type="application/json", headers=headers)


_LINKS = header(
    [
        (BASE + "queries", "canonical", ""),
        *((f"/queries.{suffix}", "alternate", kind) for suffix, kind in TYPES.items()),
        *of_our_dataset(),
    ]
)


def _page(queries: Iterable[NamedQuery]) -> Response:
    shown = page("queries.html", queries=queries)
    shown.headers["Link"] = _LINKS
    return shown


@router.get(
    "/queries.{suffix}",
    summary="The named questions as examples in RDF",
    response_class=Response,
    openapi_extra=openapi.document(
        list(TYPES.values()), [400, 404], versioned=False, suffixes=TYPES
    ),
)
@router.head("/queries.{suffix}", include_in_schema=False)
async def questions_in_format(request: Request, suffix: str) -> Response:
    """Give the questions in the format that a suffix names."""
    if suffix == "html":
        return _page(named_queries())
    return _examples(request, named_queries(), suffix, _LINKS)


@router.get(
    "/query/{name}",
    summary="A named question as a thing",
    response_class=Response,
    openapi_extra=openapi.document([], [404, 406], versioned=False, s303={}),
)
@router.head("/query/{name}", include_in_schema=False)
async def question_as_thing(request: Request, name: str) -> Response:
    """Lead to the page with the answer, or to the question as an example in RDF, by Accept."""
    named_query(name)
    suffix = wanted(request.headers.get("accept"))
    rest = "" if suffix == "html" else f".{suffix}"
    return RedirectResponse(f"/queries/{name}{rest}", 303, headers={"Vary": "Accept"})


def _examples(request: Request, queries: Iterable[NamedQuery], suffix: str, links: str) -> Response:
    format_ = FORMATS.get(suffix)
    if format_ is None:
        offered = " ".join(f".{name}" for name in FORMATS)
        raise NotFoundError(f"Questions are told in {offered}, not in .{suffix}.")
    body = graph_bytes(examples(queries, base_of(request)), format_)
    headers = {"Content-Type": format_.content_type, "Vary": "Accept", "Link": links}
    return Response(body, headers=headers)


@router.get(
    "/queries/{name}.{suffix}",
    summary="A named question and its answer, by suffix",
    response_class=Response,
    openapi_extra=openapi.document(
        [*openapi.RESULTS, _SPARQL], [404], suffixes=[*_ROWS, "rq", *FORMATS]
    ),
)
@router.head("/queries/{name}.{suffix}", include_in_schema=False)
async def question_in_format(request: Request, name: str, suffix: str) -> Response:
    """Give the answer in a format of rows, the text (``.rq``), or the question in RDF."""
    return await question(request, f"{name}.{suffix}")


@router.get(
    "/queries/{name}",
    summary="A named question and its answer",
    response_class=Response,
    openapi_extra=openapi.document([*openapi.RESULTS, "text/html", _SPARQL], [404, 406]),
)
@router.head("/queries/{name}", include_in_schema=False)
async def question(request: Request, name: str) -> Response:
    """Give the answer to a question, as ``/sparql`` would, or its text as application/sparql-query.

    A suffix names the format of the answer (``.csv .tsv .json .xml``), the text (``.rq``), or the
    question as an example in RDF (``.ttl .nt .rdf .jsonld``). Raises NotFoundError, naming the
    closest question.
    """
    name, _, suffix = name.partition(".")
    query = named_query(name)
    if suffix in FORMATS:
        links = header([(f"{BASE}query/{name}", "canonical", ""), *of_our_dataset()])
        return _examples(request, [query], suffix, links)
    if suffix in _ROWS:
        asked = [("query", query.text), ("format", suffix), *in_address(request)]
        return await answer_query(request, asked)
    if suffix not in ("", "rq"):
        known = " ".join(f".{name}" for name in (*_ROWS, "rq", *FORMATS))
        raise NotFoundError(f"There is no {name}.{suffix}; there is {known}.")
    accept = request.headers.get("accept")
    if suffix == "rq":
        accept = _SPARQL
    if accept and best_type(accept, [*RESULT_TYPES, _SPARQL]) == _SPARQL:
        headers = {"Content-Type": f"{_SPARQL}; charset=utf-8", "Vary": "Accept"}
        return Response(query.text, headers=headers)
    return await answer_query(request, [("query", query.text), *in_address(request)])
