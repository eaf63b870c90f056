"""The clients of the soak: each asks in its own way, and knows what a right answer is.

A client is a coroutine that does one thing and returns what it was told: a short name of a right
answer, or of a limit that the service states. Anything else is a WrongError.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import quote, urlencode

import httpx2
from soak_answers import Service, check, limit_in, said

from osteokg.kg import errors
from osteokg.kg.names import BASE, VOCAB
from osteokg.kg.results import RDF_FORMATS, ROW_FORMATS

__all__ = ["TOKEN", "Act", "crowd", "dumped"]

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - of this run
COUNT = "https://example.org/count"
_PRODUCT = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(6))
FAR_TOO_MUCH = f"SELECT (COUNT(*) AS ?n) {{ {_PRODUCT} }}"
LARGE_ROWS = 30_000
LARGE = f"SELECT ?a ?b ?c ?d {{ ?a ?b ?c . ?d ?e ?f }} LIMIT {LARGE_ROWS}"


def _of_studies(pattern: str) -> str:
    return f'{{ GRAPH ?g {{ {pattern} }} FILTER(STRSTARTS(STR(?g), "{BASE}graph/study/")) }}'


PREFIXES = f"PREFIX okg: <{VOCAB}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
QUERIES = [
    PREFIXES + query
    for query in (
        "ASK {}",
        "ASK { GRAPH <https://example.org/none> { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) " + _of_studies("?s ?p ?o"),
        f"SELECT ?f ?o {_of_studies('?f okg:outcome ?o')} ORDER BY ?f ?o",
        f"SELECT DISTINCT ?o {_of_studies('?s ?p ?o')} ORDER BY ?o",
        f"SELECT ?p (COUNT(*) AS ?n) {_of_studies('?s ?p ?o')} GROUP BY ?p",
        "SELECT ?c ?d { ?c rdfs:subClassOf+ ?d FILTER(ISIRI(?d)) }",
        'SELECT ?s ?l { ?s rdfs:label ?l FILTER REGEX(?l, "bone", "i") }',
        "CONSTRUCT { ?s ?p ?o } " + _of_studies("?s ?p ?o"),
        "DESCRIBE okg:BoneMass",
    )
]
HOSTILE = [
    FAR_TOO_MUCH,
    f"SELECT * {{ {_PRODUCT} }} ORDER BY ?c0 ?c1",
    f"SELECT * {{ {_PRODUCT} }}",
    f"SELECT (GROUP_CONCAT(?c0) AS ?n) {{ {_PRODUCT} }}",
    f"CONSTRUCT {{ ?a0 ?b1 ?c2 }} {{ {_PRODUCT} }}",
    f"ASK {'{' * 400_000}{'}' * 400_000}",
    f"ASK {{ FILTER({'(' * 200_000}1{')' * 200_000}) }}",
    f"SELECT * {{ ?s ?p {'[ ?p ' * 200}1{']' * 200} }}",
    f"SELECT * {{ VALUES ?x {{{' 1' * 100_000}}} VALUES ?y {{{' 1' * 100_000}}} }}",
    'ASK { ?s ?p ?o FILTER REGEX(STR(?o), "(a{1,1000}){1,1000}") }',
    f"ASK {{ FILTER({'+'.join(['1'] * 50_000)}) }}",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }",
]
_DIRECT = {"Content-Type": "application/sparql-query"}


async def read(service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Ask one of the queries, in any form of the protocol and any format, cached or not."""
    query = chance.choice(QUERIES)
    is_graph = "CONSTRUCT" in query or "DESCRIBE" in query
    format_ = chance.choice(RDF_FORMATS if is_graph else ROW_FORMATS)
    if query.startswith(PREFIXES + "ASK"):
        format_ = chance.choice(ROW_FORMATS[:2])
    text = f"{query}\n# {next(service.number)}" if chance.random() < 0.5 else query
    headers = {"Accept": format_.media_types[0]}
    if chance.random() < 0.5:
        headers["Accept-Encoding"] = "identity"
    form = chance.choice(("get", "form", "direct", "head", "again"))
    if form == "form":
        answer = await client.post("/sparql", data={"query": text}, headers=headers)
    elif form == "direct":
        answer = await client.post("/sparql", content=text, headers={**headers, **_DIRECT})
    else:
        method = "HEAD" if form == "head" else "GET"
        answer = await client.request(method, "/sparql", params={"query": text}, headers=headers)
    if limit := limit_in(answer):
        return limit
    check(answer.status_code == 200, f"{form} of {query}", answer)
    check(answer.headers["content-type"].startswith(format_.media_types[0]), "another type", answer)
    if form == "head":
        check(not answer.content, "HEAD with a body", answer)
        return "right"
    check(said(answer.content, format_) == service.right(query, format_), query, answer)
    if form == "again":
        headers["If-None-Match"] = answer.headers["etag"]
        again = await client.get("/sparql", params={"query": text}, headers=headers)
        same = again.headers.get("osteokg-version") == answer.headers["osteokg-version"]
        check(again.status_code == (304 if same else 200) or limit_in(again), "asked again", again)
    return "right"


