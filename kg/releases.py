"""Releases on demand: the files of a kept version, made when somebody first asks for one.

In a process of its own that gives way to queries, one version after the other; the last few that
were asked for stay on disk while the service runs.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from osteokg.kg.aside import give_way, work_aside
from osteokg.kg.errors import GoneError, UnavailableError
from osteokg.kg.files import Sources
from osteokg.kg.release import write_release
from osteokg.kg.version import Version
from osteokg.kg.worker.snapshot import Snapshot, load

__all__ = ["Release", "Releases"]


@dataclass(frozen=True)
class Release:
    """Hold a release that was made: its folder and the SHA-256 of each file but that of these."""

    folder: Path
    digests: Mapping[str, str]


class Releases:
    """Make releases of versions that ``find`` finds, and keep the last ``keep`` of them.

    ``patience`` is how many seconds a caller waits before it is told to come again, ``seconds``
    how many a release may take.
    """

    def __init__(
        self,
        find: Callable[[str], Snapshot | None],
        *,
        keep: int = 3,
        patience: float = 20,
        seconds: float = 1800,
    ) -> None:
        """Begin with none."""
        self._find = find
        self._keep = keep
        self._patience = patience
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory(prefix="osteokg-", ignore_cleanup_errors=True)
        self._made: OrderedDict[str, asyncio.Task[Release]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, version: str) -> Release:
        """Return the release of a version, made if it is not there.

        Raises GoneError for a version that is not kept, UnavailableError where it cannot be made,
        or is still being made when patience ends.
        """
        task = self._made.get(version)
        if task is None:
            snapshot = self._find(version)
            if snapshot is None:
                raise GoneError.of_version(version)
            task = self._made[version] = asyncio.create_task(self._make(snapshot))
        self._made.move_to_end(version)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise UnavailableError(
                "The files of this version are being made: ask again.", retry_after=10
            ) from error
        except UnavailableError:
            self._made.pop(version, None)  # whoever asks again has it tried again
            raise

    async def _make(self, snapshot: Snapshot) -> Release:
        async with self._turn:
            await self._make_room()
            unfinished = Path(self._folder.name) / f"{snapshot.id}.unfinished"
            await self._run(snapshot, unfinished)
            folder = unfinished.with_suffix("")
            await asyncio.to_thread(_replace, unfinished, folder)
            return await asyncio.to_thread(_release_in, folder)

    async def _make_room(self) -> None:
        """Let go of the releases that were not asked for longest."""
        done = [version for version, task in self._made.items() if task.done()]
        for version in done[: max(0, len(done) - self._keep + 1)]:
            del self._made[version]
            folder = Path(self._folder.name) / version
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _run(self, snapshot: Snapshot, folder: Path) -> None:
        words = json.dumps([snapshot.id, str(snapshot.path), str(folder)])
        await work_aside("osteokg.kg.releases", words, self._seconds, "The files of this version")

    async def close(self) -> None:
        """Stop what is under way and let go of the files."""
        tasks = list(self._made.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._folder.cleanup)


def _replace(unfinished: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def _release_in(folder: Path) -> Release:
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    return Release(folder, digests)


def main(words: str) -> None:
    """Write the release of a snapshot into a folder, in the process that was begun for it."""
    give_way()
    identifier, path, folder = json.loads(words)
    store = load(Snapshot(identifier, Path(path)))
    write_release(Version(identifier, store, Sources((), ())), Path(folder))


if __name__ == "__main__":
    main(sys.argv[1])
