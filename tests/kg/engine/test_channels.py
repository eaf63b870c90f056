"""What a channel carries is heard by whoever listens, whoever listened before."""

import asyncio
import socket

import pytest

from osteokg.kg.engine.channels import SocketChannel
from osteokg.kg.worker.messages import Kind, frame


@pytest.fixture
def ends():
    """Return both ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_the_end_of_an_answer_is_told_before_it_is_heard(ends):
    ours, theirs = ends
    order = []

    async def listened():
        channel = await SocketChannel.over(ours)
        theirs.sendall(frame(Kind.DATA, b"all") + frame(Kind.END, b"tired"))
        order.append(await channel.hear(order.append))
        channel.close()

    asyncio.run(listened())
    assert order == [b"tired", [(Kind.DATA, b"all"), (Kind.END, b"tired")]]


def test_who_listens_next_is_heard_though_the_one_before_has_not_had_his_turn(ends):
    """The worker is given to another at the end of an answer, who may listen at once."""
    ours, _theirs = ends

    async def listened():
        channel = await SocketChannel.over(ours)
        first = asyncio.create_task(channel.hear())
        await asyncio.sleep(0)
        second = asyncio.create_task(channel.hear())  # it is its turn before the first's
        channel.data_received(frame(Kind.DATA, b"first") + frame(Kind.END))
        await asyncio.sleep(0)
        channel.data_received(frame(Kind.DATA, b"second") + frame(Kind.END))
        async with asyncio.timeout(10):
            heard = [await first, await second]
        channel.close()
        return heard

    assert asyncio.run(listened()) == [
        [(Kind.DATA, b"first"), (Kind.END, b"")],
        [(Kind.DATA, b"second"), (Kind.END, b"")],
    ]


def test_who_leaves_does_not_listen_any_more(ends):
    ours, theirs = ends
    told = []

    async def listened():
        channel = await SocketChannel.over(ours)
        leaving = asyncio.create_task(channel.hear(told.append))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        theirs.sendall(frame(Kind.END, b"late"))
        heard = await channel.hear(told.append)
        channel.close()
        return heard

    assert asyncio.run(listened()) == [(Kind.END, b"late")]
    assert told == [b"late"]
