"""Measure what the cache is worth: the same queries asked of a server with it and of one without.

``python benchmarks/cache.py [SECONDS]`` prints Markdown: answers a second (5 s each, three times
over, the median) for 1 and 16 clients that ask one query again and again. The last row is the same
HTTP server with nothing behind it: one constant answer, no log, no limits. It needs wrk
(https://github.com/wg/wrk; on Debian ``apt install wrk``). All servers run at the same time and
are asked in turn, so that what else the machine does meets each. All clients of wrk have one
address, so the engine takes them for one, whose slow queries make way: 503 is no good answer.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from statistics import median
from urllib.parse import urlencode

from osteokg.kg.catalogue import named_query

OSTEOKG = (sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0")
CONSTANT = """
import sys, uvicorn
body = b'{"head":{},"boolean":true}'
async def app(scope, receive, send):
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}", file=sys.stderr)
Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)).run()
"""
QUERIES = {
    "`ASK {}`": "ASK {}",
    "a finding by its name": "SELECT ?p ?o { "
    "<https://w3id.org/osteokg/id/finding/iwamoto-2005-k2-bone-mass-distal-femoral-metaphysis> "
    "?p ?o }",
    "a prepared question": named_query("femoral-neck-strength-in-ovariectomized-rats").text,
    "findings by outcome": "PREFIX okg: <https://w3id.org/osteokg/vocab/> SELECT ?o (COUNT(?f) AS "
    "?n) { ?f a okg:Finding ; okg:outcome ?o } GROUP BY ?o ORDER BY DESC(?n)",
}


@contextlib.contextmanager
def server(*command: str) -> Iterator[str]:
    """Give the address of a server that a command starts; it says it on stderr."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            for _ in range(600):
                log.seek(0)
                if found := re.search(r"http://[\d.:]+", log.read()):
                    break
                time.sleep(0.1)
            else:
                raise SystemExit("the server did not start")
            yield found[0]
        finally:
            process.terminate()
            process.wait(60)


def per_second(address: str, query: str, clients: int, seconds: int) -> float:
    """Return how many good answers a second so many clients get."""
    told = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{clients}",
            f"-d{seconds}s",
            f"{address}/sparql?{urlencode({'query': query})}",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    seen, good = re.search(r"(\d+) requests in", told), re.search(r"Requests/sec: +([\d.]+)", told)
    assert seen, told
    assert good, told
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return float(good[1]) * (1 - (int(refused[1]) if refused else 0) / max(int(seen[1]), 1))


def compared(addresses: Sequence[str], query: str, clients: int, seconds: int) -> tuple[float, ...]:
    """Return the median of three times for each server, asked in turn."""
    rounds = [[per_second(one, query, clients, seconds) for one in addresses] for _ in range(3)]
    return tuple(median(column) for column in zip(*rounds, strict=True))


def main() -> int:
    """Print the table."""
    if not shutil.which("wrk"):
        sys.stderr.write("wrk is not on this machine: apt install wrk\n")
        return 2
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(
        "| answers a second | clients | without | with the cache | ratio |\n|---|--:|--:|--:|--:|"
    )
    with (
        server(*OSTEOKG, "--cache-size", "0") as without,
        server(*OSTEOKG) as with_it,
        server(sys.executable, "-c", CONSTANT) as constant,
    ):
        for words, query in QUERIES.items():
            for clients in (1, 16):
                plain, kept = compared((without, with_it), query, clients, seconds)
                row = f"| {words} | {clients} | {plain:,.0f} | {kept:,.0f} | {kept / plain:.1f}× |"
                print(row)
        for clients in (1, 16):
            both = compared((with_it, constant), "ASK {}", clients, seconds)
            print(
                f"| `ASK {{}}`, beside a constant | {clients} | | {both[0]:,.0f} "
                f"| {both[0] / both[1]:.2f} of {both[1]:,.0f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
