"""A version is answered from a store of its default graph alone, where that says the same."""

import pytest

from osteokg.kg.results import ROW_FORMATS, Query, evaluate
from osteokg.kg.worker.snapshot import Snapshot, load_stores

QUADS = b"""\
<http://ex.org/a> <http://ex.org/p> <http://ex.org/b> <http://ex.org/g1> .
<http://ex.org/a> <http://ex.org/p> <http://ex.org/b> <http://ex.org/g2> .
<http://ex.org/b> <http://ex.org/p> "from the graph" <http://ex.org/g2> .
<http://ex.org/b> <http://ex.org/q> _:c14n0 <http://ex.org/g2> .
_:c14n0 <http://ex.org/p> <http://ex.org/g1> <http://ex.org/g3> .
"""
OF_THE_UNION = [
    "SELECT * { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT * { ?s <http://ex.org/p>* ?o }",
    "SELECT * { <http://ex.org/new> <http://ex.org/p>? ?o }",
    "SELECT * { ?s ?p ?o FILTER NOT EXISTS { ?o ?p2 ?o2 } } ORDER BY ?o",
    "ASK { <http://ex.org/g1> ?p ?o }",
    "DESCRIBE <http://ex.org/b>",
    "CONSTRUCT { ?o ?p ?s } { ?s ?p ?o }",
]
OF_NAMED_GRAPHS = [
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o graph <http://ex.org/g1> { ?s ?q ?o } }",
    r"SELECT * { \u0047RAPH ?g { ?s ?p ?o } }",
    r"SELECT * { \U00000047RAPH ?g { ?s ?p ?o } }",
    "SELECT * FROM <http://ex.org/g2> { ?s ?p ?o }",
    "SELECT * From Named <http://ex.org/g2> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { GRAPH <http://ex.org/g1> { ?s ?p ?o } } }",
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    path = tmp_path_factory.mktemp("snapshot") / "quads.nq"
    path.write_bytes(QUADS)
    return Snapshot("one", path)


def rows(store, text, **dataset):
    query = Query(text, rows=ROW_FORMATS[3], base="http://ex.org/", **dataset)
    return sorted(evaluate(store, query).body.splitlines())


@pytest.mark.parametrize("text", OF_THE_UNION)
def test_what_asks_the_union_is_answered_by_the_store_that_holds_nothing_else(snapshot, text):
    stores = load_stores(snapshot)
    assert stores.union is not None
    assert len(stores.union) == 4
    assert stores.asked_by(Query(text)) is stores.union
    assert rows(stores.union, text) == rows(stores.whole, text) != []


@pytest.mark.parametrize("text", OF_NAMED_GRAPHS)
def test_what_may_name_a_graph_is_answered_by_the_whole(snapshot, text):
    stores = load_stores(snapshot)
    assert stores.asked_by(Query(text)) is stores.whole


@pytest.mark.parametrize("dataset", ["default_graphs", "named_graphs"])
def test_so_is_what_is_asked_of_another_dataset(snapshot, dataset):
    stores = load_stores(snapshot)
    query = Query("SELECT * { ?s ?p ?o }", **{dataset: ("http://ex.org/g1",)})
    assert stores.asked_by(query) is stores.whole


def test_a_store_whose_default_graph_is_its_own_is_one(snapshot):
    stores = load_stores(Snapshot("plain", snapshot.path, union=False))
    assert stores.union is None
    assert stores.asked_by(Query("ASK {}")) is stores.whole
