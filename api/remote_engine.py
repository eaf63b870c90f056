"""The remote engine from the command line: what is asked instead of a graph in this process."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pyoxigraph as ox

from osteokg.api.commands import build_version, tell_progress
from osteokg.api.opening import Opened
from osteokg.api.settings import Settings, from_environment, secrets_of
from osteokg.kg.dataset import Progress
from osteokg.kg.engine import Limits, ProcessStore, Snapshot
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.store import Store
from osteokg.kg.version import named_quads

__all__ = ["Elsewhere", "load", "look_elsewhere"]

_REHEARSAL = Limits(
    seconds=2, memory=256 << 20, rows=10_000_000, quick_slots=2, slow_slots=2, kept_loaded=0
)
"""What reading one query may take, before it is sent on."""
_SPARE = 4
"""So many connections besides, for looking which version is held."""


def _remote() -> ModuleType:
    """Return the package that asks remote engines. Raises RequestError without its extra."""
    try:
        from osteokg.kg import remote  # noqa: PLC0415 - an extra; only who needs it imports it
    except ImportError as error:
        raise RequestError(
            f"A remote engine needs the extra 'remote' ({error.name} is missing): "
            "pip install 'osteokg[remote]'."
        ) from error
    return remote


@dataclass(frozen=True)
class Elsewhere:
    """Hold what was prepared for a service in front of an engine elsewhere.

    ``nothing`` is an empty dataset: of it a query is asked first, to read it.
    """

    settings: Settings
    nothing: Snapshot

    async def open(self) -> Opened:
        """Ask the endpoint what it holds. Raises UnavailableError where it does not answer."""
        remote, settings = _remote(), self.settings
        limits = settings.engine
        endpoint = remote.Endpoint(
            settings.store,
            remote.Login(settings.store_user, settings.store_password, settings.store_token),
            limits.quick_slots + limits.slow_slots + _SPARE,
        )
        rehearsal = await ProcessStore.start(self.nothing, _REHEARSAL, workers=settings.workers)
        store: Store = await remote.RemoteStore.start(
            endpoint, rehearsal, limits, settings.store_seconds
        )
        return Opened(store, None, None, self.truth)

    def truth(self) -> str:
        """Tell what holds."""
        return f"what {urlsplit(self.settings.store).netloc} holds, read only"


def look_elsewhere(settings: Settings, evidence: Sequence[str], held: ExitStack) -> Elsewhere:
    """Prepare to serve what an endpoint holds; ``held`` lets go of what was taken.

    Raises RequestError for settings that do not go together, and without the extra.
    """
    if settings.plain or settings.data_dir or settings.write_token or evidence:
        raise RequestError(
            "--store serves what the endpoint holds, read only: without --plain, --data-dir, "
            "--write-token-file and --evidence. 'osteokg load' puts evidence there."
        )
    _remote()
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="osteokg-")))
    nothing = Snapshot("", folder / "nothing.nq")
    nothing.path.write_bytes(b"")
    return Elsewhere(settings, nothing)


def load(arguments: argparse.Namespace) -> int:
    """Build the graph and put it into the endpoint, with progress on stderr."""
    remote = _remote()
    settings, secrets = from_environment(), secrets_of()
    url = arguments.store
    if not url:
        raise RequestError("Name the endpoint to load: --store URL, or OSTEOKG_STORE.")
    login = remote.Login(settings.store_user, secrets["store_password"], secrets["store_token"])
    for address in filter(None, (url, arguments.update_url, arguments.graphs_url)):
        remote.check_address(address, login)
    version = build_version(find_sources(arguments.evidence))
    graphs: dict[str, list[ox.Triple]] = defaultdict(list)
    for quad in named_quads(version.store):
        assert isinstance(quad.graph_name, ox.NamedNode)
        graphs[quad.graph_name.value].append(quad.triple)

    async def loaded(progress: Progress) -> bool:
        endpoint = remote.Endpoint(url, login)
        try:
            return bool(
                await remote.load_version(
                    endpoint,
                    lambda engine: remote.Addresses.of(
                        url, engine, arguments.update_url, arguments.graphs_url
                    ),
                    version.id,
                    graphs,
                    progress,
                )
            )
        finally:
            await endpoint.close()

    with tell_progress() as progress:
        was_new = asyncio.run(loaded(progress))
    said = "is there now" if was_new else "was there already"
    number = sum(map(len, graphs.values()))
    sys.stderr.write(f"Version {version.id[:12]} {said}: {len(graphs)} graphs, {number} triples.\n")
    return 0
