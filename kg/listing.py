"""Listing: which studies, terms and things there are, narrowed, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from osteokg.kg.catalogue import view
from osteokg.kg.errors import FilterError
from osteokg.kg.filters import Askable, Filters, sub_select, words_in
from osteokg.kg.names import KINDS, VOCAB, kind_of
from osteokg.kg.rows import rows_of
from osteokg.kg.selection import selection_query
from osteokg.kg.store import Store
from osteokg.kg.term_index import TERM_KINDS

__all__ = [
    "Listed",
    "cells_of",
    "in_order",
    "kinds_among",
    "studies_of",
    "terms_of",
    "things_of",
]


@dataclass(frozen=True)
class Listed:
    """Hold one thing of a list: its IRI, kind, what it is called, when it was."""

    iri: str
    kind: str
    label: str
    names: tuple[str, ...] = ()
    year: str = ""

    def has(self, words: Iterable[str]) -> bool:
        """Return whether each word is in one of its names."""
        texts = [name.lower() for name in (*self.names, self.iri.rpartition("/")[2])]
        return all(any(word in text for text in texts) for word in words)


def kinds_among(values: Sequence[str], known: Iterable[str]) -> set[str]:
    """Return the kinds that are asked for. Raises FilterError for one that is not known."""
    kinds = list(known)
    for value in values:
        if value not in kinds:
            close = get_close_matches(value, kinds, n=2, cutoff=0.6)
            hint = f"Did you mean {' or '.join(close)}?" if close else f"Give {', '.join(kinds)}."
            raise FilterError(
                f"kind={value}: there is no such kind here. {hint}", "kind", value, close
            )
    return set(values)


def in_order(listed: Iterable[Listed], orders: Sequence[str], sorts: Sequence[str]) -> list[Listed]:
    """Return things sorted as asked, then by label. Raises FilterError for no such order."""
    found = sorted(listed, key=lambda one: (one.label.casefold(), one.iri))
    for order in reversed(orders):
        name = order.removeprefix("-")
        if name not in sorts:
            known = ", ".join(sorts)
            raise FilterError(f"There is no order '{name}' here. Give {known}.", "sort", order)
        key: Callable[[Listed], str] = {
            "label": lambda one: one.label.casefold(),
            "year": lambda one: one.year,
            "kind": lambda one: one.kind,
        }.get(name, lambda one: one.iri)
        having = [one for one in found if key(one)]
        found = sorted(having, key=key, reverse=order.startswith("-")) + [
            one for one in found if not key(one)
        ]
    return found


async def studies_of(store: Store, filters: Filters) -> list[Listed]:
    """Return the studies that have a statement which the filters leave; all without filters."""
    text = _narrowed(view("studies"), filters, "study", "okg:attributedTo|okg:study")
    found: dict[str, Listed] = {}
    for row in await rows_of(store, text):
        label = row.get("label", row["study"].rpartition("/")[2])
        year = row.get("year", "")
        found.setdefault(row["study"], Listed(row["study"], "study", label, (label,), year))
    return list(found.values())


def _narrowed(text: str, filters: Filters, name: str, way: str) -> str:
    """Return a view whose variable is what a way leads to from a statement that filters leave."""
    if not filters:
        return text
    selected = sub_select(selection_query(filters))
    narrowed = f"{{ SELECT DISTINCT ?{name} WHERE {{ {selected} ?statement {way} ?{name} }} }}"
    return text.replace("# FILTERS", narrowed)


async def cells_of(store: Store, filters: Filters) -> list[Listed]:
    """Return the cells in which a finding stands that the filters leave; all without filters.

    A cell is called by what it is about: what was given, in which models, what was measured where.
    """
    told: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await rows_of(store, _narrowed(view("cells"), filters, "cell", "okg:cell")):
        told[row["cell"]][row["property"].removeprefix(VOCAB)].append(row.get("label", ""))
    return [
        Listed(iri, "cell", label, (label,))
        for iri, label in zip(told, map(_about, told.values()), strict=True)
    ]


def _about(cell: Mapping[str, Sequence[str]]) -> str:
    def words(name: str) -> str:
        return " + ".join(sorted(cell.get(name, ())))

    given = words("intervention") or words("inducingProcedure")
    against = f" against {words('comparator')}" if words("comparator") else ""
    place = f"{words('outcome')}, {words('compartment')}"
    return f"{given}{against}, {words('model')}: {place} ({words('contrast')})"


async def terms_of(
    store: Store, askable: Askable, kinds: Sequence[str], texts: Sequence[str], below: Sequence[str]
) -> list[Listed]:
    """Return the terms of some kinds that have some words and lie below some term.

    Each of these narrows only where it is given, and any of its values will do.
    """
    wanted = kinds_among(kinds, TERM_KINDS)
    words = {VOCAB + class_: word for word, class_ in TERM_KINDS.items()}
    called: dict[str, list[tuple[str, str]]] = defaultdict(list)
    kind_of_term: dict[str, str] = {}
    for row in await rows_of(store, view("term-names")):
        kind_of_term[row["term"]] = words.get(row["kind"], row["kind"].removeprefix(VOCAB))
        called[row["term"]].append((row.get("naming", ""), row.get("name", "")))
    listed = [_term(iri, kind, called[iri]) for iri, kind in kind_of_term.items()]
    if below:
        asked = sorted({iri for value in below for iri in askable.term(value)})
        covered = {row["term"] for row in await rows_of(store, view("below", asked))}
        listed = [one for one in listed if one.iri in covered]
    phrases = [words_in(text) for text in texts]
    return [
        one
        for one in listed
        if (not wanted or one.kind in wanted)
        and (not phrases or any(one.has(phrase) for phrase in phrases))
    ]


def _term(iri: str, kind: str, called: Sequence[tuple[str, str]]) -> Listed:
    label = next((name for naming, name in called if naming == "label"), iri.removeprefix(VOCAB))
    return Listed(iri, kind, label, tuple(name for _, name in called))


async def things_of(store: Store, kinds: Sequence[str], texts: Sequence[str]) -> list[Listed]:
    """Return the things of some kinds that have some words in label, paraphrase or name."""
    wanted, phrases = kinds_among(kinds, KINDS), [words_in(text) for text in texts]
    found: dict[str, Listed] = {}
    for row in await rows_of(store, view("things")):
        iri, kind = row["thing"], kind_of(row["thing"]) or ""
        label = row.get("label") or row.get("paraphrase") or iri.rpartition("/")[2]
        names = tuple(row[name] for name in ("label", "paraphrase") if name in row)
        found.setdefault(iri, Listed(iri, kind, label, names))
    return [
        one
        for one in found.values()
        if (not wanted or one.kind in wanted)
        and (not phrases or any(one.has(phrase) for phrase in phrases))
    ]
