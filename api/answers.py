"""Answers for people and programs: pages from templates, problems in one shape for both."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from osteokg.api.negotiation import HTML, best_type, prefers_html
from osteokg.api.visits import visit_of
from osteokg.kg.errors import (
    DataError,
    FilterError,
    LimitError,
    OsteoKGError,
    QuerySyntaxError,
    UnauthorizedError,
)
from osteokg.kg.names import BASE, contract
from osteokg.kg.problems import Problem, as_json, as_text, sort_problems
from osteokg.kg.results import RDF_FORMATS, graph_bytes
from osteokg.kg.validation import shacl_report

__all__ = ["PROBLEM", "page", "problem", "problem_of", "rendered", "report"]

PROBLEM = "application/problem+json"


def _local(iri: str) -> str:
    """Return the address under which this service shows an IRI: its own path for ours."""
    return "/" + iri.removeprefix(BASE) if iri.startswith(BASE) else iri


_SIGNS = {
    "increased": "▲",
    "decreased": "▼",
    "no-difference": "●",
    "mixed": "◆",
    "altered": "◇",
    "not-reported": "○",
}
"""The shape that stands beside the word for a direction."""

_WORD = string.ascii_letters + string.digits + "_-:?$"


def _sign(direction: str) -> str:
    """Return the shape for a direction, by its token or its label."""
    return _SIGNS.get(direction.replace(" ", "-"), "")


def _excerpt(text: str, line: int, column: int | None) -> list[tuple[int, str, str]]:
    """Return the lines around a place: number, text before it, and what stands from there on."""
    excerpt = []
    for number, content in enumerate(text.split("\n"), start=1):
        if line - 3 < number < line + 2:
            end = len(content)
            if number == line:
                # The parser may stop within a word; the word is what the reader looks for.
                end = len(content[: (column or 1) - 1].rstrip(_WORD))
            excerpt.append((number, content[:end], content[end:]))
    return excerpt


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(local=_local, curie=contract, sign=_sign, excerpt=_excerpt)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return an HTML page made from a template."""
    text = rendered(template, **values)
    return Response(text, status, media_type=HTML, headers={"Vary": "Accept"})


def rendered(template: str, **values: Any) -> str:
    """Return the text of a template."""
    return _environment.get_template(template).render(**values)


def problem(request: Request, status: int, title: str, detail: str, **more: Any) -> Response:
    """Return a problem: RFC 9457 JSON, or a page for those who prefer one.

    https://www.rfc-editor.org/rfc/rfc9457
    """
    accept = request.headers.get("accept")
    if prefers_html(accept, ["application/json", PROBLEM]):
        return page("problem.html", status, title=title, detail=detail, code=status)
    visit = visit_of(request)
    body: Mapping[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        **({"request_id": visit.id} if visit else {}),
        **{key: value for key, value in more.items() if value is not None},
    }
    text = json.dumps(body, ensure_ascii=False) + "\n"
    return Response(text, status, media_type=PROBLEM, headers={"Vary": "Accept"})


def problem_of(request: Request, error: OsteoKGError) -> Response:
    """Return the problem that an error of ours is to a client."""
    if isinstance(error, DataError):
        return report(request, error.problems, error.status)
    more: dict[str, Any] = {}
    if isinstance(error, QuerySyntaxError):
        more = {"line": error.line, "column": error.column}
    if isinstance(error, FilterError):
        more = {
            "parameter": error.parameter,
            "value": error.value,
            "suggestions": error.suggestions,
        }
    response = problem(request, error.status, error.title, str(error), **more)
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = 'Bearer realm="writing to OsteoKG"'
    if isinstance(error, LimitError) and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def report(request: Request, problems: Sequence[Problem], status: int = 200) -> Response:
    """Return what is wrong with data: a SHACL report in RDF, JSON, lines of text, or a page."""
    accept = request.headers.get("accept")
    rows = sort_problems(problems)
    if prefers_html(accept, ["application/json", "text/plain", PROBLEM]):
        return page(
            "problem.html", status, title=DataError.title, detail=as_text(rows), code=status
        )
    offered = ["application/json", "text/plain"]
    rdf = {name: format_ for format_ in RDF_FORMATS for name in format_.media_types}
    chosen = best_type(accept, [*offered, *rdf]) or "application/json"
    headers = {"Vary": "Accept"}
    if chosen == "text/plain":
        return Response(as_text(rows), status, headers, media_type=chosen)
    if chosen in offered:
        return Response(as_json(rows), status, headers, media_type=chosen)
    headers["Content-Type"] = rdf[chosen].content_type
    return Response(graph_bytes(shacl_report(rows), rdf[chosen]), status, headers)


def phrase(status: int) -> str:
    """Return the standard words for a status, written as the titles of our own errors are."""
    return HTTPStatus(status).phrase.capitalize()
