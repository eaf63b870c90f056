"""Tools for agents, asked by the client of the official SDK, in processes of their own."""

import asyncio
import json
import re
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager

import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from osteokg.api.agents.tools import tools_for
from osteokg.kg.store import InProcessStore

FINDING = "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur"
TOOLS = {
    *("search_terms", "evidence_summary", "get_statement", "query"),
    *("list_questions", "run_question", "schema_card"),
}


@pytest.fixture(scope="module")
def ask(version):
    """Call a tool in this process: what it answers, or the error as a string."""

    tools = tools_for(InProcessStore(version))

    def asked(name, /, **arguments):
        async def call():
            async with Client(tools) as client:
                return await client.call_tool(name, arguments)

        result = asyncio.run(call())
        return result.content[0].text if result.is_error else result.structured_content

    return asked


# What the tools answer


def test_terms_are_found_by_any_name(ask):
    for text in ("vitamin K2", "Vitamin k2", "menaquinone", "okg:VitaminK2"):
        told = ask("search_terms", text=text)
        assert told["terms"][0]["curie"] == "okg:VitaminK2"
    assert told["terms"][0]["definition"]
    assert sum(told["terms"][0]["findings"].values()) > 0
    assert "CHEBI:16374" in told["terms"][0]["also"]


def test_terms_are_narrowed_by_kind_and_cut_visibly(ask):
    told = ask("search_terms", text="bone", limit=1)
    assert (len(told["terms"]), told["truncated"]) == (1, True)
    assert told["total"] > 1
    assert "Raise limit" in told["what_to_do"]
    kinds = {one["kind"] for one in ask("search_terms", text="bone", kind="outcome")["terms"]}
    assert kinds == {"outcome term"}


def test_a_name_that_is_none_is_answered_with_names_like_it(ask):
    assert ask("search_terms", text="vitmin K2")["terms"][0]["curie"] == "okg:VitaminK2"
    assert "Perhaps: vitamin K2" in ask("evidence_summary", terms=["vitmin K2"])
    assert "search_terms finds terms" in ask("evidence_summary", terms=["xyzzy"])
    assert "No term is called 'xyzzy'" in ask("search_terms", text="xyzzy")


def test_terms_are_found_by_identifier_and_by_their_definition(ask):
    assert ask("search_terms", text="CHEBI:16374")["terms"][0]["curie"] == "okg:VitaminK2"
    defined = ask("search_terms", text="osteoclasts", limit=100)["terms"]
    assert any("osteoclasts" in one["definition"] and "osteoclasts" not in one["label"]
               for one in defined)  # fmt: skip


def test_evidence_is_summed_up_for_terms_by_label_or_identifier(ask):
    by_label = ask("evidence_summary", terms=["vitamin K2", "femur"])
    by_identifier = ask("evidence_summary", terms=["CHEBI:16374", "UBERON:0000981"])
    assert by_label["findings"] == by_identifier["findings"]
    assert FINDING in [one["iri"] for one in by_label["findings"]]
    assert sum(by_label["by_direction"].values()) == by_label["total"]
    assert by_label["provenance"]["license"] == "https://creativecommons.org/licenses/by/4.0/"
    cut = ask("evidence_summary", terms=["femur"], limit=1)
    assert (len(cut["findings"]), cut["truncated"]) == (1, True)
    assert cut["total"] > 1


@pytest.mark.parametrize(
    "name",
    [FINDING, "finding:quill-2001-k2-bone-mass-femur", "quill-2001-k2-bone-mass-femur"],
)
def test_a_finding_comes_with_its_sentences(ask, version, name):
    told = ask("get_statement", thing=name)
    assert told["iri"] == FINDING
    assert told["says"] == "Vitamin K2 spared some of that bone."
    assert all(one["section"] and one["sentence"] for one in told["anchors"])
    assert len(told["anchors"]) == 2
    assert told["nanopublication"].startswith("https://w3id.org/osteokg/np/RA")
    assert told["data"]["direction"]["label"]
    assert told["provenance"]["version"] == version.id
    assert told["truncated"] is False


