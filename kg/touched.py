"""Touched: which files a change must be looked at with, and of which things the verdict may change.

What is said of a thing rests on what it names, by however many steps, on what names it, on the
other things of its study and of the joint citations of that, on background studies, and on things
that meet it at a value (a DOI, a number of a reference list). Followed from what changed this gives
a small part of the evidence in which the verdict on what is touched is the verdict in the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from osteokg.kg.known_good import Content, KnownGood

__all__ = ["Touched", "touched"]


@dataclass(frozen=True)
class Touched:
    """Hold the files to look at and the numbers of the things whose verdict counts there."""

    files: frozenset[Path]
    things: frozenset[int]


def touched(known: KnownGood, now: Mapping[Path, Content]) -> Touched | None:
    """Return what a change touches, given what the changed files say now, nothing if gone.

    None where it touches everything: something is said of a term, or of a background study.
    """
    before = {path: known.content(path) for path in now}
    contents = [*before.values(), *now.values()]
    if any(content.strange for content in contents):
        return None
    changed = {
        thing
        for path in now
        for thing in before[path].said.keys() | now[path].said.keys()
        if before[path].said.get(thing) != now[path].said.get(thing)
    }
    if any(content.background & _reach(content, changed) for content in contents):
        return None
    state = _State(known, now)
    named = {other for one in contents for thing, other in one.edges if thing in changed}
    values = {value for one in contents for thing, value in one.meetings if thing in changed}
    above = state.above(changed)
    met = {thing for _, thing in state.find("meeting", values)}
    # Whatever stands in a changed file, and in those of the joint citations it has part in.
    beside = state.joint(set(now), contents)
    own = set(chain.from_iterable(_own(state.content(path)) for path in beside))
    things = changed | named | above | met | own
    files = state.context({path for path, _ in state.find("describing", things)} | set(now), things)
    return Touched(frozenset(files), frozenset(things))


def _reach(content: Content, things: set[int]) -> set[int]:
    """Return some things and what they lead to within a file."""
    reached = things & content.said.keys()
    new = reached
    while new:
        new = {other for thing, other in content.edges if thing in new} - reached
        reached = reached | new
    return reached


def _own(content: Content) -> set[int]:
    """Return the things of a file that others do not name as a matter of course."""
    return content.said.keys() - content.common


class _State:
    """Know all files as they are now: the changed ones as given, the others as they were."""

    def __init__(self, known: KnownGood, now: Mapping[Path, Content]) -> None:
        self.known = known
        self.now = now
        self._looked_up: dict[Path, Content] = dict(now)

    def content(self, path: Path) -> Content:
        if path not in self._looked_up:
            self._looked_up[path] = self.known.content(path)
        return self._looked_up[path]

    def find(self, lookup: str, numbers: set[int]) -> set[tuple[Path, int]]:
        """Return what ``KnownGood.find`` returns, of the files as they are now."""
        found = self.known.find(lookup, numbers, without=self.now)
        for path, content in self.now.items():
            if lookup == "describing":
                hits: Iterable[int] = content.said.keys() & numbers
            elif lookup == "meeting":
                hits = (thing for thing, value in content.meetings if value in numbers)
            elif lookup == "naming":
                hits = (thing for thing, other in content.edges if other in numbers)
            else:
                hits = (other for _, other in content.edges if other in numbers)
            found.update((path, thing) for thing in hits)
        return found

    def above(self, things: set[int]) -> set[int]:
        """Return what names some things, what names that, and so on."""
        found: set[int] = set()
        new = things
        while new:
            new = {thing for _, thing in self.find("naming", new)} - found - things
            found |= new
        return found

    def joint(self, paths: set[Path], contents: Iterable[Content]) -> set[Path]:
        """Return files and those whose studies name theirs, or are named by theirs."""
        studies = {study for content in contents for study in content.studies}
        members = {
            other for content in contents for thing, other in content.edges if thing in studies
        }
        naming = {path for path, _ in self.find("naming", studies)}
        describing = {path for path, _ in self.find("describing", members)}
        of_studies = {path for path in describing if self.content(path).studies & members}
        return paths | naming | of_studies

    def context(self, holders: set[Path], things: set[int]) -> set[Path]:
        """Return the files in which the verdict on things in some files is that in the whole."""
        contents = [self.content(path) for path in holders]
        common = set().union(*(content.common for content in contents)) & things
        own = set().union(*(_own(content) for content in contents))
        files = self.joint(holders, contents) | self.known.background()
        files |= {path for path, _ in self.find("naming", own)}
        files |= {path for path, _ in self.find("named", common)}
        todo = files = {path for path in files if path not in self.now or self.now[path].said}
        while todo:
            names = {other for path in todo for _, other in self.content(path).edges}
            todo = {path for path, _ in self.find("describing", names)} - files
            files = files | todo
        return files
