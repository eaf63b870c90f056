"""Ordering: ORDER BY over values of several kinds, in an order that has no circles.

The engine compares numbers as numbers and what it cannot compare as text, so 9 < 10, but also
10 < "5 a" < 9. It then gives the rows in no order at all, or sorts for ever and aborts. SPARQL 1.1,
section 15.1 (https://www.w3.org/TR/sparql11-query/#modOrderBy) leaves open how a number stands to
a text, not how numbers stand to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from osteokg.kg.names import PREFIXES
from osteokg.kg.sparql import tokens

__all__ = ["kinds_apart"]

_XSD = PREFIXES["xsd"]
_ZONE = 'REGEX(STR({0}),"(Z|[+-][0-9][0-9]:[0-9][0-9])$")'
_KIND = (
    "(IF(ISNUMERIC({0}),1,"
    f"IF(DATATYPE({{0}})IN(<{_XSD}string>,<{PREFIXES['rdf']}langString>),0,"
    f'IRI(CONCAT(STR(DATATYPE({{0}})),IF({_ZONE},"-zoned",""))))))'
)
"""What parts values into kinds that are compared among themselves only.

Below all literals stays what has no datatype (nothing, blank nodes, IRIs); then come literals of
other types, type by type, texts with and without a language, and numbers. Times with a zone are
apart from those without: how two of them stand to each other may not be known (XML Schema 1.1
part 2, section E.3.3, https://www.w3.org/TR/xmlschema11-2/#sec-timeline).
"""

_ORDER = re.compile(r"order", re.IGNORECASE)
_ENDED_BY = {"LIMIT", "OFFSET", "VALUES"}


def kinds_apart(query: str) -> str:
    """Return a query or update that orders by kind first wherever it orders by a variable.

    An order by an expression stays as it is: its values are most often of one kind.
    """
    if not _ORDER.search(query):
        return query
    parts: list[str] = []
    done = 0
    for begin, direction, variable in _ordered_by(query):
        parts += [query[done:begin], direction, _KIND.format(variable), " "]
        done = begin
    return "".join(parts) + query[done:]


def _ordered_by(query: str) -> Iterator[tuple[int, str, str]]:
    """Give each condition of ORDER BY that is a variable: its offset, direction and variable."""
    told = [
        (token.upper() if is_word else token, offset)
        for token, is_word, offset in tokens(query)
        if not (token.isspace() or token.startswith("#"))
    ]
    words = [token for token, _ in told]
    for place in range(2, len(words)):
        if words[place - 2 : place] == ["ORDER", "BY"]:
            for condition in _conditions(words, place):
                direction, variable = _variable(words[condition : condition + 4])
                if variable:
                    yield told[condition][1], direction, variable


def _conditions(words: Sequence[str], place: int) -> Iterator[int]:
    """Give where the conditions begin that follow a place; a call begins with its name."""
    depth = 0
    is_called = False
    while place < len(words) and words[place] not in _ENDED_BY:
        word = words[place]
        opens, closes = word in ("(", "{"), word in (")", "}")
        if depth == 0 and (closes or word == ";"):
            return
        if depth == 0 and not (opens and is_called):
            yield place
        depth += opens - closes
        is_called = depth == 0 and not closes and word[0] not in "?$"
        place += 1


def _variable(words: Sequence[str]) -> tuple[str, str]:
    """Return direction and variable of the condition that words begin with; empty for others."""
    direction = words[0] if words[0] in ("ASC", "DESC") else ""
    rest = words[len(direction) > 0 :]
    if rest[:1] == ["("] and rest[2:3] == [")"]:
        rest = rest[1:]
    elif direction:
        return "", ""
    return direction, rest[0] if rest and rest[0][0] in "?$" else ""
