"""Answers for people and programs: pages from templates, problems in one shape for both."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from osteokg.api.negotiation import HTML, prefers_html
from osteokg.kg.errors import OsteoKGError, QuerySyntaxError
from osteokg.kg.names import BASE, contract

__all__ = ["PROBLEM", "page", "problem", "problem_of"]

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
    text = _environment.get_template(template).render(**values)
    return Response(text, status, media_type=HTML, headers={"Vary": "Accept"})


def problem(request: Request, status: int, title: str, detail: str, **more: Any) -> Response:
    """Return a problem: RFC 9457 JSON, or a page for those who prefer one.

    https://www.rfc-editor.org/rfc/rfc9457
    """
    accept = request.headers.get("accept")
    if prefers_html(accept, ["application/json", PROBLEM]):
        return page("problem.html", status, title=title, detail=detail, code=status)
    body: Mapping[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        **{key: value for key, value in more.items() if value is not None},
    }
    text = json.dumps(body, ensure_ascii=False) + "\n"
    return Response(text, status, media_type=PROBLEM, headers={"Vary": "Accept"})


def problem_of(request: Request, error: OsteoKGError) -> Response:
    """Return the problem that an error of ours is to a client."""
    more: dict[str, Any] = {}
    if isinstance(error, QuerySyntaxError):
        more = {"line": error.line, "column": error.column}
    return problem(request, error.status, error.title, str(error), **more)


def phrase(status: int) -> str:
    """Return the standard words for a status."""
    return HTTPStatus(status).phrase
