"""A write is evaluated against the current version, which stays as it is."""

import asyncio

import pyoxigraph as ox
import pytest

from osteokg.kg.engine import Limits
from osteokg.kg.errors import (
    NotFoundError,
    PayloadSyntaxError,
    QueryRefusedError,
    QuerySyntaxError,
    RequestError,
    TimeLimitError,
)
from osteokg.kg.results import Query
from osteokg.kg.writes import DropGraph, MergeGraph, Payload, ReplaceGraph, Update

G = "http://g/"
DATASET = b"""<http://a/1> <http://a/p> "one" <http://g/1> .
<http://a/2> <http://a/p> "two" <http://g/1> .
<http://a/2> <http://a/p> "two" <http://g/2> .
_:c14n0 <http://a/p> "blank" <http://g/2> .
"""
ONE = b'<http://a/1> <http://a/p> "one" .\n'
TWO = b'<http://a/2> <http://a/p> "two" .\n'
BLANK = b'_:c14n0 <http://a/p> "blank" .\n'
NEW = b'<http://a/9> <http://a/p> "new" .\n'


def turtle(text, base=None):
    return Payload(f"{text} .".encode() if text else b"", ox.RdfFormat.TURTLE, base)


NEW_IN = "INSERT DATA { GRAPH <http://g/%s> { <http://a/9> <http://a/p> 'new' } }"
WRITES = {
    "a triple into a graph": (Update(NEW_IN % 1), {G + "1": ONE + TWO + NEW}),
    "a triple that is there already": (
        Update("INSERT DATA { GRAPH <http://g/1> { <http://a/1> <http://a/p> 'one' } }"),
        {},
    ),
    "a triple into a new graph": (Update(NEW_IN % 9), {G + "9": NEW}),
    "a triple out and in again": (
        Update(
            "DELETE DATA { GRAPH <http://g/1> { <http://a/1> <http://a/p> 'one' } };"
            "INSERT DATA { GRAPH <http://g/1> { <http://a/1> <http://a/p> 'one' } }"
        ),
        {},
    ),
    "relative names": (
        Update("INSERT DATA { GRAPH <9> { </9> </p> 'x' } }", base="http://a/b/"),
        {"http://a/b/9": b'<http://a/9> <http://a/p> "x" .\n'},
    ),
    "a graph dropped": (Update("DROP GRAPH <http://g/1>"), {G + "1": None}),
    "a graph created": (Update("CREATE GRAPH <http://g/9>"), {G + "9": b""}),
    "a graph cleared": (Update("CLEAR GRAPH <http://g/1>"), {G + "1": b""}),
    "a graph moved": (
        Update("MOVE <http://g/1> TO <http://g/9>"),
        {G + "1": None, G + "9": ONE + TWO},
    ),
    "what stands in one graph into another": (
        Update(
            "INSERT { GRAPH <http://g/2> { ?s ?p ?o } } WHERE { GRAPH <http://g/1> { ?s ?p ?o } }"
        ),
        {G + "2": ONE + TWO + BLANK},
    ),
    "blank nodes keep their names": (
        Update("DELETE WHERE { GRAPH <http://g/2> { <http://a/2> ?p ?o } }"),
        {G + "2": BLANK},
    ),
    "using": (
        Update(
            "INSERT { GRAPH <http://g/9> { ?s ?p ?o } } WHERE { ?s ?p ?o }",
            using=(G + "1",),
        ),
        {G + "9": ONE + TWO},
    ),
    "using named": (
        Update(
            "INSERT { GRAPH <http://g/9> { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
            using_named=(G + "1",),
        ),
        {G + "9": ONE + TWO},
    ),
    "replace": (
        ReplaceGraph(G + "1", (turtle("<> <p> 'x'", "http://b/"),)),
        {G + "1": b'<http://b/> <http://b/p> "x" .\n'},
    ),
    "replace by the same": (
        ReplaceGraph(G + "1", (Payload(TWO + ONE, ox.RdfFormat.N_TRIPLES),)),
        {},
    ),
    "replace by nothing": (ReplaceGraph(G + "9", (turtle(""),)), {G + "9": b""}),
    "merge of two": (
        MergeGraph(G + "1", (turtle("<http://a/9> <http://a/p> 'new'"), turtle("<a:a> <a:b> 'c'"))),
        {G + "1": b'<a:a> <a:b> "c" .\n' + ONE + TWO + NEW},
    ),
    "drop": (DropGraph(G + "2"), {G + "2": None}),
}


@pytest.fixture(scope="module")
def dataset(make_snapshot):
    return make_snapshot("dataset", DATASET)


def test_a_write_says_which_graphs_it_changes_and_changes_none(run, count, dataset):
    async def asked(store):
        found = {name: await store.evaluate(write) for name, (write, _) in WRITES.items()}
        assert await count(store) == 3
        return found

    assert run(asked, of=dataset) == {name: expected for name, (_, expected) in WRITES.items()}


def test_what_is_merged_brings_blank_nodes_of_its_own(run, dataset):
    write = MergeGraph(G + "2", (turtle("_:c14n0 <http://a/p> 'other'"),) * 2)
    (lines,) = run(lambda store: store.evaluate(write), of=dataset).values()
    subjects = {line.split()[0] for line in lines.splitlines()}
    assert len(subjects) == 4
    assert b"_:c14n0" in subjects


