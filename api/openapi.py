"""The OpenAPI description of what FastAPI cannot read from a function.

https://spec.openapis.org/oas/v3.1.0. Ours take a request as it is, for they decode and negotiate
by rules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from osteokg.kg.contract.models import (
    CellsPage,
    FindingsPage,
    StudiesPage,
    TermsPage,
    ThingsPage,
)
from osteokg.kg.filters import FILTERS
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Format

__all__ = [
    "DROP",
    "QUERY_GET",
    "QUERY_POST",
    "READ",
    "RESULTS",
    "SYNTHESIS",
    "UPDATE",
    "VALIDATE",
    "WRITE",
    "document",
    "finished",
    "listing",
    "parameter",
]

_Json = dict[str, Any]

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_LOCATION = {"headers": {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}}
_STATUS = {
    201: "The graph is new; Location says where it is to be had.",
    204: "The graph is as it was asked to be.",
    302: "It lies there.",
    303: "A document about the thing lies there.",
    304: "The client holds this answer already (If-None-Match).",
    307: "The current version lies there.",
    400: "The request is wrong; the answer says what and, for a text, the line and column.",
    401: "The write token is missing or wrong.",
    403: "Writing is off, or a page of another origin asks for it.",
    404: "There is no such thing.",
    406: "None of the accepted types can be given.",
    409: "The graph is owned by a file or a rule.",
    410: "The version is not kept.",
    412: "The current version is another than the one the write was meant for.",
    413: "The body is too large.",
    415: "The body is of a type that is not read.",
    422: "The data would be wrong: the answer is the report.",
    503: "The work was stopped at a limit.",
}


_LEADING = (201, 302, 303, 307)
"""Answers that say where something lies."""


def parameter(
    name: str, words: str, *, where: str = "query", many: bool = False, **more: object
) -> _Json:
    """Return a parameter: a text, several with ``many``, unless ``more`` says of what schema."""
    kind: _Json = {"type": "string", **more}
    schema: _Json = {"type": "array", "items": kind} if many else kind
    return {"name": name, "in": where, "description": words, "schema": schema}


def _content(formats: Iterable[Format]) -> _Json:
    return {name: {} for format_ in formats for name in format_.media_types}


def _operation(
    good: Mapping[int, _Json],
    bad: Sequence[int],
    parameters: Sequence[_Json] = (),
    body: _Json | None = None,
) -> _Json:
    """Return an operation; ``good`` are the answers it gives, by status, ``bad`` the refusals."""
    answers: _Json = {
        str(status): {
            "description": _STATUS.get(status, "The answer."),
            **(_LOCATION if status in _LEADING else {}),
            **answer,
        }
        for status, answer in good.items()
    }
    for status in bad:
        content = {**_PROBLEM, "text/html": {}}
        if status == 422:
            content |= {"application/json": {}, "text/plain": {}, **_content(RDF_FORMATS)}
        answers[str(status)] = {"description": _STATUS[status], "content": content}
    described: _Json = {"parameters": list(parameters), "responses": answers}
    if body is not None:
        described["requestBody"] = {"required": True, "content": body}
    return described


_VERSION = parameter(
    "version",
    "The id of a kept version; the current one unless given.",
    pattern="^[0-9a-f]{64}$",
)
_DATASET = [
    parameter("default-graph-uri", "A graph of the default graph to ask.", many=True),
    parameter("named-graph-uri", "A named graph to ask.", many=True),
]
_USING = [
    parameter("using-graph-uri", "A graph of the default graph that WHERE asks.", many=True),
    parameter("using-named-graph-uri", "A named graph that WHERE asks.", many=True),
]
_FORMAT = parameter("format", "The short name of a format, instead of Accept.", many=True)
_GRAPH = [
    parameter("graph", "The IRI of the graph."),
    parameter("default", "The default graph; without a value."),
]
_CONDITIONS = [
    parameter("If-Match", "The versions that the write is meant for.", where="header"),
    parameter("If-None-Match", "* for a graph that must not be there yet.", where="header"),
]
_HELD = parameter("If-None-Match", "The answer that the client holds.", where="header")


def _form(field: str, parameters: Sequence[_Json]) -> _Json:
    fields = {one["name"]: one["schema"] for one in parameters}
    text = {"type": "string"}
    return {
        "schema": {"type": "object", "properties": {field: text, **fields}, "required": [field]}
    }


RESULTS = [name for format_ in ROW_FORMATS + RDF_FORMATS for name in format_.media_types]
"""The media types of answers to queries."""


def document(
    types: Iterable[str],
    refusals: Sequence[int] = (),
    *,
    versioned: bool = True,
    parameters: Sequence[_Json] = (),
    suffixes: Iterable[str] = (),
    **more: _Json,
) -> _Json:
    """Return the operation that gives a document of one of these types; of none, it leads to one.

    ``versioned`` for one that is made from the data; ``parameters`` are those it has beside the
    version, ``suffixes`` the values of a path's ``{suffix}``; ``more`` are further answers by
    status, the names prefixed by ``s``.
    """
    content: _Json = {name: {} for name in types}
    good: dict[int, _Json] = {200: {"content": content}, 304: {}} if content else {}
    good |= {int(status.removeprefix("s")): answer for status, answer in more.items()}
    taken = [*parameters, *_suffix(suffixes)]
    if versioned:
        taken.append(_VERSION)
        refusals = sorted({*refusals, 400, 410, 503})
    return _operation(good, refusals, [*taken, _HELD] if content else taken)


def _suffix(suffixes: Iterable[str]) -> list[_Json]:
    names = [*suffixes]
    named = parameter("suffix", "The format.", where="path", enum=names)
    return [{**named, "required": True}] if names else []


_PAGED = [
    parameter("sort", "What to sort by; a minus before it turns the order round.", many=True),
    {
        **parameter("limit", "How many items a page has."),
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
    parameter("cursor", "Where a page begins: from the 'next' of the one before."),
]
_EXAMPLES = {
    "intervention": ["CHEBI:28384", "VitaminK2"],
    "model": ["okg:OvariectomizedRat"],
    "site": ["UBERON:0000981"],
    "compartment": ["CancellousBone"],
    "outcome": ["bone mass"],
    "direction": ["increased", "no-difference"],
    "contrast": ["treatment-effect"],
    "study": ["iwamoto-2005"],
    "reference": ["35"],
    "status": ["retracted"],
    "kind": ["finding"],
    "q": ["vitamin femur"],
    "below": ["Femur"],
}
"""A value for each filter that leaves something of the evidence that comes with OsteoKG."""

_TAKES = {
    "q": "Words that a paraphrase, label or synonym has; a part in quotation marks is one word.",
    "reference": "A number in a publication's list of references, or the entry's name.",
    "kind": "finding, clinical, mechanism, explanation, interaction-claim or conclusion; of terms "
    "and things what kind they are.",
    "cell": "A cell of the evidence map.",
    "below": "A term: it and everything below it.",
}


def listing(
    page: type[BaseModel],
    taken: Iterable[str],
    sorts: Sequence[str],
    offered: Mapping[str, str],
    *,
    suffix: bool = False,
    examples: Mapping[str, list[str]] = MappingProxyType({}),
) -> _Json:
    """Return the operation that gives a list in several formats, JSON as a page's model says.

    ``taken`` are its filters, ``sorts`` what it can be sorted by, ``offered`` the media types by
    suffix.
    """
    reference = {"schema": {"$ref": f"#/components/schemas/{page.__name__}"}}
    content: _Json = {kind: {} for kind in offered.values()}
    content["application/json"] = reference
    filters = []
    for name in taken:
        words = _TAKES.get(name, f"A {name}: name, CURIE or IRI, ours or outside.")
        example = examples.get(name, _EXAMPLES.get(name))
        filters.append(parameter(name, words, many=True))
        if example:
            filters[-1]["examples"] = {
                f"by-{name}-{number}": {"value": [value]}
                for number, value in enumerate(example, start=1)
            }
    sort = {
        **_PAGED[0],
        "schema": {
            "type": "array",
            "items": {
                "type": "string",
                "enum": [word for one in sorts for word in (one, f"-{one}")],
            },
        },
    }
    named = _suffix(offered if suffix else ())
    for one in named:
        keys = [key for given in filters for key in given.get("examples", ())]
        one["examples"] = {key: {"value": "json"} for key in keys}
    parameters = [*named, *filters, sort, *_PAGED[1:], _VERSION, _HELD]
    return _operation({200: {"content": content}, 304: {}}, [400, 404, 410, 503], parameters)


_PATHS = {
    "kind": "A kind of thing: finding, study, arm, anchor, publication …",
    "name": "The name.",
    "slug": "What the thing is called within its kind.",
    "term": "The term's name.",
    "version": "The version.",
}
"""What stands in a path."""

_PROBLEM_SCHEMA: _Json = {
    "type": "object",
    "description": "Problem details, https://www.rfc-editor.org/rfc/rfc9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string", "description": "What kind of problem it is."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong, where, and what to do."},
        "request_id": {"type": "string", "description": "The name of the request in the log."},
        "line": {"type": "integer", "description": "Of a query: the line, from 1."},
        "column": {"type": "integer", "description": "Of a query: the character, from 1."},
        "parameter": {"type": "string", "description": "The parameter that was wrong."},
        "value": {"type": "string", "description": "What it was given."},
        "suggestions": {"type": "array", "items": {"type": "string"}},
    },
}


def finished(described: _Json) -> _Json:
    """Return an OpenAPI document that says no more and no less than what is answered.

    The framework adds each path parameter once more, and answers of its own: 422 for what it would
    check if it read our parameters, 200 where there is none. The JSON Schema of our pages and
    problems is put in.
    """
    for path, item in described["paths"].items():
        for operation in item.values():
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
            if "content" not in answers.get("200", {"content": {}}) and len(answers) > 1:
                del answers["200"]  # it leads elsewhere
            operation["parameters"] = _each_once(path, operation.get("parameters", ()))
    pages = (FindingsPage, StudiesPage, TermsPage, ThingsPage, CellsPage)
    _, schema = models_json_schema(
        [(page, "validation") for page in pages],
        by_alias=True,
        ref_template="#/components/schemas/{model}",
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(schema["$defs"], Problem=_PROBLEM_SCHEMA)
    return described


def _each_once(path: str, parameters: Sequence[_Json]) -> list[_Json]:
    """Return each parameter once, as we describe it, which comes last; those in the path first."""
    found: dict[tuple[str, str], _Json] = {}
    for name in re.findall(r"\{(\w+)\}", path):
        told = parameter(name, _PATHS.get(name, ""), where="path")
        found["path", name] = {**told, "required": True}
    for one in parameters:
        known = found.get((one["in"], one["name"]), {})
        found[one["in"], one["name"]] = {**known, **one}
    return list(found.values())


SYNTHESIS = [
    *(
        parameter(name, f"Only findings of this {name}; several mean any of them.", many=True)
        for name in FILTERS
    ),
    parameter(
        "without",
        "What to leave out: retracted, second-hand, presupposed; several with commas between.",
    ),
    {
        **parameter("offset", "How many items to pass over."),
        "schema": {"type": "integer", "minimum": 0},
    },
    {
        **parameter("limit", "How many items to give; all that there are unless given."),
        "schema": {"type": "integer", "minimum": 1},
    },
]
"""The parameters of the syntheses."""

_RESULT = {200: {"content": {**_content(ROW_FORMATS + RDF_FORMATS), "text/html": {}}}}
_GIVEN = {200: {"content": _content(RDF_FORMATS)}, 304: {}}
_TOLD = {"content": {"application/json": {"schema": {"type": "object"}}}}
_WRITTEN = {201: _TOLD, 204: {}}
_REFUSALS = [400, 401, 403, 409, 412, 413, 415, 422, 503]
_DOCUMENTS: _Json = {format_.media_types[0]: {} for format_ in RDF_FORMATS} | {
    "multipart/form-data": {}
}

QUERY_GET = _operation(
    {**_RESULT, 304: {}},
    [400, 406, 410, 503],
    [parameter("query", "A SPARQL query."), *_DATASET, _VERSION, _FORMAT, _HELD],
)
QUERY_POST = _operation(
    _RESULT,
    [400, 406, 410, 413, 415, 503],
    [*_DATASET, _VERSION, _FORMAT],
    {
        "application/x-www-form-urlencoded": _form("query", [*_DATASET, _VERSION, _FORMAT]),
        "application/sparql-query": {"schema": {"type": "string"}},
    },
)
UPDATE = _operation(
    {200: _TOLD},
    _REFUSALS,
    [*_USING, _CONDITIONS[0]],
    {
        "application/x-www-form-urlencoded": _form("update", _USING),
        "application/sparql-update": {"schema": {"type": "string"}},
    },
)
READ = _operation(_GIVEN, [400, 404, 406, 410, 503], [*_GRAPH, _VERSION, _HELD])
WRITE = _operation(_WRITTEN, _REFUSALS, [*_GRAPH, *_CONDITIONS], _DOCUMENTS)
DROP = _operation({204: {}}, [400, 401, 403, 404, 409, 412, 422, 503], [*_GRAPH, *_CONDITIONS])
_REPORT = {"application/json": {}, "text/plain": {}, "text/html": {}, **_content(RDF_FORMATS)}
VALIDATE = _operation(
    {200: {"content": _REPORT}},
    [400, 404, 413, 415, 503],
    [parameter("graph", "The graph that the document is judged as; its study's unless given.")],
    {format_.media_types[0]: {} for format_ in RDF_FORMATS},
)
