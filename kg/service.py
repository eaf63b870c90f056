"""What the endpoint says of itself.

SPARQL 1.1 Service Description, https://www.w3.org/TR/sparql11-service-description/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.metadata import COUNTING, Counts, counts_of_rows
from osteokg.kg.names import BASE, PREFIXES
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Format, Query
from osteokg.kg.store import Store

__all__ = ["Service", "counts_of", "graph_sizes", "service_description"]

_SD = "http://www.w3.org/ns/sparql-service-description#"
_SIMPLE = "http://www.w3.org/ns/entailment/Simple"
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
    "trig": "TriG",
    "nq": "N-Quads",
}
"""Names in https://www.w3.org/ns/formats/."""


@dataclass(frozen=True)
class Service:
    """Hold what the description tells.

    ``base`` is the address below which ``/sparql`` and ``/update`` lie; ``graphs`` are the sizes
    of the named graphs in triples, under None that of the default graph; ``union`` says that this
    is the union of the named ones. ``limits`` are sentences in English.
    """

    base: str
    graphs: Mapping[str | None, int]
    union: bool = True
    writable: bool = False
    limits: Sequence[str] = ()


async def graph_sizes(store: Store) -> dict[str | None, int]:
    """Return the number of triples of each named graph, under None that of the default graph."""
    answer = await store.query(Query(view("graphs"), rows=ROW_FORMATS[0]))
    rows = json.loads(answer.body)["results"]["bindings"]
    return {
        row["graph"]["value"] if "graph" in row else None: int(row["triples"]["value"])
        for row in rows
    }


async def counts_of(store: Store) -> Counts:
    """Count what is in the version that a store answers from: triples of the union, things."""
    answer = await store.query(Query(COUNTING, rows=ROW_FORMATS[0]))
    numbers = {
        row["class"]["value"]: int(row["number"]["value"])
        for row in json.loads(answer.body)["results"]["bindings"]
    }
    return counts_of_rows((await graph_sizes(store)).get(None, 0), numbers)


def service_description(service: Service) -> list[ox.Triple]:
    """Return the description of a service: one resource for queries, one for updates if any.

    What a service does not have is not told: no extension functions, no entailment but the
    simple one, no SERVICE.
    """
    triples: list[ox.Triple] = []
    dataset = _dataset(service, triples)

    def describe(name: str, language: str) -> ox.BlankNode:
        node = ox.BlankNode(name)
        facts = [
            (_RDF_TYPE, _sd("Service")),
            (_sd("endpoint"), ox.NamedNode(f"{service.base}/{name}")),
            (_sd("supportedLanguage"), _sd(language)),
            (_sd("defaultDataset"), dataset),
            (_sd("availableGraphs"), dataset),
            (_sd("defaultEntailmentRegime"), ox.NamedNode(_SIMPLE)),
            *((_COMMENT, ox.Literal(limit, language="en")) for limit in service.limits),
        ]
        if service.union:
            facts.append((_sd("feature"), _sd("UnionDefaultGraph")))
            facts.append((_SEE, ox.NamedNode(f"{service.base}/void")))
            facts.append((_SEE, ox.NamedNode(f"{service.base}/queries")))
        triples.extend(ox.Triple(node, name_, value) for name_, value in facts)
        return node

    _add_formats(triples, describe("sparql", "SPARQL11Query"), ROW_FORMATS + RDF_FORMATS)
    if service.writable:
        describe("update", "SPARQL11Update")
    return triples


_RDF_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_COMMENT = ox.NamedNode(PREFIXES["rdfs"] + "comment")
_SEE = ox.NamedNode(PREFIXES["rdfs"] + "seeAlso")
_TRIPLES = ox.NamedNode(PREFIXES["void"] + "triples")


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + name)


def _add_formats(triples: list[ox.Triple], node: ox.BlankNode, formats: Iterable[Format]) -> None:
    for format_ in formats:
        name = ox.NamedNode(_FORMATS + _FORMAT_NAMES[format_.name])
        triples.append(ox.Triple(node, _sd("resultFormat"), name))


def _dataset(service: Service, triples: list[ox.Triple]) -> ox.NamedNode | ox.BlankNode:
    """Add the dataset with its graphs to the triples; return its name."""
    dataset = ox.NamedNode(BASE) if service.union else ox.BlankNode("dataset")
    triples += [
        ox.Triple(dataset, _RDF_TYPE, _sd("Dataset")),
        ox.Triple(dataset, _RDF_TYPE, _sd("GraphCollection")),
    ]
    for number, (name, size) in enumerate({None: 0, **service.graphs}.items()):
        graph = ox.BlankNode(f"graph{number}")
        triples += [
            ox.Triple(graph, _RDF_TYPE, _sd("Graph")),
            ox.Triple(graph, _TRIPLES, ox.Literal(size)),
        ]
        if name is None:
            triples.append(ox.Triple(dataset, _sd("defaultGraph"), graph))
            continue
        named = ox.BlankNode(f"named{number}")
        triples += [
            ox.Triple(dataset, _sd("namedGraph"), named),
            ox.Triple(named, _RDF_TYPE, _sd("NamedGraph")),
            ox.Triple(named, _sd("name"), ox.NamedNode(name)),
            ox.Triple(named, _sd("graph"), graph),
        ]
    return dataset
