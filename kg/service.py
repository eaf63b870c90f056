"""What the endpoint says of itself (SPARQL 1.1 Service Description)."""

from __future__ import annotations

import pyoxigraph as ox

from osteokg.kg.errors import RequestError
from osteokg.kg.names import BASE, PREFIXES
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS

__all__ = ["service_description"]

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_FORMAT_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
}


def service_description(base: str) -> list[ox.Triple]:
    """Return the description of the service whose paths begin at ``base``.

    https://www.w3.org/TR/sparql11-service-description/. Raises RequestError for a base that is
    no IRI: a client may have sent it.
    """
    try:
        endpoint = ox.NamedNode(f"{base}/sparql")
    except ValueError as error:
        raise RequestError(f"'{base}' is no address: {error}.") from error
    service, dataset = ox.BlankNode("service"), ox.NamedNode(BASE)

    def sd(name: str) -> ox.NamedNode:
        return ox.NamedNode(_SD + name)

    rdf_type = ox.NamedNode(PREFIXES["rdf"] + "type")
    triples = [
        ox.Triple(service, rdf_type, sd("Service")),
        ox.Triple(service, sd("endpoint"), endpoint),
        ox.Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        ox.Triple(service, sd("defaultDataset"), dataset),
        ox.Triple(dataset, rdf_type, sd("Dataset")),
        ox.Triple(dataset, sd("defaultGraph"), ox.BlankNode("graph")),
        ox.Triple(ox.BlankNode("graph"), rdf_type, sd("Graph")),
    ]
    for format_ in ROW_FORMATS + GRAPH_FORMATS:
        name = ox.NamedNode(_FORMATS + _FORMAT_NAMES[format_.name])
        triples.append(ox.Triple(service, sd("resultFormat"), name))
    return triples
