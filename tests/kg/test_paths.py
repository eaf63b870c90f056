"""A closure that ends in a name is walked once, and the solutions are those of the query."""

from collections import Counter
from itertools import product

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.kg.errors import QuerySyntaxError
from osteokg.kg.paths import walked_once
from osteokg.kg.results import ROW_FORMATS, Query, evaluate_into, format_named
from osteokg.kg.worker import snapshot
from osteokg.kg.worker.snapshot import Stores

PREFIX = "PREFIX : <http://ex.org/> "
NODES = [ox.NamedNode(f"http://ex.org/{name}") for name in "abcd"]
PROPERTIES = [ox.NamedNode(f"http://ex.org/{name}") for name in "pqr"]
TRIPLES = [ox.Quad(*triple) for triple in product(NODES, PROPERTIES, NODES)]
TSV = format_named("tsv", ROW_FORMATS)

names = st.sampled_from([":a", ":b", ":c", ":none", "<http://ex.org/d>"])
properties = st.sampled_from([":p", ":q", "<http://ex.org/r>", "a"])
variables = st.sampled_from(["?x", "?y", "$z"])
paths = st.recursive(
    properties,
    lambda path: st.one_of(
        st.builds("{}/{}".format, path, path),
        st.builds("({}|{})".format, path, path),
        st.builds("({}|{})*".format, path, path),
        st.builds("({}){}".format, path, st.sampled_from("*+?")),
        st.builds("^({})".format, path),
        st.builds("{}/({}){}".format, path, path, st.sampled_from("*+")),
        st.builds("!({})".format, properties),
    ),
    max_leaves=4,
)
closures = st.one_of(
    paths,
    st.builds("{}{}".format, properties, st.sampled_from("*+")),
    st.builds("{}/{}*".format, properties, properties),
)
ends = st.one_of(names, names, variables)
stated = st.builds("{} {}".format, closures, ends)
statements = st.builds(
    "{} {}{}".format,
    ends,
    st.lists(stated, min_size=1, max_size=3).map(" ; ".join),
    st.sampled_from([" .", ". ", " ; ."]),
)
groups = st.recursive(
    st.lists(statements, min_size=1, max_size=3).map(" ".join),
    lambda group: st.one_of(
        st.builds("{} OPTIONAL {{ {} }}".format, group, group),
        st.builds("{{ {} }} UNION {{ {} }} {}".format, group, group, group),
        st.builds("{} MINUS {{ {} }}".format, group, group),
        st.builds("{} FILTER NOT EXISTS {{ {} }}".format, group, group),
        st.builds("{} FILTER(?x != :a) {}".format, group, group),
        st.builds("{{ SELECT ?x (COUNT(*) AS ?n) {{ {} }} GROUP BY ?x }} {}".format, group, group),
        st.builds("VALUES ?x {{ :a <http://ex.org/d> }} {}".format, group),
        st.builds("GRAPH ?g {{ {} }} {}".format, group, group),
    ),
    max_leaves=3,
)
queries = st.builds(
    (PREFIX + "SELECT {} {{ {} }}").format,
    st.sampled_from(
        ["*", "?x ?y ?z", "DISTINCT ?x", "(COUNT(*) AS ?n)", "(COUNT(DISTINCT *) AS ?n)"]
    ),
    groups,
)


def small(_property):
    return True


def solutions(store, query, is_small):
    body = Collected()
    evaluate_into(store, Query(query, rows=TSV), lambda _format: body, None, is_small)
    head, *rows = b"".join(body.parts).decode().split("\n")
    return head, Counter(rows)


class Collected:
    """Take an answer's bytes."""

    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        pass


def store_of(triples):
    store = ox.Store()
    store.extend(triples)
    store.extend(ox.Quad(*triple.triple, NODES[0]) for triple in triples[::2])
    return store


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(TRIPLES), max_size=14, unique=True), queries)
def test_any_query_has_the_same_solutions(triples, query):
    store = store_of(triples)
    try:
        expected = solutions(store, query, lambda _property: False)
    except QuerySyntaxError:
        with pytest.raises(QuerySyntaxError):
            solutions(store, query, small)
        return
    assert solutions(store, query, small) == expected


