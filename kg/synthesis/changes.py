"""Changes: what a synthesis says otherwise once some evidence is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Change", "changes_between"]

Told = Mapping[str, tuple[str, Mapping[str, str]]]
"""By IRI: what a thing is about, and what is said of it, aspect by aspect."""


@dataclass(frozen=True)
class Change:
    """Hold one thing that is said otherwise: of which thing, in which aspect.

    ``aspect`` is ``all`` for a thing of which nothing is left (``after`` is empty) or that was not
    there before (``before`` is empty).
    """

    iri: str
    about: str
    aspect: str
    before: str
    after: str


def changes_between(before: Told, after: Told) -> tuple[Change, ...]:
    """Return what is said otherwise, what vanishes first, each in the order of the words.

    Of one thing the aspects come in the order in which they are told.
    """
    gone = [
        Change(iri, about, "all", _whole(said), "")
        for iri, (about, said) in before.items()
        if iri not in after
    ]
    new = [
        Change(iri, about, "all", "", _whole(said))
        for iri, (about, said) in after.items()
        if iri not in before
    ]
    changed = [
        Change(iri, about, aspect, value, after[iri][1][aspect])
        for iri, (about, said) in before.items()
        if iri in after
        for aspect, value in said.items()
        if after[iri][1][aspect] != value
    ]
    parts = (sorted(part, key=lambda change: change.about) for part in (gone, new, changed))
    return tuple(change for part in parts for change in part)


def _whole(said: Mapping[str, str]) -> str:
    return next((value for value in said.values() if value), "")
