"""Examples: requests that can be made as they stand, in the OpenAPI document.

``examples.json`` has them: the operation, the values of its parameters, a body, and what the
evidence that comes with OsteoKG answers (``docs/make_examples.py`` fills that in). In the document
each has one name, under which its parts stand where OpenAPI has a place for them: at each
parameter, the body and the answer. https://spec.openapis.org/oas/v3.1.0#example-object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["examples_file", "given_examples", "with_examples"]

_Json = dict[str, Any]


def examples_file() -> Path:
    """Return the path of the examples."""
    return Path(__file__).with_name("examples.json")


@cache
def given_examples() -> Sequence[Mapping[str, Any]]:
    """Return the examples, each with ``operation`` (``GET /findings``), ``name`` and its parts."""
    found: list[Mapping[str, Any]] = json.loads(examples_file().read_text(encoding="utf-8"))
    return found


def with_examples(described: _Json) -> _Json:
    """Return an OpenAPI document with the examples. Raises KeyError for what it does not have."""
    for one in given_examples():
        method, _, path = one["operation"].partition(" ")
        operation = described["paths"][path][method.lower()]
        told = {"summary": one["summary"]}
        parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
        for name, value in one.get("parameters", {}).items():
            _add(parameters[name], one["name"], {**told, "value": value})
        if body := one.get("body"):
            content = operation["requestBody"]["content"][body["type"]]
            _add(content, one["name"], {**told, "value": body["value"]})
        if answer := one.get("answer"):
            content = operation["responses"][str(answer["status"])]["content"][answer["type"]]
            _add(content, one["name"], {**told, "value": answer["value"]})
    return described


def _add(place: _Json, name: str, example: _Json) -> None:
    place.setdefault("examples", {})[name] = example
