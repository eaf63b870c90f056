"""The API page: what the OpenAPI document says, for people, without a script or a stranger."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api.answers import page
from osteokg.api.requests import base_of

__all__ = ["Operation", "operations_of", "router"]

router = APIRouter()

_Json = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """Hold one operation of an OpenAPI document as a page shows it.

    ``example`` is a command that calls it, None where the document gives no example for a
    parameter that it needs.
    """

    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[_Json]
    bodies: Sequence[str]
    answers: Sequence[tuple[str, str, Sequence[str]]]
    example: str | None

    @property
    def anchor(self) -> str:
        """Return the name by which the page links to it."""
        words = self.path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
        return f"{self.method.lower()}-{words or 'start'}"


def operations_of(document: _Json, base: str) -> Mapping[str, Sequence[Operation]]:
    """Return the operations of an OpenAPI 3.1 document by their first tag, in its order.

    ``base`` is the address under which the service is reached.
    """
    found: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            tag = (operation.get("tags") or ["The service"])[0]
            found.setdefault(tag, []).append(_operation(base, path, method, operation))
    return found


def _operation(base: str, path: str, method: str, operation: _Json) -> Operation:
    parameters = operation.get("parameters", [])
    bodies = list(operation.get("requestBody", {}).get("content", {}))
    answers = [
        (status, answer.get("description", ""), list(answer.get("content", {})))
        for status, answer in operation.get("responses", {}).items()
    ]
    return Operation(
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        parameters,
        bodies,
        answers,
        None if bodies or method != "get" else _example(base, path, parameters),
    )


def _example(base: str, path: str, parameters: Sequence[_Json]) -> str | None:
    given = dict(_examples(parameters))
    for one in parameters:
        if one["in"] == "path":
            if one["name"] not in given:
                return None
            path = path.replace(f"{{{one['name']}}}", given.pop(one["name"]))
    needed = {one["name"] for one in parameters if one["in"] == "query" and one.get("required")}
    if not needed <= set(given):
        return None
    asked = f"?{urlencode(given)}" if given else ""
    return f"curl {shlex.quote(base + path + asked)}"


def _examples(parameters: Sequence[_Json]) -> Iterator[tuple[str, str]]:
    for one in parameters:
        if one["in"] == "header":
            continue
        several = [example["value"] for example in one.get("examples", {}).values()]
        value = one.get("example", several[0] if several else None)
        if value is not None:
            yield one["name"], str(value)


@router.get("/docs", include_in_schema=False)
@router.head("/docs", include_in_schema=False)
async def reference(request: Request) -> Response:
    """Show what can be asked over HTTP, and how."""
    groups = operations_of(request.app.openapi(), base_of(request))
    return page("docs.html", groups=groups)
