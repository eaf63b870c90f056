"""The record of the dataset: what catalogues and harvesters are told of a version.

VoID (https://www.w3.org/TR/void/), its statistics counted by the queries of kg/record; DCAT 3
(https://www.w3.org/TR/vocab-dcat-3/); what the version says of its making (PROV) is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from osteokg.kg.entity import construct
from osteokg.kg.files import statistics_files
from osteokg.kg.metadata import about, named, version_iri
from osteokg.kg.names import BASE
from osteokg.kg.release import ReleaseFile
from osteokg.kg.store import Store

__all__ = ["Place", "placed", "statistics"]

_IANA = "https://www.iana.org/assignments/media-types/"
_RDF_DUMPS = ("osteokg.nq", "osteokg.trig", "osteokg.jsonld", "osteokg.ttl")


@dataclass(frozen=True)
class Place:
    """Say where a version is to be had.

    ``base`` is the address of the service, ``files`` are the dumps of each version there, none
    for a service without, ``versions`` the ids of the kept versions.
    """

    base: str
    version: str
    versions: Sequence[str] = ()
    files: Sequence[ReleaseFile] = ()

    def at(self, path: str) -> ox.NamedNode:
        """Return an address of the service."""
        return ox.NamedNode(f"{self.base}/{path}")


async def statistics(store: Store) -> list[ox.Triple]:
    """Return what holds of a version wherever it lies: its sizes, what it says of itself."""
    found: dict[ox.Triple, None] = dict.fromkeys(about().triples)
    for path in statistics_files():
        found |= dict.fromkeys(await construct(store, path.read_text(encoding="utf-8")))
    return list(found)


def placed(place: Place) -> list[ox.Triple]:
    """Return what holds of a version where it is to be had: distributions, services, versions."""
    dataset, document, catalog = ox.NamedNode(BASE), place.at("void"), place.at("void#catalog")
    sparql, service = place.at("sparql"), place.at("sparql#service")
    license_ = ox.NamedNode(about().license)
    facts: list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]] = [
        (document, "rdf:type", named("void:DatasetDescription")),
        (document, "dcterms:title", _words("Description of OsteoKG")),
        (document, "foaf:primaryTopic", dataset),
        (catalog, "rdf:type", named("dcat:Catalog")),
        (catalog, "dcterms:title", _words("What this service offers")),
        (catalog, "dcat:dataset", dataset),
        (catalog, "dcat:service", service),
        (dataset, "foaf:homepage", place.at("")),
        (dataset, "dcat:landingPage", place.at("")),
        (dataset, "void:sparqlEndpoint", sparql),
        (dataset, "dcat:distribution", place.at("void#sparql")),
        (place.at("void#sparql"), "rdf:type", named("dcat:Distribution")),
        (place.at("void#sparql"), "dcterms:title", _words("What a query selects")),
        (place.at("void#sparql"), "dcterms:license", license_),
        (place.at("void#sparql"), "dcat:accessURL", sparql),
        (place.at("void#sparql"), "dcat:accessService", service),
        (service, "rdf:type", named("dcat:DataService")),
        (service, "dcterms:title", _words("SPARQL endpoint")),
        (service, "dcterms:license", license_),
        (service, "dcterms:conformsTo", ox.NamedNode("https://www.w3.org/TR/sparql11-protocol/")),
        (service, "dcat:endpointURL", sparql),
        (service, "dcat:endpointDescription", sparql),
        (service, "dcat:endpointDescription", place.at("openapi.json")),
        (service, "dcat:servesDataset", dataset),
        *((dataset, "rdfs:seeAlso", place.at(path)) for path in ("ontology", "shapes", "queries")),
        *((dataset, "dcat:hasVersion", version_iri(one)) for one in place.versions),
    ]
    for file in place.files:
        facts.extend(_distribution(place, file))
    return [ox.Triple(subject, named(name), value) for subject, name, value in facts]


def _distribution(
    place: Place, file: ReleaseFile
) -> Iterator[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
    dataset, node = ox.NamedNode(BASE), place.at(f"void#{file.name}")
    download = place.at(f"dumps/{place.version}/{file.name}")
    yield dataset, "dcat:distribution", node
    yield node, "rdf:type", named("dcat:Distribution")
    yield node, "dcterms:title", _words(file.words)
    yield node, "dcterms:license", ox.NamedNode(file.license or about().license)
    yield node, "dcat:accessURL", place.at(f"dumps/{place.version}")
    yield node, "dcat:downloadURL", download
    if file.within:
        yield node, "dcat:compressFormat", ox.NamedNode(_IANA + file.media_type)
    kind = file.within or file.media_type
    if "/x-" in kind:  # not registered, so no name of IANA's
        format_ = place.at(f"void#type-{kind.partition('/')[2]}")
        yield node, "dcterms:format", format_
        yield format_, "rdf:type", named("dcterms:MediaType")
        yield format_, "rdfs:label", ox.Literal(kind)
    else:
        yield node, "dcat:mediaType", ox.NamedNode(_IANA + kind)
    if file.name.removesuffix(".gz") in _RDF_DUMPS:
        yield dataset, "void:dataDump", download


def _words(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")
