"""The service description: what it tells, and that it conforms.

https://www.w3.org/TR/sparql11-service-description/; the vocabulary's domains and ranges are
those of section 3.
"""

import asyncio

import pyoxigraph as ox
import pytest

from osteokg.kg.metadata import count
from osteokg.kg.names import graph_iri
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS
from osteokg.kg.service import Service, graph_sizes, service_description
from osteokg.kg.store import InProcessStore

SD = "http://www.w3.org/ns/sparql-service-description#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
GRAPHS = {None: 7, "http://example.org/g": 3, "http://example.org/h": 4}

# property: class of its subject, class of its object (None: an IRI or literal without one here)
SCHEMA = {
    "endpoint": ("Service", None),
    "feature": ("Service", None),
    "defaultEntailmentRegime": ("Service", None),
    "supportedLanguage": ("Service", None),
    "resultFormat": ("Service", None),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
FEATURES = {"UnionDefaultGraph"}
LANGUAGES = {"SPARQL11Query", "SPARQL11Update"}


def described(**more):
    store = ox.Store()
    service = Service("http://example.org/k2", GRAPHS, **more)
    store.extend(ox.Quad(*triple) for triple in service_description(service))
    return store


def objects(store, name, subject=None):
    found = store.quads_for_pattern(subject, ox.NamedNode(SD + name), None)
    return [quad.object for quad in found]


def rows(store, pattern):
    query = f"PREFIX sd: <{SD}> PREFIX void: <http://rdfs.org/ns/void#> SELECT * {{ {pattern} }}"
    return list(store.query(query))


@pytest.mark.parametrize("more", [{}, {"writable": True}, {"union": False, "writable": True}])
def test_every_statement_is_of_the_vocabulary(more):
    """The W3C's case conforms_to_schema: each property has the subject and object it demands."""
    store = described(**more)

    def is_a(node, name):
        return ox.Quad(node, ox.NamedNode(TYPE), ox.NamedNode(SD + name)) in store

    for quad in store:
        if not quad.predicate.value.startswith(SD):
            continue
        domain, range_ = SCHEMA[quad.predicate.value.removeprefix(SD)]
        assert is_a(quad.subject, domain), quad
        assert range_ is None or is_a(quad.object, range_), quad
    assert {node.value for node in objects(store, "feature")} <= {SD + name for name in FEATURES}
    languages = {node.value for node in objects(store, "supportedLanguage")}
    assert languages <= {SD + name for name in LANGUAGES}


def test_the_endpoint_is_named():
    """The W3C's case has_endpoint_triple."""
    (endpoint,) = objects(described(), "endpoint")
    assert endpoint == ox.NamedNode("http://example.org/k2/sparql")


def test_updates_are_told_where_there_are_any():
    assert objects(described(), "supportedLanguage") == [ox.NamedNode(f"{SD}SPARQL11Query")]
    told = {
        (row["endpoint"].value, row["language"].value.removeprefix(SD))
        for row in rows(
            described(writable=True), "?s sd:endpoint ?endpoint ; sd:supportedLanguage ?language"
        )
    }
    assert told == {
        ("http://example.org/k2/sparql", "SPARQL11Query"),
        ("http://example.org/k2/update", "SPARQL11Update"),
    }


@pytest.mark.parametrize("union", [True, False])
def test_the_dataset_is_told_with_its_sizes(union):
    store = described(union=union)
    named = rows(
        store,
        "?s sd:defaultDataset/sd:namedGraph ?g . "
        "?g sd:name ?name ; sd:graph/void:triples ?n . ?s sd:availableGraphs/sd:namedGraph ?g",
    )
    assert {row["name"].value: int(row["n"].value) for row in named} == {
        name: size for name, size in GRAPHS.items() if name
    }
    (default,) = rows(store, "?s sd:defaultDataset/sd:defaultGraph/void:triples ?n")
    assert default["n"].value == "7"
    assert bool(objects(store, "feature")) is union


def test_formats_limits_and_entailment_are_told():
    store = described(limits=["A query is stopped after 10 seconds."])
    formats = {node.value.rpartition("/")[2] for node in objects(store, "resultFormat")}
    assert len(formats) == len(ROW_FORMATS + RDF_FORMATS)
    assert {"SPARQL_Results_JSON", "SPARQL_Results_CSV", "Turtle", "TriG", "N-Quads"} <= formats
    (regime,) = objects(store, "defaultEntailmentRegime")
    assert regime.value == "http://www.w3.org/ns/entailment/Simple"
    (comment,) = rows(store, "?s <http://www.w3.org/2000/01/rdf-schema#comment> ?c")
    assert comment["c"] == ox.Literal("A query is stopped after 10 seconds.", language="en")


def test_sizes_are_counted_by_the_store(version):
    async def sizes():
        store = InProcessStore(version)
        try:
            return await graph_sizes(store)
        finally:
            await store.close()

    found = asyncio.run(sizes())
    study = ox.NamedNode(graph_iri("study", "joint-7-12"))
    assert found[study.value] == len(list(version.store.quads_for_pattern(None, None, None, study)))
    assert found[None] == count(version.store).triples
    assert {ox.NamedNode(name) for name in found if name} == set(version.store.named_graphs())
