"""The OpenAPI description of what FastAPI cannot read from a function.

https://spec.openapis.org/oas/v3.1.0. Ours take a request as it is, for they decode and negotiate
by rules of their own.
"""

from __future__ import annotations

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
    "listing",
    "with_schemas",
]

_Json = dict[str, Any]

_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}
_STATUS = {
    201: "The graph is new; Location says where it is to be had.",
    204: "The graph is as it was asked to be.",
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


def _parameter(name: str, words: str, *, where: str = "query", many: bool = False) -> _Json:
    kind: _Json = {"type": "string"}
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
        str(status): {"description": _STATUS.get(status, "The answer."), **answer}
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


_VERSION = _parameter("version", "The id of a kept version; the current one unless given.")
_DATASET = [
    _parameter("default-graph-uri", "A graph of the default graph to ask.", many=True),
    _parameter("named-graph-uri", "A named graph to ask.", many=True),
]
_USING = [
    _parameter("using-graph-uri", "A graph of the default graph that WHERE asks.", many=True),
    _parameter("using-named-graph-uri", "A named graph that WHERE asks.", many=True),
]
_FORMAT = _parameter("format", "The short name of a format, instead of Accept.", many=True)
_GRAPH = [
    _parameter("graph", "The IRI of the graph."),
    _parameter("default", "The default graph; without a value."),
]
_CONDITIONS = [
    _parameter("If-Match", "The versions that the write is meant for.", where="header"),
    _parameter("If-None-Match", "* for a graph that must not be there yet.", where="header"),
]
_HELD = _parameter("If-None-Match", "The answer that the client holds.", where="header")


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
    **more: _Json,
) -> _Json:
    """Return the operation that gives a document of one of these types.

    ``versioned`` for one that is made from the data; ``parameters`` are those it has beside the
    version; ``more`` are further answers by status, the names prefixed by ``s``.
    """
    good: dict[int, _Json] = {200: {"content": {name: {} for name in types}}, 304: {}}
    good |= {int(status.removeprefix("s")): answer for status, answer in more.items()}
    if not versioned:
        return _operation(good, refusals, parameters)
    return _operation(good, sorted({*refusals, 400, 410, 503}), [*parameters, _VERSION, _HELD])


_PAGED = [
    _parameter("sort", "What to sort by; a minus before it turns the order round.", many=True),
    _parameter("limit", "How many items a page has, 1 to 1000."),
    _parameter("cursor", "Where a page begins: from the 'next' of the one before."),
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
        filters.append(_parameter(name, words, many=True))
        if example:
            filters[-1]["example"] = example
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
    parameters = [*filters, sort, *_PAGED[1:], _VERSION, _HELD]
    if suffix:
        named = _parameter("suffix", "The format.", where="path")
        parameters.append(
            {**named, "required": True, "schema": {"type": "string", "enum": [*offered]}}
        )
    return _operation({200: {"content": content}, 304: {}}, [400, 404, 410, 503], parameters)


def with_schemas(described: _Json) -> _Json:
    """Return an OpenAPI document with the JSON Schema of our pages and all that is in them."""
    pages = (FindingsPage, StudiesPage, TermsPage, ThingsPage, CellsPage)
    _, schema = models_json_schema(
        [(page, "validation") for page in pages],
        by_alias=True,
        ref_template="#/components/schemas/{model}",
    )
    described.setdefault("components", {}).setdefault("schemas", {}).update(schema["$defs"])
    return described


SYNTHESIS = [
    *(
        _parameter(name, f"Only findings of this {name}; several mean any of them.", many=True)
        for name in FILTERS
    ),
    _parameter(
        "without",
        "What to leave out: retracted, second-hand, presupposed; several with commas between.",
    ),
    _parameter("offset", "How many items to pass over."),
    _parameter("limit", "How many items to give; all that there are unless given."),
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
    [_parameter("query", "A SPARQL query."), *_DATASET, _VERSION, _FORMAT, _HELD],
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
    [_parameter("graph", "The graph that the document is judged as; its study's unless given.")],
    {format_.media_types[0]: {} for format_ in RDF_FORMATS},
)
