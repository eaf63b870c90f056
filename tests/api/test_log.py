"""The log: one line for each request, and never what is nobody's business."""

import io
import json
import logging
import re
import stat
import subprocess
import sys
import threading

import httpx2
import pytest

from osteokg.api.log import Outbox, logging_to
from osteokg.api.settings import Settings
from osteokg.kg.errors import RequestError

SECRET = "s3cret-" + "x" * 20
ASK = "/sparql?query=ASK%20%7B%7D"


@pytest.fixture
def logged(opened, until):
    """Ask a server some requests and return the lines of its log, read as JSON."""

    def ask(*requests: tuple[str, str, dict], store=None, **given):
        stream = io.StringIO()
        chosen = Settings(log_format="json", **given)
        with logging_to(chosen, stream):
            server = opened(store, **given)
            address = f"http://127.0.0.1:{server.address[1]}"
            with httpx2.Client(base_url=address, trust_env=False, timeout=30) as client:
                for method, path, options in requests:
                    client.request(method, path, **options)
            until(lambda: stream.getvalue().count('"message": "request"') == len(requests))
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return ask


def test_a_message_that_does_not_fit_its_values_is_written_as_it_is():
    written = []
    outbox = Outbox(written.append)
    for message, values in (("%d of %s", ("seven",)), ("and %s", ("on",))):
        outbox.handle(logging.makeLogRecord({"msg": message, "args": values}))
    outbox.close()
    assert "".join(written) == "%d of %s ('seven',)\nand on\n"


def test_a_request_is_one_line(logged):
    (line,) = logged(("GET", ASK, {"headers": {"X-Request-ID": "abc"}}))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line.pop("ms") > 0
    assert line == {
        "level": "info",
        "logger": "osteokg.request",
        "message": "request",
        "request": "abc",
        "method": "GET",
        "path": "/sparql",
        "status": 200,
        "bytes": 26,
        "client": "127.0.0.1",
        "outcome": "answered",
        "version": "0" * 64,
    }


def test_neither_queries_nor_credentials_are_logged(logged):
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": SECRET, "Referer": SECRET}
    direct = {**headers, "Content-Type": "application/sparql-query"}
    lines = logged(
        ("GET", f"{ASK}&access_token={SECRET}", {"headers": headers}),
        ("POST", f"/sparql?x={SECRET}", {"headers": direct, "content": f"ASK {{}} # {SECRET}"}),
        ("POST", "/sparql", {"headers": headers, "data": {"query": f"ASK {{ {SECRET} }}"}}),
        ("POST", f"/update?x={SECRET}", {"headers": headers, "data": {"update": SECRET}}),
        ("PUT", f"/graphs?graph=x:{SECRET}", {"headers": headers, "content": SECRET}),
    )
    assert len(lines) == 5
    assert SECRET not in json.dumps(lines)


@pytest.mark.parametrize(
    ("method", "headers", "status"), [("HEAD", {}, 200), ("GET", {"If-None-Match": "*"}, 304)]
)
def test_who_wants_no_more_than_the_head_has_not_left(logged, method, headers, status):
    (line,) = logged((method, ASK, {"headers": headers}))
    assert (line["status"], line["outcome"]) == (status, "answered")


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/nowhere", "refused"),
        ("/sparql?query=x&query=y", "refused"),
        ("/sparql?query=ASK%7B%7D", "answered"),
    ],
)
def test_the_outcome_is_told(logged, path, outcome):
    assert [line["outcome"] for line in logged(("GET", path, {}))] == [outcome]


def test_a_path_cannot_begin_a_line_of_its_own(logged):
    (line,) = logged(("GET", "/a%0A%7B%22level%22%3A%22info%22%7D%00\u2028", {}))
    assert line["path"] == "/a%0A%7B%22level%22%3A%22info%22%7D%00%E2%80%A8"
    (line,) = logged(("GET", "/" + "a" * 5000, {}))
    assert len(line["path"]) == 501


class Failing:
    version = "0" * 64
    gate = threading.Event()
    closed = False

    async def query(self, _query):
        raise ZeroDivisionError("the reason")

    stream = query

    async def close(self):
        self.closed = True


def test_a_failure_is_logged_with_its_reason_and_the_request_s_id(logged):
    failure, line = logged(("GET", ASK, {"headers": {"X-Request-ID": "abc"}}), store=Failing())
    assert failure["level"] == "error"
    assert failure["request"] == line["request"] == "abc"
    assert "ZeroDivisionError: the reason" in failure["exception"]
    assert (line["status"], line["outcome"]) == (500, "failed")


