"""What the first reader of a version would wait for is made before there is one."""

import asyncio
import contextlib
import gc
import logging
import weakref

import httpx2
import pytest

from osteokg.api.app import create_app
from osteokg.api.opening import prepare
from osteokg.api.preparation import Preparation
from osteokg.api.settings import Settings
from osteokg.kg.errors import BusyError, LimitError
from osteokg.kg.kept import Kept
from osteokg.kg.results import BACKGROUND
from osteokg.kg.store import InProcessStore, PinnedStore
from osteokg.kg.synthesis import Selection, contradictions, effect_directions, evidence_map


class Recorded(InProcessStore):
    """A store that tells what it was asked."""

    def __init__(self, version):
        super().__init__(version)
        self.queries = []

    async def query(self, query):
        self.queries.append(query)
        return await super().query(query)


class Refusing(Recorded):
    """A store at its limit."""

    async def query(self, _query):
        raise LimitError("The query took too long.")


class Broken(Recorded):
    """A store below which the ground has gone."""

    async def query(self, _query):
        raise FileNotFoundError("a file of the program")


class Busy(Recorded):
    """A store with no place free for the first few times."""

    async def query(self, query):
        assert query.client == BACKGROUND
        if len(self.queries) < 3:
            self.queries.append(query)
            raise BusyError("No place is free.")
        return await super().query(query)


@pytest.fixture
def prepared(version):
    """Call a function with what is kept, the store it is kept of, and the engine behind."""

    def run(function, engine_of=Recorded):
        async def called():
            store, engine = Recorded(version), engine_of(version)
            kept = Kept(PinnedStore(store, version.id))
            preparation = Preparation(engine, pause=0)
            preparation.begin(kept)
            await preparation.under_way
            return await function(kept, store, engine)

        return asyncio.run(called())

    return run


def test_the_first_reader_finds_what_all_readers_have_in_common(prepared, version):
    async def read(kept, store, engine):
        found = await evidence_map(kept, Selection())
        assert store.queries == []
        asked = engine.queries
        assert asked
        assert {query.version for query in asked} == {version.id}
        return found

    async def anew(kept, _store, _engine):
        return await evidence_map(kept, Selection())

    assert prepared(read).squares == prepared(anew, Refusing).squares


@pytest.mark.parametrize("make", [effect_directions, contradictions])
def test_the_other_syntheses_rest_on_it_too(prepared, make):
    async def read(kept, store, _engine):
        await make(kept, Selection(), *([slice(0)] if make is contradictions else []))
        return store.queries

    assert prepared(read) == []


def test_what_cannot_be_prepared_stops_nothing(prepared, caplog):
    async def read(kept, store, _engine):
        found = await evidence_map(kept, Selection())
        assert store.queries
        return found

    with caplog.at_level(logging.INFO, "osteokg"):
        assert prepared(read, Refusing).squares
    assert "not prepared: The query took too long." in caplog.messages


def test_what_fails_while_it_is_prepared_is_told_then_and_does_not_meet_the_end(version, caplog):
    async def to_the_end():
        preparation = Preparation(Broken(version), pause=0)
        preparation.begin(Kept(PinnedStore(InProcessStore(version), version.id)))
        await asyncio.wait([preparation.under_way])
        told = list(caplog.messages)
        await preparation.end()
        return told

    assert asyncio.run(to_the_end()) == ["not prepared"]
    assert "FileNotFoundError: a file of the program" in caplog.text


def test_where_no_place_is_free_it_goes_on_later(prepared, caplog):
    async def read(kept, store, engine):
        await evidence_map(kept, Selection())
        return store.queries, len(engine.queries)

    with caplog.at_level(logging.INFO, "osteokg"):
        asked_by_reader, asked_in_background = prepared(read, Busy)
    assert asked_by_reader == []
    assert asked_in_background > 3
    assert caplog.messages == []


def test_a_reader_does_himself_what_had_to_make_way(version):
    async def both():
        store, quiet, answers = InProcessStore(version), Busy(version), []
        kept = Kept(store)
        away = asyncio.Event()

        async def make(of):
            answers.append(of)
            if of is quiet:
                await away.wait()
                raise BusyError("No place is free.")
            return "made"

        first = asyncio.ensure_future(kept.through(quiet).of("it", make))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(kept.of("it", make))
        await asyncio.sleep(0)
        away.set()
        with pytest.raises(BusyError):
            await first
        assert await second == "made"
        return answers == [quiet, store]

    assert asyncio.run(both())


def test_what_is_kept_goes_with_its_version_after_work_that_had_to_make_way(version):
    async def both():
        kept = Kept(InProcessStore(version))
        gone = weakref.ref(kept)

        async def make(_store):
            raise BusyError("No place is free.")

        gc.disable()
        try:
            with contextlib.suppress(BusyError):
                await kept.of("it", make)
            del kept, make
            await asyncio.sleep(0)  # what woke this task is held until it waits again
            return gone()
        finally:
            gc.enable()

    assert asyncio.run(both()) is None


def test_a_service_prepares_its_version_and_counts_none_of_it_as_asked(good):
    async def first_reader():
        with contextlib.ExitStack() as held:
            settings = Settings()
            opened = await prepare(settings, [str(good)], held).open()
            app = create_app(
                settings,
                opened.store,
                opened.versions,
                judge=opened.judge,
                releases=opened.releases,
                comparisons=opened.comparisons,
            )
            async with app.router.lifespan_context(app):
                await app.state.preparation.under_way
                transport = httpx2.ASGITransport(app)
                async with httpx2.AsyncClient(transport=transport, base_url="http://a") as client:
                    before = (await client.get("/metrics")).text
                    found = await client.get("/synthesis/evidence-map.json")
                    after = (await client.get("/metrics")).text
            return before, found, after

    before, found, after = asyncio.run(first_reader())
    assert found.status_code == 200
    assert found.json()["total"] > 0
    asked = [
        [line for line in text.splitlines() if line.startswith("osteokg_queries_total")]
        for text in (before, after)
    ]
    assert asked[0] == asked[1]
