"""Groups: what a group of animals received, read from what a table or a person calls it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from osteokg.kg.curation.slugs import own_slug, slug_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.names import VOCAB

__all__ = [
    "AGENT",
    "Received",
    "ask_for_intervention",
    "closest",
    "comparators",
    "how_to_find",
    "received",
]

AGENT = (VOCAB + "InterventionTerm",)
"""What an exposure is of."""

ROLES = {"induction": "ModelInduction", "treatment": "Treatment", "control": "Control"}
"""The columns of arms for what they received, by the role that it has there."""

_INDUCTION, _TREATMENT = VOCAB + "ModelInduction", VOCAB + "Treatment"
_AND = re.compile(r"\s*\+\s*|\s+and\s+|\s+plus\s+|\s*&\s*")


@dataclass(frozen=True)
class Received:
    """Hold what a group received: term or described exposure by the words for it, and the rest.

    ``unknown`` are the words that mean nothing known.
    """

    agents: Mapping[str, str]
    unknown: Sequence[str]

    @property
    def parts(self) -> set[str]:
        """Return the words for everything that the group received."""
        return {*self.agents, *self.unknown}


def received(
    text: str, words: Wordlist, stem: str = "", exposures: Collection[str] = ()
) -> Received:
    """Return what a group received that is called after it: ``OVX + vitamin K2``.

    ``exposures`` are the slugs of those that the study ``stem`` describes itself.
    """
    agents: dict[str, str] = {}
    unknown = []
    for part in filter(None, _AND.split(text)):
        term = words.read(part, AGENT)
        if own_slug(stem, part) in exposures:
            agents[part] = own_slug(stem, part)
        elif term is not None and words.known(term):
            agents[part] = term
        else:
            unknown.append(part)
    return Received(agents, unknown)


def column_of(role: str) -> str:
    """Return the column of arms for what has a role."""
    return next((name for name, one in ROLES.items() if role == VOCAB + one), "exposures")


def ask_for_intervention(part: str, words: Wordlist) -> str:
    """Return what to say of a word that is no intervention: what may be meant, or how to search."""
    return f"'{part}' is no intervention of the ontology. {how_to_find(part, words, AGENT)}"


def how_to_find(text: str, words: Wordlist, ranges: Sequence[str]) -> str:
    """Return what to do about a text that names no term: take a close one, look for it, add it."""
    close = " or ".join(words.close_to(text, ranges))
    look = f'look for it: osteokg terms search "{text}"; a new one: osteokg terms propose.'
    return f"Did you mean {close}? Or {look}" if close else f"L{look[1:]}"


def closest(text: str, names: Sequence[str]) -> str | None:
    """Return the name that is closest to a text, None where none is close."""
    by_slug = {slug_of(name): name for name in names}
    match = get_close_matches(slug_of(text), list(by_slug), 1, 0.6)
    return by_slug[match[0]] if match else None


def comparators(groups: Sequence[str], words: Wordlist) -> dict[str, str]:
    """Return for each group the one of these that it is compared with unless the text says other.

    That is the one with the same inductions and no treatment; for a group without a treatment one
    without an induction; where there is none such, the first of the groups.
    """
    found: dict[str, str] = {}
    given = {group: _by_role(group, words) for group in groups}
    for group, (inductions, treatments) in given.items():
        wanted = (inductions if treatments else frozenset[str](), frozenset[str]())
        others = [other for other in groups if other != group]
        fitting = [other for other in others if given[other] == wanted]
        first = fitting or [other for other in groups[:1] if other != group]
        if first and (treatments or inductions):
            found[group] = first[0]
    return found


def _by_role(group: str, words: Wordlist) -> tuple[frozenset[str], frozenset[str]]:
    """Return the inductions and treatments of a group; words that are unknown are treatments."""
    told = received(group, words)
    roles = {part: words.role_of(agent) for part, agent in told.agents.items()}
    inductions = frozenset(told.agents[part] for part in roles if roles[part] == _INDUCTION)
    treatments = {told.agents[part] for part in roles if roles[part] == _TREATMENT}
    return inductions, frozenset(treatments | set(told.unknown))
