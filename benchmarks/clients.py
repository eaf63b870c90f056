"""Those who ask: one answer read whole and compared, or as many a second as there can be.

The load comes from wrk (https://github.com/wg/wrk): written in C, it asks tens of thousands of
questions a second of one processor, several times what any of the servers here answers.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2

__all__ = ["Rate", "answer", "asking", "memory", "rate", "wait_until"]

ACCEPT = "application/sparql-results+json"
LONGEST = 20.0
"""No measurement takes longer than so many seconds."""

_FRESH = Path(__file__).with_name("fresh.lua")
_first = itertools.count(int(time.time()) * 1_000_000, 10_000_000)
"""Numbers that nobody had before; Lua counts on from them exactly only below 2 to the 53rd."""
_NUMBERS = frozenset({"integer", "decimal", "double", "float", "int", "long"})


@dataclass(frozen=True)
class Rate:
    """Hold how many good answers a second there were, and how many others altogether."""

    per_second: float
    failed: int


def asking(address: str, query: str) -> str:
    """Return the address that asks a query."""
    return f"{address}{'&' if '?' in address else '?'}query={quote(query, safe='')}"


def answer(address: str, query: str) -> tuple[Counter[tuple[object, ...]], float]:
    """Return the rows of an answer, however they are ordered, and the seconds that it took.

    Literals are compared by value: engines write one number in several ways.
    """
    with httpx2.Client(trust_env=False, timeout=300) as client:
        started = time.perf_counter()
        response = client.get(asking(address, query), headers={"Accept": ACCEPT})
        seconds = time.perf_counter() - started
    response.raise_for_status()
    told = json.loads(response.content)
    if "boolean" in told:
        return Counter([(told["boolean"],)]), seconds
    names = sorted(told["head"]["vars"])
    rows = (tuple(_value(row.get(name)) for name in names) for row in told["results"]["bindings"])
    return Counter(rows), seconds


def _value(term: dict[str, str] | None) -> object:
    if term is None:
        return None
    if term["type"] == "bnode":
        return "a blank node"
    if term["type"] == "uri":
        return ("iri", term["value"])
    type_ = term.get("datatype", "").rpartition("#")[2]
    if type_ in _NUMBERS:
        return float(term["value"])
    if type_ == "boolean":
        return term["value"] in ("true", "1")
    return (term["value"], term.get("xml:lang", "").lower())


def rate(address: str, query: str, clients: int, seconds: float, *, fresh: bool) -> Rate:
    """Return how fast so many clients get answers, each asking again as soon as it has one.

    ``fresh`` asks a query that was never asked before, each time; else it is always the same.
    """
    path = asking(address, query)
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:.0f}s", "--timeout", "120s"]
    command += ["-H", f"Accept: {ACCEPT}"]
    surroundings = dict(os.environ)
    if fresh:
        command += ["-s", str(_FRESH)]
        start = path.index("/", len("http://"))
        surroundings |= {"OSTEOKG_PATH": path[start:], "OSTEOKG_FIRST": str(next(_first))}
    told = subprocess.run(
        [*command, path], check=True, capture_output=True, text=True, env=surroundings
    ).stdout
    seen, took = re.search(r"(\d+) requests in ([\d.]+)(m?s|m)", told), 0.0
    assert seen, told
    took = float(seen[2]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[seen[3]]
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    lost = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    failed = int(refused[1]) if refused else 0
    good = int(seen[1]) - failed
    return Rate(good / took, failed + (sum(map(int, lost.groups())) if lost else 0))


def wait_until(done: Callable[[], bool], most: float) -> float:
    """Return the seconds until something is so, looked for every millisecond."""
    started = time.perf_counter()
    while not done():
        if time.perf_counter() - started > most:
            raise TimeoutError(f"not within {most:g} s")
        time.sleep(0.001)
    return time.perf_counter() - started


def memory(process: int) -> int:
    """Return the bytes of a process and all below it, shared pages shared out among them (PSS)."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        below.setdefault(parent, []).append(int(path.parent.name))
    total, left = 0, [process]
    while left:
        one = left.pop()
        left += below.get(one, [])
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
        total += int(found[1]) * 1024 if found else 0
    return total
