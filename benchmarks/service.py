"""Measure the service beside its peers: the same questions, the same graphs, in the same run.

``python benchmarks/service.py [--quick] [--sizes real,100k,1m] [--seconds N] [--rounds N]
[--peers …] [--work FOLDER] [--json FILE]`` prints Markdown and writes JSON. All servers of a size
run at the same time and are asked in turn, so that what else the machine does meets each of them;
their answers are compared before any time is taken. ``--quick`` is a trial of two minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from clients import LONGEST, Rate, answer, rate, wait_until
from peers import OURS, PEERS, Missing, Server
from ratios import goals, tables
from sizes import SIZES, Graph, made

from osteokg.kg.names import ID, PREFIXES, okg

QUESTIONS = sorted((Path(__file__).parent / "questions").glob("*.rq"))
CLIENTS = (1, 16)
AGAIN = "this service, asked again"
"""Our answers to a question that was asked before; every other question is new each time."""

_numbers = count(1)


def say(words: str) -> None:
    """Tell whoever waits how far it is."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {words}\n")
    sys.stderr.flush()


def name_of(question: Path) -> str:
    """Return the title of a question."""
    return question.read_text(encoding="utf-8").partition("title: ")[2].partition("\n")[0]


def compared(servers: dict[str, Server], query: str) -> dict[str, float]:
    """Return the seconds of each server's first answer to a question.

    Raises SystemExit where two servers do not answer the same. What is cut off by LIMIT may be
    other rows for each; then their number has to be the same.
    """
    answers = {name: answer(server.address, query) for name, server in servers.items()}
    rows = {name: found for name, (found, _) in answers.items()}
    expected = rows[OURS]
    is_part = "LIMIT" in query and expected.total() == 100_000
    for name, found in rows.items():
        if found.total() != expected.total() or (not is_part and found != expected):
            raise SystemExit(
                f"{name} answers another thing than {OURS}: {found.total()} rows, not "
                f"{expected.total()}; missing {list((expected - found).items())[:3]}, "
                f"too many {list((found - expected).items())[:3]}, for:\n{query}"
            )
    return {name: seconds for name, (_, seconds) in answers.items()}


def measured(
    servers: dict[str, Server],
    query: str,
    clients: int,
    once: dict[str, float],
    told: argparse.Namespace,
) -> dict[str, Rate]:
    """Return the median rate of each server, and ours for a question that was asked before.

    ``once`` says how long an answer takes: a measurement lasts for some.
    """
    asked = {name: (server.address, True) for name, server in servers.items()}
    asked[AGAIN] = (servers[OURS].address, False)
    rates: dict[str, list[Rate]] = {name: [] for name in asked}
    for round_ in range(told.rounds):
        for name, (address, fresh) in asked.items():
            long = 3 * once.get(name, 0) * max(1, clients / (os.cpu_count() or 1))
            if round_ and long > 2 * told.seconds:
                continue  # it has been measured for long enough
            seconds = max(told.seconds, min(long, LONGEST))
            rates[name].append(rate(address, query, clients, seconds, fresh=fresh))
    return {
        name: Rate(median(one.per_second for one in each), sum(one.failed for one in each))
        for name, each in rates.items()
    }


def write_to_visible(server: Server) -> float:
    """Return the seconds from the sending of a triple until a question finds it."""
    thing = f"<{ID}study/benchmark-{next(_numbers)}>"
    triples = (
        f'{thing} a <{okg("Study")}> ; <{okg("namedAs")}> "Nobody" ; '
        f'<{PREFIXES["rdfs"]}label> "Benchmark"@en .'
    )
    assert server.write is not None

    def seen() -> bool:
        rows, _ = answer(server.address, f"ASK {{ {thing} ?p ?o }}")
        return rows == {(True,): 1}

    def written() -> bool:
        server.write(triples)
        return True

    assert not seen()
    return wait_until(written, 300) + wait_until(seen, 300)


def measure(
    graph: Graph, told: argparse.Namespace, found: dict[str, Any], keep: Callable[[], None]
) -> None:
    """Measure everything on one graph, and keep what was found whenever there is more of it."""
    found["triples"] = graph.triples
    found["made, s"] = round(graph.seconds, 2)
    found["computed graphs"] = bool(graph.evidence)
    found["questions"], found["servers"] = {}, {}
    with ExitStack() as held:
        servers: dict[str, Server] = {}
        for name in told.peers:
            say(f"{graph.name}: starting {name}")
            try:
                servers[name] = held.enter_context(PEERS[name](graph, told.work))
            except Missing as missing:
                say(f"NOT MEASURED: {missing}")
                continue
            about = found["servers"][name] = {
                "memory at first, MB": round(servers[name].memory() / 1e6, 1)
            }
            if servers[name].seconds is not None:
                about["start, s"] = round(servers[name].seconds, 3)
        for question in QUESTIONS:
            query = question.read_text(encoding="utf-8").rstrip()
            once = compared(servers, query)
            for clients in CLIENTS:
                say(f"{graph.name}: {name_of(question)}, {clients} clients")
                rates = measured(servers, query, clients, once, told)
                found["questions"].setdefault(name_of(question), {})[str(clients)] = {
                    name: {"per second": round(one.per_second, 2), "failed": one.failed}
                    for name, one in rates.items()
                }
                keep()
        for name, server in servers.items():
            about = found["servers"][name]
            about["memory afterwards, MB"] = round(server.memory() / 1e6, 1)
            say(f"{graph.name}: writing to {name}")
            try:
                times = [write_to_visible(server) for _ in range(told.rounds)]
                about["write to visible, s"] = round(median(times), 4)
            except (AssertionError, OSError, httpx2.HTTPError) as error:
                say(f"NOT MEASURED: {name} was not written to: {error}")
            keep()


def machine() -> dict[str, str]:
    """Return what the figures belong to."""
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0]
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{os.cpu_count()} × {cpu or platform.processor()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "software": f"osteokg {version('osteokg')}, pyoxigraph {version('pyoxigraph')}",
    }


def arguments() -> argparse.Namespace:
    """Read the command."""
    parser = argparse.ArgumentParser(description="Measure the service beside its peers.")
    parser.add_argument("--quick", action="store_true", help="a trial: real graph, a second each")
    parser.add_argument("--sizes", default=",".join(SIZES), help="some of %(default)s")
    parser.add_argument("--peers", default=",".join(PEERS), help="some of %(default)s")
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement (2)")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts (3)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "osteokg-benchmarks",
        help="where environments and graphs are kept (%(default)s)",
    )
    parser.add_argument("--json", type=Path, help="file that takes all figures")
    told = parser.parse_args()
    if told.quick:
        told.sizes, told.seconds, told.rounds = "real", 1, 1
    told.sizes = told.sizes.split(",")
    told.peers = [OURS, *(name for name in told.peers.split(",") if name != OURS)]
    unknown = {*told.sizes} - {*SIZES} | {*told.peers} - {*PEERS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return told


def main() -> int:
    """Measure and print."""
    told = arguments()
    told.work.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"machine": machine(), "seconds": told.seconds, "rounds": told.rounds}
    found["sizes"] = {}

    def keep() -> None:
        if told.json:
            text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
            told.json.write_text(f"{text}\n", encoding="utf-8")

    for name in told.sizes:
        say(f"{name}: making the graph")
        graph = made(name, told.work)
        measure(graph, told, found["sizes"].setdefault(name, {}), keep)
    sys.stdout.write("\n".join([*tables(found), "", *goals(found), ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
