"""Comparisons on demand: what differs between two kept versions, found when somebody asks.

In a process of its own that gives way to queries, one after the other. Versions never change, so
that what was found holds as long as it is kept.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from pydantic import TypeAdapter

from osteokg.kg.aside import give_way, work_aside
from osteokg.kg.comparison import Comparison, compare, json_of
from osteokg.kg.errors import BusyError, GoneError, UnavailableError
from osteokg.kg.sides import side_of_snapshot
from osteokg.kg.worker.snapshot import Snapshot

__all__ = ["Comparisons"]


class Comparisons:
    """Compare versions that ``find`` finds, and keep the last ``keep`` comparisons.

    ``patience`` is how many seconds a caller waits before it is told to come again, ``seconds``
    how many a comparison may take.
    """

    def __init__(
        self,
        find: Callable[[str], Snapshot | None],
        *,
        keep: int = 32,
        patience: float = 20,
        seconds: float = 600,
    ) -> None:
        """Begin with none."""
        self._find = find
        self._keep = keep
        self._patience = patience
        self._seconds = seconds
        self._found: OrderedDict[tuple[str, str], asyncio.Task[Comparison]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, before: str, after: str) -> Comparison:
        """Return in what a version differs from another.

        Raises GoneError for a version that is not kept, UnavailableError where they cannot be
        compared, or still are when patience ends, BusyError where too many wait.
        """
        key = before, after
        if key not in self._found:
            sides = [self._snapshot(version) for version in key]
            self._make_room()
            self._found[key] = asyncio.create_task(self._compare(sides))
        self._found.move_to_end(key)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(self._found[key])
        except TimeoutError as error:
            raise UnavailableError(
                "The versions are being compared: ask again.", retry_after=5
            ) from error
        except UnavailableError:
            self._found.pop(key, None)  # whoever asks again has it tried again
            raise

    def _make_room(self) -> None:
        """Let go of the comparisons that were not asked for longest, but of none under way."""
        done = [key for key, task in self._found.items() if task.done()]
        for key in done[: max(0, len(self._found) - self._keep + 1)]:
            del self._found[key]
        if len(self._found) >= self._keep:
            raise BusyError(
                f"{self._keep} comparisons wait already: try again later.", retry_after=5
            )

    def _snapshot(self, version: str) -> Snapshot:
        snapshot = self._find(version)
        if snapshot is None:
            raise GoneError.of_version(version)
        return snapshot

    async def _compare(self, sides: list[Snapshot]) -> Comparison:
        words = json.dumps([[side.id, str(side.path)] for side in sides])
        async with self._turn:
            told = await work_aside(
                "osteokg.kg.comparing", words, self._seconds, "The comparison of these versions"
            )
        return TypeAdapter(Comparison).validate_json(told)

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._found.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main(words: str) -> None:
    """Write in what two versions differ, as JSON, in the process that was begun for it."""
    give_way()
    before, after = (
        side_of_snapshot(f"version {name[:12]}", Path(path)) for name, path in json.loads(words)
    )
    sys.stdout.write(json_of(compare(before, after)))


if __name__ == "__main__":
    main(sys.argv[1])