async def ask_too_much(service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Ask for what nobody could answer."""
    query = f"{chance.choice(HOSTILE)}\n# {next(service.number)}"
    try:
        answer = await client.post("/sparql", content=query, headers=_DIRECT)
    except httpx2.RemoteProtocolError:
        return "cut"
    if "SERVICE" in query:
        check(answer.status_code == 400 and "SERVICE at line 1" in answer.text, "SERVICE", answer)
        return "refused"
    if "[ ?p" not in query and query.startswith("ASK") and answer.status_code == 200:
        check("boolean" in answer.json(), query[:100], answer)  # deep, and yet read
        return "right"
    nested = answer.status_code == 400 and errors.QueryNestingError.title in answer.text
    check(nested or limit_in(answer), query[:100], answer)
    return "too deep" if nested else limit_in(answer)


PAGES: Mapping[str, tuple[str, str]] = {
    "/": ("text/html", "OsteoKG"),
    "/sparql": ("text/html", "<textarea"),
    f"/sparql?{urlencode({'query': 'ASK {}'})}": ("text/html", "yes"),
    "/findings": ("text/html", "<table"),
    "/findings ": ("application/json", '"total"'),
    "/findings.csv": ("text/csv", "finding,kind,contrast"),
    "/findings.jsonld": ("application/ld+json", '"@context"'),
    "/versions": ("text/html", "ersion"),
    "/versions ": ("application/json", '"current"'),
    "/versions.atom": ("application/atom+xml", "<entry>"),
    "/ontology": ("text/html", "bone mass"),
    "/ontology.ttl": ("text/turtle", "owl:Ontology"),
    "/vocab/BoneMass": ("text/html", "bone mass"),
    "/vocab/BoneMass.ttl": ("text/turtle", "BoneMass"),
    "/queries": ("text/html", "<a href"),
    "/sparql  ": ("text/turtle", "sd:Service"),
    "/openapi.json": ("application/json", '"openapi"'),
    "/health": ("application/json", '"ok"'),
    "/ready": ("application/json", '"'),
    "/metrics": ("text/plain", "osteokg_workers"),
}


async def look(_service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Look at a page, or what stands for one."""
    path, (accept, words) = chance.choice(list(PAGES.items()))
    answer = await client.get(path.strip(), headers={"Accept": accept}, follow_redirects=True)
    if limit := limit_in(answer):
        return limit
    check(answer.status_code == 200 and words in answer.text, path, answer)
    return "right"


WRONG: list[tuple[int, str, dict[str, str]]] = [
    (400, "/sparql?" + urlencode({"query": "SELECT * { ?s ?p }"}), {}),
    (400, "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}),
    (400, "/sparql?query=%FF", {}),
    (400, "/sparql?update=CLEAR%20ALL", {}),
    (406, "/sparql?query=ASK%7B%7D", {"Accept": "image/png"}),
    (410, "/sparql?query=ASK%7B%7D&version=" + "0" * 64, {}),
    (404, "/id/finding/none", {}),
    (404, "/graphs?graph=https://example.org/none", {}),
    (404, "/nowhere", {}),
]


async def err(_service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Ask for what cannot be given."""
    status, path, headers = chance.choice(WRONG)
    answer = await client.get(path, headers=headers)
    if limit := limit_in(answer):
        return limit
    check(answer.status_code == status, f"{path} should be {status}", answer)
    told = answer.json()
    check(told["status"] == status and told["title"] and told["detail"], path, answer)
    if "SELECT" in path:
        check(told["line"] == 1 and told["column"], "the place of an error", answer)
    return "told so"


async def write(service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Write to a graph, in one way or the other, and read what was acknowledged."""
    graph = f"https://example.org/soak/{chance.choice(client.headers['x-graphs'].split())}"
    number: int | None = next(service.number)
    triple = f"<{graph}> <{COUNT}> {number} ."
    turtle = {"Content-Type": "text/turtle"}
    way = chance.choice(("update", "put", "post", "drop", "wrong", "late", "locked"))
    where = f"/graphs?graph={quote(graph, safe='')}"
    held = next((number for one, _, number in reversed(service.written) if one == graph), None)
    if way == "post" and held is None:
        way = "put"
    if way == "update":
        text = f"DROP SILENT GRAPH <{graph}> ; INSERT DATA {{ GRAPH <{graph}> {{ {triple} }} }}"
        answer = await client.post("/update", data={"update": text})
    elif way == "put":
        answer = await client.put(where, content=triple, headers=turtle)
    elif way == "post":
        more = f"<{graph}> <{COUNT}2> {number} ."
        answer = await client.post(where, content=more, headers=turtle)
        check(answer.status_code in (201, 204) or limit_in(answer), way, answer)
        number = held
    elif way == "drop":
        answer = await client.delete(where)
        status = 404 if held is None else 204
        check(answer.status_code == status or limit_in(answer), way, answer)
        number = None
    elif way == "wrong":
        content = f"<{BASE}id/finding/half-{number}> a <{VOCAB}Finding> ."
        answer = await client.put(where, content=content, headers=turtle)
        check(answer.status_code == 422 or limit_in(answer), way, answer)
    elif way == "late":
        answer = await client.put(where, content=triple, headers={**turtle, "If-Match": '"0.ttl"'})
        check(answer.status_code == 412, way, answer)
    else:
        text = f"INSERT DATA {{ GRAPH <{BASE}graph/ontology> {{ {triple} }} }}"
        answer = await client.post("/update", data={"update": text})
        check(answer.status_code == 409, way, answer)
    if answer.is_success:
        service.written.append((graph, answer.headers["osteokg-version"], number))
    elif way in ("update", "put"):
        return _no_write(answer)
    await _read_back(service, client, graph)
    return "written" if answer.is_success else "told so"


def _no_write(answer: httpx2.Response) -> str:
    check(limit_in(answer), "a write", answer)
    return limit_in(answer)


async def _read_back(service: Service, client: httpx2.AsyncClient, graph: str) -> None:
    """Read what the last write to a graph wrote, and what an earlier one did."""
    query = f"SELECT ?n {{ GRAPH <{graph}> {{ <{graph}> <{COUNT}> ?n }} }}"
    mine = [(number, version) for one, version, number in service.written if one == graph][-4:]
    for number, version in [(number, "") for number, _ in mine[-1:]] + mine:
        pinned = f"&version={version}" if version else ""
        answer = await client.get(f"/sparql?{urlencode({'query': query})}{pinned}&format=csv")
        if limit_in(answer) or (version and answer.status_code == 410):
            continue
        right = "n\r\n" + (f"{number}\r\n" if number is not None else "")
        check(answer.text == right, f"{graph} of version {version or 'now'}: {number}", answer)


async def validate(_service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Have a document judged that is wrong."""
    content = f"<{BASE}id/finding/half-{chance.random()}> a <{VOCAB}Finding> ."
    headers = {"Content-Type": "text/turtle", "Accept": "application/json"}
    answer = await client.post("/validate", content=content, headers=headers)
    if limit := limit_in(answer):
        return limit
    check(answer.status_code == 200 and not answer.json()["conforms"], "a judgement", answer)
    return "right"


async def read_slowly(service: Service, client: httpx2.AsyncClient, chance: random.Random) -> str:
    """Read a large answer slowly, to its end or not, or go away while it is made."""
    goes = chance.choice(("at once", "after some", "never"))
    query = f"{FAR_TOO_MUCH if goes == 'at once' else LARGE}\n# {next(service.number)}"
    headers = {**_DIRECT, "Accept": "text/csv"}
    asked = client.stream("POST", "/sparql", content=query, headers=headers)
    lines = 0
    try:
        async with asyncio.timeout(chance.random() if goes == "at once" else None), asked as answer:
            if answer.is_error:
                await answer.aread()
                check(limit := limit_in(answer), "a large answer", answer)
                return limit
            check(answer.status_code == 200, "a large answer", answer)
            async for part in answer.aiter_bytes(1 << 16):
                lines += part.count(b"\n")
                await asyncio.sleep(0.05)
                if goes == "after some":
                    return "went away"
    except TimeoutError:
        return "went away"
    except httpx2.RemoteProtocolError:
        return "cut"
    check(lines == LARGE_ROWS + 1, f"a large answer of {lines} lines")
    return "right"


HALVES = [
    (b"GET /sparql?query=ASK", b"408"),
    (b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nquery=", b"408"),
    (b"POST /update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"4"),
    (b"NONSENSE\r\n\r\n", b"400"),
    (b"", b""),
]


async def send_half(service: Service, chance: random.Random) -> str:
    """Send half a request and wait for the end, or go away."""
    half, status = chance.choice(HALVES)
    reader, writer = await asyncio.open_connection(
        service.host, service.port, local_addr=("127.0.0.20", 0)
    )
    try:
        writer.write(half)
        await writer.drain()
        if chance.random() < 0.3:
            return "went away"
        told = await asyncio.wait_for(reader.read(), 60)
        check(told.startswith(b"HTTP/1.1 " + status) if status else not told, f"{half!r}: {told!r}")
        return "closed"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


Act = Callable[[random.Random], Awaitable[str]]
CROWD: list[tuple[str, Callable[..., Awaitable[str]], int]] = [
    ("reader", read, 3),
    ("hostile", ask_too_much, 4),
    ("writer", write, 2),
    ("looking", look, 1),
    ("erring", err, 1),
    ("judged", validate, 1),
    ("slow", read_slowly, 2),
]
"""Who asks, and how many of them; each kind has an address of its own."""


@contextlib.asynccontextmanager
async def crowd(service: Service) -> AsyncIterator[dict[str, Act]]:
    """Give the acts of every client, by a name."""
    acts: dict[str, Act] = {}
    async with contextlib.AsyncExitStack() as held:
        for place, (kind, does, many) in enumerate(CROWD, start=2):
            for number in range(1, many + 1):
                client = await held.enter_async_context(service.client(f"127.0.0.{place}"))
                if does is write:
                    client.headers |= {"Authorization": f"Bearer {TOKEN}"}
                    client.headers |= {"X-Graphs": f"{number}a {number}b"}
                acts[f"{kind} {number}"] = partial(does, service, client)
        for number in (1, 2):
            acts[f"half {number}"] = partial(send_half, service)
        yield acts


def dumped(counts: Mapping[str, Counter[str]]) -> str:
    """Return what was told, by kind of client, as rows of Markdown."""
    kinds: dict[str, Counter[str]] = {}
    for name, told in counts.items():
        kinds.setdefault(name.split()[0], Counter()).update(told)
    rows = [
        f"| {kind} | {sum(told.values())} | "
        + ", ".join(f"{number} {what}" for what, number in told.most_common())
        + " |"
        for kind, told in kinds.items()
    ]
    return "\n".join(rows) + "\n"
