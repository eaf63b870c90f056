"""Holdings: which version an endpoint holds, so that an answer is never taken for another's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from osteokg.kg.errors import TimeLimitError, UnavailableError
from osteokg.kg.names import BASE, PREFIXES, graph_iri
from osteokg.kg.remote.dialects import LIST, UNION, Dialect, Fields, Loaded, Posted, dialect_of
from osteokg.kg.remote.endpoint import Endpoint, said_by
from osteokg.kg.remote.rows import Row, RowReader

__all__ = ["NAMED_GRAPH", "Holdings", "ask_rows"]

_log = logging.getLogger("osteokg.remote")

METADATA = graph_iri("metadata")
NAMED_GRAPH = "http://www.w3.org/ns/sparql-service-description#namedGraph"

_IDENTIFIER = (
    f"SELECT ?id WHERE {{ GRAPH <{METADATA}> "
    f"{{ <{BASE}> <{PREFIXES['dcterms']}identifier> ?id }} }}"
)
_SAID = f"SELECT ?n WHERE {{ GRAPH <{METADATA}> {{ ?version <{PREFIXES['void']}triples> ?n }} }}"
_OWN = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{METADATA}> {{ ?s ?p ?o }} }}"
_UNION = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_GRAPHS = f"SELECT ?g WHERE {{ GRAPH <{LIST}> {{ <{BASE}> <{NAMED_GRAPH}> ?g }} }} LIMIT 2001"
_SECONDS = 10.0


class Holdings:
    """Know what an endpoint holds and in what dialect it is asked.

    A version is known by the identifier in its metadata graph, which ``osteokg load`` writes last
    and takes away first, and only if the default graph has as many triples as the version says:
    then it is the union of its graphs, each triple once.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Know nothing yet; ``refresh`` asks."""
        self.loaded = Loaded()
        self.dialect = Dialect()
        self._endpoint = endpoint
        self._asking = asyncio.Lock()

    async def refresh(self) -> Loaded:
        """Ask what is held and return it. Raises UnavailableError, TimeLimitError."""
        async with self._asking:
            found = await self._identifier()
            if found != self.loaded.version:
                self.loaded = Loaded()  # until the new one is known to be whole
                self.loaded = await self._recognised(found)
            return self.loaded

    async def still(self, loaded: Loaded) -> None:
        """Raise UnavailableError if something else is held than what an answer was made from."""
        if not loaded.version:
            return
        found = await self._identifier()
        if found != loaded.version or self.loaded != loaded:
            await self.refresh()
            raise UnavailableError(
                "The data were replaced while this was answered: ask again.", retry_after=1
            )

    async def _identifier(self) -> str:
        headers, rows = await ask_rows(self._endpoint, [("query", _IDENTIFIER)])
        self.dialect = dialect_of(headers)
        values = [row["id"]["value"] for row in rows if "id" in row]
        return values[0] if len(values) == 1 else ""

    async def _recognised(self, version: str) -> Loaded:
        if not version:
            return Loaded()
        own = self.dialect.own_default_graph
        fields: Fields = [] if own else [("default-graph-uri", UNION)]
        there = await self._number(_UNION, fields)
        said = await self._number(_SAID, []) + await self._number(_OWN, [])
        if there != said:
            _log.warning(
                "the endpoint holds version %s, but asked without GRAPH it has %d triples instead "
                "of %d; answers are not taken for that version's. 'osteokg load' puts it right.",
                version[:12],
                there,
                said,
            )
            return Loaded()
        graphs = [] if own else (await ask_rows(self._endpoint, [("query", _GRAPHS)]))[1]
        return Loaded(version, tuple(sorted(row["g"]["value"] for row in graphs)))

    async def _number(self, text: str, fields: Fields) -> int:
        _, rows = await ask_rows(self._endpoint, [("query", text), *fields])
        try:
            return int(rows[0]["n"]["value"])
        except (IndexError, KeyError, ValueError):
            return -1


async def ask_rows(
    endpoint: Endpoint, fields: Sequence[tuple[str, str]], seconds: float = _SECONDS
) -> tuple[dict[str, str], list[Row]]:
    """Return the headers and all rows of a small answer to a question of our own.

    Raises UnavailableError, TimeLimitError, LimitError, RequestError.
    """
    rows: list[Row] = []
    reader = RowReader()
    try:
        async with (
            asyncio.timeout(seconds),
            endpoint.ask(fields, "application/sparql-results+json") as response,
        ):
            headers = {name.lower(): value for name, value in response.headers.items()}
            if response.status_code != 200:
                dialect = dialect_of(headers)
                raise dialect.failure(response.status_code, await said_by(response))
            dialect_of(headers).check_head(200, headers, Posted([], limit=None))
            async for part in response.aiter_bytes():
                rows += reader.read(part)
            reader.end()
    except TimeoutError as error:
        raise TimeLimitError("The remote engine takes too long.", 5) from error
    return headers, rows
