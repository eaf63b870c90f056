"""Measure what isolation costs and gives: processes or threads, a question among hostile ones.

Usage: python benchmarks/queries.py [TRIPLES …]: sizes of the invented graphs (10000 100000).
Prints Markdown tables. Everything that is compared is measured in one run, in turn.
"""

import asyncio
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from os import cpu_count
from pathlib import Path

from osteokg.kg.engine import WORKERS, Limits, ProcessStore, Snapshot, machine_memory
from osteokg.kg.errors import LimitError
from osteokg.kg.files import Sources
from osteokg.kg.results import ROW_FORMATS, Query
from osteokg.kg.store import InProcessStore, Store
from osteokg.kg.version import Version
from osteokg.kg.worker.snapshot import load

ROUNDS = 3
SECONDS = 2.0
LOOKUP = Query("SELECT ?p ?o { <http://ex.org/thing/77> ?p ?o }", rows=ROW_FORMATS[0])
AGGREGATE = Query("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", rows=ROW_FORMATS[0])
STREAM = Query("SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 100000", rows=ROW_FORMATS[0])
HOSTILE = Query(
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", client="somebody hostile"
)


def write_quads(path: Path, triples: int) -> Snapshot:
    """Write invented quads: eight properties of each thing, a hundred graphs."""
    with path.open("w", encoding="ascii") as file:
        for number in range(triples):
            thing, property_ = divmod(number, 8)
            file.write(
                f"<http://ex.org/thing/{thing}> <http://ex.org/property/{property_}> "
                f'"value {number % 1000}" <http://ex.org/graph/{thing % 100}> .\n'
            )
    return Snapshot(path.stem, path)


@asynccontextmanager
async def opened(
    snapshot: Snapshot, kind: str, give_way_after: float = Limits.give_way_after
) -> AsyncIterator[Store]:
    """Open a store of processes, or one whose threads are in this process."""
    limits = Limits(seconds=60, give_way_after=give_way_after).within(
        machine_memory(), cpu_count() or 1
    )
    store: Store
    if kind == "thread":
        store = InProcessStore(Version(snapshot.id, load(snapshot), Sources((), ())))
    else:
        workers = next(one for one in WORKERS if one == kind)
        store = await ProcessStore.start(snapshot, limits, workers=workers)
    try:
        yield store
    finally:
        await store.close()


async def rate(store: Store, query: Query, clients: int) -> float:
    """Return how many queries a second so many clients have answered."""
    answered = 0
    end = time.perf_counter() + SECONDS

    async def client() -> None:
        nonlocal answered
        while time.perf_counter() < end:
            await store.query(query)
            answered += 1

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return answered / (time.perf_counter() - begun)


async def throughput(snapshot: Snapshot) -> list[str]:
    """Return the rows of a table: queries a second, and processes against threads."""
    rows = []
    for name, query in (("lookup", LOOKUP), ("aggregate", AGGREGATE), ("100,000 rows", STREAM)):
        for clients in (1, 8):
            rates: dict[str, list[float]] = {"thread": [], "fork": [], "spawn": []}
            for _ in range(ROUNDS):
                for kind, measured in rates.items():
                    async with opened(snapshot, kind) as store:
                        await store.query(query)
                        measured.append(await rate(store, query, clients))
            middle = {kind: statistics.median(measured) for kind, measured in rates.items()}
            cells = [f"{middle[kind]:,.1f}" for kind in rates]
            cells += [f"{middle[kind] / middle['thread']:.2f}" for kind in ("fork", "spawn")]
            rows.append(f"| {name} | {clients} | {' | '.join(cells)} |")
    return rows


async def worst_among_hostile(snapshot: Snapshot, give_way_after: float) -> float:
    """Return the longest time, in ms, that a question took while eight hostile ones ran."""
    async with opened(snapshot, "fork", give_way_after) as store:

        async def hostile() -> None:
            while True:
                try:
                    await store.query(HOSTILE)
                except LimitError as error:
                    await asyncio.sleep(error.retry_after or 0.1)

        tasks = [asyncio.create_task(hostile()) for _ in range(8)]
        worst = 0.0
        end = time.perf_counter() + 3 * SECONDS
        while time.perf_counter() < end:
            begun = time.perf_counter()
            await store.query(Query("ASK {}", client="a reader"))
            worst = max(worst, time.perf_counter() - begun)
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return worst * 1000


async def among_hostile(snapshot: Snapshot) -> list[str]:
    """Return the rows of a table: the worst question with and without letting others go first."""
    found: dict[str, list[float]] = {"long queries give way": [], "they do not": []}
    for _ in range(ROUNDS):
        found["long queries give way"].append(await worst_among_hostile(snapshot, 0.25))
        found["they do not"].append(await worst_among_hostile(snapshot, 1000))
    return [
        f"| {name} | {statistics.median(worst):.0f} | {min(worst):.0f} | {max(worst):.0f} |"
        for name, worst in found.items()
    ]


async def seconds_of(work: Callable[[], Awaitable[object]]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def start_times(snapshot: Snapshot, triples: int) -> str:
    """Return a row of a table: ms to the first answer, and to another worker's."""
    first: dict[str, list[float]] = {kind: [] for kind in WORKERS}
    another: dict[str, list[float]] = {kind: [] for kind in WORKERS}
    for _ in range(ROUNDS):
        for kind in WORKERS:
            begun = time.perf_counter()
            async with opened(snapshot, kind) as store:
                await store.query(LOOKUP)
                first[kind].append(time.perf_counter() - begun)
                assert isinstance(store, ProcessStore)
                source = store._current.source  # noqa: SLF001 - what is measured lies behind it

                async def begin(source=source):  # type: ignore[no-untyped-def]
                    worker = await source.start()
                    worker.stop()

                another[kind].append(await seconds_of(begin))
    cells = [
        f"{statistics.median(measured[kind]) * 1000:.1f}"
        for measured in (first, another)
        for kind in WORKERS
    ]
    return f"| {triples:,} | {' | '.join(cells)} |"


async def measure(sizes: list[int], folder: Path) -> list[str]:
    """Measure everything and return it as Markdown."""
    snapshots = {size: write_quads(folder / f"{size}.nq", size) for size in sizes}
    smallest, largest = snapshots[sizes[0]], snapshots[sizes[-1]]
    lines = ["| query | clients | thread /s | fork /s | spawn /s | fork | spawn |"]
    lines += ["|---|--:|--:|--:|--:|--:|--:|", *await throughput(largest)]
    lines += ["", "| among 8 hostile queries | worst `ASK {}`, ms | least | most |"]
    lines += ["|---|--:|--:|--:|", *await among_hostile(smallest)]
    lines += ["", "| triples | first answer, ms: fork | spawn | another worker: fork | spawn |"]
    lines += ["|--:|--:|--:|--:|--:|"]
    return lines + [await start_times(snapshots[size], size) for size in sizes]


def main() -> int:
    """Measure and print."""
    sizes = sorted(map(int, sys.argv[1:])) or [10_000, 100_000]
    machine = f"{cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(measure(sizes, Path(folder)))
    sys.stdout.write(f"{ROUNDS} rounds on {machine}\n\n" + "\n".join(table) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
