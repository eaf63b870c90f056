"""The API page: what the OpenAPI document says, for people, without a script or a stranger."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.negotiation import HTML
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
    bodies = operation.get("requestBody", {}).get("content", {})
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
        list(bodies),
        answers,
        _example(base, path, method, operation),
    )


def _example(base: str, path: str, method: str, operation: _Json) -> str | None:
    """Return a command for the example that says most, None where none says what is needed.

    One that is shown with a good answer comes before others.
    """
    parameters = operation.get("parameters", [])
    bodies = operation.get("requestBody", {}).get("content", {})
    good = operation.get("responses", {}).get("200", {}).get("content", {})
    answered = [name for content in good.values() for name in content.get("examples", ())]
    names = [
        name for place in (*parameters, *bodies.values()) for name in place.get("examples", ())
    ]
    name = max(
        dict.fromkeys(names), key=lambda one: (one in answered, names.count(one)), default=""
    )
    asked: list[tuple[str, str]] = []
    for one in parameters:
        example = one.get("examples", {}).get(name)
        if example is None:
            if one.get("required"):
                return None
        elif one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(example["value"]))
        else:
            value = example["value"]
            asked += [
                (one["name"], each) for each in (value if isinstance(value, list) else [value])
            ]
    command = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    if bodies:
        told = [kind for kind, content in bodies.items() if name in content.get("examples", {})]
        if not told or not isinstance(text := bodies[told[0]]["examples"][name]["value"], str):
            return None
        command += ["-H", f"Content-Type: {told[0]}", "--data-binary", text]
    return shlex.join([*command, base + path + (f"?{urlencode(asked)}" if asked else "")])


@router.get(
    "/openapi.json",
    summary="This description",
    response_class=Response,
    openapi_extra=openapi.document(["application/json"], versioned=False),
)
@router.head("/openapi.json", include_in_schema=False)
async def description(request: Request) -> Response:
    """Give the OpenAPI document, with the address under which the client has reached us."""
    told = {**request.app.openapi(), "servers": [{"url": base_of(request)}]}
    text = await asyncio.to_thread(json.dumps, told, ensure_ascii=False)
    return Response(text, media_type="application/json")


@router.get(
    "/docs",
    summary="This description as a page",
    response_class=Response,
    openapi_extra=openapi.document([HTML], versioned=False),
)
@router.head("/docs", include_in_schema=False)
async def reference(request: Request) -> Response:
    """Show what can be asked over HTTP, and how."""
    groups = operations_of(request.app.openapi(), base_of(request))
    return page("docs.html", groups=groups)
