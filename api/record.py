"""The dataset described: for harvesters and catalogues in RDF, for people on a page."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from osteokg.api import openapi
from osteokg.api.answers import page
from osteokg.api.documents import FORMATS, TYPES, wanted
from osteokg.api.dumps import dumps_of
from osteokg.api.history import kept_versions
from osteokg.api.kept import kept
from osteokg.api.links import DESCRIPTION, header, of_service
from osteokg.api.representations import Validator, represent, validator_for
from osteokg.api.requests import asked_version, base_of, in_address, store_for
from osteokg.api.settings import Settings
from osteokg.api.structured import block, dataset
from osteokg.kg.dataset_record import Place, placed, statistics
from osteokg.kg.errors import NotFoundError
from osteokg.kg.metadata import about, named
from osteokg.kg.names import BASE, contract
from osteokg.kg.release import ReleaseFile
from osteokg.kg.results import graph_bytes

__all__ = ["dataset_block", "links_of_dataset", "router"]

router = APIRouter()

_DESCRIBED = openapi.document(list(TYPES.values()), [404, 406])


@router.get(
    "/void",
    summary="The dataset described: VoID, DCAT, PROV",
    response_class=Response,
    openapi_extra=_DESCRIBED,
)
@router.head("/void", include_in_schema=False)
async def void(request: Request) -> Response:
    """Describe the dataset in the format a client likes best."""
    return await _described(request, wanted(request.headers.get("accept")))


@router.get(
    "/void.{suffix}",
    summary="The same in the format a suffix names",
    response_class=Response,
    openapi_extra=openapi.document(list(TYPES.values()), [404], suffixes=TYPES),
)
@router.head("/void.{suffix}", include_in_schema=False)
async def void_in_format(request: Request, suffix: str) -> Response:
    """Describe the dataset in the format that a suffix names."""
    if suffix not in TYPES:
        offered = " ".join(f".{name}" for name in TYPES)
        raise NotFoundError(f"There is no void.{suffix}; there is {offered}.")
    return await _described(request, suffix)


@router.get(
    "/.well-known/void",
    summary="Where everybody looks for the description",
    response_class=Response,
    openapi_extra=openapi.document([], versioned=False, s302={}),
)
@router.head("/.well-known/void", include_in_schema=False)
async def well_known() -> Response:
    """Lead to the description from where everybody looks for it.

    https://www.w3.org/TR/void/#well-known
    """
    return RedirectResponse("/void", 302)


@router.get(
    "/version/{version}",
    summary="A version of the dataset",
    response_class=Response,
    openapi_extra=openapi.document([], [404, 406, 410], versioned=False, s303={}),
)
@router.head("/version/{version}", include_in_schema=False)
async def version(request: Request, version: str) -> Response:
    """Lead to the description of a version, by Accept."""
    suffix = wanted(request.headers.get("accept"))
    address = f"/void.{suffix}?version={quote(version)}"
    return RedirectResponse(address, 303, headers={"Vary": "Accept"})


async def _described(request: Request, suffix: str) -> Response:
    settings: Settings = request.app.state.settings
    if settings.plain:
        raise NotFoundError(
            "A plain dataset is described by nobody; /sparql without a query describes the service."
        )
    told = await kept(request, "statistics", statistics)
    files = _files(request)
    place = Place(
        base_of(request),
        store_for(request).version,
        [one.id for one in await kept_versions(request) if one.id],
        files,
    )
    triples = [*told, *placed(place)]
    links = links_of_dataset(request, suffix)
    if suffix == "html":
        data = block(dataset(place.base, place.version, files))
        response = await asyncio.to_thread(_page, triples, place, data)
        response.headers["Link"] = links
        return response
    format_ = FORMATS[suffix]
    body = await asyncio.to_thread(graph_bytes, triples, format_)
    return represent(request, body, format_.content_type, _validator(request, suffix), Link=links)


def links_of_dataset(request: Request, suffix: str) -> str:
    """Return the links of a document about the dataset: what it is, its forms, what it consists of.

    None for a plain dataset but what describes the service.
    """
    settings: Settings = request.app.state.settings
    if settings.plain:
        return of_service(described=False)
    version = store_for(request).version
    return header(
        [
            (BASE, "canonical", ""),
            (BASE, "cite-as", ""),
            *((f"/void.{name}", "alternate", kind) for name, kind in TYPES.items()),
            *(
                (f"/void.{name}", "describedby", kind)
                for name, kind in TYPES.items()
                if suffix == "html" != name
            ),
            ("https://schema.org/Dataset", "type", ""),
            (about().license, "license", ""),
            DESCRIPTION,
            *(
                (f"/dumps/{version}/{file.name}", "item", file.media_type)
                for file in _files(request)
                if file.name.startswith("osteokg.")
            ),
        ]
    )


def _validator(request: Request, suffix: str) -> Validator | None:
    """Return what the description of the current version is known by.

    None for one that was asked for by name: the list of the kept versions in it changes.
    """
    asked = asked_version(in_address(request))
    return validator_for(request, suffix) if asked is None else None


def _files(request: Request) -> Sequence[ReleaseFile]:
    return dumps_of(request)


def dataset_block(request: Request) -> str | None:
    """Return what stands of the dataset in the data block of a page; None for a plain one."""
    settings: Settings = request.app.state.settings
    if settings.plain:
        return None
    return block(dataset(base_of(request), store_for(request).version, _files(request)))


def _page(triples: Sequence[ox.Triple], place: Place, data: str | None) -> Response:
    """Return the page of the dataset: the same facts as in RDF, those that people look for."""
    said: Mapping[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        assert isinstance(triple.subject, ox.NamedNode | ox.BlankNode)
        value = triple.object
        assert isinstance(value, ox.NamedNode | ox.BlankNode | ox.Literal)
        said[triple.subject.value][triple.predicate.value].append(value.value)

    def of(subject: str, curie: str) -> list[str]:
        return said[subject][named(curie).value]

    def number(subject: str, curie: str) -> int:
        return int(next(iter(of(subject, curie)), 0))

    def parts(link: str, what: str, count: str) -> list[tuple[str, int]]:
        """Return what a partition is of, and how many there are, the largest first."""
        found = [(of(part, what)[0], number(part, count)) for part in of(BASE, link)]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    linksets: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for part in of(BASE, "void:subset"):
        for target in of(part, "void:objectsTarget"):
            (space,) = of(target, "void:uriSpace")
            relation = contract(of(part, "void:linkPredicate")[0])
            linksets[space].append((relation, number(part, "void:triples")))
    sizes = ("triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects")
    context: dict[str, Any] = {
        "about": about(),
        "version": place.version,
        "base": place.base,
        "files": place.files,
        "sizes": {name: number(BASE, f"void:{name}") for name in sizes},
        "classes": parts("void:classPartition", "void:class", "void:entities"),
        "properties": parts("void:propertyPartition", "void:property", "void:triples"),
        "linksets": sorted(linksets.items(), key=lambda one: -sum(count for _, count in one[1])),
        "suffixes": FORMATS,
        "data": data,
    }
    return page("void.html", **context)
