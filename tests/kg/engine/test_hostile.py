"""Hostile queries, of every kind we know, meet a stated limit and take nobody else with them."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import pytest
from hostile_queries import DEEP, ENDLESS, nested

from osteokg.kg.engine import Limits
from osteokg.kg.errors import (
    BusyError,
    EngineError,
    LimitError,
    MemoryLimitError,
    QueryNestingError,
    QueryRefusedError,
    QuerySyntaxError,
    SizeLimitError,
    TimeLimitError,
)
from osteokg.kg.results import ROW_FORMATS, Query


def test_deep_nesting_is_read(run):
    async def asked(store):
        return {name: (await store.query(Query(text))).body for name, text in DEEP.items()}

    bodies = run(asked, limits=Limits(seconds=120))
    assert b"bindings" in bodies.pop("sub-selects")
    said = {name: json.loads(body)["boolean"] for name, body in bodies.items()}
    no = {"negations"}
    assert said == {name: name not in no for name in said}


def test_every_endless_query_meets_a_limit_and_nobody_else_does(run, count, engine_processes):
    limits = Limits(seconds=1, memory=256 << 20, slow_slots=5)

    async def asked(store):
        places = asyncio.Semaphore(limits.slow_slots - 1)  # one for a reader who has to wait

        async def of(name):
            async with places:
                return await store.query(Query(ENDLESS[name], client=name))

        hostile = [asyncio.create_task(of(name)) for name in ENDLESS]
        asked = Query("ASK { ?s ?p ?o }", client="a reader")
        answers = 0
        while not all(task.done() for task in hostile):
            assert b"true" in (await store.query(asked)).body
            answers += 1
            await asyncio.sleep(0.1)
        outcomes = await asyncio.gather(*hostile, return_exceptions=True)
        return answers, dict(zip(ENDLESS, outcomes, strict=True)), await count(store)

    answers, outcomes, afterwards = run(asked, limits=limits)
    assert answers > 1
    assert afterwards == 1201
    met = (TimeLimitError, MemoryLimitError, SizeLimitError, QueryNestingError)
    assert {name: one for name, one in outcomes.items() if not isinstance(one, met)} == {}
    assert engine_processes(os.getpid()) == {}


def test_a_service_deep_down_is_refused(run):
    text = f"ASK {{ {nested('{', '}', 20_000)} SERVICE <http://x/> {{}} }}"

    async def asked(store):
        with pytest.raises(QueryRefusedError, match="SERVICE at line 1, column 40008"):
            await store.query(Query(text))

    run(asked, limits=Limits(seconds=120))


def test_time_is_told(run):
    query = Query(ENDLESS["blank-node lists"])

    async def asked(store):
        with pytest.raises(TimeLimitError, match=r"longer than 0\.5 s"):
            await store.query(query)
        return store.status().stopped

    assert run(asked, limits=Limits(seconds=0.5)) == {"TimeLimitError": 1}


def test_memory_is_told(run):
    limits = Limits(seconds=60, memory=96 << 20, stack=64 << 20)

    async def asked(store):
        with pytest.raises(MemoryLimitError, match="more memory"):
            await store.query(Query(ENDLESS["ORDER BY"]))

    run(asked, limits=limits)


def test_a_fault_of_the_engine_is_no_want_of_memory(run, count):
    """Numbers, and words that begin with digits: the engine compares them in a circle.

    9 < 10 as numbers, "10" < "5 a" < "9" as texts, and its sorting aborts when it sees that.
    """
    values = " ".join(f'{n * 37 % 100} "{n * 53 % 100} a"' for n in range(50))
    query = Query(f"SELECT ?o {{ VALUES ?o {{ {values} }} }} ORDER BY COALESCE(?o, 1)")

    async def asked(store):
        with pytest.raises(EngineError, match=r"fault of its own: .*total order") as told:
            await store.query(query)
        return told.value.status, store.status().stopped, await count(store)

    assert run(asked) == (500, {"EngineError": 1}, 1201)


def test_nesting_that_cannot_be_read_is_told(run):
    async def asked(store):
        with pytest.raises(QueryNestingError, match="nested so deeply") as told:
            await store.query(Query(ENDLESS["groups, 4 MB"]))
        return told.value.status

    assert run(asked, limits=Limits(seconds=60, stack=64 << 20)) == 400


def test_a_syntax_error_deep_down_has_its_place(run):
    async def asked(store):
        with pytest.raises(QuerySyntaxError) as told:
            await store.query(Query("ASK\n" + nested("{", "}", 3000, "\n ?s ?p")))
        return told.value.line

    assert run(asked) == 3


def test_a_query_is_answered_while_hostile_ones_run(run, until):
    """Eight of one client, and places for four: another client's question finds its way."""
    hostile = Query(ENDLESS["a cross product"], client="hostile")
    limits = Limits(seconds=60, quick_slots=2, slow_slots=2)

    async def asked(store):
        tasks = [asyncio.create_task(store.query(hostile)) for _ in range(8)]
        await until(lambda: store.status().waiting == 4)
        answer = await store.query(Query("ASK {}", client="reader"))
        running = [task for task in tasks if not task.done()]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        return answer.body, len(running), await asyncio.gather(*tasks, return_exceptions=True)

    body, running, outcomes = run(asked, limits=limits)
    assert b"true" in body
    assert running >= 4
    stopped = [one for one in outcomes if isinstance(one, LimitError)]
    assert stopped
    assert all(isinstance(one, BusyError) and one.retry_after for one in stopped)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes give way, not threads")
def test_a_query_gives_way_when_it_has_used_the_processor(run, until):
    def niceness(process):
        threads = [int(one.name) for one in Path(f"/proc/{process}/task").iterdir()]
        return max(os.getpriority(os.PRIO_PROCESS, one) for one in threads)

    async def asked(store):
        endless = asyncio.create_task(store.query(Query(ENDLESS["a cross product"])))
        await until(lambda: store.status().at_work)
        (process,) = store.status().at_work
        await until(lambda: niceness(process) == 10)
        endless.cancel()

    run(asked, limits=Limits(seconds=120))


def test_a_long_query_of_who_takes_little_goes_on_beside_greedy_ones(run):
    greedy = Query(ENDLESS["a cross product"], client="greedy")
    modest = "{ SELECT ?c { ?a ?b ?c FILTER(ISLITERAL(?c)) } LIMIT 400 } ?d ?e ?f FILTER(?f != ?c)"
    long = Query(f"SELECT (COUNT(*) AS ?n) {{ {modest} }}", rows=ROW_FORMATS[3], client="modest")

    async def asked(store):
        answered = asyncio.Event()

        async def go_on():
            stopped = 0
            while not answered.is_set():
                with contextlib.suppress(BusyError):
                    await store.query(greedy)
                stopped += 1
            return stopped

        tasks = [asyncio.create_task(go_on()) for _ in range(5)]
        body = (await store.query(long)).body
        answered.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return body

    limits = Limits(seconds=120, quick_slots=2, slow_slots=2)
    assert run(asked, limits=limits) == b"?n\n%d\n" % (400 * 1200)
