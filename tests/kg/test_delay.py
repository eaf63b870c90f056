"""Delays: what is called off is not called, the rest is in time, and there are few timers."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.delay import Alarm, Delay


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only where nobody has anything to do until later."""

    def __init__(self):
        self.now = 0.0
        self.timers = 0
        self.failed = []
        super().__init__()
        self.set_exception_handler(lambda _, told: self.failed.append(told["exception"]))
        select = self._selector.select

        def skip(seconds):
            self.now += seconds or 0
            return select(0)

        self._selector.select = skip

    def time(self):
        return self.now

    def call_at(self, *given, **more):
        self.timers += 1
        return super().call_at(*given, **more)


@pytest.fixture
def loop():
    with asyncio.Runner(loop_factory=Loop) as runner:
        yield runner


times = st.integers(0, 40).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(times, st.none() | times.filter(lambda at: at != 1)), max_size=30))
def test_all_but_what_is_called_off_is_called_in_time(asked):
    """Of each: how long after the one before it is asked for, and after what it is called off."""

    async def run():
        loop = asyncio.get_running_loop()
        delay = Delay(1)
        called, expected = [], []
        for number, (pause, until) in enumerate(asked):
            await asyncio.sleep(pause)
            one = delay.call(lambda number=number: called.append((number, round(loop.time(), 6))))
            if until is None or until > 1:
                expected.append((number, round(loop.time() + 1, 6)))
            if until is not None:
                loop.call_later(until, one.cancel)
        await asyncio.sleep(50)
        assert called == expected

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(run())


def test_there_is_one_timer_for_all(loop):
    async def ask():
        delay = Delay(10)
        for _ in range(1000):
            delay.call(pytest.fail).cancel()
        await asyncio.sleep(20)

    loop.run(ask())
    assert loop.get_loop().timers == 2  # the other is that of the sleep


def test_a_call_that_fails_holds_up_no_other(loop):
    called = []

    async def ask():
        delay = Delay(1)
        delay.call(lambda: 1 / 0)
        delay.call(lambda: called.append("good"))
        await asyncio.sleep(2)

    loop.run(ask())
    assert called == ["good"]
    assert [type(one) for one in loop.get_loop().failed] == [ZeroDivisionError]


def test_what_waited_in_a_loop_that_has_ended_holds_up_nothing():
    delay, called = Delay(1), []

    async def ask(name, seconds):
        delay.call(lambda: called.append(name))
        await asyncio.sleep(seconds)

    for name, seconds in (("lost", 0.5), ("called", 2)):
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(ask(name, seconds))
    assert called == ["called"]


@given(st.lists(st.tuples(times, st.none() | times), max_size=30))
def test_an_alarm_rings_when_the_time_last_set_is_over(steps):
    """Each step: a pause, then the alarm is set to a time, or stopped (None)."""

    async def run():
        loop = asyncio.get_running_loop()
        rung, expected = [], []
        alarm = Alarm(lambda: rung.append(round(loop.time(), 6)), loop)
        due = None
        for pause, seconds in [*steps, (50, None)]:
            if due is not None and due < loop.time() + pause - 1e-9:
                expected.append(round(due, 6))
                due = None
            elif due is not None and due < loop.time() + pause + 1e-9:
                alarm.stop()  # at the same time either may come first
                due = None
            await asyncio.sleep(pause)
            if seconds is None:
                alarm.stop()
                due = None
            else:
                alarm.set(seconds)
                due = loop.time() + seconds
        assert rung == expected

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(run())


def test_an_alarm_that_is_put_off_sets_no_timer_each_time(loop):
    async def ask():
        alarm = Alarm(pytest.fail, asyncio.get_running_loop())
        for _ in range(1000):
            alarm.stop()
            alarm.set(10)
        alarm.let_go()
        await asyncio.sleep(20)

    loop.run(ask())
    assert loop.get_loop().timers == 2
