"""Lanes: each client in turn, long queries aside, and whoever takes most makes way."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.engine import Limits
from osteokg.kg.engine.lanes import Lanes, Ledger
from osteokg.kg.errors import BusyError


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


def test_a_promoted_query_frees_its_place_and_the_greediest_client_makes_way():
    async def work(lanes):
        stopped = []

        async def long(client):
            place = await lanes.enter(client)
            place.since -= 1
            place.stop = lambda reason: stopped.append((client, reason.retry_after))
            lanes.promote(place)
            return place

        greedy = [await long("greedy"), await long("greedy")]
        modest = await long("modest")
        assert stopped == [("greedy", 5)]
        assert modest in lanes.slow
        assert len(lanes.slow & set(greedy)) == 1
        await long("greedy")
        assert [client for client, _ in stopped] == ["greedy", "greedy"]
        assert modest in lanes.slow
        return lanes.promoted, len(lanes.slow), lanes.quick

    assert in_lanes(work) == (4, 2, set())


def test_our_own_pages_are_not_blamed_for_what_they_took_before():
    async def work(lanes):
        for client in ("", "modest"):
            for _ in range(2):
                place = await lanes.enter(client)
                place.since -= 5
                lanes.leave(place)
        stopped = []
        for client in ("", "modest", ""):
            place = await lanes.enter(client)
            place.since -= 1
            place.stop = lambda _reason, client=client: stopped.append(client)
            lanes.promote(place)
        return stopped

    assert in_lanes(work) == ["modest"]


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
