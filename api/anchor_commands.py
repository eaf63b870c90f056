"""The command ``osteokg anchors``: hold the anchors against an article's text, and show them."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path

from osteokg.api.commands import build_version
from osteokg.kg.anchored import Anchored, anchored_in
from osteokg.kg.anchors import Source, Verdict, digest, piece_digests, read_source, verify
from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.files import find_sources
from osteokg.kg.names import contract, expand
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version

__all__ = ["add_arguments", "run"]

_WORDS = {
    "found": "stands in the text unbroken",
    "split": "stands in the text, torn apart",
    "changed": "stands in the text with other words",
    "missing": "is not in the text",
    "ambiguous": "stands in the text more than once",
}


def add_arguments(parser: argparse.ArgumentParser, evidence: argparse.ArgumentParser) -> None:
    """Give the parser of ``anchors`` its actions, those on the graph with ``--evidence``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--source", type=Path, required=True, metavar="FILE", help="the article's text, UTF-8"
    )
    common.add_argument(
        "--publication",
        metavar="SLUG",
        help="which publication the text is (default: the only one)",
    )
    verify_ = actions.add_parser(
        "verify",
        parents=[common, evidence],
        help="find every anchored sentence in the article's text",
    )
    verify_.add_argument("--all", action="store_true", help="list the found ones too")
    show = actions.add_parser(
        "show", parents=[common, evidence], help="print the sentences that a statement stands on"
    )
    show.add_argument("statement", metavar="FINDING", help="e.g. finding:iwamoto-2005-…")
    make = actions.add_parser("digest", help="print what an anchor keeps of a sentence")
    make.add_argument("text", help="the sentence, or - for standard input")


def run(arguments: argparse.Namespace) -> int:
    """Carry out an action of ``anchors``; exit code 1 where a sentence is not found."""
    if arguments.action == "digest":
        text = sys.stdin.read() if arguments.text == "-" else arguments.text
        print(f'okg:digest "{digest(text)}" ;\nokg:pieceDigests "{piece_digests(text)}" ;')
        return 0
    source = read_source(arguments.source)
    version = build_version(find_sources(arguments.evidence))
    anchored = _anchored(version, arguments.publication)
    if arguments.action == "verify":
        return _verify(anchored, source, arguments.all)
    return _show(anchored, source, expand(arguments.statement))


def _anchored(version: Version, slug: str | None) -> list[Anchored]:
    """Return the anchors of one publication with the statements that stand on each."""
    found = asyncio.run(_all_of(version))
    slugs = sorted({entry.publication.rpartition("/")[2] for entry in found})
    if slug is None and len(slugs) == 1:
        slug = slugs[0]
    if slug not in slugs:
        raise RequestError(
            f"Say with --publication which publication the text is: {', '.join(slugs) or 'none'} "
            "has anchors."
        )
    return [entry for entry in found if entry.publication.endswith(f"/{slug}")]


async def _all_of(version: Version) -> list[Anchored]:
    store = InProcessStore(version)
    try:
        return await anchored_in(store)
    finally:
        await store.close()


def _verify(anchored: list[Anchored], source: Source, everything: bool) -> int:
    statements = {entry.anchor.iri: entry.statements for entry in anchored}
    verdicts = verify([entry.anchor for entry in anchored], source)
    for verdict in verdicts:
        if everything or verdict.status != "found":
            standing = ", ".join(contract(iri) for iri in statements[verdict.anchor.iri][:3])
            told = f"{verdict.status}: {_WORDS[verdict.status]}{_lines(verdict, source)}"
            on_it = f" ({standing})" if standing and not _good(verdict) else ""
            print(f"{_name(verdict)}: {told}{on_it}")
    counted = Counter(verdict.status for verdict in verdicts)
    shown = ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))
    print(f"{len(verdicts)} anchors: {shown}.", file=sys.stderr)
    return 0 if all(_good(verdict) for verdict in verdicts) else 1


def _good(verdict: Verdict) -> bool:
    return verdict.status in ("found", "split")


def _name(verdict: Verdict) -> str:
    return f"{verdict.anchor.section}#{verdict.anchor.sentence}"


def _lines(verdict: Verdict, source: Source) -> str:
    lines = [str(source.line_of(place)) for place in verdict.places]
    return f", line {' and '.join(lines)}" if lines else ""


def _show(anchored: list[Anchored], source: Source, statement: str) -> int:
    wanted = {entry.anchor.iri for entry in anchored if statement in entry.statements}
    if not wanted:
        raise NotFoundError(f"{contract(statement)} stands on no anchor of this publication.")
    code = 0
    for verdict in verify([entry.anchor for entry in anchored], source):
        if verdict.anchor.iri not in wanted:
            continue
        if _good(verdict):
            print(f"{_name(verdict)}: {source.shown(verdict.places[0])}")
        else:
            print(f"{_name(verdict)}: {verdict.status}: {_WORDS[verdict.status]}")
            code = 1
    return code
