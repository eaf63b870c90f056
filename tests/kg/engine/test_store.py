"""A store of processes answers as one in this process does, whatever it is asked."""

import asyncio
import contextlib
import gc
import gzip
import json

import pyoxigraph as ox
import pytest

from osteokg.kg.engine import Limits, Snapshot
from osteokg.kg.engine.errand import Errand
from osteokg.kg.engine.run import Run
from osteokg.kg.errors import (
    GoneError,
    NotAcceptableError,
    QueryRefusedError,
    QuerySyntaxError,
    RequestError,
    SizeLimitError,
    UnavailableError,
)
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS, Query, evaluate
from osteokg.kg.worker.snapshot import load

FORMATS = [
    *[Query("SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s ?o", rows=one) for one in ROW_FORMATS],
    *[Query("ASK { ?s ?p ?o }", rows=one) for one in ROW_FORMATS],
    *[Query("CONSTRUCT WHERE { ?s <http://ex.org/p1> ?o }", graph=one) for one in RDF_FORMATS],
]


def test_the_default_graph_is_the_union_each_triple_once(run, count):
    assert run(count) == 1201
    named = Query("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
    assert b'"1203"' in run(lambda store: store.query(named)).body


def test_an_answer_is_let_go_without_anybody_looking_for_circles(run):
    async def ask(store):
        gc.collect()
        gc.disable()
        try:
            for text in ("ASK {}", "SELECT * { ?s ?p ?o }", "no query"):
                with contextlib.suppress(QuerySyntaxError):
                    await store.query(Query(text))
            await asyncio.sleep(0)
            return [one for one in gc.get_objects() if isinstance(one, (Errand, Run))]
        finally:
            gc.enable()

    assert run(ask) == []


def test_without_union_the_default_graph_is_the_file_s_own(run, count, make_snapshot):
    content = b"<http://a> <http://b> <http://c> .\n<http://a> <http://b> <http://d> <http://g> .\n"
    assert run(count, of=make_snapshot("plain", content, union=False)) == 1


def test_a_packed_snapshot_is_loaded(run, count, snapshot, tmp_path):
    path = tmp_path / "packed.nq.gz"
    path.write_bytes(gzip.compress(snapshot.path.read_bytes()))
    assert run(count, of=Snapshot("packed", path)) == 1201


def test_a_snapshot_that_cannot_be_loaded_is_told(run, count, make_snapshot, tmp_path):
    for wrong in (make_snapshot("wrong", b"no quads"), Snapshot("none", tmp_path / "none.nq")):
        with pytest.raises(UnavailableError, match=r"snapshot \w+\.nq cannot be loaded"):
            run(count, of=wrong)


def test_every_format_is_answered_as_in_this_process(run, snapshot):
    store = load(snapshot)
    expected = [evaluate(store, query) for query in FORMATS]

    async def asked(engine):
        return [await engine.query(query) for query in FORMATS]

    answers = run(asked)
    assert [answer.body for answer in answers] == [answer.body for answer in expected]
    assert [answer.format for answer in answers] == [answer.format for answer in expected]
    assert {answer.version for answer in answers} == {"first"}


def test_blank_nodes_have_the_names_of_the_snapshot_in_every_worker(run):
    query = Query("SELECT ?o { <http://ex.org/shared> ?p ?o }", rows=ROW_FORMATS[2])

    async def asked(store):
        return [(await store.query(query)).body for _ in range(5)]

    assert set(run(asked)) == {b"o\r\n_:c14n0\r\n"}


def test_dataset_parameters_and_base_are_those_of_the_query(run):
    query = Query(
        "SELECT (COUNT(*) AS ?n) { <s7> ?p ?o }",
        default_graphs=("http://ex.org/g1",),
        base="http://ex.org/",
    )
    assert b'"1"' in run(lambda store: store.query(query)).body


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        (Query("ASK {\n ?s ?p }"), QuerySyntaxError, "line 2, column"),
        (Query("ASK { SERVICE <http://x/> {} }"), QueryRefusedError, "SERVICE at line 1, column 7"),
        (Query("ASK { SERVICE SILENT <http://x/> {} }"), QueryRefusedError, "SERVICE"),
        (Query("ASK {}", rows=None), NotAcceptableError, "SELECT and ASK"),
        (Query("ASK { FILTER(<http://x/f>(1)) }"), RequestError, "cannot be evaluated"),
        (Query("ASK {}", default_graphs=("",)), RequestError, "names no graph"),
        (Query('SELECT ("\\u0001" AS ?x) {}', rows=ROW_FORMATS[1]), NotAcceptableError, "XML"),
        (Query("ASK {}", version="other"), GoneError, "not kept"),
    ],
)
def test_errors_are_those_of_the_query(run, count, query, error, words):
    async def asked(store):
        with pytest.raises(error, match=words) as told:
            await store.query(query)
        assert await count(store) == 1201
        return told.value

    told = run(asked)
    assert type(told) is error
    if isinstance(told, QuerySyntaxError):
        assert told.line == 2


