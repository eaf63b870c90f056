"""Filters: which findings are asked for, read from parameters of an address or a command.

A filter takes what a thing is called here (its local name or slug, its token, its label or a
synonym), a CURIE or an IRI, ours or an outside one, and means it with everything below. Given
several times it means any of them; several filters mean all of them. What is read is one frozen
value with nothing but IRIs in it, so that equal questions are equal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.errors import FilterError, RequestError
from osteokg.kg.names import ID, VOCAB, contract, expand
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store

__all__ = [
    "FILTERS",
    "STATEMENT_KINDS",
    "Askable",
    "Filters",
    "Phrase",
    "askable_of",
    "sub_select",
    "words_in",
]


@dataclass(frozen=True)
class Phrase:
    """Hold words that are looked for: each is in a statement's paraphrase or in a name it uses.

    ``words`` are in lower case; ``things`` are, word by word, the IRIs of the terms and studies
    that have it in a label or synonym.
    """

    words: tuple[str, ...]
    things: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """Return the words as somebody would write them."""
        return " ".join(f'"{word}"' if " " in word else word for word in self.words)


@dataclass(frozen=True)
class Filters:
    """Hold what is asked of the findings: IRIs, sorted; an empty filter narrows nothing."""

    intervention: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    compartment: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    contrast: tuple[str, ...] = ()
    study: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    cell: tuple[str, ...] = ()
    q: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is asked."""
        return self != Filters()

    def queries(self) -> list[str]:
        """Return the queries whose solutions all hold of what is asked for, one for each filter.

        Each binds ``?statement``, ``?row`` (a statement, or a proposition of a conclusion) or
        both; none is empty of them. Joined they give the selection (``kg/selection.py``).
        """
        found = [
            view(f"filters/{name}", getattr(self, name))
            for name in FILTERS
            if name != "q" and getattr(self, name)
        ]
        if self.q:
            found.append(_any_of([_all_words(phrase) for phrase in self.q]))
        return found

    def pattern(self) -> str:
        """Return the group graph pattern of the filters, for a query that binds the same names.

        Empty where nothing is asked. The query has to declare the prefixes ``okg`` and ``rdf``.
        """
        return "\n".join(sub_select(query) for query in self.queries())

    def of_findings(self) -> str:
        """Return a group graph pattern that binds ``?finding`` to each finding that is left.

        The query has to declare the prefixes ``okg`` and ``rdf``.
        """
        return (
            "{ SELECT DISTINCT (?statement AS ?finding) WHERE { "
            f"?statement a <{VOCAB}Finding> . BIND(?statement AS ?row)\n{self.pattern()} }} }}"
        )

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters that mean the same, CURIEs for IRIs: for addresses of ours."""
        of_things = [
            (name, contract(iri).strip("<>"))
            for name in FILTERS
            if name != "q"
            for iri in getattr(self, name)
        ]
        return of_things + [("q", phrase.text) for phrase in self.q]


STATEMENT_KINDS = {
    "Finding": "finding",
    "ClinicalFinding": "clinical",
    "MechanismStatement": "mechanism",
    "Explanation": "explanation",
    "InteractionClaim": "interaction-claim",
    "Conclusion": "conclusion",
}
"""The classes of statements, and what the findings table calls them."""

FILTERS = tuple(field.name for field in fields(Filters))
"""The names of the filters, in reading order."""

_PROLOGUE = re.compile(r"^(?:\s*#[^\n]*\n|\s*PREFIX[^\n]*\n|\s*\n)*", re.IGNORECASE)


def words_in(text: str) -> list[str]:
    """Return the words of a text in lower case; a part in quotation marks is one of them."""
    return [(quoted or bare).lower() for quoted, bare in re.findall(r'"([^"]+)"|([^\s"]+)', text)]


def sub_select(query: str) -> str:
    """Return a SELECT as a group for another query, which declares the prefixes."""
    return "{ " + _PROLOGUE.sub("", query).rstrip() + " }"


def _all_words(phrase: Phrase) -> str:
    parts = []
    for word, things in zip(phrase.words, phrase.things, strict=True):
        # No statement names the vocabulary itself: Virtuoso takes an empty VALUES for no bound.
        text = sub_select(view("filters/word", things or (VOCAB,)))
        parts.append(text.replace("WORD", str(ox.Literal(word))))
    return "\n".join(parts)


def _any_of(groups: Sequence[str]) -> str:
    if len(groups) == 1:
        return "SELECT DISTINCT ?statement WHERE { " + groups[0] + " }"
    union = "\nUNION\n".join("{ " + group + " }" for group in groups)
    return "SELECT DISTINCT ?statement WHERE { " + union + " ?statement a ?anything }"


@dataclass(frozen=True)
class Askable:
    """Hold all that the filters of one version take.

    ``names`` is, filter by filter, what each spelling means: IRIs, more than one where it is
    shared. ``shown`` is, filter by filter, what people may choose from: IRIs with labels.
    ``outside`` are the outside terms that the graph knows at all.
    """

    names: Mapping[str, Mapping[str, frozenset[str]]]
    shown: Mapping[str, Mapping[str, str]]
    words: Mapping[str, frozenset[str]]
    outside: frozenset[str]

    def read(self, parameters: Iterable[tuple[str, str]]) -> Filters:
        """Return the filters that parameters name; empty values are left out, as a form sends them.

        Raises FilterError for a name that is no filter, a value that is not in the graph or is
        of another kind, and a spelling that means several things.
        """
        given: dict[str, set[str]] = defaultdict(set)
        phrases: list[Phrase] = []
        for name, value in parameters:
            text = value.strip()
            if name not in FILTERS:
                raise _no_filter(name, value)
            if name == "q" and text:
                phrases.append(self._phrase(text))
            elif text:
                given[name].update(self._meant(name, text))
        one_each = dict.fromkeys(phrase for phrase in phrases if phrase.words)
        return Filters(
            **{name: tuple(sorted(iris)) for name, iris in given.items()}, q=tuple(one_each)
        )

    def term(self, value: str) -> frozenset[str]:
        """Return the terms that a value means, of whatever kind. Raises FilterError for none."""
        spelling = _spellings(value)[0]
        for name in ("intervention", "model", "site", "compartment", "outcome"):
            if meant := self.names[name].get(spelling):
                return meant
        if spelling in self.outside:
            return frozenset({spelling})
        raise FilterError(f"below={value}: the graph has no such term.", "below", value)

    def _phrase(self, text: str) -> Phrase:
        words = words_in(text)
        return Phrase(
            tuple(words),
            tuple(
                tuple(
                    sorted({iri for name in self.words if word in name for iri in self.words[name]})
                )
                for word in words
            ),
        )

    def _meant(self, name: str, value: str) -> frozenset[str]:
        for spelling in _spellings(value):
            meant = self.names[name].get(spelling)
            if meant is None:
                continue
            if len(meant) == 1 or spelling.isdigit():  # a number stands in several lists
                return meant
            choices = [self._told(iri) for iri in sorted(meant)]
            raise FilterError(
                f"{name}={value} means several things: say which of {', '.join(choices)}.",
                name,
                value,
                [contract(iri) for iri in sorted(meant)],
            )
        spelling = _spellings(value)[0]
        kinds = [kind for kind in FILTERS if spelling in self.names.get(kind, {})]
        if kinds:
            message = (
                f"{name}={value}: that is {_with_article(kinds[0])}, not {_with_article(name)}. "
                f"Ask for {kinds[0]}={value}."
            )
            raise FilterError(message, name, value)
        if spelling in self.outside:
            return frozenset({spelling})  # known, and nothing of ours lies below it
        raise self._unknown(name, value, spelling)

    def _unknown(self, name: str, value: str, spelling: str) -> FilterError:
        known = {key: min(iris) for key, iris in self.names[name].items() if _is_name(key)}
        wanted = spelling
        if spelling.startswith((VOCAB, ID)):
            wanted = _plain(spelling.removeprefix(VOCAB).rpartition("/")[2])
        close = get_close_matches(wanted, list(known), n=6, cutoff=0.6)
        suggested = list(dict.fromkeys(known[key] for key in close))[:3]
        hint = f" Did you mean {' or '.join(self._told(iri) for iri in suggested)}?"
        return FilterError(
            f"{name}={value}: the graph has no such {name}.{hint if suggested else ''}",
            name,
            value,
            [contract(iri) for iri in suggested],
        )

    def _told(self, iri: str) -> str:
        label = next((shown[iri] for shown in self.shown.values() if iri in shown), None)
        return contract(iri) if label is None else f"{contract(iri)} ({label})"


def _no_filter(name: str, value: str) -> FilterError:
    close = get_close_matches(name, FILTERS, n=2, cutoff=0.6)
    hint = f" Did you mean {' or '.join(close)}?" if close else f" There are {', '.join(FILTERS)}."
    return FilterError(f"There is no filter '{name}'.{hint}", name, value, close)


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _is_name(spelling: str) -> bool:
    return "://" not in spelling


def _plain(text: str) -> str:
    """Return a name without what writers differ in: case, spaces, hyphens."""
    return re.sub(r"[\s_-]+", "", text.casefold())


def _as_iri(value: str) -> str | None:
    try:
        return expand(value)
    except RequestError:
        return None


_DOI = re.compile(r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)(10\.\S+)", re.IGNORECASE)
_PMID = re.compile(
    r"(?:pmid:\s*|pubmed:\s*|https?://pubmed\.ncbi\.nlm\.nih\.gov/"
    r"|https?://www\.ncbi\.nlm\.nih\.gov/pubmed/)(\d+)/?",
    re.IGNORECASE,
)


def _spellings(value: str) -> list[str]:
    """Return the keys under which a value may be known, the closest to what was written first."""
    if doi := _DOI.fullmatch(value):
        return ["https://doi.org/" + doi[1].lower()]
    if pmid := _PMID.fullmatch(value):
        return ["https://pubmed.ncbi.nlm.nih.gov/" + pmid[1]]
    iri = _as_iri(value)
    return [_plain(value)] if iri is None else [iri]


def _keys(naming: str, name: str) -> list[str]:
    """Return the keys of a name: of an IRI of ours also its last part."""
    if naming == "identifier":
        return [name.lower() if name.startswith("https://doi.org/") else name]
    if naming not in ("iri", "outside"):
        return [_plain(name)]
    if name.startswith((VOCAB, ID)):
        return [name, _plain(name.removeprefix(VOCAB).rpartition("/")[2])]
    return [name]


_NEAREST = ("iri", "identifier", "outside", "label", "notation", "synonym")
"""Namings, the most exact first: a synonym never hides the name of another thing."""

Naming = tuple[str, str, str, str]
"""A filter, what is meant, how that is named, the name."""


async def askable_of(store: Store) -> Askable:
    """Return what the filters of a store's version take, with everything it is called."""
    names: dict[str, dict[str, set[str]]] = {name: {} for name in FILTERS if name != "q"}
    ranks: dict[tuple[str, str], int] = {}
    shown: dict[str, dict[str, str]] = {name: {} for name in names}
    words: dict[str, set[str]] = defaultdict(set)
    namings = await _namings(store)
    for filter_, iri, naming, name in sorted(namings, key=lambda one: _NEAREST.index(one[2])):
        rank = _NEAREST.index(naming)
        for key in _keys(naming, name):
            if ranks.setdefault((filter_, key), rank) == rank:
                names[filter_].setdefault(key, set()).add(iri)
        if naming == "label":
            shown[filter_][iri] = name
        if naming in ("label", "synonym", "notation") and filter_ not in ("reference", "kind"):
            words[name.lower()].add(iri)
    return Askable(
        {name: {key: frozenset(iris) for key, iris in of.items()} for name, of in names.items()},
        shown,
        {name: frozenset(iris) for name, iris in words.items()},
        frozenset(row["iri"] for row in await rows_of(store, view("outside"))),
    )