def test_what_the_door_refuses_is_logged(opened):
    stream = io.StringIO()
    with logging_to(Settings(log_format="json"), stream):
        opened().answer(b"nonsense\r\n\r\n")
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["logger"], line["status"], line["client"]) == ("osteokg.door", 400, "127.0.0.1")


# Text


def test_for_people_a_line_is_text(opened, until):
    stream = io.StringIO()
    with logging_to(Settings(log_format="text"), stream):
        server = opened()
        server.answer(b"GET /a%20b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        until(stream.getvalue)
    (line,) = stream.getvalue().splitlines()
    assert re.fullmatch(
        r"\S+Z info request request=[0-9a-f]{32} method=GET path=/a%20b status=404 bytes=\d+ "
        r"ms=[\d.]+ client=127\.0\.0\.1 outcome=refused",
        line,
    )


def test_a_value_with_a_space_is_quoted():
    stream = io.StringIO()
    with logging_to(Settings(log_format="text"), stream):
        logging.getLogger("osteokg").info(
            "said", extra={"said": {"one": "a b", "two": 'a"\n\x1b[31m'}}
        )
    assert stream.getvalue().endswith(r'said one="a b" two="a\"\n\u001b[31m"' + "\n")


@pytest.mark.parametrize(("terminal", "begins"), [(True, "20"), (False, "{")])
def test_the_form_is_chosen_by_who_reads(terminal, begins):
    class Stream(io.StringIO):
        def isatty(self):
            return terminal

    stream = Stream()
    with logging_to(Settings(), stream):
        logging.getLogger("osteokg").info("said")
    assert stream.getvalue().startswith(begins)


def test_with_json_every_line_of_a_server_is_json(surroundings, good):
    command = [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0", "--evidence"]
    process = subprocess.Popen(
        [*command, str(good), "--log-format", "json"],
        env=surroundings,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = None
    while address is None:  # json.loads fails at the end of what it says
        said = json.loads(process.stderr.readline())
        address = re.search(r"OsteoKG version \w{12}: .*(http://\S+)", said["message"])
    address = address[1]
    httpx2.get(f"{address}health", trust_env=False)
    process.terminate()
    _, rest = process.communicate(timeout=30)
    assert [json.loads(line)["path"] for line in rest.splitlines()] == ["/health"]
    assert process.returncode == 0


# Who does not read


def test_a_log_that_nobody_reads_stops_nobody():
    """Lines wait, then are dropped and counted; the one who writes them goes on."""

    class Stuck(io.StringIO):
        def __init__(self):
            super().__init__()
            self.free = threading.Event()

        def write(self, text):
            self.free.wait(30)
            return super().write(text)

    stream = Stuck()
    with logging_to(Settings(log_format="json"), stream) as outbox:
        # At most 10,000 lines are being written, and as many wait.
        for n in range(25_000):
            logging.getLogger("osteokg").info("%s", n)
        assert outbox.dropped >= 5000
        stream.free.set()
    assert len(stream.getvalue().splitlines()) == 25_000 - outbox.dropped


# Slow queries


def test_slow_queries_are_written_with_their_text_to_a_file_of_their_own(logged, tmp_path):
    path = tmp_path / "slow.jsonl"
    options = {"params": {"query": "ASK { ?slow ?query ?here }"}}
    lines = logged(("GET", "/sparql", options), slow_query_log=str(path), slow_query_seconds=0.0)
    (slow,) = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert slow["query"] == "ASK { ?slow ?query ?here }"
    assert slow["outcome"] == "answered"
    assert slow["client"] == "127.0.0.1"
    assert slow["ms"] >= 0
    assert [line["request"] for line in lines] == [slow["request"]]
    assert "?slow" not in json.dumps(lines)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_quick_queries_are_not_written(logged, tmp_path):
    path = tmp_path / "slow.jsonl"
    logged(("GET", ASK, {}), slow_query_log=str(path), slow_query_seconds=60.0)
    assert path.read_text(encoding="utf-8") == ""


def test_a_slow_log_that_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "nowhere" / "slow.jsonl"
    with (
        pytest.raises(RequestError, match=r"slow\.jsonl: No such file.*--slow-query-log"),
        logging_to(Settings(slow_query_log=str(path)), io.StringIO()),
    ):
        pass
