"""Measure the pages of the syntheses, as a reader gets them from a real server.

``python benchmarks/synthesis.py [--findings N] [--rounds N]`` prints Markdown: milliseconds to the
last byte of each page. *First* is the first time that anybody asks for it after a start, *another*
with a filter that nobody asked for before, *again* when it is asked for a second time. With
``--findings`` the evidence is invented (``benchmarks/evidence.py``), else it is the packaged one.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TextIO

import httpx2

OSTEOKG = (sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0")
NAMES = ("evidence-map", "effect-directions", "contradictions", "gaps", "claims")
FILTERS = ("compartment=okg:CorticalBone", "compartment=okg:CancellousBone", "site=okg:Femur")


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[httpx2.Client]:
    """Give a client of a server that is ready; it says its address on stderr."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([*OSTEOKG, *arguments], stderr=log)
        try:
            while not (found := re.search(r"http://[\d.:]+", _read(log))):
                if process.poll() is not None:
                    raise SystemExit(f"the server did not start:\n{_read(log)}")
                time.sleep(0.2)
            with httpx2.Client(
                base_url=found[0], timeout=120, headers={"Accept": "text/html"}
            ) as client:
                yield client
        finally:
            process.terminate()
            process.wait(60)


def _read(log: TextIO) -> str:
    log.seek(0)
    return log.read()


def milliseconds(client: httpx2.Client, path: str) -> float:
    """Return how long an answer takes. Raises HTTPStatusError for one that is none."""
    begun = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def row(client: httpx2.Client, name: str, query: str, rounds: int) -> Sequence[float]:
    """Return the times of a page: first, another, again."""
    path = f"/synthesis/{name}?{query}"
    first = milliseconds(client, path)
    another = [milliseconds(client, f"{path}&{one}") for one in FILTERS]
    again = [milliseconds(client, path) for _ in range(rounds)]
    return first, median(another), median(again)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--findings", type=int, help="invent evidence with so many findings")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        given: list[str] = []
        if arguments.findings:
            from evidence import write_evidence  # noqa: PLC0415 - only here is it needed

            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            write_evidence(folder, arguments.findings)
            given = ["--evidence", str(folder)]
        client = stack.enter_context(served(*given))
        milliseconds(client, "/health")
        print("| page | first, ms | another, ms | again, ms |\n|---|--:|--:|--:|")
        for query in ("", "without=retracted"):
            for name in NAMES:
                times = row(client, name, query, arguments.rounds)
                told = " | ".join(f"{time_:,.0f}" for time_ in times)
                print(f"| {name}{', ' if query else ''}{query} | {told} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