UNION = {
    "a write to the union is told": (
        Update("INSERT DATA { <http://a/9> <http://a/p> 'new' }"),
        {None: ONE + TWO + NEW + BLANK},
    ),
    "an operation reads what the ones before it wrote": (
        Update(
            "PREFIX a: <http://a/> " + NEW_IN % 1 + " ; # of a kind; really\n"
            "PREFIX g: <http://g/>"
            "INSERT { GRAPH g:9 { ?s a:q ';' } } WHERE { ?s a:p 'new' } ;"
        ),
        {G + "1": ONE + TWO + NEW, G + "9": b'<http://a/9> <http://a/q> ";" .\n'},
    ),
    "a triple that leaves one of two graphs stays in the union": (
        Update(
            "DELETE WHERE { GRAPH <http://g/1> { <http://a/2> ?p ?o } };"
            "INSERT { GRAPH <http://g/9> { ?s ?p ?o } } WHERE { ?s ?p ?o FILTER(?o = 'two') }"
        ),
        {G + "1": ONE, G + "9": TWO},
    ),
    "clear of everything names the union": (
        Update("CLEAR ALL"),
        {None: b"", G + "1": b"", G + "2": b""},
    ),
    "replace of the union": (
        ReplaceGraph(None, (turtle("<a:a> <a:b> <a:c>"),)),
        {None: b"<a:a> <a:b> <a:c> .\n"},
    ),
    "drop of the union": (DropGraph(None), {None: b""}),
}


def test_where_the_default_graph_is_a_union(run, dataset):
    async def asked(store):
        return {name: await store.evaluate(write) for name, (write, _) in UNION.items()}

    found = run(asked, of=dataset)
    for name, (_, expected) in UNION.items():
        got = {graph: set((lines or b"").splitlines()) for graph, lines in found[name].items()}
        assert got == {graph: set(lines.splitlines()) for graph, lines in expected.items()}, name


def test_where_the_default_graph_is_its_own(run, make_snapshot):
    plain = make_snapshot("own", ONE + DATASET, union=False, empty_graphs=(G + "5",))

    async def asked(store):
        return [
            await store.evaluate(write)
            for write in (
                Update("INSERT DATA { <http://a/9> <http://a/p> 'new' }"),
                Update("INSERT { <http://a/9> <http://a/p> 'new' } WHERE { <http://a/2> ?p ?o }"),
                ReplaceGraph(None, (turtle(""),)),
                MergeGraph(None, (Payload(NEW, ox.RdfFormat.N_TRIPLES),)),
                DropGraph(None),
                DropGraph(G + "5"),
                Update("DROP ALL"),
            )
        ]

    nothing = dict.fromkeys([G + "1", G + "2", G + "5"])
    assert run(asked, of=plain) == [
        {None: ONE + NEW},
        {},
        {None: b""},
        {None: ONE + NEW},
        {None: b""},
        {G + "5": None},
        {None: b"", **nothing},
    ]


REFUSED = [
    (Update("LOAD <http://x/>"), QueryRefusedError, "LOAD at line 1, column 1"),
    (Update("ADD DEFAULT TO <a:b>;\nLOAD SILENT <http://x/>"), QueryRefusedError, "line 2"),
    (
        Update("INSERT { ?s ?p ?o } WHERE { SERVICE SILENT <http://x/> { ?s ?p ?o } }"),
        QueryRefusedError,
        "SERVICE at line 1",
    ),
    (Update("INSERT DATA {\n oops }"), QuerySyntaxError, "line 2"),
    (Update("CREATE GRAPH <http://g/1>"), RequestError, "cannot be carried out"),
    (Update("DROP GRAPH <http://g/9>"), RequestError, "cannot be carried out"),
    (Update("CLEAR ALL", using=("no iri",)), RequestError, "names no graph"),
    (
        Update("DELETE { ?s ?p ?o } USING <a:b> WHERE { ?s ?p ?o }", using=("http://x/",)),
        RequestError,
        "say it in one place",
    ),
    (DropGraph(G + "9"), NotFoundError, "There is no graph http://g/9"),
    (DropGraph("no iri"), RequestError, "names no graph"),
    (MergeGraph(G + "1", (turtle("<a:a>\n oops"),)), PayloadSyntaxError, "line 2"),
    (
        ReplaceGraph(G + "1", (Payload(DATASET, ox.RdfFormat.N_QUADS),)),
        RequestError,
        "one graph",
    ),
]


def test_a_write_that_cannot_be_is_told(run, dataset, count):
    async def asked(store):
        outcomes = [
            await asyncio.gather(store.evaluate(write), return_exceptions=True)
            for write, _, _ in REFUSED
        ]
        assert await count(store) == 3
        return [outcome for (outcome,) in outcomes]

    for told, (_, error, words) in zip(run(asked, of=dataset), REFUSED, strict=True):
        assert type(told) is error, told
        assert words in str(told)


def test_a_write_can_be_stopped_like_a_query(run, dataset, count):
    values = f"VALUES ?x {{{' 1' * 3000}}} VALUES ?y {{{' 1' * 3000}}} VALUES ?z {{{' 1' * 3000}}}"
    endless = Update(f"INSERT {{ GRAPH <a:b> {{ ?x <a:p> ?y }} }} WHERE {{ {values} }}")
    deep = Update("INSERT { ?s ?p ?o } WHERE " + "{" * 3000 + "}" * 3000)

    async def asked(store):
        with pytest.raises((TimeLimitError, RequestError)):
            await store.evaluate(endless)
        await store.evaluate(deep)
        return await count(store)

    assert run(asked, of=dataset, limits=Limits(write_seconds=1)) == 3


def test_writes_and_queries_go_on_beside_each_other(run, dataset):
    """The worker of a write is never asked again: its store is another."""

    async def asked(store):
        for _ in range(5):
            await store.evaluate(Update("DROP ALL"))
            answer = await store.query(Query("ASK { GRAPH <http://g/1> { ?s ?p ?o } }"))
            assert b"true" in answer.body

    run(asked, of=dataset, limits=Limits(quick_slots=1))
