"""Dereferencing: every thing and term of ours answers under its own path.

A thing is no document: its path answers 303 See Other to a document about it, the page or the
data, by Accept (https://www.w3.org/TR/cooluris/#r303gendocument); a suffix names the document.
"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.description import describe_for_page
from osteokg.api.negotiation import HTML, best_type
from osteokg.api.ontology import ontology_kept
from osteokg.api.quotations import quotations_for
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import asked_version, in_address, store_for
from osteokg.api.terms import term_page
from osteokg.kg.catalogue import view
from osteokg.kg.entity import describe, entity_bytes, linked_from
from osteokg.kg.errors import NotAcceptableError, NotFoundError
from osteokg.kg.names import BASE, VOCAB
from osteokg.kg.results import GRAPH_FORMATS, Format, Query
from osteokg.kg.store import Store

__all__ = ["router"]

router = APIRouter()

_SUFFIXES: dict[str, Format | None] = {
    "html": None,
    **{format_.name: format_ for format_ in GRAPH_FORMATS},
}
_DESCRIBED = openapi.document(
    [HTML, *(format_.media_types[0] for format_ in GRAPH_FORMATS)], [404, 406], s303={}
)


@router.get(
    "/id/{kind}/{slug}",
    summary="A thing: finding, study, arm …",
    response_class=Response,
    openapi_extra=_DESCRIBED,
)
@router.head("/id/{kind}/{slug}", include_in_schema=False)
async def thing(request: Request, kind: str, slug: str) -> Response:
    """Lead to the page or the data about a thing, or give the document a suffix names."""
    return await _dereference(request, f"id/{kind}/{slug}")


@router.get(
    "/vocab/{term}",
    summary="A term of the ontology",
    response_class=Response,
    openapi_extra=_DESCRIBED,
)
@router.head("/vocab/{term}", include_in_schema=False)
async def term(request: Request, term: str) -> Response:
    """Lead to the page or the data about a term, or give the document a suffix names.

    The ontology's version IRI leads to the ontology.
    """
    iri, ontology = f"{VOCAB}{term}", await ontology_kept(request)
    if iri in ontology.document.values("owl:versionIRI"):
        return RedirectResponse(request.scope.get("root_path", "") + "/ontology", 303)
    return await _dereference(request, f"vocab/{term}")


async def _dereference(request: Request, path: str) -> Response:
    name, dot, suffix = path.rpartition(".")
    if dot and suffix in _SUFFIXES:
        return await _document(request, BASE + name, _SUFFIXES[suffix])
    await _must_exist(store_for(request), BASE + path)
    suffix = _wanted_suffix(request.headers.get("accept"))
    root = request.scope.get("root_path", "")
    version = asked_version(in_address(request))
    at = "" if version is None else f"?version={quote(version)}"
    return RedirectResponse(f"{root}/{path}.{suffix}{at}", 303, headers={"Vary": "Accept"})


async def _must_exist(store: Store, iri: str) -> None:
    ask = view("exists", [iri])
    answer = await store.query(Query(ask))
    if b"true" not in answer.body:
        raise NotFoundError(f"There is nothing named {iri} in the graph.")


def _wanted_suffix(accept: str | None) -> str:
    """Return the suffix for an Accept header; without a wish, Turtle."""
    by_type: dict[str, str] = {}
    for name, format_ in _SUFFIXES.items():
        if format_ is not None:
            for media_type in format_.media_types:
                by_type.setdefault(media_type, name)
    by_type[HTML] = "html"
    chosen = best_type(accept, ["text/turtle", HTML, *by_type])
    if chosen is None:
        offered = ", ".join([HTML, *(format_.media_types[0] for format_ in GRAPH_FORMATS)])
        raise NotAcceptableError(f"Things are described in {offered}; accept one of them.")
    return by_type[chosen]


async def _document(request: Request, iri: str, chosen: Format | None) -> Response:
    store = store_for(request)
    entity = await describe(store, iri)
    if chosen is not None:
        body = entity_bytes(entity, chosen)
        known = validator_for(request, chosen.name)
        link = f'<{iri}>; rel="canonical"'
        return represent(request, body, chosen.content_type, known, Link=link)
    linked = await linked_from(store, iri)
    suffixes = {name: format_ for name, format_ in _SUFFIXES.items() if format_ is not None}
    term = (await ontology_kept(request)).terms.get(iri)
    if term is None:
        return page(
            "thing.html",
            entity=entity,
            description=await describe_for_page(store, entity, linked),
            suffixes=suffixes,
            quotations=await quotations_for(request),
        )
    return await term_page(request, term, entity, linked, suffixes)
