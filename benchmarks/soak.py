"""Ask one server everything at once for a while, and show that it ends as it began.

``python benchmarks/soak.py [--seconds 600] [--evidence DIR]`` starts a server with a data folder
and sends it readers in all forms and formats, writers, hostile queries, slow readers, downloads
that are left, half-sent requests, pages and errors. In rounds: after each the clients rest, and
when the service is idle its processes, open files, temporary files and memory are counted. It
fails (exit code 1) where an answer was neither right nor a limit that the service states, where
something is left over, or where memory has grown from the second round to the last by more than a
tenth and 16 MB. Linux only: /proc tells what a process holds.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
from soak_answers import Service, WrongError
from soak_clients import TOKEN, Act, crowd, dumped

from osteokg.kg.files import find_sources
from osteokg.kg.version import build

ROUNDS = 6
REST = 0.01
"""A client does nothing for so many seconds between two requests."""
GIVING_BACK = 6.0
"""Within so many seconds a service gives free memory back to the system."""
GOOD = {"right", "told so", "written", "closed", "went away"}
GROWTH = 0.1
MORE = 16 << 20
OPTIONS = {
    "query-seconds": 3,
    "head-seconds": 2,
    "body-seconds": 2,
    "query-memory": "256M",
    "cache-size": "4M",
    "keep-versions": 5,
    "grace-seconds": 20,
}


@dataclass(frozen=True)
class Rest:
    """Hold what a service has when nobody asks: processes, open files, bytes of memory."""

    processes: int
    files: int
    main: int
    others: int
    largest: int
    temporary: int
    versions: int

    def row(self, number: int) -> str:
        """Return a row of Markdown."""
        sizes = " | ".join(f"{one / 1e6:.1f}" for one in (self.main, self.others, self.largest))
        return (
            f"| {number} | {self.processes} | {self.files} | {self.temporary} | {self.versions} "
            f"| {sizes} |"
        )


@contextlib.contextmanager
def server(
    folder: Path, evidence: list[str], options: Mapping[str, object]
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Give a server in a process of its own, and its address; it ends by itself when told."""
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0"]
    command += ["--data-dir", str(folder / "data"), "--write-token-file", str(token)]
    command += ["--log-format", "text"]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    for one in evidence:
        command += ["--evidence", one]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            command,
            stderr=log,
            env={**os.environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )
        try:
            while True:
                log.seek(0)
                if found := re.search(r"(http://[\d.:]+)/\n", log.read()):
                    break
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"the server did not start: {log.read()}")
                time.sleep(0.05)
            yield process, found[1]
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def descendants(top: int) -> set[int]:
    """Return the processes that a process has made, and those that they have made."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(told[1])
    found: set[int] = set()
    new = {top}
    while new := {one for one, parent in parents.items() if parent in new}:
        found |= new
    return found


def memory(process: int) -> int:
    """Return the memory of a process in bytes, its share of what it shares."""
    told = Path(f"/proc/{process}/smaps_rollup").read_text()
    found = re.search(r"^Pss: +(\d+) kB", told, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def idle(address: str) -> dict[str, float]:
    """Wait until nobody is served any more and return the service's figures."""
    with httpx2.Client(base_url=address, timeout=60) as client:
        while True:
            lines = client.get("/metrics").text.splitlines()
            told = dict(line.rsplit(" ", 1) for line in lines if line[:1] not in ("#", ""))
            figures = {name: float(value) for name, value in told.items()}
            busy = (
                "queries_quick",
                "queries_slow",
                "queries_waiting",
                "spool_memory_bytes",
                "spool_disk_bytes",
            )
            if (
                not any(figures[f"osteokg_{name}"] for name in busy)
                and figures["osteokg_connections"] == 1
                and figures["osteokg_workers"] == figures["osteokg_workers_idle"]
            ):
                return figures
            time.sleep(0.1)


def measure(process: int, address: str, temporary: Path) -> Rest:
    """Return what an idle service holds, when it has given back what it does not."""
    figures = idle(address)
    time.sleep(GIVING_BACK)
    made = descendants(process)
    sizes = [memory(one) for one in made]
    return Rest(
        len(made),
        len(list(Path(f"/proc/{process}/fd").iterdir())),
        memory(process),
        sum(sizes),
        max(sizes),
        len([one for one in temporary.rglob("*") if one.is_file()]),
        int(figures["osteokg_versions_loaded"]),
    )


