"""A real server, forked or spawned workers behind it: nobody stops it, nothing is left of it."""

import collections
import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import hostile_queries
import httpx2
import pytest

from osteokg.kg.engine import Workers

ENDLESS = hostile_queries.ENDLESS["a cross product"]
PRODUCT = hostile_queries.PRODUCT


@pytest.fixture(scope="module", params=get_args(Workers))
def running(request, command, surroundings, good, tmp_path_factory):
    """Return a client of a server of its own, the server's process id and its folder."""
    folder = tmp_path_factory.mktemp("temporary")
    with started(command, surroundings, good, folder, request.param) as (client, process):
        yield client, process.pid, folder


@contextlib.contextmanager
def started(command, surroundings, good, folder, workers, *options):
    arguments = ["serve", "--port", "0", "--evidence", str(good), "--workers", workers]
    arguments += ["--query-seconds", "6", *options]
    arguments += ["--cache-size", "0"]  # equal queries are to run as many times as they are asked
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        environment = {**surroundings, "TMPDIR": str(folder)}
        process = subprocess.Popen([*command, *arguments], env=environment, stderr=log)
        try:
            address = None
            while address is None:
                assert process.poll() is None, log.read()
                log.seek(0)
                address = re.search(r"(http://\S+)/\n", log.read())
            with httpx2.Client(base_url=address[1], timeout=60, trust_env=False) as client:
                yield client, process
        finally:
            process.kill()
            process.wait()


def ask(client, query, **headers):
    headers = {"Content-Type": "application/sparql-query", **headers}
    return client.post("/sparql", content=query, headers=headers)


def begin(client, query):
    """Send a query and return the connection, on which the answer would come."""
    connection = socket.create_connection((client.base_url.host, client.base_url.port))
    head = f"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: {len(query)}\r\n"
    connection.sendall(f"{head}Content-Type: application/sparql-query\r\n\r\n{query}".encode())
    return connection


def begin_long(client, query, working):
    """Send a query and return its connection and the processes at work, once they are.

    On a machine that is busy elsewhere a query may meet its time limit before it has run for so
    long: then it is sent again.
    """
    while True:
        connection = begin(client, query)
        while not is_answered(connection):
            if found := working():
                return connection, found
            time.sleep(0.02)
        connection.close()


def is_answered(connection):
    return bool(select.select([connection], [], [], 0)[0])


def wait_until(true):
    while not true():
        time.sleep(0.02)


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def long(processes):
    """Return those that give way to all others: a thread of theirs has run for a while."""
    found = set()
    usual = os.getpriority(os.PRIO_PROCESS, 0)  # the tests themselves may give way
    for process in processes:
        with contextlib.suppress(OSError):
            threads = [int(one.name) for one in Path(f"/proc/{process}/task").iterdir()]
            if any(os.getpriority(os.PRIO_PROCESS, one) > usual for one in threads):
                found.add(process)
    return found


def test_no_depth_stops_the_server(running):
    client, server, _ = running
    for begin_, end, inner in (("{", "}", ""), ("{ FILTER EXISTS ", "}", "{}")):
        assert ask(client, f"ASK {begin_ * 3000}{inner}{end * 3000}").json()["boolean"]
    parentheses = f"ASK {{ FILTER({'(' * 6000}1{')' * 6000}) }}"
    assert ask(client, parentheses).json()["boolean"]
    deepest = ask(client, "{" * 450_000 + "ASK")
    assert deepest.status_code == 400
    assert is_running(server)
    assert ask(client, "ASK {}").json() == {"head": {}, "boolean": True}


