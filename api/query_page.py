"""The query page: an editor, the answer as a table or as triples, what is wrong with a query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from fastapi import APIRouter, Request
from fastapi.responses import Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.ontology import ontology_kept
from osteokg.kg.catalogue import named_queries, view
from osteokg.kg.errors import OsteoKGError
from osteokg.kg.names import PREFIXES, contract
from osteokg.kg.results import ROW_FORMATS, Answer, Query
from osteokg.kg.store import Store
from osteokg.kg.terms import Ontology

__all__ = ["Asked", "labels_in", "query_page", "router"]

router = APIRouter()

_SHOWN = 1000
"""So many rows are put on a page."""

_JSON = ROW_FORMATS[0]

_FIRST_QUERY = f"""PREFIX okg: <{PREFIXES["okg"]}>
PREFIX rdfs: <{PREFIXES["rdfs"]}>
SELECT ?study ?outcome ?direction ?finding
WHERE {{
  ?finding a okg:Finding ;
    okg:model okg:OvariectomizedRat ; okg:intervention okg:VitaminK2 ;
    okg:study/rdfs:label ?study ; okg:outcome/rdfs:label ?outcome ;
    okg:direction/rdfs:label ?direction .
}}
ORDER BY ?study ?outcome
"""


@dataclass(frozen=True)
class Asked:
    """Hold what the page shows: a query, the version it was pinned to, what came of it."""

    text: str
    version: str | None = None
    answer: Answer | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    error: OsteoKGError | None = None


def query_page(asked: Asked) -> Response:
    """Return the page for a query that was asked, or for none (its text is empty)."""
    table = None
    graph = None
    if asked.answer is not None and asked.answer.format == _JSON:
        table = json.loads(asked.answer.body)
    elif asked.answer is not None:
        graph = asked.answer.body.decode()
    return page(
        "sparql.html",
        200 if asked.error is None else asked.error.status,
        text=asked.text or _FIRST_QUERY,
        asked=bool(asked.text),
        pinned=asked.version,
        version=asked.answer.version if asked.answer else "",
        table=table,
        graph=graph,
        shown=_SHOWN,
        labels=asked.labels,
        error=asked.error,
        queries=named_queries(),
    )


async def labels_in(answer: Answer, store: Store) -> Mapping[str, str]:
    """Return what the IRIs in the rows that a page shows are called, where they have a label."""
    if answer.format != _JSON:
        return {}
    rows = json.loads(answer.body).get("results", {"bindings": []})["bindings"]
    terms = chain.from_iterable(row.values() for row in islice(rows, _SHOWN))
    things = sorted({term["value"] for term in terms if term["type"] == "uri"})
    if not things:
        return {}
    named = await store.query(Query(view("names", things), rows=_JSON))
    return {
        row["thing"]["value"]: row["label"]["value"]
        for row in json.loads(named.body)["results"]["bindings"]
    }


@router.get(
    "/completions.json",
    summary="The names that an editor of queries may offer",
    response_class=Response,
    openapi_extra=openapi.document(["application/json"]),
)
@router.head("/completions.json", include_in_schema=False)
async def completions(request: Request) -> Response:
    """Give prefixes, and each name of the ontology with label, synonyms, kind and definition."""
    ontology = await ontology_kept(request)

    async def made(_store: Store) -> str:
        found = {"prefixes": dict(PREFIXES), "names": _names(ontology)}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n"

    return Response(await kept(request, "completions", made), media_type="application/json")


def _names(ontology: Ontology) -> list[dict[str, object]]:
    return [
        {
            "name": contract(term.iri),
            "label": term.label,
            "also": [*term.values("skos:altLabel"), *term.values("skos:hiddenLabel")],
            "kind": ", ".join(kind.label for kind in ontology.kinds(term)),
            "about": term.first("skos:definition") or "",
        }
        for term in ontology.ordered(ontology.terms)
    ]
