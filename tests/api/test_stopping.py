"""The end of a server: in order at the first signal, at once at the second, and nothing left."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

LONG = """SELECT (COUNT(*) AS ?n) {
  { SELECT ?a { ?a ?b ?c } LIMIT %d } { SELECT ?d { ?d ?e ?f } LIMIT 2000 } }"""


@pytest.fixture
def begun(surroundings, good):
    """Start servers as processes; those that are left at the end are killed."""
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> tuple[subprocess.Popen, httpx2.Client]:
            command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0"]
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, "--evidence", str(good), *options],
                    env=surroundings,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(lambda: process.poll() is None and process.kill())
            found = None
            while found is None:
                line = process.stderr.readline()
                assert line, "the server ended and did not say where it was"
                found = re.search(r"OsteoKG version .*(http://127\.0\.0\.1:\d+)", line)
            client = httpx2.Client(base_url=found[1], timeout=60, trust_env=False)
            return process, stack.enter_context(client)

        yield start


def ask(client: httpx2.Client, size: int) -> socket.socket:
    """Begin a query and return the connection that waits for its answer."""
    connection = socket.create_connection((client.base_url.host, client.base_url.port), timeout=60)
    query = (LONG % size).encode()
    connection.sendall(
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(query), query)
    )
    return connection


def descendants(pid: int) -> set[int]:
    """Return the processes that a process has begun, and those that they have."""
    found = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text(encoding="ascii").split()):
            found |= {child} | descendants(child)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def in_progress(client: httpx2.Client) -> int:
    return int(re.search(r"in_progress (\d+)", client.get("/metrics").text)[1]) - 1


def test_a_server_that_is_told_to_stop_exits_0(begun):
    process, _ = begun()
    process.terminate()
    assert process.wait(30) == 0
    assert "Traceback" not in process.stderr.read()


def test_what_is_under_way_is_finished(begun, until):
    process, client = begun()
    with ask(client, 2000) as connection:
        until(lambda: in_progress(client) == 1)
        process.terminate()
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert b" 200 OK\r\n" in answer
    assert b'"value":"4000000"' in answer
    assert process.wait(30) == 0


def test_what_takes_longer_than_the_grace_is_told_so_and_ended(begun, until):
    process, client = begun("--grace-seconds", "0.3")
    with ask(client, 10**6) as connection:
        until(lambda: in_progress(client) == 1)
        process.terminate()
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert b" 503 " in answer.partition(b"\r\n")[0]
    assert b"The service is stopping" in answer


def test_nobody_is_let_in_any_more(begun, until):
    process, client = begun()
    with ask(client, 2000) as connection:
        until(lambda: in_progress(client) == 1)
        process.terminate()
        until(lambda: refuses(client))
        assert connection.recv(1) == b"H"


def refuses(client: httpx2.Client) -> bool:
    try:
        socket.create_connection((client.base_url.host, client.base_url.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_while_it_drains_it_answers_but_is_not_ready(begun, until):
    process, client = begun("--drain-seconds", "2")
    assert client.get("/ready").status_code == 200
    process.terminate()
    until(lambda: client.get("/ready").status_code == 503)
    assert "is stopping" in client.get("/ready").json()["detail"]
    assert client.get("/sparql", params={"query": "ASK {}"}).json()["boolean"] is True
    assert process.wait(30) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_at_once(begun, until, second):
    process, client = begun("--grace-seconds", "600")
    children = descendants(process.pid)
    with ask(client, 10**6):
        until(lambda: in_progress(client) == 1)
        children |= descendants(process.pid)
        process.terminate()
        until(lambda: refuses(client))
        process.send_signal(second)
        assert process.wait(30) == -second
    until(lambda: not any(alive(child) for child in children))


def test_nothing_is_left(begun, until):
    process, client = begun("--grace-seconds", "1")
    with ask(client, 2000):
        until(lambda: in_progress(client) == 1)
        children = descendants(process.pid)
        process.terminate()
        process.wait(30)
    until(lambda: not any(alive(child) for child in children))


def test_who_waits_for_a_slow_reader_does_not_wait_for_ever(begun, until):
    process, client = begun("--grace-seconds", "0.3")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((client.base_url.host, client.base_url.port))
        connection.sendall(b"GET /sparql?query=SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc%7D HTTP/1.1\r\n")
        connection.sendall(b"Host: x\r\n\r\n")
        assert connection.recv(1) == b"H"
        process.terminate()
        assert process.wait(30) == 0