@pytest.mark.parametrize(
    ("group", "walked"),
    [
        ("?x :p* :a", "{SELECT ?x{?x :p* :a}}"),
        ("?f :site ?x . ?x :p+ :a.", "?f :site ?x . {SELECT ?x{?x :p+ :a}}."),
        ("?f :site/:p* :a .", "{SELECT ?walked1{?walked1 :p* :a}} ?f :site ?walked1 ."),
        ("?x :q 1 . ?x (:p|^:q)* :a ; :q ?y", None),
        ("?x a ?y ; :p* :a ; :q ?z .", "{SELECT ?x{?x :p* :a}} ?x a ?y ; :q ?z ."),
        (":a ^:p* ?x . ?f :site ?x", "{SELECT ?x{:a ^:p* ?x}} . ?f :site ?x"),
        ("?f a/:p* :a", "{SELECT ?walked1{?walked1 :p* :a}} ?f a ?walked1"),
        ("OPTIONAL { ?x :p* :a FILTER(?x > 1.5) }", None),
    ],
)
def test_a_closure_that_ends_in_a_name_is_walked_in_a_select(group, walked):
    query = PREFIX + "ASK { %s }"
    got = walked_once(query % group, small)
    assert got != query % group
    assert got == query % walked if walked else "{SELECT ?x{?x " in got


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?f :site/:p* :a }",  # all: a variable of ours would be seen
        "SELECT ?x { ?x :p* ?y }",
        "SELECT ?x { ?x :p*/:q :a }",
        "SELECT ?x { ?x :q|:p* :a }",
        "SELECT ?x { ?x :p* :a, :b }",
        "SELECT ?x { ?x :p* _:one . _:one :q ?x . ?x :p* :a }",
        "SELECT ?x { ?x :q ?y FILTER EXISTS { ?x :p* :a } }",
        "SELECT ?x { ?x :q ?y FILTER NOT EXISTS { { ?x :p* :a } } }",
        "SELECT ?x { GRAPH ?g { ?x :p* :a } }",
        "SELECT ?x { ?x other:p* :a }",  # not declared: the engine says so
        "SELECT ?x { ?x <p>* :a }",  # what it stands for depends on the base
        "SELECT ?x { ?x (!:p)* :a }",
        "SELECT ?x { ?x :q ':p* :a .' # . ?x :p* :a\n }",
        "SELECT (?x *:a AS ?y) { ?x :q ?z }",
    ],
)
def test_what_would_say_something_else_stays(query):
    assert walked_once(PREFIX + query, small) == PREFIX + query


def test_a_property_of_much_is_walked_from_each_row():
    query = PREFIX + "ASK { ?x (:p|:q)* :a . ?y :r* :a }"
    asked = []

    def is_small(iri):
        asked.append(iri)
        return iri != "http://ex.org/q"

    assert walked_once(query, is_small).count("SELECT") == 1
    assert asked == [f"http://ex.org/{name}" for name in "pqr"]


def test_the_triples_of_a_property_are_counted(monkeypatch):
    monkeypatch.setattr(snapshot, "_FEW", 2)
    store = store_of([])
    store.extend(ox.Quad(node, PROPERTIES[0], NODES[0]) for node in NODES[:2])
    store.extend(ox.Quad(node, PROPERTIES[1], NODES[0]) for node in NODES[:3])
    stores = Stores(store, None)
    told = [stores.is_small(f"http://ex.org/{name}") for name in ("p", "q", "r")]
    assert told == [True, False, True]
    store.extend(ox.Quad(node, PROPERTIES[2], NODES[0]) for node in NODES)
    assert stores.is_small("http://ex.org/p")
    assert not stores.is_small("http://ex.org/r")
    assert not stores.is_small("no iri at all")


def test_a_mistake_is_told_where_the_asker_made_it():
    query = PREFIX + "\nSELECT ?x {\n  ?x :p* :a .\n  ?x :q }"
    with pytest.raises(QuerySyntaxError) as told:
        solutions(ox.Store(), query, small)
    assert (told.value.line, told.value.column) == (4, 10)
