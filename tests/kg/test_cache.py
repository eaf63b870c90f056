"""The cache: what is kept, what is shared, what passes by; held against a store that counts."""

import asyncio
import gc
import json
import weakref
from collections import OrderedDict
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from osteokg.kg.cache import CachedStore
from osteokg.kg.errors import BusyError, QuerySyntaxError, TimeLimitError, UnavailableError
from osteokg.kg.results import GRAPH_FORMATS, ROW_FORMATS, Answer, Query
from osteokg.kg.store import InProcessStore, StreamedAnswer

OVERHEAD = 2600  # of an entry, as kg/cache.py counts it


class Counting:
    """A store whose answer to a text of digits is as many bytes; it counts what it is asked."""

    def __init__(self, version="v1"):
        self.version = version
        self.asked = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = 0
        self.closed_early = 0
        self.open = 0
        self.error = None
        self.ended = False

    def body(self, query):
        text = f"{self.version} {query} ".encode()
        size = int(query.text.partition(" ")[0])
        return (text * (size // len(text) + 1))[:size]

    async def stream(self, query):
        self.asked.append(query)
        error, body, version = self.error, self.body(query), self.version
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if error is not None:
            raise error
        chunks = Chunks(self, body)
        return StreamedAnswer(query.rows or ROW_FORMATS[0], version, chunks)

    async def query(self, query):
        streamed = await self.stream(query)
        return Answer(streamed.format, await read(streamed), streamed.version)

    async def close(self):
        self.ended = True


class Chunks(AsyncGenerator):
    def __init__(self, store, body):
        self.store = store
        self.parts = [body[n : n + 100] for n in range(0, len(body), 100)][::-1]
        self.done = False
        store.open += 1

    async def asend(self, _value):
        await asyncio.sleep(0)
        if self.parts:
            return self.parts.pop()
        self.end()
        raise StopAsyncIteration

    async def athrow(self, kind, _value=None, _traceback=None):
        self.store.closed_early += not self.done
        self.end()
        raise kind

    def end(self):
        self.store.open -= not self.done
        self.done = True


async def read(streamed):
    return b"".join([part async for part in streamed.chunks])


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


def run(function):
    """Run an asynchronous test."""
    return lambda *arguments, **named: asyncio.run(function(*arguments, **named))


# Kept


@run
async def test_the_second_time_nothing_is_evaluated():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    query = Query("500")
    first = await cache.query(query)
    assert await cache.query(query) == first
    assert await read(await cache.stream(query)) == first.body == store.body(query)
    assert (await cache.stream(query)).size == 500
    assert len(store.asked) == 1
    status = cache.status()
    assert (status.hits, status.misses, status.entries) == (3, 1, 1)
    assert status.bytes == 500 + OVERHEAD


@pytest.mark.parametrize(
    "other",
    [
        Query("500 "),
        Query("500", base="http://base/"),
        Query("500", default_graphs=("http://a/",)),
        Query("500", named_graphs=("http://a/",)),
        Query("500", default_graphs=("http://a/", "http://b/")),
        Query("500", rows=ROW_FORMATS[1]),
        Query("500", rows=None),
        Query("500", graph=GRAPH_FORMATS[1]),
        Query("500", graph=None),
    ],
)
def test_whatever_an_answer_depends_on_tells_queries_apart(other):
    @run
    async def ask():
        store = Counting()
        cache = CachedStore(store, 10_000, 1000)
        await cache.query(Query("500"))
        assert (await cache.query(other)).body == store.body(other)
        assert store.asked == [Query("500"), other]

    ask()


@run
async def test_who_asks_does_not_matter():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    await cache.query(Query("500", client="192.0.2.1"))
    await cache.query(Query("500", client="192.0.2.2", version="v1"))
    assert len(store.asked) == 1


@run
async def test_the_least_asked_goes_first():
    store = Counting()
    cache = CachedStore(store, 2 * (500 + OVERHEAD), 1000)
    for text in ("500 a", "500 b", "500 a", "500 c", "500 a", "500 b"):
        await cache.query(Query(text))
    assert [query.text for query in store.asked] == ["500 a", "500 b", "500 c", "500 b"]
    assert cache.status().evicted == 2


# Passed by


@pytest.mark.parametrize(
    "text",
    [
        "500 NOW()",
        "500 rand()",
        "500 UUID()",
        "500 StrUUID ( )",
        "500 BNODE(?x)",
        "500 FILTER(1<2&&RAND()>0)",
        "500 NOW#\n()",
        "500 NOW\n()",
    ],
)
def test_what_may_differ_each_time_is_not_kept(text):
    @run
    async def ask():
        store = Counting()
        cache = CachedStore(store, 10_000, 1000)
        for _ in range(2):
            await cache.query(Query(text))
            await read(await cache.stream(Query(text)))
        assert len(store.asked) == 4
        assert cache.status().passed == 4

    ask()


@run
async def test_without_a_known_version_nothing_is_kept():
    store = Counting(version="")
    cache = CachedStore(store, 10_000, 1000)
    for _ in range(2):
        await cache.query(Query("500"))
    assert len(store.asked) == 2


@run
async def test_an_earlier_version_is_asked_of_the_store():
    """It alone knows whether it still keeps that version."""
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    for _ in range(2):
        await cache.query(Query("500", version="v0"))
    assert [query.version for query in store.asked] == ["v0", "v0"]


@run
async def test_a_new_version_makes_a_new_start():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    old = await cache.query(Query("500"))
    store.version = "v2"
    new = await cache.query(Query("500"))
    assert (old.version, new.version) == ("v1", "v2")
    assert new.body == store.body(Query("500")) != old.body
    assert cache.status().entries == 1


@run
async def test_an_answer_of_a_version_that_has_just_gone_is_given_but_not_kept():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    asking = asyncio.ensure_future(cache.query(Query("500")))
    await settle()
    store.version = "v2"
    store.gate.set()
    assert (await asking).version == "v1"
    assert (await cache.query(Query("500"))).version == "v2"


@run
async def test_a_large_answer_is_passed_on_and_remembered_as_large():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    for _ in range(3):
        assert await read(await cache.stream(Query("5000"))) == store.body(Query("5000"))
        assert (await cache.query(Query("5000"))).body == store.body(Query("5000"))
    status = cache.status()
    assert (status.entries, status.misses, status.passed) == (0, 1, 5)
    assert store.open == store.closed_early == 0


@run
async def test_a_large_answer_that_is_wanted_whole_is_the_store_s_to_give():
    """It knows how much may be held; the answer begun is let go, and the next time none is."""
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    for _ in range(2):
        assert (await cache.query(Query("5000"))).body == store.body(Query("5000"))
    assert (len(store.asked), store.open, store.closed_early) == (3, 0, 1)


@run
async def test_a_large_answer_that_nobody_reads_to_its_end_is_closed():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    streamed = await cache.stream(Query("5000"))
    await anext(streamed.chunks)
    await streamed.chunks.aclose()
    assert (store.open, store.closed_early) == (0, 1)


@pytest.mark.parametrize("error", [QuerySyntaxError("no"), TimeLimitError("no"), BusyError("no")])
def test_errors_are_not_kept(error):
    @run
    async def ask():
        store = Counting()
        cache = CachedStore(store, 10_000, 1000)
        store.error = error
        with pytest.raises(type(error)):
            await cache.query(Query("500"))
        store.error = None
        assert (await cache.query(Query("500"))).body == store.body(Query("500"))

    ask()


# Shared


@run
async def test_equal_queries_at_once_are_one():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    asking = [asyncio.ensure_future(cache.query(Query("500"))) for _ in range(10)]
    await settle()
    store.gate.set()
    assert {answer.body for answer in await asyncio.gather(*asking)} == {store.body(Query("500"))}
    assert len(store.asked) == 1
    assert (cache.status().misses, cache.status().shared) == (1, 9)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.sampled_from(["500", "5000"]))
@settings(max_examples=60)
def test_who_stops_waiting_stops_nobody_else(stays, text):
    """True waits for the answer, False gives up; where the first does, the next one asks anew."""

    @run
    async def ask():
        store = Counting()
        cache = CachedStore(store, 10_000, 1000)
        store.gate.clear()
        asking = [asyncio.ensure_future(cache.query(Query(text))) for _ in stays]
        await settle()
        for task, waits in zip(asking, stays, strict=True):
            if not waits:
                task.cancel()
        await settle()
        assert store.cancelled == (not stays[0])
        assert len(store.asked) == 1 + (not stays[0] and any(stays))
        store.gate.set()
        results = await asyncio.gather(*asking, return_exceptions=True)
        for result, waits in zip(results, stays, strict=True):
            if waits:
                assert result.body == store.body(Query(text))
            else:
                assert isinstance(result, asyncio.CancelledError)
        await settle()
        assert store.open == 0
        assert (await cache.query(Query(text))).body == store.body(Query(text))

    ask()


@run
async def test_who_comes_after_the_last_has_left_is_answered():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    leaving = asyncio.ensure_future(cache.query(Query("500")))
    await settle()
    leaving.cancel()
    await asyncio.sleep(0)
    coming = asyncio.ensure_future(cache.query(Query("500")))
    also = asyncio.ensure_future(cache.query(Query("500")))
    await settle()
    store.gate.set()
    assert (await coming).body == (await also).body == store.body(Query("500"))
    assert len(store.asked) == 2


@run
async def test_an_error_is_every_waiter_s_error():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    store.error = TimeLimitError("too long")
    asking = [asyncio.ensure_future(cache.query(Query("500"))) for _ in range(3)]
    await settle()
    store.gate.set()
    errors = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(error) for error in errors] == [TimeLimitError] * 3
    assert len(store.asked) == 1


