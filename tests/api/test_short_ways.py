"""Short ways of a request: what is done at once, or remembered, says what the long way says."""

import asyncio

import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from osteokg.api.answers import problem_of
from osteokg.api.direct import Direct
from osteokg.api.negotiation import best_format, best_type, prefers_html
from osteokg.api.requests import ClientGoneError, while_connected
from osteokg.kg.errors import BusyError
from osteokg.kg.results import RDF_FORMATS


class Client:
    """A client that stays until it is told to go."""

    def __init__(self):
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}


def test_work_is_cancelled_when_its_client_goes():
    ended = []

    async def work(client):
        try:
            client.gone.set()
            await asyncio.Event().wait()
        finally:
            ended.append("let go")

    async def asked():
        client = Client()
        with pytest.raises(ClientGoneError):
            await while_connected(client.receive, work(client))
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0  # who asked goes on
        await asyncio.sleep(0)
        return "and goes on"

    assert asyncio.run(asked()) == "and goes on"
    assert ended == ["let go"]


def test_what_is_wrong_with_the_work_is_told():
    async def work():
        raise BusyError("Later.", 1)

    async def asked():
        await while_connected(Client().receive, work())

    with pytest.raises(BusyError, match=r"Later\."):
        asyncio.run(asked())


def test_to_be_stopped_is_not_taken_for_a_client_that_went():
    async def asked():
        work = asyncio.ensure_future(while_connected(Client().receive, asyncio.Event().wait()))
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(asked())


def test_a_client_that_goes_afterwards_stops_nothing():
    async def done():
        return 42

    async def asked():
        client = Client()
        assert await while_connected(client.receive, done()) == 42
        client.gone.set()
        for _ in range(3):
            await asyncio.sleep(0)
        return "undisturbed"

    assert asyncio.run(asked()) == "undisturbed"


def test_nothing_is_left_watching():
    async def asked():
        await while_connected(Client().receive, asyncio.sleep(0))
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(asked()) == set()


@pytest.mark.parametrize("length", [10, 10_000])
def test_a_header_of_any_length_is_read_alike_and_again(length):
    accept = f"text/html;q=0.5, application/trig, x/{'y' * length}"
    for _ in range(2):
        assert best_type(accept, ["text/html", "application/trig"]) == "application/trig"
        assert best_type(accept, ["text/html"]) == "text/html"
        chosen = best_format(accept, RDF_FORMATS)
        assert chosen is not None
        assert chosen.name == "trig"
        assert not prefers_html(accept, ["application/trig"])
        assert prefers_html(accept, ["text/csv"])


@pytest.mark.parametrize("path", ["/cut", "/cut/{name}"])
def test_what_is_cut_out_of_a_request_has_no_direct_way(path):
    router = APIRouter()

    async def cut(request: Request, name: str) -> Response:
        raise AssertionError

    async def whole(request: Request) -> Response:
        raise AssertionError

    router.get(path)(whole if "{" in path else cut)
    with pytest.raises(TypeError, match="/cut"):
        Direct(FastAPI(), router=router, problem_of=problem_of)


@pytest.mark.parametrize("host", ["one.example.org", "two.example.org"])
def test_each_name_of_the_service_is_the_base_of_what_is_asked_there(server, host):
    answer = server.get(
        "/sparql", params={"query": "SELECT (<a> AS ?iri) {}"}, headers={"Host": host}
    )
    (row,) = answer.json()["results"]["bindings"]
    assert row["iri"]["value"] == f"http://{host}/a"


@pytest.mark.parametrize("rows", [0, 1, 1_000, 3_000])
def test_an_answer_is_whole_at_once_or_in_pieces(server, rows):
    values = " ".join(f'"{number:020}"' for number in range(rows))
    query = f"SELECT ?x {{ VALUES ?x {{ {values} }} }}"
    answer = server.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    expected = "x\r\n" + "".join(f"{number:020}\r\n" for number in range(rows))
    assert answer.text == expected
    assert (len(answer.content) > 1 << 16) == (rows == 3_000)


def test_the_head_of_a_small_answer_tells_its_length_and_has_no_body(server):
    query = {"query": "SELECT (1 AS ?x) {}"}
    whole, head = server.get("/sparql", params=query), server.head("/sparql", params=query)
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
