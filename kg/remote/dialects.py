"""Dialects: how an engine is asked, and how it tells that an answer is none or not all.

The standard one suits an engine that follows SPARQL 1.1; Virtuoso has its own.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from osteokg.kg.errors import (
    BusyError,
    LimitError,
    OsteoKGError,
    RequestError,
    SizeLimitError,
    TimeLimitError,
    UnavailableError,
)
from osteokg.kg.names import graph_iri
from osteokg.kg.remote.translation import read_query, unmistakable
from osteokg.kg.results import Query

__all__ = [
    "LIST",
    "UNION",
    "Dialect",
    "Fields",
    "Form",
    "Loaded",
    "Posted",
    "Virtuoso",
    "dialect_of",
]

Fields: TypeAlias = list[tuple[str, str]]
Form: TypeAlias = Literal["ASK", "SELECT", "CONSTRUCT", "DESCRIBE"]

UNION = graph_iri("union")
"""Where an engine has no default graph of its own, this graph holds its triples."""
LIST = graph_iri("loaded")
"""There it also says which graphs the version has; neither graph belongs to the version."""

_NOWHERE = graph_iri("none")
_MANY = 2000
"""So many graphs are named in one question at most."""


_SHORT = 300
"""Of what an engine says, so many characters are told on."""

_STATUSES: tuple[tuple[Container[int], type[OsteoKGError], str], ...] = (
    (
        (401, 403),
        UnavailableError,
        (
            "The remote engine wants another login: set OSTEOKG_STORE_USER and "
            "OSTEOKG_STORE_PASSWORD, or OSTEOKG_STORE_TOKEN."
        ),
    ),
    (
        (*range(300, 400), 404, 405, 410),
        UnavailableError,
        "There is no SPARQL endpoint at the address of --store (status {status}).",
    ),
    ((408, 504), TimeLimitError, "The remote engine took too long: {said}"),
    ((429,), BusyError, "The remote engine is busy: {said}"),
    ((503,), LimitError, "The remote engine stopped it: {said}"),
    (range(400, 500), RequestError, "The remote engine refuses the query: {said}"),
)
"""What a status means, the first that fits."""

_SAYINGS: tuple[tuple[str, type[OsteoKGError], str], ...] = (
    (
        "S1T00|S1TAT|timed out",
        TimeLimitError,
        "The remote engine stopped the query after too long a time.",
    ),
    (
        "estimated execution time",
        TimeLimitError,
        (
            "The remote engine does not begin: {said} Its MaxQueryCostEstimationTime, an estimate "
            "that is often wrong by much, can be raised or taken out by whoever runs it."
        ),
    ),
    (
        "transitive start not given",
        RequestError,
        (
            "The remote engine follows a path with * or + only from an end that it knows: put a "
            "pattern that binds one end before the path, or an IRI at one end."
        ),
    ),
    (
        "SR353",
        RequestError,
        (
            "The remote engine sorts at most 10,000 rows where ORDER BY has LIMIT or OFFSET: put "
            "the ORDER BY into a sub-select, and LIMIT and OFFSET after it."
        ),
    ),
    ("SECURITY", UnavailableError, "The remote engine does not permit this: {said}"),
    ("^Virtuoso ", RequestError, "The remote engine cannot evaluate this query: {said}"),
)
"""What Virtuoso's words mean, the first that fits; by default it sends them with status 500."""


@dataclass(frozen=True)
class Loaded:
    """Hold what an endpoint holds: a version's id, "" for none that is known, and its graphs."""

    version: str = ""
    graphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Posted:
    """Hold what is posted to ask a query, and how its answer is to be judged.

    ``repeats`` says that rows may come twice that are there once, ``limit`` is the query's own.
    """

    fields: Fields
    limit: int | None = None
    repeats: bool = False


class Dialect:
    """Ask an engine that follows the standard.

    https://www.w3.org/TR/sparql11-protocol/#query-operation
    """

    name = "SPARQL 1.1"
    own_default_graph = True

    def post(self, query: Query, form: Form, loaded: Loaded, seconds: float) -> Posted:
        """Return what to post for a query that was read and found good.

        Raises RequestError for a query that this engine would answer wrongly.
        """
        del form, loaded, seconds
        return Posted([("query", _with_base(query, unmistakable(query.text))), *_dataset(query)])

    def check_head(self, status: int, headers: Mapping[str, str], posted: Posted) -> None:
        """Raise LimitError where the head of an answer tells that it is not all."""
        del posted
        if status == 206:
            raise LimitError("The remote engine gave only a part of the answer.")
        del headers

    def failure(self, status: int, said: str) -> OsteoKGError:
        """Return our error for a status that is not 200 and what the engine said with it."""
        said = said[:_SHORT] or "it does not say why"
        for statuses, kind, words in _STATUSES:
            if status in statuses:
                return kind(words.format(said=said, status=status))
        return UnavailableError(f"The remote engine failed (status {status}): {said}")