async def _namings(store: Store) -> list[Naming]:
    found: dict[Naming, None] = {}
    for row in await rows_of(store, view("askable")):
        found[row["filter"], row["iri"], "iri", row["iri"]] = None
        if "naming" in row:
            found[row["filter"], row["iri"], row["naming"], row["name"]] = None
    for row in await rows_of(store, view("askable-outside")):
        found[row["filter"], row["iri"], "outside", row["iri"]] = None
    for row in await rows_of(store, view("askable-values")):
        found[row["filter"], row["iri"], "identifier", row["name"]] = None
    for row in await rows_of(store, view("askable-references")):
        found["reference", row["iri"], "iri", row["iri"]] = None
        found["reference", row["iri"], "notation", row["name"]] = None
    for row in await rows_of(store, view("askable-articles")):
        for prefix, name in _ARTICLES.items():
            if name in row:
                found["study", row["iri"], "identifier", prefix + row[name]] = None
    for name, word in STATEMENT_KINDS.items():
        found["kind", VOCAB + name, "iri", VOCAB + name] = None
        found["kind", VOCAB + name, "notation", word] = None
    return list(found)


_ARTICLES = {
    "": "publication",
    "https://doi.org/": "doi",
    "https://pubmed.ncbi.nlm.nih.gov/": "pmid",
}
"""By what a study is known besides its own names."""