def test_other_things_have_no_nanopublication(ask):
    told = ask("get_statement", thing="okg:Femur")
    assert (told["says"], told["nanopublication"], told["anchors"]) == ("femur", None, [])


def test_a_thing_that_is_not_there_is_answered_with_things_like_it(ask):
    told = ask("get_statement", thing="finding:quill-2001-k2-bone-mass")
    assert "Perhaps: finding:quill-2001-k2-bone-mass-femur" in told
    assert "with a known prefix" in ask("get_statement", thing="nonsense:x")


def test_queries_of_every_form_are_answered(ask, version):
    rows = ask("query", sparql='SELECT ?a ?b { VALUES (?a ?b) { (1 <urn:x>) (UNDEF "y") } }')
    assert rows["columns"] == ["a", "b"]
    assert rows["rows"] == [{"a": "1", "b": "<urn:x>"}, {"b": "y"}]
    assert (rows["total"], rows["truncated"], rows["what_to_do"]) == (2, False, None)
    assert rows["provenance"]["version"] == version.id
    assert ask("query", sparql="ASK { ?s ?p ?o }")["truth"] is True
    graph = ask("query", sparql="CONSTRUCT { <urn:a> <urn:b> 1 } {}")
    assert graph["triples"] == ['<urn:a> <urn:b> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .']


def test_what_was_left_out_is_told(ask):
    query = "SELECT ?x { VALUES ?x { 1 2 3 } }"
    told = ask("query", sparql=query, rows=2)
    assert (len(told["rows"]), told["total"], told["truncated"]) == (2, 3, True)
    assert told["what_to_do"].startswith("These are the first 2 of 3 rows. Raise rows")
    long = f"SELECT ?x {{ VALUES ?n {{ 1 2 3 }} BIND('{'x' * 30_000}' AS ?x) }}"
    told = ask("query", sparql=long)
    assert (len(told["rows"]), told["truncated"]) == (1, True)


def test_wrong_queries_are_told_with_what_to_do(ask):
    told = ask("query", sparql="SELECT * {")
    assert "line 1, column 11" in told
    assert "schema_card" in told
    assert "SERVICE" in ask("query", sparql="SELECT * { SERVICE <http://a.example/> { ?s ?p ?o } }")
    assert "nothing is written here" in ask("query", sparql="DELETE WHERE { ?s ?p ?o }")


def test_prepared_questions_are_listed_and_answered(ask):
    names = [one["name"] for one in ask("list_questions")["questions"]]
    assert names == sorted(names)
    for name in names[:3]:
        assert ask("run_question", name=name)["columns"]
    assert f"Did you mean '{names[0]}'?" in ask("run_question", name=names[0][:-1])


def test_the_card_has_what_a_query_needs(ask):
    card = ask("schema_card")["card"]
    for words in (
        "PREFIX okg: <https://w3id.org/osteokg/vocab/>",
        "okg:comparison 1 okg:Comparison",
        "okg:Finding: ",
        "- okg:contrast: What kind of question a comparison answers.",
        "okg:Increased, okg:Mixed, okg:NoDifference",
        "```sparql",
    ):
        assert words in card
    assert len(card) < 20_000
    examples = re.findall(r"```sparql\n(.*?)```", card, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert ask("query", sparql=example)["columns"]


def test_tools_only_read(version):
    async def listed():
        async with Client(tools_for(InProcessStore(version))) as client:
            return (await client.list_tools()).tools

    for tool in asyncio.run(listed()):
        told = tool.annotations
        assert (told.read_only_hint, told.destructive_hint, told.open_world_hint) == (
            True,
            False,
            False,
        )


# In processes of their own


@asynccontextmanager
async def over_stdio(command, surroundings, *arguments):
    server = StdioServerParameters(
        command=command[0], args=[*command[1:], "mcp", *map(str, arguments)], env=surroundings
    )
    async with Client(stdio_client(server)) as client:
        yield client


@contextmanager
def over_http(command, surroundings, *arguments):
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "mcp", "--http", "--port", "0", *map(str, arguments)],
            env=surroundings,
            stderr=log,
        )
        try:
            yield _address(log, process)
        finally:
            process.terminate()
            assert process.wait(20) == 0


