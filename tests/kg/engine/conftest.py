"""Stores of processes, forked and spawned, over a few invented triples."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, get_args

import pytest

from osteokg.kg.engine import Limits, ProcessStore, Snapshot, Workers
from osteokg.kg.results import Query

LIMITS = Limits(seconds=30, write_seconds=30, quick_slots=2, slow_slots=3)


def quads(graphs: int = 3, triples: int = 400) -> bytes:
    """Return N-Quads: in each graph the same subjects with numbers of its own, and one list."""
    lines = [
        f'<http://ex.org/s{number}> <http://ex.org/p{number % 7}> "{graph} {number}" '
        f"<http://ex.org/g{graph}> ."
        for graph in range(graphs)
        for number in range(triples)
    ]
    lines += [
        f"<http://ex.org/shared> <http://ex.org/p> _:c14n0 <http://ex.org/g{graph}> ."
        for graph in range(graphs)
    ]
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


@pytest.fixture(params=get_args(Workers))
def workers(request: pytest.FixtureRequest) -> Workers:
    """Return each way in which workers are made."""
    return request.param


@pytest.fixture(scope="session")
def make_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Snapshot]:
    """Write quads and return their snapshot."""
    folder = tmp_path_factory.mktemp("snapshots")

    def made(id_: str, content: bytes, **more: Any) -> Snapshot:
        path = folder / f"{id_}.nq"
        path.write_bytes(content)
        return Snapshot(id_, path, **more)

    return made


@pytest.fixture(scope="session")
def snapshot(make_snapshot: Callable[..., Snapshot]) -> Snapshot:
    """Return a snapshot of 1,203 quads in three graphs, 1,201 triples."""
    return make_snapshot("first", quads())


@pytest.fixture
def engine(
    workers: Workers, snapshot: Snapshot, engine_processes: Callable[[int], dict[int, str]]
) -> Callable[..., Any]:
    """Return what opens a store, by default of the snapshot, and closes it in the end.

    Every test that uses one shows that nothing is left of it.
    """

    @asynccontextmanager
    async def opened(of: Snapshot = snapshot, limits: Limits = LIMITS, **more: Any):
        store = await ProcessStore.start(of, limits, workers=workers, **more)
        try:
            yield store
        finally:
            await store.close()
        assert engine_processes(os.getpid()) == {}

    return opened


@pytest.fixture
def run(engine: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Call an asynchronous function with a store opened for it."""
    with asyncio.Runner() as loop:

        async def called(function: Callable[[ProcessStore], Any], **options: Any) -> Any:
            async with engine(**options) as store:
                return await function(store)

        yield lambda function, **options: loop.run(called(function, **options))


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until something is true, however long it takes."""

    async def waited(true: Callable[[], object]) -> None:
        while not true():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)

    return waited


@pytest.fixture(scope="session")
def count() -> Callable[..., Any]:
    """Count the triples of the default graph that a store shows."""

    async def counted(store: ProcessStore, **more: Any) -> int:
        answer = await store.query(Query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", **more))
        (row,) = json.loads(answer.body)["results"]["bindings"]
        return int(row["n"]["value"])

    return counted
