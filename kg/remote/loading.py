"""Loading: put one built version into an endpoint, whole, and only then say that it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode, urlsplit, urlunsplit

import pyoxigraph as ox

from osteokg.kg.errors import RequestError
from osteokg.kg.names import BASE, PREFIXES
from osteokg.kg.remote.dialects import LIST, UNION
from osteokg.kg.remote.endpoint import Endpoint, said_by
from osteokg.kg.remote.holdings import METADATA, NAMED_GRAPH, Holdings, ask_rows
from osteokg.kg.remote.rows import Row

__all__ = ["Addresses", "load_version"]

Progress = Callable[[str], None]
Triples = Sequence[ox.Triple]

_PART = 20_000
"""So many triples are sent at once."""
_LOOKED_AT = 5_000
"""So many are asked for at once afterwards."""
_NAMED = 200
"""So many names stand in one VALUES: Virtuoso takes no more than some thousands."""
_SHOWN = 3
_LONG = 600.0
"""A step of the load takes so many seconds at most."""
_IDENTIFIER = f"{PREFIXES['dcterms']}identifier"
_NUMBERS = {f"{PREFIXES['xsd']}{name}" for name in ("decimal", "double", "float", "integer")}


@dataclass(frozen=True)
class Addresses:
    """Name where an engine is written to: by SPARQL Update, and by the Graph Store Protocol."""

    update: str
    graphs: str

    @classmethod
    def of(cls, endpoint: str, engine: str, update: str | None, graphs: str | None) -> Addresses:
        """Return the addresses given, or those that are known of an engine.

        Raises RequestError where one is neither.
        """
        if engine == "Virtuoso":
            parts = urlsplit(endpoint)
            folder = parts.path.rstrip("/").rpartition("/")[0]
            update = update or urlunsplit(parts._replace(path=f"{folder}/sparql-auth"))
            graphs = graphs or urlunsplit(parts._replace(path=f"{folder}/sparql-graph-crud-auth"))
        if not update or not graphs:
            raise RequestError(
                "It is not known where this engine is written to: give --update-url (SPARQL "
                "Update) and --graphs-url (Graph Store Protocol), as its manual has them."
            )
        return cls(update, graphs)


async def load_version(
    endpoint: Endpoint,
    addresses: Callable[[str], Addresses],
    version: str,
    graphs: Mapping[str, Triples],
    progress: Progress,
) -> bool:
    """Make an endpoint hold a version and no other; return whether there was anything to do.

    ``graphs`` are the named graphs, the metadata graph among them. Its identifier is taken away
    first and written last, when every graph has been read back: a load that ends before leaves an
    endpoint that holds no version. Raises RequestError for an endpoint that cannot keep what it is
    sent, UnavailableError, LimitError.
    """
    holdings = Holdings(endpoint)
    if (await holdings.refresh()).version == version:
        return False
    own = holdings.dialect.own_default_graph
    load = _Load(endpoint, addresses(holdings.dialect.name), None if own else UNION)
    await load.begin(graphs[METADATA])
    await load.forget_others(graphs)
    for number, (name, triples) in enumerate(sorted(graphs.items()), start=1):
        progress(f"graph {number} of {len(graphs)}, {len(triples)} triples")
        if name != METADATA:
            await load.put(name, triples)
    progress("joining the graphs")
    for names in _together(graphs, _PART):
        await load.join(names)
    if not own:
        await load.put(LIST, _list_of(graphs))
    for number, (name, triples) in enumerate(sorted(graphs.items()), start=1):
        progress(f"reading back graph {number} of {len(graphs)}")
        await load.compare(name, triples if name != METADATA else _without_identifier(triples))
    union = {triple for triples in graphs.values() for triple in _without_identifier(triples)}
    await load.compare_union(len(union))
    await load.end(version)
    return True


class _Load:
    """Write to one endpoint: named graphs, and their union where questions without GRAPH go."""

    def __init__(self, endpoint: Endpoint, addresses: Addresses, union: str | None) -> None:
        self._endpoint = endpoint
        self._addresses = addresses
        self._union = union

    async def begin(self, metadata: Triples) -> None:
        """Let the endpoint hold no version, and nothing in the union but what is to come."""
        strangers = 0 if await self._count(METADATA) else await self._count_union()
        if strangers and self._union is None:
            raise RequestError(
                f"The endpoint's default graph holds {strangers} triples that are not OsteoKG's, "
                "and would be replaced: give OsteoKG a data set of its own."
            )
        forget = f"DELETE WHERE {{ GRAPH <{METADATA}> {{ <{BASE}> <{_IDENTIFIER}> ?id }} }}"
        await self._update(forget)
        await self.put(METADATA, _without_identifier(metadata))
        await self._update("CLEAR DEFAULT" if self._union is None else f"CLEAR GRAPH <{UNION}>")

    async def forget_others(self, graphs: Iterable[str]) -> None:
        """Drop graphs of an earlier version that this one has not."""
        text = (
            "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } "
            f'FILTER(STRSTARTS(STR(?g), "{BASE}graph/")) }}'
        )
        _, rows = await ask_rows(self._endpoint, [("query", text)], _LONG)
        kept = {*graphs, UNION, LIST}
        for name in {row["g"]["value"] for row in rows} - kept:
            await self._update(f"DROP SILENT GRAPH <{name}>")

    async def put(self, graph: str, triples: Triples) -> None:
        """Make a graph hold these triples and no others.

        Blank nodes keep together only in one request: what has any goes first, all at once.
        """
        blank = [triple for triple in triples if _is_blank(triple)]
        named = [triple for triple in triples if not _is_blank(triple)]
        url = f"{self._addresses.graphs}?{urlencode({'graph': graph})}"
        method = "PUT"
        room = max(_PART - len(blank), 0)
        for part in ([*blank, *named[:room]], *_parts(named[room:], _PART)):
            content = ox.serialize(part, format=ox.RdfFormat.N_TRIPLES) or b""
            await self._send(method, url, content, "application/n-triples")
            method = "POST"

    async def join(self, graphs: Iterable[str]) -> None:
        """Add graphs to the union, there: so their blank nodes are the same in both."""
        into = f"GRAPH <{self._union}> {{ ?s ?p ?o }}" if self._union else "?s ?p ?o"
        names = " ".join(f"<{name}>" for name in graphs)
        where = f"VALUES ?g {{ {names} }} GRAPH ?g {{ ?s ?p ?o }}"
        await self._update(f"INSERT {{ {into} }} WHERE {{ {where} }}")

    async def compare(self, graph: str, triples: Triples) -> None:
        """Read a graph back. Raises RequestError where anything was lost or changed."""
        there = await self._count(graph)
        if there != len(triples):
            raise RequestError(
                f"The endpoint keeps {there} of the {len(triples)} triples of <{graph}>."
            )
        named = [triple for triple in triples if isinstance(triple.subject, ox.NamedNode)]
        by_subject: dict[str, list[ox.Triple]] = {}
        for triple in named:
            by_subject.setdefault(str(triple.subject), []).append(triple)
        changed: list[str] = []
        for subjects in _together(by_subject, _LOOKED_AT):
            chosen = (
                "" if len(subjects) == len(by_subject) else f"VALUES ?s {{ {' '.join(subjects)} }}"
            )
            text = f"SELECT ?s ?p ?o WHERE {{ {chosen} GRAPH <{graph}> {{ ?s ?p ?o }} }}"
            _, rows = await ask_rows(self._endpoint, [("query", text)], _LONG)
            meant = {_said(triple): triple for one in subjects for triple in by_subject[one]}
            found = {_told(row) for row in rows}
            changed += [str(meant[key]) for key in meant.keys() - found]
        if changed:
            shown = "\n".join(sorted(changed)[:_SHOWN])
            raise RequestError(
                f"The endpoint does not keep as they are {len(changed)} of the triples of "
                f"<{graph}>, among them\n{shown}"
            )

    async def compare_union(self, expected: int) -> None:
        """Count the union. Raises RequestError where it has more or fewer than it should."""
        there = await self._count_union()
        if there != expected:
            raise RequestError(
                f"Asked without GRAPH the endpoint has {there} triples instead of {expected}: it "
                "holds other data as well, or counts a triple twice that is in two graphs. Give "
                "OsteoKG a data set of its own."
            )

    async def end(self, version: str) -> None:
        """Say which version is there."""
        said = f'<{BASE}> <{_IDENTIFIER}> "{version}"'
        union = f"GRAPH <{self._union}> {{ {said} }}" if self._union else said
        await self._update(f"INSERT DATA {{ {union} }}")
        await self._update(f"INSERT DATA {{ GRAPH <{METADATA}> {{ {said} }} }}")

    async def _count(self, graph: str) -> int:
        text = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        _, rows = await ask_rows(self._endpoint, [("query", text)], _LONG)
        return int(rows[0]["n"]["value"])

    async def _count_union(self) -> int:
        if self._union:
            return await self._count(self._union)
        text = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
        _, rows = await ask_rows(self._endpoint, [("query", text)], _LONG)
        return int(rows[0]["n"]["value"])

    async def _update(self, text: str) -> None:
        content = urlencode({"update": text}).encode()
        form = "application/x-www-form-urlencoded"
        await self._send("POST", self._addresses.update, content, form)

    async def _send(self, method: str, url: str, content: bytes, kind: str) -> None:
        headers = {"Content-Type": kind}
        async with (
            asyncio.timeout(_LONG),
            self._endpoint.request(method, url, content, headers) as response,
        ):
            if response.status_code in (401, 403):
                raise RequestError(
                    f"The endpoint does not let this login write at {url.partition('?')[0]}: set "
                    "OSTEOKG_STORE_USER and OSTEOKG_STORE_PASSWORD, or OSTEOKG_STORE_TOKEN."
                )
            if response.status_code >= 300:
                said = await said_by(response)
                raise RequestError(
                    f"The endpoint does not take what is sent to {url.partition('?')[0]} "
                    f"(status {response.status_code}): {said[:300]}"
                )


def _is_blank(triple: ox.Triple) -> bool:
    return isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode)


def _without_identifier(triples: Triples) -> list[ox.Triple]:
    return [triple for triple in triples if triple.predicate.value != _IDENTIFIER]


def _list_of(graphs: Iterable[str]) -> list[ox.Triple]:
    has = ox.NamedNode(NAMED_GRAPH)
    return [ox.Triple(ox.NamedNode(BASE), has, ox.NamedNode(name)) for name in graphs]


def _parts(triples: Triples, size: int) -> Iterator[Triples]:
    for start in range(0, len(triples), size):
        yield triples[start : start + size]


def _together(by_name: Mapping[str, Triples], size: int) -> Iterator[list[str]]:
    """Give the names of what has about so many triples together."""
    names: list[str] = []
    total = 0
    for name, triples in by_name.items():
        if names and (total + len(triples) > size or len(names) == _NAMED):
            yield names
            names, total = [], 0
        names.append(name)
        total += len(triples)
    if names:
        yield names


def _said(triple: ox.Triple) -> tuple[str, ...]:
    value = triple.object
    assert isinstance(triple.subject, ox.NamedNode)
    if isinstance(value, ox.NamedNode):
        said: tuple[str, ...] = ("uri", value.value)
    elif isinstance(value, ox.Literal):
        said = _literal(value.value, value.language or "", value.datatype.value)
    else:
        said = ("bnode",)
    return (triple.subject.value, triple.predicate.value, *said)


def _told(row: Row) -> tuple[str, ...]:
    subject, value = row["s"]["value"], row["o"]
    if value["type"] == "literal":
        string = f"{PREFIXES['xsd']}string"
        said = _literal(value["value"], value.get("xml:lang", ""), value.get("datatype", string))
    elif value["type"] == "uri":
        said = ("uri", value["value"])
    else:
        said = ("bnode",)
    return (subject, row["p"]["value"], *said)


def _literal(value: str, language: str, datatype: str) -> tuple[str, ...]:
    """Return what a literal says: numbers by value, language tags in whatever case."""
    if language:
        return (value, language.lower())
    if datatype in _NUMBERS:
        try:
            return (str(Decimal(value).normalize()), datatype)
        except InvalidOperation:  # INF, NaN
            pass
    return (value, datatype)
