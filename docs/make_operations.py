"""Write what docs/operations.md says of settings and numbers, from the code.

``python docs/make_operations.py`` writes the parts between the markers ``<!-- settings -->`` and
``<!-- metrics -->`` and their ends; ``--check`` changes nothing and exits 1 if one is stale.
"""

import sys
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

from markers import main

from osteokg.api.keeper import Doorkeeper
from osteokg.api.log import Outbox
from osteokg.api.metrics import Metrics, of_cache, of_door, of_engine, of_log, of_version
from osteokg.api.settings import Settings, settings_of
from osteokg.kg.cache import CacheStatus

PAGE = Path(__file__).parent / "operations.md"


def settings() -> str:
    """Return a table of the settings for each group of them."""
    parts = []
    for group, members in groupby(settings_of(), key=lambda one: one.group):
        rows = "".join(
            f"| `{one.option}` | `{one.variable}` | {one.shown_default} | {one.words} |\n"
            for one in members
        )
        parts.append(f"**{group}**\n\n| option | variable | default | |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def metrics() -> str:
    """Return a table of the numbers, without those of the process that every client library has."""
    numbers = Metrics()
    none = SimpleNamespace(
        **dict.fromkeys(("workers", "idle", "quick", "slow", "waiting", "promoted"), 0),
        **dict.fromkeys(("restarts", "spool_memory", "spool_disk"), 0),
        stopped={},
        loaded=(),
        isolated=True,
        memory_limited=True,
    )
    for source in (
        of_version("", ""),
        of_door(Doorkeeper(Settings())),
        of_engine(none),
        of_cache(CacheStatus(0)),
        of_log(Outbox(str)),
    ):
        told = list(source)
        numbers.add(lambda told=told: told)
    rows = "".join(
        f"| `{name}` | {type_} | {words} |\n"
        for name, type_, words in numbers.described()
        if name.startswith("osteokg")
    )
    return f"| name | type | |\n|---|---|---|\n{rows}"


if __name__ == "__main__":
    sys.exit(
        main(
            PAGE,
            lambda: {"settings": settings(), "metrics": metrics()},
            "python docs/make_operations.py",
        )
    )
