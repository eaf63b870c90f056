"""Caps: whether an engine that cuts a graph without a word has cut this one."""

from __future__ import annotations

import asyncio
import math

from osteokg.kg.remote.dialects import Form, cut_at
from osteokg.kg.remote.endpoint import Endpoint
from osteokg.kg.remote.rows import RowReader

__all__ = ["Caps"]

_FOR = 60.0
"""For so many seconds the cap counts as known: whoever runs the engine may change it."""
_LEAST = 2000


class Caps:
    """Know the cap on rows that an engine is set to, which it tells with rows only.

    Virtuoso ends the answer to CONSTRUCT one triple after its ResultSetMaxRows, and DESCRIBE
    after so many things, and says nothing.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Know nothing yet."""
        self._endpoint = endpoint
        self._cap: int | None = None
        self._looked = 0
        self._until = 0.0

    async def check(self, form: Form, triples: int, subjects: int) -> None:
        """Raise SizeLimitError if a graph of so many triples may have been cut."""
        cap = await self._below(triples)
        if cap is not None and (triples > cap or (form == "DESCRIBE" and subjects >= cap)):
            raise cut_at(cap)

    async def _below(self, count: int) -> int | None:
        """Return the cap, None where there is none up to a count."""
        now = asyncio.get_running_loop().time()
        if now > self._until:
            self._cap, self._looked, self._until = None, 0, now + _FOR
        if self._cap is None and count > self._looked:
            wanted = max(_LEAST, 2 * count)
            self._cap = await self._ask(wanted)
            self._looked = wanted
        return self._cap

    async def _ask(self, wanted: int) -> int | None:
        """Ask for so many rows that depend on no data; the head of the answer tells the cap."""
        numbers = " ".join(map(str, range(math.ceil(wanted ** (1 / 3)) + 1)))
        values = " ".join(f"VALUES {name} {{ {numbers} }}" for name in ("?a", "?b", "?c"))
        text = f"SELECT ?a WHERE {{ {values} }} LIMIT {wanted}"
        accept = "application/sparql-results+json"
        async with self._endpoint.ask([("query", text)], accept) as response:
            told = str(response.headers.get("x-sparql-maxrows", ""))
            if told.isdecimal():
                return int(told)
            reader, rows = RowReader(), 0
            async for part in response.aiter_bytes():
                rows += len(await asyncio.to_thread(reader.read, part))
            reader.end()
        return None if rows == wanted else rows