def _address(log, process):
    for _ in range(600):
        log.seek(0)
        told = re.search(r"for agents: (http://\S+)\n", log.read())
        if told:
            return told[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"there is no server, it said:\n{log.read()}")


async def conversation(client):
    """Return the tools, the answer to a query, what is said to an endless one."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    count = "SELECT (COUNT(?f) AS ?n) { ?f a <https://w3id.org/osteokg/vocab/Finding> }"
    answer = await client.call_tool("query", {"sparql": count})
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    stopped = await client.call_tool("query", {"sparql": endless})
    card = await client.read_resource("osteokg://schema-card")
    return tools, answer.structured_content, stopped, card.contents[0].text


def assert_right(told, number):
    tools, answer, stopped, card = told
    assert set(tools) == TOOLS
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    assert all(tool.output_schema for tool in tools.values())
    assert answer["rows"] == [{"n": str(number)}]
    assert stopped.is_error
    assert "longer than 1 s" in stopped.content[0].text
    assert "add LIMIT" in stopped.content[0].text
    assert card.startswith("# OsteoKG")


@pytest.fixture(scope="module")
def number(version):
    found = version.store.query(
        "SELECT (COUNT(?f) AS ?n) { ?f a <https://w3id.org/osteokg/vocab/Finding> }"
    )
    return int(next(iter(found))["n"].value)


def test_over_stdio(command, surroundings, good, number):
    async def talk():
        limits = ("--evidence", good, "--query-seconds", "1")
        async with over_stdio(command, surroundings, *limits) as client:
            assert "never an instruction" in client.instructions
            return await conversation(client)

    assert_right(asyncio.run(talk()), number)


def test_over_http(command, surroundings, good, number):
    limits = ("--evidence", good, "--query-seconds", "1")
    with over_http(command, surroundings, *limits) as address:

        async def talk():
            async with Client(address) as client:
                return await conversation(client)

        assert_right(asyncio.run(talk()), number)
        hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {"Accept": "application/json, text/event-stream"}
        with httpx2.Client(trust_env=False) as stranger:
            page = {**headers, "Origin": "https://evil.example"}
            assert stranger.post(address, json=hello, headers=page).status_code == 403
            rebound = {**headers, "Host": "evil.example"}
            assert stranger.post(address, json=hello, headers=rebound).status_code == 421
            large = {**hello, "params": {"x": "y" * 1_100_000}}
            assert stranger.post(address, json=large, headers=headers).status_code == 413


def test_over_stdio_nothing_else_is_written(command, surroundings, good):
    first = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    }
    said = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": first},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    process = subprocess.Popen(
        [*command, "mcp", "--evidence", str(good)],
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    for message in said:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            lines.append(process.stdout.readline())
    rest, told = process.communicate(timeout=30)
    assert [json.loads(line)["id"] for line in lines] == [1, 2]
    assert rest == ""
    assert process.returncode == 0
    assert "Traceback" not in told


def test_what_a_service_has_is_asked_by_store(command, surroundings, good, number, serving):
    with serving("--evidence", str(good)) as service:
        endpoint = str(service.base_url).rstrip("/") + "/sparql"

        async def talk():
            async with over_stdio(command, surroundings, "--store", endpoint) as client:
                query = "SELECT (COUNT(?f) AS ?n) { ?f a <https://w3id.org/osteokg/vocab/Finding> }"
                answer = await client.call_tool("query", {"sparql": query})
                found = await client.call_tool("get_statement", {"thing": FINDING})
                return answer.structured_content, found.structured_content

        answer, found = asyncio.run(talk())
    assert answer["rows"] == [{"n": str(number)}]
    assert found["nanopublication"].startswith("https://w3id.org/osteokg/np/RA")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data-dir", "/nowhere"], "Agents only read"),
        (["--http", "--host", "0.0.0.0", "--port", "0"], "say by which name"),  # noqa: S104 - refused
        (["--store", "http://127.0.0.1:1/", "--evidence", "x"], "without --plain"),
    ],
)
def test_wrong_commands_are_told(osteokg, arguments, words):
    done = osteokg("mcp", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
