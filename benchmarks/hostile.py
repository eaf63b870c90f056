"""Measure what others feel of hostile queries: a small question beside eight that never end.

``python benchmarks/hostile.py [SECONDS]`` prints Markdown: how long ``ASK {}`` takes on a new
server (each asked in other words, so that no answer is kept), alone and while eight clients of
another address ask hostile queries without a pause, of one kind and of every kind. The questions
come every 20 ms for 30 s each time.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles

import httpx2
from soak import server
from soak_answers import Service, limit_in
from soak_clients import HOSTILE

HOSTILE_CLIENTS = 8
PAUSE = 0.02
BODY = {"Content-Type": "application/sparql-query"}
KINDS = {
    "nobody": [],
    "8 × a cross product counted": HOSTILE[:1],
    "8 × ORDER BY over a cross product": HOSTILE[1:2],
    "8 × deep groups, 800 kB": HOSTILE[5:6],
    "8 × nested blank nodes": HOSTILE[7:8],
    "8 of all kinds": HOSTILE,
}


def harass(service: Service, queries: list[str]) -> None:
    """Ask hostile queries without a pause, until this process is ended."""

    async def one(client: httpx2.AsyncClient, number: int) -> None:
        first = number % len(queries)
        for query in cycle(queries[first:] + queries[:first]):
            with contextlib.suppress(httpx2.RemoteProtocolError):  # an answer that was cut
                text = f"{query}\n# {number} {next(service.number)}"
                await client.post("/sparql", content=text, headers=BODY)

    async def all_() -> None:
        async with service.client("127.0.0.3") as client, asyncio.TaskGroup() as group:
            for number in range(HOSTILE_CLIENTS):
                group.create_task(one(client, number))

    asyncio.run(all_())


@contextlib.contextmanager
def harassed(service: Service, queries: list[str]) -> Iterator[None]:
    """Have hostile queries asked by a process of its own, if there are any."""
    process = get_context("spawn").Process(target=harass, args=(service, queries))
    if queries:
        process.start()
    try:
        yield
    finally:
        if queries:
            process.kill()
            process.join()


async def asked(service: Service, seconds: float) -> tuple[list[float], int]:
    """Return how long each question took, in seconds, and how many were refused."""
    took: list[float] = []
    refused = 0
    async with service.client("127.0.0.2") as client:
        await client.get("/sparql", params={"query": "ASK {}"})  # it takes the client a while
        await asyncio.sleep(3)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            query = f"ASK {{}} # {next(service.number)}"
            since = time.perf_counter()
            answer = await client.get("/sparql", params={"query": query})
            took.append(time.perf_counter() - since)
            if limit_in(answer):
                refused += 1
            else:
                assert answer.json()["boolean"] is True
            await asyncio.sleep(PAUSE)
    return took, refused


def main() -> int:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    print("| beside | questions | median ms | 99 % | worst | refused |\n|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), [], {}) as (_, address):
        host, _, port = address.removeprefix("http://").partition(":")
        service = Service(host, int(port))
        for words, queries in KINDS.items():
            with harassed(service, queries):
                took, refused = asyncio.run(asked(service, seconds))
            shown = [median(took), quantiles(took, n=100)[-1], max(took)]
            figures = " | ".join(f"{one * 1000:.1f}" for one in shown)
            print(f"| {words} | {len(took)} | {figures} | {refused} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
