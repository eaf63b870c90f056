"""What a channel carries is heard by whoever listens, whoever listened before."""

import asyncio
import contextlib
import socket

import pytest

from osteokg.kg.engine.channels import BUFFER, SocketChannel
from osteokg.kg.worker.messages import PART, Kind, frame


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
        channel = SocketChannel(ours)
        theirs.sendall(frame(Kind.DATA, b"all") + frame(Kind.END, b"tired"))
        order.append(await channel.hear(order.append))
        channel.close()

    asyncio.run(listened())
    assert order == [b"tired", [(Kind.DATA, b"all"), (Kind.END, b"tired")]]


def test_who_listens_next_is_heard_though_the_one_before_has_not_had_his_turn(ends):
    """The worker is given to another at the end of an answer, who may listen at once."""
    ours, theirs = ends

    async def listened():
        channel = SocketChannel(ours)
        first = asyncio.create_task(channel.hear())
        await asyncio.sleep(0)
        later = []
        asyncio.get_running_loop().call_soon(
            lambda: later.append(asyncio.create_task(channel.hear()))
        )
        theirs.sendall(frame(Kind.DATA, b"first") + frame(Kind.END))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the second has its turn when this is read, before the first
        theirs.sendall(frame(Kind.DATA, b"second") + frame(Kind.END))
        async with asyncio.timeout(10):
            heard = [await first, await later[0]]
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
        channel = SocketChannel(ours)
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


def test_what_does_not_fit_at_once_is_sent_as_there_is_room(ends):
    ours, theirs = ends
    sent = [bytes([number]) * 1_000_000 for number in range(5)]

    async def listened():
        channel = SocketChannel(ours)
        for content in sent:
            channel.send(content)
        came = b""
        while len(came) < 5_000_000:
            came += await asyncio.to_thread(theirs.recv, 1_000_000)
        channel.close()
        return came

    assert asyncio.run(listened()) == b"".join(sent)


def test_what_nobody_hears_is_not_read(ends):
    """The other end has to wait, and goes on when somebody hears again."""
    ours, theirs = ends
    answer = frame(Kind.DATA, b"p" * PART) * 40 + frame(Kind.END)
    theirs.setblocking(False)

    async def listened():
        channel = SocketChannel(ours)
        sent = 0
        for _ in range(100):
            with contextlib.suppress(BlockingIOError):
                sent += theirs.send(answer[sent:])
            await asyncio.sleep(0)
        assert BUFFER < sent < 3 * BUFFER
        heard = []
        while not heard or heard[-1] != (Kind.END, b""):
            with contextlib.suppress(BlockingIOError):
                sent += theirs.send(answer[sent:])
            heard += await channel.hear()
        channel.close()
        return b"".join(content for _, content in heard)

    assert asyncio.run(listened()) == b"p" * PART * 40


@pytest.mark.parametrize("ended", [b"", b"?\0\0\0\0"], ids=["closed", "no frame"])
def test_a_channel_ends_with_the_other_end_or_what_is_no_frame(ends, ended):
    ours, theirs = ends

    async def listened():
        channel = SocketChannel(ours)
        listening = asyncio.create_task(channel.hear())
        await asyncio.sleep(0)
        theirs.sendall(ended) if ended else theirs.close()
        with pytest.raises(EOFError):
            await listening
        assert not channel.is_open
        channel.send(b"nobody hears it")
        with pytest.raises(EOFError):
            await channel.hear()

    asyncio.run(listened())


def test_what_is_sent_to_an_end_that_is_gone_is_an_error_of_the_system(ends):
    """So it is known that nobody has read it."""
    ours, theirs = ends

    async def listened():
        channel = SocketChannel(ours)
        theirs.close()
        channel.send(b"to nobody")
        with pytest.raises(OSError, match="Broken pipe"):
            await channel.hear()

    asyncio.run(listened())
