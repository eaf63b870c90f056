"""Dereferencing: every thing and term of ours answers under its own path.

A thing is no document: its path answers 303 See Other to a document about it, the page or the
data, by Accept (https://www.w3.org/TR/cooluris/#r303gendocument); a suffix names the document.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.description import describe_for_page
from osteokg.api.documents import FORMATS, TYPES, wanted
from osteokg.api.links import Link, links_of_thing
from osteokg.api.ontology import ontology_kept
from osteokg.api.quotations import quotations_for
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import asked_version, in_address, store_for
from osteokg.api.settings import Settings
from osteokg.api.structured import block, schema_type, structured
from osteokg.api.terms import term_page
from osteokg.kg.catalogue import view
from osteokg.kg.entity import Entity, describe, entity_bytes, linked_from
from osteokg.kg.errors import NotFoundError
from osteokg.kg.names import BASE, GRAPH, KINDS
from osteokg.kg.results import Query
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_LED = openapi.document([], [404], versioned=False, s303={})
_NAMED = {
    "/id/{kind}/{slug}": (
        "A thing: finding, study, arm …",
        "Lead to the page or the data about a thing, by Accept.",
    ),
    "/vocab/{term}": (
        "A term of the ontology",
        "Lead to the page or the data about a term, by Accept. The version IRI leads to it.",
    ),
    "/graph/{name:path}": (
        "A named graph: where it is from, how large it is",
        "Lead to the page or the data about a graph of ours; /graphs?graph= gives its triples.",
    ),
    "/source/{name}": (
        "What a graph follows",
        "Lead to the page or the data about a source of graphs.",
    ),
}
"""Names of ours by the form of their paths: what they name, what is answered."""


@router.get("/id/", summary="The things", response_class=Response, openapi_extra=_LED)
@router.head("/id/", include_in_schema=False)
async def every_thing() -> Response:
    """Lead from what the names of things begin with to the list of them."""
    return RedirectResponse("/things", 303)


@router.get(
    "/id/{kind}/", summary="The things of a kind", response_class=Response, openapi_extra=_LED
)
@router.head("/id/{kind}/", include_in_schema=False)
async def things_of_kind(kind: str) -> Response:
    """Lead from what the names of a kind of thing begin with to the list of them."""
    if kind not in KINDS:
        raise NotFoundError(f"There is no kind of thing '{kind}'; there are {', '.join(KINDS)}.")
    return RedirectResponse(f"/things?kind={kind}", 303)


def _add(form: str, summary: str, words: str) -> None:
    async def answer(request: Request) -> Response:
        path = form.replace(":path", "").format(**request.path_params)
        suffix = request.path_params.get("suffix")
        return await _dereference(request, (f"{path}.{suffix}" if suffix else path)[1:])

    types = list(TYPES.values())
    for path, title, told, described in (
        (
            f"{form}.{{suffix}}",
            f"{summary}, by suffix",
            "Give the document that a suffix names.",
            openapi.document(types, [404], suffixes=TYPES),
        ),
        (form, summary, words, openapi.document([], [404, 406], s303={})),
    ):
        router.add_api_route(
            path,
            answer,
            methods=["GET"],
            name=path,
            summary=title,
            description=told,
            response_class=Response,
            openapi_extra=described,
        )
        router.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)


for _form, (_summary, _words) in _NAMED.items():
    _add(_form, _summary, _words)


async def _dereference(request: Request, path: str) -> Response:
    name, dot, suffix = path.rpartition(".")
    if dot and suffix in TYPES:
        return await _document(request, name, suffix)
    if path.startswith("vocab/") and BASE + path in (
        (await ontology_kept(request)).document.values("owl:versionIRI")
    ):
        return RedirectResponse("/ontology", 303)
    await _must_exist(store_for(request), BASE + path)
    suffix = wanted(request.headers.get("accept"))
    version = asked_version(in_address(request))
    at = "" if version is None else f"?version={quote(version)}"
    return RedirectResponse(f"/{path}.{suffix}{at}", 303, headers={"Vary": "Accept"})


async def _must_exist(store: Store, iri: str) -> None:
    ask = view("exists", [iri])
    answer = await store.query(Query(ask))
    if b"true" not in answer.body:
        raise NotFoundError(f"There is nothing named {iri} in the graph.")


async def _document(request: Request, path: str, suffix: str) -> Response:
    settings: Settings = request.app.state.settings
    store, iri = store_for(request), BASE + path
    entity = await describe(store, iri)
    schema = schema_type(entity)
    links = links_of_thing(
        iri,
        f"/{path}",
        TYPES,
        suffix,
        schema_types=[schema] if schema else [],
        items=[*_items(iri), *_published(entity, path)],
        described=not settings.plain,
    )
    if suffix != "html":
        body = await asyncio.to_thread(entity_bytes, entity, FORMATS[suffix])
        known = validator_for(request, suffix)
        return represent(request, body, FORMATS[suffix].content_type, known, Link=links)
    linked = await linked_from(store, iri)
    term = (await ontology_kept(request)).terms.get(iri)
    data = block(structured(entity, term))
    if term is None:
        description = await describe_for_page(store, entity, linked)
        response = page(
            "thing.html",
            entity=entity,
            description=description,
            suffixes=FORMATS,
            quotations=await quotations_for(request),
            data=data,
        )
    else:
        response = await term_page(request, term, entity, linked, FORMATS, data=data)
    response.headers["Link"] = links
    return response


def _published(entity: Entity, path: str) -> list[Link]:
    """Return the link to the nanopublication of a statement."""
    there = entity.is_statement()
    return [(f"/{path}.nanopub", "alternate", "application/trig")] if there else []


def _items(iri: str) -> list[Link]:
    """Return what a named graph consists of: its triples."""
    is_graph = iri.startswith(GRAPH)
    return [(f"/graphs?graph={quote(iri, safe='')}", "item", "text/turtle")] if is_graph else []
