"""The spool gives back what it was given, in order, whatever goes through memory or disk."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteokg.kg.engine import Limits
from osteokg.kg.engine.spool import Space, Spooled, SpooledChunks
from osteokg.kg.errors import SizeLimitError, TimeLimitError
from osteokg.kg.results import ROW_FORMATS

SMALL = Limits(memory_before_disk=1000, spool_memory=3000, spool_bytes=100_000, first_bytes=500)


@given(
    parts=st.lists(st.integers(1, 700), max_size=30),
    turns=st.lists(st.booleans(), max_size=40),
    others=st.integers(0, 4000),
)
@settings(max_examples=60)
def test_what_goes_in_comes_out(parts, turns, others):
    """``turns`` say when the reader reads; ``others`` is what other answers hold in memory."""
    data = [bytes([number]) * size for number, size in enumerate(parts)]

    async def work():
        space = Space(SMALL)
        space.in_memory = others
        answer = Spooled(space)
        read = bytearray()
        ahead = iter(turns)
        for part in data:
            await answer.write(part)
            if next(ahead, False) and answer.size > len(read):
                read.extend(await answer.read())
        answer.finish()
        while part := await answer.read():
            read.extend(part)
        answer.close()
        return bytes(read), space.in_memory, space.on_disk

    assert asyncio.run(work()) == (b"".join(data), others, 0)


def test_a_reader_waits_for_the_writer():
    async def work():
        answer = Spooled(Space(SMALL))
        chunks = SpooledChunks(answer, lambda: None)
        reading = asyncio.create_task(anext(chunks))
        await asyncio.sleep(0)
        assert not reading.done()
        await answer.write(b"one")
        assert await reading == b"one"
        ending = asyncio.create_task(anext(chunks, b"end"))
        await asyncio.sleep(0)
        answer.finish()
        return await ending

    assert asyncio.run(work()) == b"end"


def test_nothing_is_sent_before_there_is_enough_or_all_of_it():
    async def work():
        answer = Spooled(Space(SMALL))
        answer.format = ROW_FORMATS[0]
        begun = asyncio.create_task(answer.begun())
        await answer.write(b"x" * 499)
        await asyncio.sleep(0)
        assert not begun.done()
        await answer.write(b"x")
        await begun
        short = Spooled(Space(SMALL))
        short.format = ROW_FORMATS[0]
        await short.write(b"x")
        short.fail(TimeLimitError("late"))
        with pytest.raises(TimeLimitError, match="late"):
            await short.begun()

    asyncio.run(work())


def test_an_error_comes_after_what_was_there_before_it():
    async def work():
        answer = Spooled(Space(SMALL))
        await answer.write(b"x" * 2000)
        answer.fail(TimeLimitError("late"))
        chunks = SpooledChunks(answer, lambda: None)
        assert await anext(chunks) == b"x" * 2000
        with pytest.raises(TimeLimitError, match="late"):
            await anext(chunks)

    asyncio.run(work())


def test_who_does_not_read_leaves_room_in_memory_to_those_who_do():
    async def work():
        space = Space(SMALL)
        slow = [Spooled(space) for _ in range(20)]
        for _ in range(10):
            for answer in slow:
                await answer.write(b"x" * 100)
        assert space.in_memory < SMALL.spool_memory
        before = space.on_disk
        quick = Spooled(space)
        for _ in range(10):
            await quick.write(b"x" * 20)
            assert await quick.read() == b"x" * 20
        assert space.on_disk == before > 0
        for answer in (*slow, quick):
            answer.close()

    asyncio.run(work())


def test_one_answer_too_many_has_no_room():
    async def work():
        space = Space(SMALL)
        first, second = Spooled(space), Spooled(space)
        await first.write(b"x" * 60_000)
        with pytest.raises(SizeLimitError, match="no more room") as told:
            await second.write(b"x" * 60_000)
        first.close()
        second.close()
        assert (space.in_memory, space.on_disk) == (0, 0)
        third = Spooled(space)
        await third.write(b"x" * 60_000)
        third.close()
        return told.value.retry_after

    assert asyncio.run(work()) == 10


@pytest.mark.parametrize("begun", [True, False])
def test_closing_lets_go_read_or_not(begun):
    async def work():
        space = Space(SMALL)
        answer = Spooled(space)
        for _ in range(3):
            await answer.write(b"x" * 900)
        gone = []
        chunks = SpooledChunks(answer, lambda: gone.append(True))
        if begun:
            await anext(chunks)
        await chunks.aclose()
        assert gone == [True]
        assert (space.in_memory, space.on_disk) == (0, 0)
        await answer.write(b"more")
        assert await answer.read() == b""
        return space.in_memory

    assert asyncio.run(work()) == 0


def test_closing_while_something_is_written_leaves_nothing():
    async def work():
        space = Space(SMALL)
        answer = Spooled(space)
        writing = asyncio.create_task(answer.write(b"x" * 5000))
        await asyncio.sleep(0)
        answer.close()
        await writing
        cancelled = Spooled(space)
        writing = asyncio.create_task(cancelled.write(b"x" * 5000))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        cancelled.close()
        return space.in_memory, space.on_disk

    assert asyncio.run(work()) == (0, 0)
