"""A pool has an idle worker ready, and keeps those that were dear."""

import asyncio

import pytest

from osteokg.kg.engine.pool import Pool
from osteokg.kg.engine.processes import Worker
from osteokg.kg.errors import UnavailableError


class Source:
    """Make workers that are no processes."""

    def __init__(self, fails=0, is_quick=True):
        self.found, self.restarts, self.started, self.fails = None, 0, 0, fails
        self.is_quick = is_quick
        self.ended = []

    async def start(self):
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise UnavailableError("none to be had", 1)
        self.started += 1
        return Worker(self, self.started, Channel())

    def kill(self, worker):
        self.ended.append(worker.number)

    async def close(self):
        pass


class Channel:
    """Carry nothing."""

    is_open = True

    def close(self):
        self.is_open = False


def in_pool(work, wanted=2, most=6, **source):
    async def run():
        pool = Pool("first", Source(**source), wanted, most)
        try:
            return await work(pool)
        finally:
            await pool.end()

    return asyncio.run(run())


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_so_many_workers_as_are_wanted_are_there_and_more_when_they_were_needed():
    async def work(pool):
        await pool.open()
        await settle()
        assert (len(pool.idle), pool.source.started) == (2, 2)
        taken = [await pool.take() for _ in range(5)]
        for worker in taken:
            pool.give_back(worker)
        await settle()
        return len(pool.idle), pool.source.started, len(pool.source.ended)

    assert in_pool(work, most=3) == (3, 5, 2)


def test_a_promoted_worker_is_replaced_at_once_and_asked_again():
    async def work(pool):
        worker = await pool.take()
        pool.promote(worker)
        await settle()
        assert len(pool.idle) == 2
        pool.give_back(worker)
        return (await pool.take()) is worker, list(pool.source.ended)

    assert in_pool(work) == (True, [])


def test_a_worker_that_gave_way_is_asked_again_only_where_it_was_dear():
    async def work(pool):
        worker = await pool.take()
        pool.promote(worker)
        worker.gave_way = True
        await settle()
        pool.give_back(worker)
        taken = [await pool.take() for _ in range(3)]
        return list(pool.source.ended), [one is worker for one in taken]

    assert in_pool(work, is_quick=True) == ([1], [False] * 3)
    assert in_pool(work, is_quick=False) == ([], [False, False, True])


def test_a_worker_that_ended_or_is_tired_is_not_asked_again():
    async def work(pool):
        await pool.open()
        await settle()
        pool.idle[-1].note_end(-9)
        worker = await pool.take()
        assert worker.is_alive
        worker.is_tired = True
        pool.give_back(worker)
        other = await pool.take()
        return worker.number in pool.source.ended, other.number != worker.number

    assert in_pool(work) == (True, True)


def test_who_leaves_takes_no_worker_along():
    async def work(pool):
        leaving = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await settle()
        return len(pool.busy), len(pool.idle)

    assert in_pool(work) == (0, 2)


def test_where_none_can_be_had_everybody_is_told_and_later_ones_may_be_lucky():
    async def work(pool):
        waiting = [asyncio.create_task(pool.take()) for _ in range(2)]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in outcomes] == [UnavailableError] * 2
        return (await pool.take()).is_alive

    assert in_pool(work, fails=2)


def test_an_ended_pool_gives_nothing():
    async def work(pool):
        await pool.open()
        await pool.end()
        with pytest.raises(UnavailableError):
            await pool.take()
        return len(pool.source.ended) >= 1

    assert in_pool(work)


def test_a_pool_is_closed_when_its_last_user_is_gone():
    async def work(pool):
        pool.enter()
        closing = asyncio.create_task(pool.close())
        await settle()
        worker = await pool.take()
        assert not closing.done()
        pool.give_back(worker)
        pool.leave()
        await closing
        return worker.number in pool.source.ended, len(pool.idle)

    assert in_pool(work) == (True, 0)
