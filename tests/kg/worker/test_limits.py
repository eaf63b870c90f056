"""Limits fit the machine they are made for, and say what they are."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.errors import RequestError
from osteokg.kg.worker.limits import Limits, machine_memory

GB = 1 << 30


@given(
    machine=st.integers(GB, 512 * GB),
    processors=st.integers(1, 64),
    store=st.integers(0, 2 * GB),
)
def test_all_workers_together_stay_below_the_machine(machine, processors, store):
    limits = Limits().within(machine, processors).beside(store, machine)
    slots = limits.quick_slots + limits.slow_slots
    assert limits.quick_slots >= 2
    assert limits.slow_slots == Limits.slow_slots
    least = 96 << 20
    each = limits.memory + limits.stack
    assert each <= Limits.memory + Limits.stack
    assert slots * (each + store) <= machine or each == least


def test_a_large_machine_changes_nothing_but_the_quick_lane():
    assert Limits().within(256 * GB, 16) == Limits()
    assert Limits().within(256 * GB, 1) == dataclasses.replace(Limits(), quick_slots=3)


def test_a_small_machine_has_as_many_places_with_less_memory():
    small = Limits().within(2 * GB, 2)
    assert (small.quick_slots, small.slow_slots) == (4, Limits.slow_slots)
    assert small.memory < Limits.memory


@pytest.mark.parametrize(
    ("name", "value"), [("seconds", 0), ("rows", 0), ("slow_slots", 0), ("kept_loaded", -1)]
)
def test_a_limit_that_nothing_could_be_done_under_is_told(name, value):
    with pytest.raises(RequestError, match=f"limit {name} is {value}"):
        Limits(**{name: value})


def test_limits_say_what_they_are():
    said = " ".join(Limits(seconds=2.5, rows=7, quick_slots=3, slow_slots=4).sentences())
    for words in ("2.5 s", "7 rows", "At most 3 queries", "At most 4 go on", "50 ms"):
        assert words in said


def test_this_machine_has_memory():
    assert machine_memory() > 1 << 26
