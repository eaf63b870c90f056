"""SPARQL Update text: the dataset parameters of the protocol, put into an update.

SPARQL 1.1 Protocol, section 2.2.3, https://www.w3.org/TR/sparql11-protocol/#update-dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from osteokg.kg.errors import RequestError
from osteokg.kg.sparql import tokens

__all__ = ["with_dataset"]

_KEYWORDS = {
    *("ADD", "ALL", "BASE", "CLEAR", "COPY", "CREATE", "DATA", "DEFAULT", "DELETE", "DROP"),
    *("GRAPH", "INSERT", "INTO", "LOAD", "MOVE", "NAMED", "PREFIX", "SILENT", "TO", "VERSION"),
    "WHERE",
}
"""The words that can stand outside of braces in an update."""


def with_dataset(update: str, using: Sequence[str], using_named: Sequence[str]) -> str:
    """Return an update each operation of which is asked of the dataset of the parameters.

    As if USING and USING NAMED stood in every operation that has a WHERE clause; of DELETE WHERE
    the long form is made, for the short one knows no USING. Raises RequestError for a parameter
    that is no IRI, for an update that names a dataset of its own (USING, WITH), and for one that
    a lexer cannot tell apart.
    """
    clauses = _clauses("USING", using) + _clauses("USING NAMED", using_named)
    if not clauses:
        return update
    rewritten: list[str] = []
    copied = depth = 0
    before = ""  # the token before, outside of braces
    short: tuple[int, int] | None = None  # where WHERE of a DELETE WHERE begins, and its block
    for text, is_word, offset in tokens(update):
        if text == "{":
            if depth == 0 and short is not None:
                short = (short[0], offset)
            depth += 1
        elif text == "}":
            depth -= 1
            if depth == 0 and short is not None:
                block = update[short[1] : offset + 1]
                rewritten += [update[copied : short[0]], block, clauses]
                copied, short = short[0], None
        if depth or text.isspace() or text.startswith("#"):
            continue
        if is_word:
            _look_at(text)
            if text.upper() == "WHERE" and before.upper() == "DELETE":
                short = (offset, offset)
            elif text.upper() == "WHERE":
                rewritten += [update[copied:offset], clauses]
                copied = offset
        before = text
    if depth:
        raise RequestError("The braces of the update do not match: nothing was changed.")
    return "".join([*rewritten, update[copied:]])


def _clauses(keyword: str, graphs: Iterable[str]) -> str:
    return "".join(f" {keyword} {_graph(name)} " for name in graphs)


def _graph(name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(name)
    except ValueError as error:
        raise RequestError(f"'{name}' names no graph, for it is no IRI: {error}.") from error


def _look_at(word: str) -> None:
    """Raise RequestError for a word outside of braces that forbids dataset parameters."""
    if word.upper() in ("USING", "WITH"):
        raise RequestError(
            f"The update says {word.upper()} and the request names a dataset as well "
            "(using-graph-uri, using-named-graph-uri): say it in one place."
        )
    if word.upper() not in _KEYWORDS:
        raise RequestError(
            f"'{word}' is no keyword of SPARQL Update; with using-graph-uri or "
            "using-named-graph-uri, separate keywords by spaces."
        )