async def ask_for(
    service: Service, seconds: float, counts: dict[str, Counter[str]], wrong: list[str]
) -> None:
    """Let every client ask for so many seconds, and end what it has begun."""
    loop = asyncio.get_running_loop()

    async def go_on(name: str, act: Act, end: float) -> None:
        chance = random.Random(f"{name} {next(service.number)}")  # noqa: S311 - for no secret
        told = counts.setdefault(name, Counter())
        while loop.time() < end and len(wrong) < 20:
            try:
                told[await act(chance)] += 1
            except (WrongError, httpx2.HTTPError, OSError, ValueError) as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}".strip())
            await asyncio.sleep(REST)

    async with crowd(service) as acts, asyncio.TaskGroup() as all_:
        end = loop.time() + seconds
        for name, act in acts.items():
            all_.create_task(go_on(name, act, end))


def left_over(rests: list[Rest], folder: Path) -> list[str]:
    """Return what an idle service holds too much of."""
    first, last = rests[1], rests[-1]
    found = [f"{last.temporary} temporary files"] * bool(last.temporary)
    if last.files > first.files + 2 * max(last.processes - first.processes, 0):
        found.append(f"{last.files} open files, {first.files} after the second round")
    most = 1 + 3 * (1 + 2) + 4 + 8  # the builder; loaders and workers of versions; kept workers
    if last.processes > most:
        found.append(f"{last.processes} processes")
    for name in ("main", "largest"):
        before, after = getattr(first, name), getattr(last, name)
        if after > before * (1 + GROWTH) + MORE:
            found.append(f"memory ({name}) has grown from {before} to {after} bytes")
    staged = list((folder / "data" / ".staged").glob("*"))
    return found + [f"{len(staged)} staged files"] * bool(staged)


def durable(service: Service, address: str) -> list[str]:
    """Return which acknowledged writes a service has lost that was ended and begun again."""
    last = {graph: number for graph, _, number in service.written}
    wrong = []
    with httpx2.Client(base_url=address, timeout=60) as client:
        for graph, number in last.items():
            query = f"ASK {{ GRAPH <{graph}> {{ ?s ?p {number or '?o'} }} }}"
            answer = client.get("/sparql", params={"query": query}).json()["boolean"]
            if answer != (number is not None):
                wrong.append(f"{graph} should be {number} after a new start")
    return wrong


def soak(seconds: float, evidence: list[str], folder: Path) -> list[str]:
    """Ask for so many seconds in all and return what was wrong."""
    store = build(find_sources(evidence)).store
    counts: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    rests: list[Rest] = []
    temporary = folder / "temporary"
    print("| round | processes | files | temporary | versions | main MB | others MB | largest MB |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    with server(folder, evidence, OPTIONS) as (process, address):
        host, _, port = address.removeprefix("http://").partition(":")
        service = Service(host, int(port), store)
        for number in range(1, ROUNDS + 1):
            asyncio.run(ask_for(service, seconds / ROUNDS, counts, wrong))
            rests.append(measure(process.pid, address, temporary))
            print(rests[-1].row(number), flush=True)
        made = descendants(process.pid)
    wrong += left_over(rests, folder)
    wrong += [f"exit code {process.returncode}"] * (process.returncode != 0)
    wrong += [f"process {one} is left" for one in made if Path(f"/proc/{one}").exists()]
    with server(folder, evidence, OPTIONS) as (_, address):
        wrong += durable(service, address)
    wrong += [
        f"{name} got nothing but limits"
        for name, told in counts.items()
        if told and not told.keys() & GOOD and not name.startswith("hostile")
    ]
    print(f"\n| clients | requests | what they were told |\n|---|--:|---|\n{dumped(counts)}")
    return wrong


def main() -> int:
    """Soak, and say what was wrong."""
    parser = argparse.ArgumentParser(description="Soak a service; see the head of this file.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--evidence", action="append", default=[])
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # which ends the server, too
    with tempfile.TemporaryDirectory() as folder:
        wrong = soak(given.seconds, given.evidence, Path(folder))
    for one in wrong:
        print(f"wrong: {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
