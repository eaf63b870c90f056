"""What a version says of itself: its metadata graph and its counts, taken from the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from osteokg import __version__
from osteokg.kg.files import Origin
from osteokg.kg.names import BASE, PREFIXES, VOCAB

__all__ = ["COUNTING", "LICENSE", "Counts", "count", "counts_of_rows", "describe_version"]

LICENSE = "https://creativecommons.org/licenses/by/4.0/"

_COUNTED = {
    "findings": "Finding",
    "clinical findings": "ClinicalFinding",
    "mechanism statements": "MechanismStatement",
    "explanations": "Explanation",
    "claims on combinations": "InteractionClaim",
    "conclusions": "Conclusion",
    "sentences cited": "EvidenceAnchor",
    "studies": "Study",
    "arms": "Arm",
    "comparisons of arms": "Comparison",
    "terms for interventions": "InterventionTerm",
    "terms for animal models": "AnimalModelTerm",
    "terms for sites": "SiteTerm",
    "terms for compartments": "CompartmentTerm",
    "terms for outcomes": "OutcomeTerm",
}
"""What is counted, in the order in which it is told, and the class of each."""

COUNTING = f"""
PREFIX okg: <{VOCAB}>
SELECT ?class (COUNT(DISTINCT ?thing) AS ?number)
WHERE {{
  VALUES ?class {{ {" ".join(f"okg:{name}" for name in _COUNTED.values())} }}
  ?thing a ?class .
}}
GROUP BY ?class
"""


@dataclass(frozen=True)
class Counts:
    """Hold how many triples and how many of each kind of thing a version has, by words for it."""

    triples: int
    kinds: dict[str, int]


def count(store: ox.Store) -> Counts:
    """Count what is in the graph: triples of the union, and things by kind."""
    triples = len({quad.triple for quad in store})
    solutions = store.query(COUNTING, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    numbers = {row["class"].value: int(row["number"].value) for row in solutions}
    return counts_of_rows(triples, numbers)


def counts_of_rows(triples: int, numbers: Mapping[str, int]) -> Counts:
    """Return counts in the order in which they are told, from the number of things by class."""
    found = {words: numbers.get(VOCAB + name, 0) for words, name in _COUNTED.items()}
    return Counts(triples, {words: number for words, number in found.items() if number})


_ORIGINS: Mapping[Origin | None, str] = {
    "packaged-files": "the files that come with OsteoKG",
    "evidence-folder": "a folder of evidence named when the version was made",
    "data-folder": "the data folder of the service, which is written over HTTP",
    None: "the rules of OsteoKG, from the graphs of all files",
}


def describe_version(
    store: ox.Store, identifier: str, origins: Mapping[str, Origin] | None = None
) -> list[ox.Triple]:
    """Return the metadata graph of a version (VoID, DCTERMS): what it is, its size, its licence.

    ``origins`` says of graphs that files hold where these are from; of each graph it is stated
    what it follows (PROV): whoever doubts it looks there. No clock is read: the same files give
    the same bytes.
    """
    dataset = ox.NamedNode(BASE)
    counts = count(store)
    rows: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", ox.NamedNode(PREFIXES["void"] + "Dataset")),
        ("dcterms:title", ox.Literal("OsteoKG", language="en")),
        (
            "dcterms:description",
            ox.Literal(
                "Evidence knowledge graph of preclinical bone studies: how interventions act on "
                "bone, in which animal model, at which site and compartment, in which direction.",
                language="en",
            ),
        ),
        ("dcterms:license", ox.NamedNode(LICENSE)),
        ("dcterms:identifier", ox.Literal(identifier)),
        ("owl:versionInfo", ox.Literal(__version__)),
        ("void:triples", ox.Literal(counts.triples)),
        ("void:vocabulary", ox.NamedNode(VOCAB)),
        ("void:uriSpace", ox.Literal(BASE)),
    ]
    triples = [ox.Triple(dataset, _iri(curie), value) for curie, value in rows]
    return [*triples, *_provenance(store, origins or {})]


def _provenance(store: ox.Store, origins: Mapping[str, Origin]) -> Iterator[ox.Triple]:
    derived, label = _iri("prov:wasDerivedFrom"), _iri("rdfs:label")
    told = set()
    for graph in store.named_graphs():
        assert isinstance(graph, ox.NamedNode), "no graph of ours is a blank node"
        origin = origins.get(graph.value)
        source = ox.NamedNode(f"{BASE}source/{origin or 'rules'}")
        yield ox.Triple(graph, derived, source)
        if origin not in told:
            yield ox.Triple(source, _iri("rdf:type"), _iri("prov:Entity"))
            yield ox.Triple(source, label, ox.Literal(_ORIGINS[origin], language="en"))
        told.add(origin)


def _iri(curie: str) -> ox.NamedNode:
    prefix, _, local = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)
