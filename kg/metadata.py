"""What a version says of itself: its metadata graph and its counts, taken from the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as version_of

import pyoxigraph as ox

from osteokg import __version__
from osteokg.kg.files import Origin, dataset_file
from osteokg.kg.names import BASE, DESCRIBING, PREFIXES, VOCAB, graph_iri

__all__ = [
    "COUNTING",
    "LIBRARIES",
    "About",
    "Counts",
    "about",
    "count",
    "counts_of_rows",
    "describe_version",
    "named",
    "version_iri",
]

LIBRARIES = ("pyoxigraph", "pyshacl", "rdflib")
"""What a verdict rests on beside our own code."""

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


@dataclass(frozen=True)
class About:
    """Hold what is told of the dataset whatever its version (``kg/record/dataset.ttl``)."""

    title: str
    description: str
    license: str
    creator: str
    keywords: tuple[str, ...]
    triples: tuple[ox.Triple, ...]


@cache
def about() -> About:
    """Return what holds of the dataset whatever its version."""
    content = dataset_file().read_bytes()
    triples = tuple(quad.triple for quad in ox.parse(content, ox.RdfFormat.TURTLE))

    def values(subject: str, name: str) -> list[str]:
        return sorted(
            triple.object.value
            for triple in triples
            if isinstance(triple.subject, ox.NamedNode)
            and isinstance(triple.object, ox.NamedNode | ox.Literal)
            and (triple.subject.value, triple.predicate) == (subject, named(name))
        )

    (title,) = values(BASE, "dcterms:title")
    (description,) = values(BASE, "dcterms:description")
    (license_,) = values(BASE, "dcterms:license")
    (creator,) = values(BASE, "dcterms:creator")
    (name,) = values(creator, "foaf:name")
    keywords = tuple(values(BASE, "dcat:keyword"))
    return About(title, description, license_, name, keywords, triples)


def version_iri(identifier: str) -> ox.NamedNode:
    """Return the name of a version, whose dataset at any time is ``https://w3id.org/osteokg/``."""
    return ox.NamedNode(f"{BASE}version/{identifier}")


def describe_version(
    store: ox.Store, identifier: str, origins: Mapping[str, Origin] | None = None
) -> list[ox.Triple]:
    """Return the metadata graph of a version (DCAT, PROV): what it is, of what it was made, how.

    ``origins`` says of graphs that files hold where these are from; of each graph it is stated
    what it follows: whoever doubts it looks there. No clock is read: the same files give the same
    bytes. How much a version holds is counted where it is asked (kg/record).
    """
    dataset, version = ox.NamedNode(BASE), version_iri(identifier)
    rows: list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]] = [
        (dataset, "dcterms:identifier", ox.Literal(identifier)),
        (dataset, "dcat:version", ox.Literal(identifier)),
        (dataset, "owl:versionInfo", ox.Literal(__version__)),
        (dataset, "dcat:hasCurrentVersion", version),
        (version, "rdf:type", named("dcat:Dataset")),
        (version, "rdf:type", named("prov:Entity")),
        (version, "rdfs:label", _words(f"OsteoKG, version {identifier[:12]}")),
        (version, "dcterms:license", ox.NamedNode(about().license)),
        (version, "dcat:version", ox.Literal(identifier)),
        (version, "dcat:isVersionOf", dataset),
        # without this graph, which the version's hash leaves out as well
        (version, "void:triples", ox.Literal(count(store).triples)),
    ]
    triples = [ox.Triple(subject, named(name), value) for subject, name, value in rows]
    return [*about().triples, *triples, *_making(version, store, origins or {})]


def _making(
    version: ox.NamedNode, store: ox.Store, origins: Mapping[str, Origin]
) -> Iterator[ox.Triple]:
    """Yield what is told of the making of a version (https://www.w3.org/TR/prov-o/)."""
    build, software = (ox.NamedNode(f"{version.value}#{name}") for name in ("build", "software"))
    libraries = ", ".join(f"{name} {version_of(name)}" for name in LIBRARIES)
    yield ox.Triple(version, named("prov:wasGeneratedBy"), build)
    yield ox.Triple(build, named("rdf:type"), named("prov:Activity"))
    yield ox.Triple(build, named("rdfs:label"), _words("files read, rules applied, shapes held"))
    yield ox.Triple(build, named("prov:wasAssociatedWith"), software)
    yield ox.Triple(software, named("rdf:type"), named("prov:SoftwareAgent"))
    yield ox.Triple(software, named("rdfs:label"), ox.Literal(f"OsteoKG {__version__}"))
    yield ox.Triple(software, named("rdfs:comment"), _words(f"with {libraries}"))
    itself = ox.NamedNode(graph_iri("metadata"))
    yield ox.Triple(itself, named("rdfs:label"), _words("what a version says of itself"))
    yield ox.Triple(itself, named("prov:wasGeneratedBy"), build)
    told = set()
    for graph in store.named_graphs():
        assert isinstance(graph, ox.NamedNode), "no graph of ours is a blank node"
        origin = origins.get(graph.value)
        source = ox.NamedNode(f"{BASE}source/{origin or 'rules'}")
        yield ox.Triple(graph, named("prov:wasDerivedFrom"), source)
        if origin not in told:
            yield ox.Triple(build, named("prov:used"), source)
            yield ox.Triple(source, named("rdf:type"), named("prov:Entity"))
            yield ox.Triple(source, named("rdfs:label"), _words(_ORIGINS[origin]))
        told.add(origin)


def named(curie: str) -> ox.NamedNode:
    """Return a name of the vocabularies that evidence or dataset is told with."""
    prefix, _, local = curie.partition(":")
    return ox.NamedNode({**PREFIXES, **DESCRIBING}[prefix] + local)


def _words(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")
