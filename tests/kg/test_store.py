"""The store: queries beside the event loop, and nothing of the engine left behind by an error."""

import asyncio
import gc
import json
import threading

import pytest

from osteokg.kg.errors import NotAcceptableError, OsteoKGError, RequestError
from osteokg.kg.metadata import count
from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import InProcessStore


def answered(version, *queries):
    async def run():
        store = InProcessStore(version, threads=2)
        try:
            return await asyncio.gather(*map(store.query, queries), return_exceptions=True)
        finally:
            await store.close()

    return asyncio.run(run())


def test_a_store_says_its_version_and_answers(version):
    assert InProcessStore(version).version == version.id
    (answer,) = answered(version, Query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    (row,) = json.loads(answer.body)["results"]["bindings"]
    assert int(row["n"]["value"]) == count(version.store).triples


def test_many_queries_at_once_are_all_answered(version):
    answers = answered(version, *[Query(f"SELECT ({n} AS ?n) {{}}") for n in range(20)])
    values = [json.loads(a.body)["results"]["bindings"][0]["n"]["value"] for a in answers]
    assert values == [str(n) for n in range(20)]


def test_the_event_loop_goes_on_while_a_query_runs(version):
    many = "{ SELECT ?a { ?a ?b ?c } LIMIT 2000 } { SELECT ?d { ?d ?e ?f } LIMIT 2000 }"
    long = Query(f"SELECT (COUNT(*) AS ?n) {{ {many} }}")

    async def run():
        store = InProcessStore(version)
        under_way = asyncio.ensure_future(store.query(long))
        turns = 0
        while not under_way.done():
            await asyncio.sleep(0.001)
            turns += 1
        await store.close()
        return turns

    assert asyncio.run(run()) > 10


@pytest.mark.parametrize(
    "query",
    [
        Query("SELECT * { ?s ?p ?o }", rows=None),
        Query("CONSTRUCT WHERE { ?s ?p ?o }", graph=None),
        Query("SELECT (<x:f>(?s) AS ?x) { ?s ?p ?o }"),
        Query('SELECT ("\\u0001" AS ?x) { ?s ?p ?o }', rows=ROW_FORMATS[1]),
        Query("SELECT"),
    ],
)
def test_an_error_takes_nothing_of_the_engine_to_another_thread(version, query, capfd):
    """The engine says so on stderr when a result dies in a thread that is not its own."""
    (error,) = answered(version, query)
    assert isinstance(error, OsteoKGError)
    del error
    gc.collect()
    assert capfd.readouterr().err == ""
    assert threading.active_count() < 20


def test_errors_are_ours(version):
    errors = answered(version, Query("SELECT * {}", rows=None), Query("ASK {}", named_graphs=("",)))
    assert [type(error) for error in errors] == [NotAcceptableError, RequestError]
