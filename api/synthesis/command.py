"""The command ``osteokg synthesis``: what the evidence says taken together, on a terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys

from osteokg.api.commands import build_version
from osteokg.api.synthesis.asked import Asked, switches_in
from osteokg.api.synthesis.kinds import KINDS, Kind, json_of
from osteokg.api.synthesis.tables import COLUMNS, as_csv
from osteokg.api.text import aligned
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.filters import FILTERS, askable_of
from osteokg.kg.kept import Kept
from osteokg.kg.names import BASE, contract
from osteokg.kg.store import InProcessStore
from osteokg.kg.synthesis import SWITCHES, Selection
from osteokg.kg.version import Version

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``osteokg synthesis`` takes."""
    parser.add_argument("synthesis", choices=tuple(KINDS), help="what to show")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="WHAT",
        help=f"leave out {', '.join(SWITCHES)}; several with commas between them",
    )
    for name in FILTERS:
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="NAME",
            help=f"only findings of this {name}: name, CURIE or IRI; repeat for any of several",
        )
    parser.add_argument("--format", choices=("table", "csv", "json", "svg"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Show a synthesis; what leaving evidence out has changed goes to stderr with a table."""
    kind = KINDS[arguments.synthesis]
    if arguments.format == "svg" and not kind.drawn:
        drawn = ", ".join(name for name, one in KINDS.items() if one.drawn)
        raise RequestError(f"There is no drawing of {kind.name}; there are of {drawn}.")
    version = build_version(find_sources(arguments.evidence))
    sys.stdout.write(asyncio.run(_shown(kind, version, arguments)))
    return 0


async def _shown(kind: Kind, version: Version, arguments: argparse.Namespace) -> str:
    filters = [(name, value) for name in FILTERS for value in getattr(arguments, name)]
    store = InProcessStore(version)
    try:
        askable = await askable_of(store)
        selection = Selection(askable.read(filters), switches_in(arguments.without))
        found = await kind.run(Kept(store), selection, slice(None))
    finally:
        await store.close()
    asked = Asked(selection, filters)
    if arguments.format == "json":
        return json_of(kind, found, asked, version.id)
    if arguments.format == "csv":
        return as_csv(kind.rows(found), COLUMNS[kind.name])
    if arguments.format == "svg":
        from osteokg.api.synthesis.pages import drawing  # noqa: PLC0415 - the web framework with it

        return drawing(kind, kind.items(found), asked)
    for change in found.changes:
        told = f"{change.about}: {change.before or 'nothing'} → {change.after or 'nothing'}"
        sys.stderr.write(f"{told}\n")
    names = [name for name in COLUMNS[kind.name] if not name.endswith("_iri")][1:]
    return aligned(names, [[_cell(row[name]) for name in names] for row in kind.rows(found)])


def _cell(text: str) -> str:
    return contract(text) if text.startswith(BASE) else text
