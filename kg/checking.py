"""Checking: every problem of some evidence, found by looking at what changed since all was well.

Where there is no good state to begin with, or a change touches everything, everything is looked at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.dataset import Dataset, Progress, load
from osteokg.kg.errors import DataError
from osteokg.kg.files import Sources, digest_of
from osteokg.kg.incremental import Standard, neighbourhood
from osteokg.kg.known_good import Content, Fingerprint, KnownGood, content_of, number_of
from osteokg.kg.problems import Problem, errors_of, sort_problems
from osteokg.kg.rules import apply_rules
from osteokg.kg.touched import Touched, touched
from osteokg.kg.turtle import line_ends, line_index, read, text_of
from osteokg.kg.validation import joined, run_shapes, run_violation_queries, validate
from osteokg.kg.version import basis_of, cache_folder
from osteokg.kg.vocabulary import check_names

__all__ = ["Checked", "check_everything", "check_files", "known_good_of", "state_of"]


@dataclass(frozen=True)
class Checked:
    """Hold every problem of some evidence, and which of its files were looked at to find them."""

    problems: Sequence[Problem]
    looked_at: frozenset[Path]


def known_good_of(sources: Sources, folders: Sequence[str]) -> KnownGood | None:
    """Return where the last good state of evidence from some folders is kept.

    Another ontology, shape or rule, another release of the code: another state. None where nobody
    is at home and nothing is kept.
    """
    cache = cache_folder()
    if cache is None:
        return None
    places = [str(Path(folder).resolve()) for folder in sorted(folders)]
    name = digest_of([], basis_of(replace(sources, evidence=(), written=frozenset())), *places)
    return KnownGood(cache / "known-good" / f"{name}.sqlite")


def check_everything(
    sources: Sources, known: KnownGood | None, progress: Progress = lambda step: None
) -> Checked:
    """Look at everything; where all is well, that is the last good state from now on.

    Raises DataError where a file does not parse.
    """
    problems = _validated(sources, progress)
    if known is not None and not errors_of(problems):
        _keep(known, sources, problems)
    return Checked(problems, frozenset(sources.evidence))


def _begin(sources: Sources, known: KnownGood | None, progress: Progress) -> Checked:
    """Look at everything so that the next check need not.

    Where something is wrong, the good state is that of the files with nothing wrong, if they
    stand by themselves.
    """
    checked = check_everything(sources, known, progress)
    wrong = {problem.file for problem in errors_of(checked.problems)}
    if known is not None and wrong:
        right = tuple(path for path in sources.evidence if path not in wrong)
        check_everything(replace(sources, evidence=right), known, progress)
    return checked


def _validated(sources: Sources, progress: Progress) -> list[Problem]:
    progress("reading files")
    dataset = load(sources)
    apply_rules(dataset, progress=progress)
    return validate(dataset, progress)


def _keep(known: KnownGood, sources: Sources, warnings: Iterable[Problem]) -> None:
    contents = {path: state_of(path) for path in sources.evidence}
    try:
        known.keep(contents, warnings)
    except (OSError, sqlite3.Error):  # a cache: without it the next check takes longer
        return


def state_of(path: Path) -> tuple[Fingerprint, Content]:
    """Return what a file that parses is and says. Raises DataError for one that changed since."""
    seen = Fingerprint.of(path)
    triples = read(path)
    if isinstance(triples, Problem):
        raise DataError([triples])
    return seen, content_of(triples)


def check_files(
    sources: Sources, known: KnownGood | None, progress: Progress = lambda step: None
) -> Checked:
    """Return what ``check_everything`` finds, looking only at what changed and what it touches.

    Changed are all files that differ from the last good state. Raises DataError where one of
    them does not parse.
    """
    if known is None or not known.exists():
        return _begin(sources, known, progress)
    try:
        return _check_changes(sources, known, progress)
    except sqlite3.Error:  # the state is damaged: it is made anew
        return _begin(sources, known, progress)


def _check_changes(sources: Sources, known: KnownGood, progress: Progress) -> Checked:
    progress("looking for what changed")
    states, gone = _changed(sources, known)
    before = known.warnings()
    if not states and not gone:
        return Checked(before, frozenset())
    now = {path: content for path, (_, content) in states.items()}
    part = touched(known, {**now, **dict.fromkeys(gone, Content())})
    if part is None:
        return check_everything(sources, known, progress)
    problems = sort_problems(
        [
            *line_ends(now),
            *_problems_in(sources, part, now.keys(), progress),
            *_kept(before, part, now, gone),
        ]
    )
    if not errors_of(problems):
        known.change(states, gone, problems)
    return Checked(problems, part.files)


def _changed(
    sources: Sources, known: KnownGood
) -> tuple[dict[Path, tuple[Fingerprint, Content]], list[Path]]:
    """Return the files that are not as they were, as they are now, and those that are gone."""
    before = known.files()
    states: dict[Path, tuple[Fingerprint, Content]] = {}
    problems: list[Problem] = []
    for path in sources.evidence:
        seen = before.get(path)
        stat = path.stat()
        if seen and (seen.size, seen.modified) == (stat.st_size, stat.st_mtime_ns):
            continue
        try:
            state = state_of(path)
        except DataError as error:
            problems.extend(error.problems)
            continue
        if seen is None or state[0].digest != seen.digest:
            states[path] = state
    if problems:
        raise DataError(problems)
    return states, sorted(before.keys() - set(sources.evidence))


def _problems_in(
    sources: Sources, part: Touched, changed: Iterable[Path], progress: Progress
) -> list[Problem]:
    """Return the problems of what a change touches, found in a part of the evidence."""
    progress(f"looking at {len(part.files)} files")
    # A file that changed and says the same may say it twice.
    looked_at = {*part.files, *changed}
    evidence = tuple(path for path in sources.evidence if path in looked_at)
    dataset = load(replace(sources, evidence=evidence))
    apply_rules(dataset)
    standard = Standard.of(dataset)
    nodes = _nodes(dataset, part)
    seen = {text_of(node) for node in nodes}
    files = set(changed)
    names = [
        problem
        for problem in check_names(dataset, names=standard.names)
        if problem.focus in seen or problem.file in files
    ]
    of_shapes = run_shapes(dataset, standard.shapes, neighbourhood(dataset, nodes, standard.reach))
    of_queries = run_violation_queries(dataset)
    return joined(
        dataset,
        names,
        [problem for problem in of_shapes if problem.focus in seen],
        [problem for problem in of_queries if problem.focus in seen],
    )


def _nodes(dataset: Dataset, part: Touched) -> set[ox.NamedNode | ox.BlankNode]:
    return {
        triple.subject
        for _, triple in dataset.evidence_triples()
        if isinstance(triple.subject, ox.BlankNode)
        or (
            isinstance(triple.subject, ox.NamedNode)
            and number_of(triple.subject.value) in part.things
        )
    }


def _kept(
    before: Iterable[Problem], part: Touched, changed: Collection[Path], gone: Collection[Path]
) -> Iterator[Problem]:
    """Yield the warnings on what nothing touched, where they stand now."""
    for problem in before:
        focus, path = problem.focus, problem.file
        of_a_file = focus is None and path in changed
        if path in gone or of_a_file or (focus is not None and number_of(focus) in part.things):
            continue
        if path is not None and path in changed and focus is not None:
            line = line_index(path).find(focus, problem.path, problem.value)
            yield replace(problem, line=line)
        else:
            yield problem
