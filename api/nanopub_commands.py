"""The command ``osteokg nanopub``: write nanopublications, sign them, verify those of a file."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pyoxigraph as ox

from osteokg.api.commands import build_version
from osteokg.kg.errors import RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.names import expand
from osteokg.kg.nanopub import (
    DATASET_FORMATS,
    Nanopub,
    faults_of,
    nanopubs,
    nanopubs_bytes,
    nanopubs_in,
)
from osteokg.kg.nanopub_index import indexes_of
from osteokg.kg.results import Format, format_named
from osteokg.kg.store import InProcessStore

__all__ = ["add_arguments", "run"]


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what the command is told."""
    command.add_argument(
        "statement",
        nargs="*",
        help="findings, claims, explanations … by CURIE or IRI (default: every statement, and the "
        "index of all)",
    )
    names = [format_.name for format_ in DATASET_FORMATS]
    command.add_argument("--format", choices=names, default=names[0])
    command.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="sign with this RSA key (PEM, or as the nanopub tools keep it); needs the [nanopub] "
        "extra: pip install 'osteokg[nanopub]'",
    )
    command.add_argument(
        "--creator", metavar="IRI", help="who signs, e.g. an ORCID: named as creator; with --key"
    )
    command.add_argument(
        "--verify",
        type=Path,
        metavar="FILE",
        help="instead: say whether the nanopublications in this file (.trig, .nq, .jsonld) are "
        "what their names and signatures say",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print nanopublications of the evidence, or what is wrong with those of a file."""
    if arguments.verify is not None:
        return _verify(arguments.verify)
    if arguments.creator and not arguments.key:
        raise RequestError("--creator names who signs: add --key FILE.")
    key = arguments.key and _signing("--key").read_key(arguments.key)
    wanted = [expand(name) for name in arguments.statement] or None
    version = build_version(find_sources(arguments.evidence))

    async def made() -> list[Nanopub]:
        store = InProcessStore(version)
        try:
            return await nanopubs(store, wanted)
        finally:
            await store.close()

    def finished(one: Nanopub) -> Nanopub:
        return _signing("--key").signed(one, key, arguments.creator) if key else one

    found = [finished(one) for one in asyncio.run(made())]
    if wanted is None:
        found += indexes_of(found, finished)
    format_ = format_named(arguments.format, DATASET_FORMATS)
    assert format_ is not None
    sys.stdout.flush()
    sys.stdout.buffer.write(nanopubs_bytes(found, format_))
    sys.stdout.buffer.flush()
    return 0


def _verify(path: Path) -> int:
    engine = _format_of(path).engine
    assert isinstance(engine, ox.RdfFormat)
    found = nanopubs_in(path.read_bytes(), engine)
    if not found:
        raise RequestError(f"{path}: there is no nanopublication in it.")
    signed = [one for one in found if one.is_signed]
    faults = [fault for one in found for fault in faults_of(one)]
    if signed:
        signing = _signing("a signature")
        faults += [fault for one in signed for fault in signing.signature_faults(one)]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    sys.stderr.write(f"{len(found)} nanopublications, {len(signed)} of them signed: ")
    sys.stderr.write(f"{len(faults)} faults.\n" if faults else "all as their names say.\n")
    return 1 if faults else 0


def _format_of(path: Path) -> Format:
    format_ = format_named(path.suffix.removeprefix("."), DATASET_FORMATS)
    if format_ is None:
        known = ", ".join(f".{format_.name}" for format_ in DATASET_FORMATS)
        raise RequestError(f"{path}: by its name this is no file of graphs; {known} are.")
    return format_


def _signing(what: str) -> ModuleType:
    """Return the module that signs. Raises RequestError without its extra."""
    try:
        from osteokg.kg import signing  # noqa: PLC0415 - an extra; only who signs imports it
    except ImportError as error:
        raise RequestError(
            f"{what} needs the extra 'nanopub' ({error.name} is missing): "
            "pip install 'osteokg[nanopub]'."
        ) from error
    return signing