class Virtuoso(Dialect):
    """Ask Virtuoso 7: its union graph, its words, its caps."""

    name = "Virtuoso"
    own_default_graph = False

    def post(self, query: Query, form: Form, loaded: Loaded, seconds: float) -> Posted:
        """Return what to post, translated, with the version's dataset and a time-out for it.

        Raises RequestError for what would be counted wrongly.
        """
        asked = read_query(query.text)
        fields = _dataset(query)
        sources = asked.default_graphs
        if fields and (asked.default_graphs or asked.named_graphs):
            raise RequestError(
                "The dataset stands in the query and in the parameters, which the remote engine "
                "would add up: say it once."
            )
        if fields:
            sources = len(query.default_graphs)
        elif loaded.version and not asked.default_graphs and not asked.named_graphs:
            fields = [("default-graph-uri", UNION)]
            if asked.names_graphs:
                fields += [("named-graph-uri", name) for name in _named(loaded)]
        if asked.names_graphs and not asked.named_graphs and not _has(fields, "named-graph-uri"):
            fields.append(("named-graph-uri", _NOWHERE))
        repeats = form == "SELECT" and (asked.follows_paths or sources > 1)
        if repeats and asked.counts:
            why = "a path of any length" if asked.follows_paths else "several FROM"
            raise RequestError(
                f"With {why} the remote engine can meet a solution twice and would count it "
                "twice: write COUNT(DISTINCT …), or count over a sub-select that is DISTINCT."
            )
        fields.append(("query", _with_base(query, asked.text)))
        fields.append(("timeout", str(max(1000, round(seconds * 1000)))))
        return Posted(fields, asked.limit, repeats and not asked.is_distinct)

    def check_head(self, status: int, headers: Mapping[str, str], posted: Posted) -> None:
        """Raise LimitError for a partial answer: after a time-out, or at the cap of rows."""
        if headers.get("x-sql-state") or status == 206:
            told = headers.get("x-sql-message", "")
            if "timeout" in told or "timed out" in told or not told:
                raise TimeLimitError("The remote engine ran out of time and has only a part.")
            raise LimitError(f"The remote engine gave only a part of the answer: {told[:200]}")
        cap = headers.get("x-sparql-maxrows", "")
        if cap.isdecimal() and (posted.limit is None or posted.limit > int(cap)):
            raise cut_at(int(cap))

    def failure(self, status: int, said: str) -> OsteoKGError:
        """Return our error for what Virtuoso says, without the query that it repeats."""
        said = said.partition(" SPARQL query:")[0][:_SHORT]
        for pattern, kind, words in _SAYINGS:
            if re.search(pattern, said):
                return kind(words.format(said=said))
        return super().failure(status, said)


def cut_at(cap: int) -> SizeLimitError:
    """Return the error for an answer that was cut at a cap of rows or triples."""
    return SizeLimitError(
        f"The remote engine gives {cap} rows or triples at most, and there are more: ask for "
        "parts with LIMIT and OFFSET, or have its ResultSetMaxRows raised."
    )


def dialect_of(headers: Mapping[str, str]) -> Dialect:
    """Return the dialect of the engine that sent a response with these headers."""
    return Virtuoso() if "virtuoso" in headers.get("server", "").lower() else Dialect()


def _named(loaded: Loaded) -> tuple[str, ...]:
    if len(loaded.graphs) > _MANY:
        raise RequestError(
            f"The remote engine would have to be told the names of more than {_MANY} graphs: "
            "choose some with FROM NAMED."
        )
    return loaded.graphs


def _has(fields: Fields, name: str) -> bool:
    return any(field == name for field, _ in fields)


def _dataset(query: Query) -> Fields:
    return [("default-graph-uri", name) for name in query.default_graphs] + [
        ("named-graph-uri", name) for name in query.named_graphs
    ]


def _with_base(query: Query, text: str) -> str:
    """Return a query that an engine reads against our base, not against its own address."""
    if not query.base:
        return text
    directives, rest = _directives(text)
    return f"{directives}BASE <{query.base}>\n{rest}"


def _directives(text: str) -> tuple[str, str]:
    """Part a query from what is put before it for Virtuoso."""
    found = re.match(r"(?:define [^\n]*\n)*", text)
    assert found is not None
    return found[0], text[found.end() :]
