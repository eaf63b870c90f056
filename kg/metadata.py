"""What a version says of itself: its metadata graph and its counts, taken from the graph."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from osteokg import __version__
from osteokg.kg.names import BASE, PREFIXES, VOCAB

__all__ = ["Counts", "count", "describe_version"]

_LICENSE = "https://creativecommons.org/licenses/by/4.0/"

_COUNTED = """
PREFIX okg: <https://w3id.org/osteokg/vocab/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?name (COUNT(DISTINCT ?thing) AS ?number)
WHERE {
  VALUES (?name ?class) {
    ("findings" okg:Finding) ("studies" okg:Study) ("arms" okg:Arm)
    ("comparisons" okg:Comparison) ("explanations" okg:Explanation)
    ("interaction_claims" okg:InteractionClaim) ("conclusions" okg:Conclusion)
    ("clinical_findings" okg:ClinicalFinding) ("mechanisms" okg:MechanismStatement)
    ("anchors" okg:EvidenceAnchor)
    ("interventions" okg:InterventionTerm) ("models" okg:AnimalModelTerm)
    ("sites" okg:SiteTerm) ("compartments" okg:CompartmentTerm) ("outcomes" okg:OutcomeTerm)
  }
  ?thing a ?class .
}
GROUP BY ?name
"""


@dataclass(frozen=True)
class Counts:
    """Hold how many of each kind of thing a version has."""

    triples: int
    kinds: dict[str, int]


def count(store: ox.Store) -> Counts:
    """Count what is in the graph: triples of the union, and things by kind."""
    triples = len({quad.triple for quad in store})
    solutions = store.query(_COUNTED, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    kinds = {row["name"].value: int(row["number"].value) for row in solutions}
    return Counts(triples, dict(sorted(kinds.items())))


def describe_version(store: ox.Store, identifier: str) -> list[ox.Triple]:
    """Return the metadata graph of a version (VoID, DCTERMS): what it is, its size, its licence.

    No clock is read: the same files give the same bytes.
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
        ("dcterms:license", ox.NamedNode(_LICENSE)),
        ("dcterms:identifier", ox.Literal(identifier)),
        ("owl:versionInfo", ox.Literal(__version__)),
        ("void:triples", ox.Literal(counts.triples)),
        ("void:vocabulary", ox.NamedNode(VOCAB)),
        ("void:uriSpace", ox.Literal(BASE)),
    ]
    triples = []
    for curie, value in rows:
        prefix, _, local = curie.partition(":")
        triples.append(ox.Triple(dataset, ox.NamedNode(PREFIXES[prefix] + local), value))
    return triples
