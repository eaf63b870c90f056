"""Comparisons on demand: made once, in a process of their own, and not too many at once."""

import asyncio

import pytest

from osteokg.kg.comparing import Comparisons
from osteokg.kg.comparison import Comparison
from osteokg.kg.errors import BusyError, GoneError, UnavailableError
from osteokg.kg.snapshots import write_snapshot
from osteokg.kg.worker.snapshot import Snapshot

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


@pytest.fixture
def snapshots(tmp_path):
    """Return versions in which a thing is called "0", "1" and so on."""
    found = {}
    for name in "0123":
        path = tmp_path / f"{name}.nq.gz"
        quad = f'<https://example.org/it> {LABEL} "{name}" <https://example.org/notes> .\n'
        write_snapshot(quad.encode(), path)
        found[name] = Snapshot(name, path)
    return found


def using(find, work, **options):
    async def run():
        comparisons = Comparisons(find, **options)
        try:
            return await work(comparisons)
        finally:
            await comparisons.close()

    return asyncio.run(run())


def test_versions_are_compared_in_another_process_and_only_once(snapshots):
    async def twice(comparisons):
        return await asyncio.gather(comparisons.of("0", "1"), comparisons.of("0", "1"))

    first, second = using(snapshots.get, twice)
    assert first is second
    assert (first.before, first.after) == ("version 0", "version 1")
    (change,) = first.details
    assert list(change.fields.values()) == [("0", "1")]


def test_a_version_that_is_not_kept_is_gone(snapshots):
    with pytest.raises(GoneError, match="Version 9 is not kept here"):
        using(snapshots.get, lambda comparisons: comparisons.of("0", "9"))


def test_what_cannot_be_read_is_told_and_tried_again(snapshots):
    content = snapshots["1"].path.read_bytes()
    snapshots["1"].path.write_bytes(b"x")

    async def again(comparisons):
        with pytest.raises(UnavailableError, match="could not be made; the log"):
            await comparisons.of("0", "1")
        snapshots["1"].path.write_bytes(content)
        return await comparisons.of("0", "1")

    assert using(snapshots.get, again).details != ()


def test_of_those_under_way_none_is_given_up_and_not_too_many_wait(snapshots, monkeypatch):
    begun = asyncio.Event()

    async def slow(_self, sides):
        await begun.wait()
        return Comparison(sides[0].id, sides[1].id)

    monkeypatch.setattr(Comparisons, "_compare", slow)

    async def many(comparisons):
        waiting = [asyncio.ensure_future(comparisons.of("0", other)) for other in "12"]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="2 comparisons wait already"):
            await comparisons.of("0", "3")
        begun.set()
        answered = [await one for one in waiting]
        return [one.after for one in [*answered, await comparisons.of("0", "3")]]

    assert using(snapshots.get, many, keep=2) == ["1", "2", "3"]