def test_what_is_nested_too_deeply_is_a_client_s_error(running):
    client, _, _ = running
    answer = ask(client, "ASK {" + "{" * 490_000 + "}" * 490_000 + "}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "The query is nested too deeply"


@pytest.mark.parametrize("name", hostile_queries.WRONG)
def test_what_is_no_query_is_read_once(running, name):
    """Where it goes wrong the worker says; whether it is an update, the main process asks."""
    client, _, _ = running
    answer = ask(client, hostile_queries.WRONG[name])
    assert (answer.status_code, answer.json()["title"]) == (400, "The query does not parse")
    assert ask(client, "ASK {}").json()["boolean"]


def test_a_query_is_answered_while_eight_hostile_ones_run(running):
    client, _, _ = running
    connections = [begin(client, ENDLESS) for _ in range(8)]
    try:
        assert ask(client, "ASK {}").json()["boolean"]
        assert client.get("/health").json()["status"] == "ok"
    finally:
        for connection in connections:
            connection.close()


def test_a_query_that_takes_too_long_is_told_so(running):
    client, _, _ = running
    answer = ask(client, ENDLESS)
    assert answer.status_code == 503
    assert answer.json()["title"] == "The query took too long"
    assert "longer than 6 s" in answer.json()["detail"]


def test_a_client_who_goes_away_ends_the_work(running, engine_processes):
    client, server, _ = running
    wait_until(lambda: not long(engine_processes(server)))
    for _ in range(2):
        connection, working = begin_long(client, ENDLESS, lambda: long(engine_processes(server)))
        connection.close()
        wait_until(lambda ended=working: not any(map(is_running, ended)))
    assert ask(client, "ASK {}").json()["boolean"]


def test_a_download_that_is_aborted_ends_the_work(running, engine_processes):
    client, server, _ = running
    wait_until(lambda: not long(engine_processes(server)))
    connection = begin(client, f"SELECT * {{ {PRODUCT} }}")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    working = long(engine_processes(server))
    connection.close()
    wait_until(lambda: not any(map(is_running, working)))


def test_an_answer_that_is_too_large_is_seen_to_be_cut(running):
    client, _, _ = running
    large = {"query": f"SELECT ?o0 {{ {PRODUCT} }}"}
    with client.stream("POST", "/sparql", data=large) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete"):
            collections.deque(answer.iter_bytes(), maxlen=0)


def test_a_small_answer_tells_its_length(running):
    client, _, _ = running
    answer = ask(client, "SELECT ?s { ?s a ?type } LIMIT 3", **{"Accept-Encoding": "identity"})
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(answer.json()["results"]["bindings"]) == 3


def memory(process):
    """Return the bytes of memory that are a process's own share."""
    told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss: +(\d+)", told, re.MULTILINE)[1]) * 1024


LIMITS = {"too long", "too much memory", "too large", "nested too deeply", "is busy"}


def test_hostile_queries_of_every_kind_leave_a_server_as_it_was(
    command, surroundings, good, tmp_path, engine_processes
):
    """Each is answered or meets a limit that is told; others go on; no process or byte stays."""
    queries = hostile_queries.ENDLESS | hostile_queries.DEEP
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    limits = ("--query-seconds", "1", "--query-memory", "256M")
    with (
        started(command, surroundings, good, tmp_path, "fork", *limits) as (client, process),
        httpx2.Client(base_url=client.base_url, timeout=60, trust_env=False) as hostile,
        ThreadPoolExecutor(4) as together,
    ):

        def came_of(name):
            try:
                answer = ask(hostile, queries[name])
            except httpx2.RemoteProtocolError:
                return "cut"
            if answer.status_code == 200:
                return "answered"
            return next((one for one in LIMITS if one in answer.json()["title"]), answer.text)

        def files():
            return {path for path in tmp_path.rglob("*") if path.is_file()}

        right = ask(client, count).json()
        kept, before = files(), memory(process.pid)
        asked = {name: together.submit(came_of, name) for name in queries}
        while not all(one.done() for one in asked.values()):
            assert ask(client, "ASK {}").json()["boolean"]
        came = {name: one.result() for name, one in asked.items()}
        endless = {came[name] for name in hostile_queries.ENDLESS}
        assert set(came.values()) <= {*LIMITS, "cut", "answered"}, came
        assert "answered" not in endless, came
        wait_until(lambda: not long(engine_processes(process.pid)))
        assert ask(client, count).json() == right
        assert files() == kept
        assert memory(process.pid) < before + (32 << 20)
        assert len(engine_processes(process.pid)) <= 1 + 4 + 8  # loader, quick and slow places


@pytest.fixture(params=get_args(Workers))
def ending(request, command, surroundings, good, tmp_path):
    """Return a client of a server that is about to end, its process and its folder."""
    with started(command, surroundings, good, tmp_path, request.param) as (client, process):
        yield client, process, tmp_path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_leaves_nothing(ending, number, engine_processes):
    client, process, folder = ending
    connection, _ = begin_long(client, ENDLESS, lambda: long(engine_processes(process.pid)))
    with connection:
        assert ask(client, "ASK {}").json()["boolean"]
        left = list(engine_processes(process.pid))
        if number == signal.SIGKILL:
            process.kill()
            wait_until(lambda: not any(map(is_running, left)))
            return
    process.send_signal(number)  # a graceful end waits for those who wait for an answer
    assert process.wait() == 0  # to be told to stop is no failure
    assert not any(map(is_running, left))
    assert list(folder.iterdir()) == []
