"""Lanes: each client in turn, long queries aside, and whoever takes most makes way."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.engine import Limits
from osteokg.kg.engine.lanes import Lanes, Ledger
from osteokg.kg.errors import BusyError
from osteokg.kg.results import BACKGROUND


def in_lanes(work, **limits):
    async def run():
        return await work(Lanes(Limits(**{"quick_slots": 1, "slow_slots": 2, **limits})))

    return asyncio.run(run())


def test_clients_have_their_turn_one_after_the_other():
    async def work(lanes):
        first = await lanes.enter("a")
        order = []

        async def enter(client):
            place = await lanes.enter(client)
            order.append(client)
            lanes.leave(place)

        waiting = [asyncio.create_task(enter(client)) for client in "aaabbc"]
        await asyncio.sleep(0)
        assert lanes.waiting == 6
        lanes.leave(first)
        await asyncio.gather(*waiting)
        return order, lanes.waiting, lanes.quick

    assert in_lanes(work) == (list("abcaba"), 0, set())


def test_who_leaves_the_queue_takes_no_place_along():
    async def work(lanes):
        first = await lanes.enter("a")
        leaving = asyncio.create_task(lanes.enter("b"))
        staying = asyncio.create_task(lanes.enter("c"))
        await asyncio.sleep(0)
        lanes.leave(first)  # b is called
        leaving.cancel()  # and leaves before it hears
        place = await staying
        assert leaving.cancelled()
        lanes.leave(place)
        return lanes.quick, lanes.waiting

    assert in_lanes(work) == (set(), 0)


def test_a_queue_has_an_end_in_length_and_time():
    async def work(lanes):
        await lanes.enter("a")
        with pytest.raises(BusyError, match="in time") as told:
            await lanes.enter("b")
        waiting = [asyncio.create_task(lanes.enter("b")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="Too many"):
            await lanes.enter("c")
        await asyncio.gather(*waiting, return_exceptions=True)
        return told.value.retry_after, lanes.waiting

    assert in_lanes(work, waiting=3, waiting_seconds=0.01) == (5, 0)


async def long(lanes, client, seconds, stopped):
    """Enter for a client, run for so long, and note when it is stopped."""
    place = await lanes.enter(client)
    place.since -= seconds
    place.stop = lambda reason: stopped.append((client, reason.retry_after))
    lanes.promote(place)
    return place


def test_a_long_query_frees_its_place():
    async def work(lanes):
        for _ in range(2):
            place = await long(lanes, "a", 1, [])
            assert place in lanes.slow
        return lanes.promoted, len(lanes.slow), lanes.quick

    assert in_lanes(work) == (2, 2, set())


def test_long_queries_of_many_are_no_offence():
    """Those of equals end by themselves; a place is handed on when one does."""

    async def work(lanes):
        stopped = []
        places = [await long(lanes, client, 0.5, stopped) for client in "abc"]
        waiting = asyncio.create_task(lanes.enter("d"))
        await asyncio.sleep(0)
        assert (len(lanes.slow), len(lanes.quick), lanes.waiting) == (2, 1, 1)
        lanes.leave(places[0])
        assert (await waiting).client == "d"
        assert places[2] in lanes.slow
        return stopped

    assert in_lanes(work) == []


def test_who_has_taken_most_makes_way_for_who_waits():
    async def work(lanes):
        stopped = []
        modest = await long(lanes, "modest", 2, stopped)
        first = await long(lanes, "greedy", 3, stopped)
        second = await long(lanes, "greedy", 1, stopped)
        assert stopped == []
        await lanes.enter("reader")
        assert stopped == [("greedy", 5)]
        assert first not in lanes.slow
        assert {modest, second} == lanes.slow
        return [place.client for place in lanes.quick]

    assert in_lanes(work) == ["reader"]


def test_what_was_taken_before_counts_except_for_our_own_pages():
    async def work(lanes):
        for client in ("", "greedy"):
            for _ in range(3):
                place = await lanes.enter(client)
                place.since -= 5
                lanes.leave(place)
        stopped = []
        for client in ("", "greedy", ""):
            await long(lanes, client, 1, stopped)
        await lanes.enter("reader")
        return [client for client, _ in stopped]

    assert in_lanes(work) == ["greedy"]


def test_for_what_nobody_waits_for_nobody_makes_way():
    async def work(lanes):
        stopped = []
        for number in range(3):
            place = await lanes.enter("a")
            place.since -= 100
            place.stop = lambda reason, number=number: stopped.append(number)
            lanes.promote(place)
        with pytest.raises(BusyError, match="nobody waits for") as told:
            await lanes.enter(BACKGROUND)
        return stopped, told.value.retry_after, lanes.waiting

    assert in_lanes(work) == ([], 1, 0)


def test_what_nobody_waits_for_makes_way_first():
    async def work(lanes):
        stopped = []
        for client, seconds in (("a", 100), (BACKGROUND, 1), ("a", 100)):
            place = await lanes.enter(client)
            place.since -= seconds
            place.stop = lambda reason, client=client: stopped.append(client)
            lanes.promote(place)
        await lanes.enter("b")
        return stopped

    assert in_lanes(work) == [BACKGROUND]


def test_a_client_waits_for_his_own_queries_until_half_their_time_is_over():
    async def work(lanes):
        stopped = []
        places = [await long(lanes, "a", 4, stopped) for _ in range(3)]
        waiting = asyncio.create_task(lanes.enter("a"))
        await asyncio.sleep(0)
        assert not waiting.done()
        places[1].since -= 2
        await waiting  # looked at again and again
        assert places[1] not in lanes.slow
        return stopped

    assert in_lanes(work, seconds=10) == [("a", 5)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10), st.floats(0, 100))))
def test_a_ledger_never_invents_time(entries):
    ledger, now = Ledger(), 0.0
    given: dict[str, float] = {}
    for client, seconds, later in entries:
        now += later
        ledger.add(client, seconds, now)
        given[client] = given.get(client, 0) + seconds
    for client in "abc":
        taken = ledger.taken(client, now)
        assert 0 <= taken <= given.get(client, 0) + 1e-9
        assert ledger.taken(client, now + 60) == pytest.approx(taken / 2)


def test_a_ledger_forgets_whom_it_need_not_remember():
    ledger = Ledger()
    for number in range(5000):
        ledger.add(f"client {number}", 0.01, now=number)
    assert ledger.taken("client 4999", 4999) == 0.01
    assert ledger.taken("client 0", 4999) < 0.001
    assert len(vars(ledger)["_taken"]) < 2000


def test_what_waits_begins_when_a_place_is_free_and_not_when_its_owner_hears_of_it():
    async def work(lanes):
        begun = []
        first = await lanes.enter("a", lambda _place: begun.append("a"))
        waiting = asyncio.create_task(lanes.enter("b", lambda _place: begun.append("b")))
        await asyncio.sleep(0)
        before = list(begun)
        lanes.leave(first)
        return before, list(begun), waiting.done(), await waiting in lanes.quick

    assert in_lanes(work) == (["a"], ["a", "b"], False, True)


def test_they_are_quiet_while_one_query_runs_and_nobody_waits():
    async def work(lanes):
        said = [lanes.are_quiet]
        first = await lanes.enter("a")
        said.append(lanes.are_quiet)
        waiting = asyncio.create_task(lanes.enter("b"))
        await asyncio.sleep(0)
        said.append(lanes.are_quiet)  # b waits
        lanes.promote(first)
        await waiting
        said.append(lanes.are_quiet)  # a is in the slow lane
        lanes.leave(first)
        said.append(lanes.are_quiet)
        return said

    assert in_lanes(work) == [False, True, False, False, True]
