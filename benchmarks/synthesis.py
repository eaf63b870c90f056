"""Measure the pages that people read, as a reader gets them from a real server.

``python benchmarks/synthesis.py [--findings N] [--rounds N]`` prints Markdown: milliseconds to the
last byte of each page, and its size. *First* is the first time that anybody asks for it after a
start, *another* the same with filters that nobody asked for before (so no cache has the answer, but
what is the same for every reader of this version has been read), *again* when it is asked for a
second time. With ``--findings`` the evidence is invented (``benchmarks/evidence.py``), else it is
the packaged one. How long the server took to begin is told first.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TextIO

import httpx2

OSTEOKG = (sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0")
NAMES = ("evidence-map", "effect-directions", "contradictions", "gaps", "claims")
FILTERS = ("compartment=okg:CorticalBone", "compartment=okg:CancellousBone", "site=okg:Femur")
SYNTHESES = tuple(f"/synthesis/{name}" for name in NAMES)
PAGES = ("/", "/search?q=vitamin+K", "/synthesis", "/methods", "/findings", "/studies", "/terms")
PAGES += ("/vocab/VitaminK2.html", "/queries", "/queries/k2-alone-by-compartment", "/versions")
PAGES += ("/ontology", "/docs", "/sparql")
FILTERED = (*SYNTHESES, "/findings")
Form = dict[str, str]
HTML, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[httpx2.Client]:
    """Give a client of a server that is ready, with nothing in its cache folder before.

    It says its address on stderr.
    """
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as cache:
        surroundings = {**os.environ, "XDG_CACHE_HOME": cache}
        process = subprocess.Popen([*OSTEOKG, *arguments], stderr=log, env=surroundings)
        try:
            while not (found := re.search(r"http://[\d.:]+", _read(log))):
                if process.poll() is not None:
                    raise SystemExit(f"the server did not start:\n{_read(log)}")
                time.sleep(0.2)
            with httpx2.Client(base_url=found[0], timeout=120) as client:
                yield client
        finally:
            process.terminate()
            process.wait(60)


def _read(log: TextIO) -> str:
    log.seek(0)
    return log.read()


def milliseconds(client: httpx2.Client, path: str, form: Form) -> tuple[float, int]:
    """Return how long an answer takes, and its bytes. Raises HTTPStatusError where it fails."""
    begun = time.perf_counter()
    answer = client.get(path, headers=form).raise_for_status()
    return (time.perf_counter() - begun) * 1000, len(answer.content)


def row(client: httpx2.Client, path: str, form: Form, rounds: int) -> str:
    """Return a line of the table: first, another, again, size."""
    first, size = milliseconds(client, path, form)
    joint = "&" if "?" in path else "?"
    filtered = [f"{path}{joint}{one}" for one in FILTERS] if path.startswith(FILTERED) else []
    another = [milliseconds(client, one, form)[0] for one in filtered]
    again = median(milliseconds(client, path, form)[0] for _ in range(rounds))
    told = (first, median(another) if another else None, again)
    figures = ["" if figure is None else f"{figure:,.0f}" for figure in told]
    name = path + (", JSON" if form is JSON else "")
    return f"| {name} | {' | '.join(figures)} | {size / 1000:,.0f} |"


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
        begun = time.perf_counter()
        client = stack.enter_context(served(*given))
        print(f"Ready after {time.perf_counter() - begun:,.0f} s.\n")
        milliseconds(client, "/health", JSON)
        print("| page | first, ms | another, ms | again, ms | kB |\n|---|--:|--:|--:|--:|")
        without = tuple(f"{path}?without=retracted" for path in SYNTHESES)
        asked = [(path, form) for path in SYNTHESES for form in (HTML, JSON)]
        asked += [(path, HTML) for path in (*without, *PAGES)]
        for path, form in asked:
            print(row(client, path, form, arguments.rounds), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
