"""The ontology under its own address: a page for people, the document in every format, mappings."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.kept import kept
from osteokg.api.links import header, of_our_dataset
from osteokg.api.negotiation import HTML, best_type
from osteokg.api.representations import represent, validator_for
from osteokg.api.requests import asked_version, in_address
from osteokg.api.structured import block, term_set
from osteokg.kg.errors import NotAcceptableError, NotFoundError, RequestError
from osteokg.kg.files import mappings_file
from osteokg.kg.names import VOCAB, graph_iri
from osteokg.kg.ontology import ONTOLOGY_FORMATS, OntologyFormat, ontology_bytes
from osteokg.kg.store import Store
from osteokg.kg.terms import Ontology, ontology_of

__all__ = ["ontology_kept", "router"]

router = APIRouter()

_BY_NAME = {format_.name: format_ for format_ in ONTOLOGY_FORMATS}
_BY_TYPE = {
    type_: format_ for format_ in reversed(ONTOLOGY_FORMATS) for type_ in format_.media_types
}
# Prefixes and file endings that others use for the same.
_BY_SUFFIX = {**_BY_NAME, "owl": _BY_NAME["rdf"]}
_TABLE = "text/tab-separated-values"


@router.get(
    "/ontology",
    summary="The ontology: a page, or the document by Accept",
    response_class=Response,
    openapi_extra=openapi.document([HTML, *_BY_TYPE], [400, 406]),
)
@router.head("/ontology", include_in_schema=False)
async def ontology(request: Request) -> Response:
    """Give the page of the ontology, or its document in the format a client likes best."""
    accept = request.headers.get("accept")
    preferred = [format_.media_types[0] for format_ in ONTOLOGY_FORMATS]
    chosen = best_type(accept, [*preferred[:1], HTML, *preferred[1:], *_BY_TYPE])
    if chosen is None:
        offered = ", ".join([HTML, *preferred])
        raise NotAcceptableError(f"The ontology is given in {offered}; accept one of them.")
    if chosen != HTML:
        return await _document(request, _BY_TYPE[chosen])
    return await _page_of(request)


@router.get(
    "/ontology.{suffix}",
    summary="The ontology in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.document([HTML, *_BY_TYPE], [400, 404], suffixes=["html", *_BY_SUFFIX]),
)
@router.head("/ontology.{suffix}", include_in_schema=False)
async def ontology_in_format(request: Request, suffix: str) -> Response:
    """Give the page (``.html``) or the document (``.ttl .nt .rdf .owl .jsonld .ofn``)."""
    if suffix == "html":
        return await _page_of(request)
    if suffix not in _BY_SUFFIX:
        offered = " ".join(f".{name}" for name in ("html", *_BY_SUFFIX))
        raise NotFoundError(f"There is no ontology.{suffix}; there is {offered}.")
    return await _document(request, _BY_SUFFIX[suffix])


@router.get(
    "/mappings.sssom.tsv",
    summary="The mappings of our terms to outside vocabularies, as SSSOM",
    response_class=Response,
    openapi_extra=openapi.document([_TABLE]),
)
@router.head("/mappings.sssom.tsv", include_in_schema=False)
async def mappings() -> Response:
    """Give the mapping table as it lies in the ontology."""
    content = await asyncio.to_thread(mappings_file().read_bytes)
    return Response(content, headers={"Content-Type": f"{_TABLE}; charset=utf-8"})


@router.get(
    "/vocab/",
    summary="The vocabulary",
    response_class=Response,
    openapi_extra=openapi.document([], versioned=False, s303={}),
)
@router.head("/vocab/", include_in_schema=False)
async def vocabulary() -> Response:
    """Lead from the ontology's IRI to its document."""
    return RedirectResponse("/ontology", 303)


async def ontology_kept(request: Request) -> Ontology:
    """Return the ontology of the current version, laid out for people."""
    return await kept(request, "ontology", ontology_of)


async def _page_of(request: Request) -> Response:
    body = await kept(request, "ontology.html", _page)
    known = validator_for(request, "html")
    return represent(request, body, f"{HTML}; charset=utf-8", known, Link=_links())


async def _document(request: Request, format_: OntologyFormat) -> Response:
    """Return the document as it lies in the files. Raises RequestError for an earlier version."""
    version = asked_version(in_address(request))
    if version not in (None, request.app.state.store.version):
        raise RequestError(
            "The documents of the ontology are those of the current version; the ontology of an "
            f"earlier one is the graph /graphs?graph={graph_iri('ontology')}&version={version}."
        )
    content = await asyncio.to_thread(ontology_bytes, format_.name)
    headers = {"Content-Type": format_.content_type, "Vary": "Accept", "Link": _links()}
    return Response(content, headers=headers)


def _links() -> str:
    """Return the Link header: what this is about, and the other forms of it (RFC 8288)."""
    others = [
        (f"/ontology.{format_.name}", "alternate", format_.media_types[0])
        for format_ in ONTOLOGY_FORMATS
    ]
    return header(
        [
            (VOCAB, "canonical", ""),
            (VOCAB, "cite-as", ""),
            ("/ontology.html", "alternate", HTML),
            *others,
            ("https://schema.org/DefinedTermSet", "type", ""),
            *of_our_dataset(),
        ]
    )


async def _page(store: Store) -> bytes:
    found = await ontology_of(store)
    response = await asyncio.to_thread(
        page,
        "ontology.html",
        about=found.document,
        sections=found.sections(),
        formats=ONTOLOGY_FORMATS,
        terms=len(found.terms),
        data=block(term_set(found)),
    )
    return bytes(response.body)
