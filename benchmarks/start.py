"""Measure how long it takes from a command to an answer, on the evidence that comes with OsteoKG.

``python benchmarks/start.py [RUNS]`` prints Markdown: the median of so many runs (5), with the
fastest and the slowest. Every run is a process of its own. A first start has a new, empty cache
folder, so that nothing has been validated before; a second start finds what the first one left.
"""

import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlencode

from osteokg.kg.catalogue import named_query
from osteokg.kg.files import find_sources
from osteokg.kg.metadata import count
from osteokg.kg.version import build

QUESTION = "/sparql?" + urlencode(
    {"query": named_query("femoral-neck-strength-in-ovariectomized-rats").text, "format": "csv"}
)
OSTEOKG = (sys.executable, "-m", "osteokg.api.cli")
STEPS = """
import json, time
started = time.perf_counter()
from osteokg.kg.files import find_sources
from osteokg.kg.version import build
imported = time.perf_counter() - started
print(json.dumps({"imports": imported} | build(find_sources()).seconds))
"""

Surroundings = dict[str, str]


@contextlib.contextmanager
def new_cache() -> Iterator[Surroundings]:
    """Give surroundings for a process in which nothing has been validated before."""
    with tempfile.TemporaryDirectory() as folder:
        yield {**os.environ, "XDG_CACHE_HOME": folder}


def run(surroundings: Surroundings, *command: str) -> str:
    """Return what a command prints; it must succeed."""
    done = subprocess.run(command, env=surroundings, check=True, capture_output=True, text=True)
    return done.stdout


def seconds_of(surroundings: Surroundings, *command: str) -> float:
    """Return how long a command takes."""
    started = time.perf_counter()
    run(surroundings, *command)
    return time.perf_counter() - started


def first_answer(surroundings: Surroundings) -> float:
    """Return how long it takes from the start of a server to its first answer to a question."""
    started = time.perf_counter()
    command = (*OSTEOKG, "serve", "--port", "0")
    with subprocess.Popen(command, env=surroundings, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            lines = (re.search(r"http://([\w.]+):(\d+)", line) for line in server.stderr)
            place = next(filter(None, lines))
            while not (answer := asked(place[1], int(place[2]))):
                time.sleep(0.001)
            took = time.perf_counter() - started
        finally:
            server.terminate()
    assert answer.startswith(b"finding,"), answer
    return took


def asked(host: str, port: int) -> bytes:
    """Return the answer to the question, nothing while nobody listens."""
    with contextlib.closing(HTTPConnection(host, port, timeout=30)) as connection:
        try:
            connection.request("GET", QUESTION)
        except ConnectionRefusedError:
            return b""
        return connection.getresponse().read()


def measure(runs: int) -> tuple[dict[str, list[float]], dict[str, list[dict[str, float]]]]:
    """Return the seconds of every run, whole and by step, the kinds of run taken in turn."""
    whole: dict[str, list[float]] = {}
    steps: dict[str, list[dict[str, float]]] = {"first": [], "second": []}

    def note(name: str, measured: Callable[[Surroundings], float], cache: Surroundings) -> None:
        whole.setdefault(name, []).append(measured(cache))

    python = sys.executable
    for _ in range(runs):
        with new_cache() as cache:
            note("Python alone", lambda c: seconds_of(c, python, "-c", ""), cache)
            note("`osteokg --version`", lambda c: seconds_of(c, *OSTEOKG, "--version"), cache)
            note("`osteokg check`", lambda c: seconds_of(c, *OSTEOKG, "check"), cache)
        with new_cache() as cache:
            note("`osteokg serve` to the first answer, first start", first_answer, cache)
            note("`osteokg serve` to the first answer, second start", first_answer, cache)
        with new_cache() as cache:
            for start in steps.values():
                start.append(json.loads(run(cache, python, "-c", STEPS)))
    return whole, steps


def table(whole: dict[str, list[float]], steps: dict[str, list[dict[str, float]]]) -> str:
    """Return two Markdown tables: the commands, and the steps of a build with their shares."""
    lines = ["| | median s | fastest | slowest |", "|---|--:|--:|--:|"]
    for name, seconds in whole.items():
        figures = (median(seconds), min(seconds), max(seconds))
        lines.append(f"| {name} | {' | '.join(f'{figure:.2f}' for figure in figures)} |")
    lines += ["", "| step of a build | first, ms | share | second, ms | share |"]
    lines += ["|---|--:|--:|--:|--:|"]
    middle = {
        start: {step: median(one[step] for one in runs) for step in runs[0]}
        for start, runs in steps.items()
    }
    totals = {start: sum(seconds.values()) for start, seconds in middle.items()}
    for step in middle["first"]:
        cells = [
            f"{seconds.get(step, 0) * 1000:.0f} | {seconds.get(step, 0) / totals[start]:.0%}"
            for start, seconds in middle.items()
        ]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    cells = [f"**{total * 1000:.0f}** | " for total in totals.values()]
    lines.append(f"| **all** | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    counts = count(build(find_sources()).store)
    size = f"{counts.kinds['findings']} findings, {counts.triples:,} triples"
    sys.stdout.write(f"{runs} runs on {machine}; {size}\n\n{table(*measure(runs))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