@run
async def test_who_shares_does_not_make_way_for_another_s_sins():
    """A query stopped because its client asked too much is evaluated again for other clients."""
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    store.error = BusyError("you ask too much", retry_after=1)
    greedy = asyncio.ensure_future(cache.query(Query("500", client="greedy")))
    await settle()
    modest = asyncio.ensure_future(cache.query(Query("500", client="modest")))
    await settle()
    store.error = None
    store.gate.set()
    with pytest.raises(BusyError):
        await greedy
    assert (await modest).body == store.body(Query("500", client="modest"))
    assert [query.client for query in store.asked] == ["greedy", "modest"]


class Failing(Counting):
    """A store that answers nothing, and holds nothing of what it is asked."""

    async def stream(self, _query):
        await self.gate.wait()
        raise QuerySyntaxError("No.")


@run
async def test_an_error_does_not_keep_the_request_that_it_ended():
    """Of who asked first as of who waited: not even until somebody looks for circles."""
    store = Failing()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    queries = [Query("500"), Query("500")]
    gone = [weakref.ref(query) for query in queries]
    gc.disable()
    try:
        asking = [asyncio.ensure_future(cache.query(query)) for query in queries]
        await settle()
        store.gate.set()
        errors = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(error) for error in errors] == [QuerySyntaxError] * 2
        del asking, queries, errors
        await settle()
        assert [query() for query in gone] == [None, None]
    finally:
        gc.enable()