def test_an_answer_is_streamed_and_its_size_told_when_it_is_whole(run):
    query = Query("SELECT ?a { ?a ?b ?c . ?d ?e ?f } LIMIT 300000", rows=ROW_FORMATS[3])

    async def streamed(store):
        small = await store.stream(Query("ASK {}"))
        large = await store.stream(query)
        return (
            small.size,
            b"".join([part async for part in small.chunks]),
            large.size,
            [part async for part in large.chunks],
        )

    size, body, unknown, parts = run(streamed)
    assert (size, json.loads(body)["boolean"]) == (len(body), True)
    assert unknown is None
    assert len(parts) > 10
    assert b"".join(parts).count(b"\n") == 300001


@pytest.mark.parametrize("chosen", [*ROW_FORMATS, *RDF_FORMATS[:1]], ids=lambda one: one.name)
def test_more_rows_than_the_limit_are_an_error_and_as_many_are_not(run, chosen):
    form = "SELECT ?s" if chosen in ROW_FORMATS else "CONSTRUCT { ?s ?p ?o }"
    text = f"{form} {{ ?s ?p ?o }} LIMIT "

    async def asked(store):
        await store.query(Query(f"{text} 100", rows=chosen, graph=chosen))
        with pytest.raises(SizeLimitError, match="more than 100"):
            await store.query(Query(f"{text} 101", rows=chosen, graph=chosen))

    run(asked, limits=Limits(rows=100))


@pytest.mark.parametrize("end", ["", "LIMIT 300002"])
def test_rows_of_every_part_are_counted(run, end):
    """An answer of several parts has no part that is too small to count."""
    cross = "SELECT ?a { ?a ?b ?c . ?d ?e ?f } LIMIT"

    async def asked(store):
        for rows in (300_000, 300_001):
            text = f"SELECT (1 AS ?n) {{ {{ {cross} {rows} }} }} {end}"
            answer = await store.stream(Query(text, rows=ROW_FORMATS[2]))
            found = b"".join([part async for part in answer.chunks]).count(b"\n") - 1
            assert found == rows == 300_000

    with pytest.raises(SizeLimitError, match="more than 300000 rows"):
        run(asked, limits=Limits(rows=300_000))


def test_an_answer_too_large_is_cut_where_it_can_be_seen(run):
    query = Query("SELECT ?a { ?a ?b ?c . ?d ?e ?f }")
    few = Limits(answer_bytes=300_000, first_bytes=100_000)

    async def asked(store):
        answer = await store.stream(query)
        parts = []

        async def read():
            async for part in answer.chunks:
                parts.append(part)

        with pytest.raises(SizeLimitError, match="more than 300000 bytes"):
            await read()
        assert 0 < sum(map(len, parts)) <= 300_000
        with pytest.raises(SizeLimitError, match="more than 200000 bytes"):
            await store.query(query)

    run(asked, limits=Limits(**{**vars(few), "whole_bytes": 200_000}))


def test_random_answers_differ_from_worker_to_worker(run, make_snapshot):
    content = b"_:a <http://b> _:c <http://g> .\n"
    query = Query(
        "SELECT (UUID() AS ?u) (STRUUID() AS ?s) (RAND() AS ?r) (BNODE() AS ?b) {}",
        rows=ROW_FORMATS[2],
    )

    async def asked(store):
        async def of_another_worker():
            answer = await store.query(query)
            return answer.body.splitlines()[1].split(b",")

        return await asyncio.gather(*(of_another_worker() for _ in range(6)))

    rows = run(asked, of=make_snapshot("blank", content))
    for column in zip(*rows, strict=True):
        assert len(set(column)) == len(rows)


def test_a_version_that_is_kept_can_be_asked_and_others_are_gone(run, count, make_snapshot):
    earlier = {}
    for n in range(1, 5):
        lines = [f'<http://a> <http://b> "{m}" <http://g> .\n' for m in range(n)]
        earlier[f"v{n}"] = make_snapshot(f"v{n}", "".join(lines).encode())

    async def asked(store):
        found = [await count(store, version=name) for name in ("v3", "v1", "v2", "v4", "v1")]
        assert len(store.status().loaded) == 3
        with pytest.raises(GoneError, match="v9"):
            await count(store, version="v9")
        return [*found, await count(store), await count(store, version="first")]

    assert run(asked, kept=earlier.get) == [3, 1, 2, 4, 1, 1201, 1201]


def test_the_engine_tells_its_figures(run, count):
    async def asked(store):
        await count(store)
        return store.status()

    status = run(asked)
    assert status.loaded == ("first",)
    assert status.quick == status.slow == status.waiting == 0
    assert status.memory <= Limits.memory


def test_an_answer_that_is_dropped_gives_back_its_room(run):
    async def asked(store):
        answer = await store.stream(Query("SELECT * { ?s ?p ?o }"))
        assert store.status().spool_memory == answer.size
        del answer
        return store.status().spool_memory

    assert run(asked) == 0


def test_the_snapshot_of_a_dump_is_the_same_dataset(snapshot):
    quads = set(ox.parse(snapshot.path.read_bytes(), format=ox.RdfFormat.N_QUADS))
    store = load(snapshot)
    assert {q for q in store if not isinstance(q.graph_name, ox.DefaultGraph)} == quads
