"""The command ``osteokg check``: once, of some files, or again at every save."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from osteokg.api.commands import files_in, report, tell_progress
from osteokg.kg.checking import check_everything, check_files, known_good_of
from osteokg.kg.dataset import Progress
from osteokg.kg.errors import DataError, OsteoKGError, RequestError
from osteokg.kg.files import TERMS, Sources, find_sources
from osteokg.kg.problems import Problem, errors_of, sort_problems
from osteokg.kg.reports import REPORTS

__all__ = ["add_arguments", "check"]

_INTERVAL = 0.3
"""Seconds between two looks at the files of a watch."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``osteokg check``."""
    parser.description = (
        f"{parser.description} Without PATH everything is looked at; with PATH, and at every save "
        "with --watch, what changed since all was well and what that touches."
    )
    parser.add_argument("path", nargs="*", type=Path, help="files or folders (default: all)")
    parser.add_argument(
        "--format",
        choices=tuple(REPORTS),
        default="text",
        help="text; json; ttl, a SHACL report; sarif, for code scanning; github, annotations",
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again at every save, until Ctrl-C"
    )


def check(arguments: argparse.Namespace) -> int:
    """Print every problem of the evidence, one line each; exit 1 if there is a violation."""
    if arguments.watch:
        if arguments.format != "text":
            raise RequestError("--watch tells people what changes, as text: leave --format out.")
        return _watch(arguments)
    asked = _Asked(tuple(arguments.evidence), tuple(arguments.path))
    number = len(files_in(arguments.path))
    try:
        with tell_progress() as progress:
            sources = find_sources(asked.evidence, more=_with_terms(asked.paths))
            number = number or len(sources.evidence)
            problems = asked.problems(sources, progress, anew=not asked.paths)
    except DataError as error:
        problems = sort_problems(error.problems)
    return report(problems, arguments.format, f"{number} files checked")


@dataclass(frozen=True)
class _Asked:
    """Hold which evidence is to be checked: folders of it, and single files or further folders."""

    evidence: tuple[str, ...]
    paths: tuple[Path, ...]

    def problems(
        self, sources: Sources, progress: Progress, anew: bool = False
    ) -> Sequence[Problem]:
        """Return the problems to tell. Raises DataError where a file does not parse.

        What forbids the data is told wherever it stands: a file can be wrong by what it does to
        another. Only warnings of files that were not asked about are left out.
        """
        known = known_good_of(sources, self.evidence)
        look = check_everything if anew else check_files
        asked = set(files_in(self.paths))
        return [
            problem
            for problem in look(sources, known, progress).problems
            if problem.severity == "violation" or not asked or problem.file in asked
        ]


def _with_terms(paths: Sequence[Path]) -> list[Path]:
    """Return the Turtle files that paths name, and the terms that lie beside them, as in import."""
    files = files_in(paths)
    beside = {terms for file in files for terms in file.parent.glob(f"*{TERMS}")}
    return [*files, *sorted(beside.difference(files))]


def _watch(arguments: argparse.Namespace) -> int:
    asked = _Asked(tuple(arguments.evidence), tuple(arguments.path))
    watch = Watch(asked.evidence, asked.paths)
    told: list[Problem] = []
    try:
        with _until_interrupted() as wait:
            for sources in watch.saves(wait):
                began = time.perf_counter()
                now = _problems_at(sources, asked)
                before, told = told, now  # first: who reads what is told may stop the watch at once
                _tell(before, told, time.perf_counter() - began)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return 1 if errors_of(told) else 0


@contextmanager
def _until_interrupted() -> Iterator[Callable[[float], None]]:
    """Give a way to wait that is ended by a Ctrl-C, though its exception was lost before.

    Python drops what is raised where nobody can catch it, as in a finaliser
    (https://docs.python.org/3/library/sys.html#sys.unraisablehook).
    """
    interrupted = False

    def interrupt(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    def wait(seconds: float) -> None:
        if not interrupted:
            time.sleep(seconds)
        if interrupted:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else whoever started it wants no Ctrl-C to count
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield wait
    finally:
        signal.signal(signal.SIGINT, before)


def _problems_at(sources: Sources | Exception, asked: _Asked) -> list[Problem]:
    """Return what is wrong at a moment, whatever it is."""
    try:
        if isinstance(sources, Exception):
            raise sources
        with tell_progress() as progress:
            return list(asked.problems(sources, progress))
    except DataError as error:
        return sort_problems(error.problems)
    except (OsteoKGError, OSError) as error:  # a folder is gone, a file vanished while it was read
        return [Problem(str(error), "files")]


def _tell(before: Sequence[Problem], now: Sequence[Problem], seconds: float) -> None:
    """Print what is wrong now and was not told yet, and what was mended."""
    known, there = {_sameness(one) for one in before}, {_sameness(one) for one in now}
    for problem in before:
        if _sameness(problem) not in there:
            print(f"mended: {problem.line_of_text()}")
    for problem in now:
        if _sameness(problem) not in known:
            print(problem.line_of_text())
    wrong = len(errors_of(now))
    print(
        f"{datetime.now().astimezone():%H:%M:%S} {wrong} violations, {len(now) - wrong} warnings "
        f"({seconds:.1f} s); waiting for the next save",
        file=sys.stderr,
    )
    sys.stdout.flush()


def _sameness(problem: Problem) -> tuple[object, ...]:
    """Return what a problem is, wherever its line has moved to."""
    return (problem.file, problem.constraint, problem.focus, problem.path, problem.message)


@dataclass
class Watch:
    """Notice that files of evidence were saved, by looking at them again and again.

    Looking works on every file system, network ones included, and needs nothing of the system;
    a state is told when it has stood still for one interval, so that no half-saved file is read.
    """

    evidence: Sequence[str]
    paths: Sequence[Path]
    interval: float = _INTERVAL
    _told: object = field(default=None, init=False)

    def saves(self, wait: Callable[[float], None]) -> Iterator[Sources | Exception]:
        """Yield the files at the beginning and after every save; an error where there are none."""
        before: object = None
        while True:
            sources, state = self._look()
            if state == before != self._told:
                self._told = state
                yield sources
            before = state
            wait(self.interval)

    def _look(self) -> tuple[Sources | Exception, object]:
        try:
            sources = find_sources(self.evidence, more=_with_terms(self.paths))
            return sources, {path: _stamp(path) for path in sources.given}
        except (OsteoKGError, OSError) as error:
            return error, str(error)


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
