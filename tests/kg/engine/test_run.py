"""Runs: whoever waits for a short answer stays awake for it, and holds up nobody."""

import asyncio

from osteokg.kg.delay import Delay
from osteokg.kg.engine import run
from osteokg.kg.engine.run import Run
from osteokg.kg.worker.messages import Kind


class Loop(asyncio.SelectorEventLoop):
    """An event loop that notes how long it meant to sleep each time it went round."""

    def __init__(self):
        self.slept = []
        super().__init__()
        select = self._selector.select

        def noted(seconds):
            self.slept.append(seconds)
            return select(seconds)

        self._selector.select = noted


class Channel:
    """A channel whose answer is there when it is asked for."""

    def send(self, request):
        pass

    async def hear(self, _at_end):
        return [(Kind.END, b"")]


class Worker:
    channel = Channel()


def attended(work):
    """Return what work does with a run that is attended."""

    async def begun():
        done = {"promote": lambda: None, "release": lambda: None}
        one = Run(Worker(), b"", 10, Delay(10), **done)
        one.attend()
        return await work(one, asyncio.get_running_loop().slept)

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(begun())


def test_the_loop_stays_awake_until_the_answer_is_there_and_does_all_else(monkeypatch):
    monkeypatch.setattr(run, "_ATTENTION", 60)

    async def work(one, slept):
        for _ in range(100):
            await asyncio.sleep(0)  # another has its turn each time
        awake = list(slept)
        await one.hear()
        slept.clear()
        await asyncio.sleep(0.01)
        return awake, list(slept)

    awake, afterwards = attended(work)
    assert len(awake) >= 100
    assert set(awake) == {0}
    assert any(seconds > 0 for seconds in afterwards)


def test_what_takes_longer_is_slept_through(monkeypatch):
    monkeypatch.setattr(run, "_ATTENTION", 0)

    async def work(_one, slept):
        await asyncio.sleep(0)
        slept.clear()
        await asyncio.sleep(0.01)
        return list(slept)

    assert any(seconds > 0 for seconds in attended(work))
