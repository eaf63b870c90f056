"""The command ``osteokg status import``: retractions and corrections into the evidence."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from osteokg.api.commands import replace_file, tell_progress
from osteokg.api.differences import rendered
from osteokg.kg.comparison import Comparison, compare
from osteokg.kg.dataset import Progress
from osteokg.kg.files import Sources, find_sources
from osteokg.kg.names import contract
from osteokg.kg.sides import side_of_files
from osteokg.kg.status_feed import read_feed
from osteokg.kg.statuses import Outcome, StatusImport, plan_import

__all__ = ["add_arguments", "import_statuses"]


def add_arguments(status: argparse.ArgumentParser, evidence: argparse.ArgumentParser) -> None:
    """Add the arguments of ``osteokg status``."""
    commands = status.add_subparsers(dest="status_command", required=True, metavar="COMMAND")
    words = "Write the statuses that a table gives into the evidence."
    importing = commands.add_parser("import", parents=[evidence], help=words, description=words)
    importing.description = (
        f"{words} The table is the Retraction Watch data (CSV) or a list with the columns status "
        "and doi or pmid, and where wanted notice, source, date. Rows are matched by DOI or PubMed "
        "identifier, never by title. Nothing is written where a row is wrong or ambiguous."
    )
    importing.add_argument("feed", type=Path, metavar="FILE")
    importing.add_argument(
        "--dry-run",
        action="store_true",
        help="write nothing; tell what would change, down to findings and conclusions",
    )
    importing.add_argument(
        "--seen",
        type=_day,
        default=datetime.now(UTC).date(),
        metavar="DAY",
        help="the day on which the table was fetched, e.g. 2026-01-31 (%(default)s)",
    )
    importing.add_argument(
        "--source", metavar="URL", help="where the table is from, for rows that name no source"
    )
    importing.add_argument(
        "--list-unmatched", action="store_true", help="name every row that matches nothing"
    )
    importing.set_defaults(run=import_statuses)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no day: write 2026-01-31.") from error


def import_statuses(arguments: argparse.Namespace) -> int:
    """Take over the statuses that a feed gives, or tell what that would change."""
    sources = find_sources(arguments.evidence)
    with tell_progress() as progress:
        progress("reading the table")
        feed = read_feed(arguments.feed)
        progress("matching")
        plan = plan_import(sources.evidence, feed, arguments.feed, arguments.seen, arguments.source)
    for line in _told(plan, arguments.list_unmatched):
        print(line)
    if not plan.texts:
        print("Nothing changes.")
    elif arguments.dry_run:
        with tell_progress() as progress:
            comparison = _consequences(sources, plan, progress)
        print()
        sys.stdout.write(rendered(comparison, "text"))
        print("\nNothing was written: leave --dry-run out to do so.")
    else:
        for path, text in plan.texts.items():
            replace_file(path, text)
            print(f"written: {path}")
    return 0


def _told(plan: StatusImport, every_row: bool) -> list[str]:
    """Return in words what comes of each row."""
    lines = [_line(outcome) for outcome in plan.outcomes]
    matched = sum(outcome.rows for outcome in plan.outcomes)
    lines.append(
        f"{matched} rows match {len(plan.outcomes)} publications; {len(plan.unmatched)} match "
        f"nothing here; {len(plan.nameless)} name no DOI or PMID and are matched by nothing."
    )
    if plan.unread:
        lines.append(
            f"{len(plan.unread)} rows have an identifier that is neither a DOI nor a PMID and are "
            "about nothing here: --list-unmatched tells them."
        )
    if every_row:
        lines += [f"  row at line {n.line}: {n.about()}: not here" for n in plan.unmatched]
        lines += [f"  row at line {line}: no DOI or PMID" for line in plan.nameless]
        lines += [f"  row at line {row.line}: {row.wrong}" for row in plan.unread]
    if plan.without_identifier:
        names = ", ".join(contract(one.iri) for one in plan.without_identifier)
        lines.append(
            f"{len(plan.without_identifier)} publications here have neither DOI nor PMID, so that "
            f"no row can match them: {names}"
        )
    return lines


def _line(outcome: Outcome) -> str:
    name, notice = contract(outcome.publication.iri), outcome.notice
    was = outcome.publication.status
    told = {
        "changed": f"{was} → {notice.status}",
        "already": f"{was} already, left as it is",
        "kept": f"{was} is recorded and graver than {notice.status}: left as it is",
    }[outcome.kind]
    return f"{name}: {told} (line {notice.line}: {notice.words})"


def _consequences(sources: Sources, plan: StatusImport, progress: Progress) -> Comparison:
    """Return what the evidence would say otherwise, findings and conclusions included."""
    before = side_of_files("now", sources, progress)
    with tempfile.TemporaryDirectory() as folder:
        moved = {path: Path(folder) / path.name for path in plan.texts}
        for path, text in plan.texts.items():
            moved[path].write_text(text, encoding="utf-8")
        evidence = tuple(moved.get(path, path) for path in sources.evidence)
        after = side_of_files("then", replace(sources, evidence=evidence), progress)
    progress("comparing")
    return compare(before, after)