@run
async def test_the_end_is_the_store_s_to_tell():
    store = Counting()
    cache = CachedStore(store, 10_000, 1000)
    store.gate.clear()
    store.error = UnavailableError("The service is being ended.")
    asking = [asyncio.ensure_future(cache.query(Query("500"))) for _ in range(2)]
    await settle()
    await cache.close()
    assert store.ended
    store.gate.set()
    errors = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(error) for error in errors] == [UnavailableError] * 2


# Laws


class LikeAnyStore(RuleBasedStateMachine):
    """Whatever is asked, in whatever order: what a store without a cache would say."""

    CAPACITY = 5 * (300 + OVERHEAD)
    LARGEST = 700

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store = Counting()
        self.cache = CachedStore(self.store, self.CAPACITY, self.LARGEST)
        self.large = set()
        self.expected = OrderedDict()  # a cache as simple as can be: size by key

    def teardown(self):
        self.loop.run_until_complete(self.cache.close())
        self.loop.close()

    @rule(size=st.integers(0, 900), name=st.sampled_from("abc"), whole=st.booleans())
    def ask(self, size, name, whole):
        query = Query(f"{size} {name}")
        before = len(self.store.asked)

        async def asked():
            if whole:
                return (await self.cache.query(query)).body
            return await read(await self.cache.stream(query))

        assert self.loop.run_until_complete(asked()) == self.store.body(query)
        large = size > self.LARGEST
        begun_anew = large and whole and query.text not in self.large
        asked_now = 0 if query.text in self.expected else 2 if begun_anew else 1
        assert len(self.store.asked) == before + asked_now
        if large:
            self.large.add(query.text)
        else:
            self.expected[query.text] = size + OVERHEAD
            self.expected.move_to_end(query.text)
            while sum(self.expected.values()) > self.CAPACITY:
                self.expected.popitem(last=False)

    @precondition(lambda self: len(self.store.version) < 8)
    @rule()
    def write(self):
        self.store.version += "'"
        self.expected.clear()
        self.large.clear()

    @invariant()
    def is_bounded(self):
        assert self.cache.status().bytes <= self.CAPACITY
        assert self.store.open == 0


def test_whatever_is_asked_the_cache_is_bounded():
    run_state_machine_as_test(
        LikeAnyStore, settings=settings(max_examples=60, stateful_step_count=40)
    )


def test_a_real_store_answers_the_same_with_it(version):
    @run
    async def ask():
        store = InProcessStore(version)
        cache = CachedStore(store, 100_000, 10_000)
        for text in ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"):
            plain = await store.query(Query(text))
            for _ in range(2):
                kept = await cache.query(Query(text))
                assert (kept.format, kept.version) == (plain.format, plain.version)
                if text.startswith("SELECT"):
                    assert json.loads(kept.body) == json.loads(plain.body)
                else:
                    assert kept.body == plain.body
        status = cache.status()
        assert (status.hits, status.entries, status.passed) == (1, 1, 1)
        await cache.close()

    ask()
