"""Translation: a SPARQL 1.1 query in words that Virtuoso answers as the standard has it.

Every change means the same to an engine that needs none. What Virtuoso 7.2 does otherwise, and
how each was found, stands in docs/remote.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile

from osteokg.kg.sparql import tokens

__all__ = ["Asked", "read_query", "unmistakable"]

_BOOLEAN = "<http://www.w3.org/2001/XMLSchema#boolean>"
_IN_ORDER = 'define sql:select-option "order"\n'
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|.)", re.DOTALL)
_ESCAPED = {
    '"': '\\"',
    "'": "\\'",
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ALL = 1_000_000_000
_PLANNED = 14
"""With more patterns than about so many its planner takes seconds, for any data."""
_COMPARED = {"=", "!", "<", ">", "&", "|", "IN"}
_SAYS_WHETHER = {
    "BOUND",
    "CONTAINS",
    "EXISTS",
    "FALSE",
    "ISBLANK",
    "ISIRI",
    "ISLITERAL",
    "ISNUMERIC",
    "ISURI",
    "LANGMATCHES",
    "NOT",
    "REGEX",
    "SAMETERM",
    "STRENDS",
    "STRSTARTS",
    "TRUE",
}
"""What begins with one of these words, and holds nothing else, is true or false."""

_COUNTING = {"COUNT", "SUM", "AVG", "GROUP_CONCAT"}
"""What comes out otherwise when a solution is there twice."""
_AGGREGATES = {*_COUNTING, "MIN", "MAX", "SAMPLE"}
_OPENS, _CLOSES = ("(", "{"), (")", "}")
_AFTER_ORDER = {"LIMIT", "OFFSET", "HAVING", "VALUES", "GROUP", "}"}


@dataclass
class _Token:
    """Hold a token: what is written, and the keyword or sign that it is ("" for others)."""

    text: str
    sign: str
    depth: int


def _read(query: str) -> list[_Token]:
    """Return the tokens with how deep they lie in brackets, a bracket as deep as what it holds."""
    found = []
    depth = 0
    for text, is_word, _ in tokens(query):
        written = _unmistakable(text)
        sign = text.upper() if is_word else text if len(text) == 1 else ""
        if sign in _OPENS:
            depth += 1
        found.append(_Token(written, sign, depth))
        if sign in _CLOSES:
            depth -= 1
    return found


@dataclass(frozen=True)
class Asked:
    """Hold a query as Virtuoso is asked it, and what matters for judging its answer.

    ``limit`` is the LIMIT of the whole query, ``names_graphs`` says that it has GRAPH,
    ``default_graphs`` and ``named_graphs`` how often it has FROM and FROM NAMED; ``follows_paths``
    that it has a path of any length, ``counts`` that it counts or joins what may be there twice,
    ``is_distinct`` that no row of its answer can be.
    """

    text: str
    limit: int | None
    names_graphs: bool
    default_graphs: int
    named_graphs: int
    follows_paths: bool
    counts: bool
    is_distinct: bool


def read_query(query: str) -> Asked:
    """Return a query that parses as one in which Virtuoso goes less astray.

    Truth values stay truth values (they come back as 1 and 0), ORDER BY compares long and tagged
    strings by what they say, OFFSET needs no LIMIT, and patterns with a path of any length, or
    too many of them for its planner, are matched in the order in which they stand.
    """
    found = _read(query)
    signs = [token for _, token in _meaningful(found)]
    pairs = list(pairwise(signs))
    sources = [after.sign == "NAMED" for token, after in pairs if token.sign == "FROM"]
    firsts = [after.sign for token, after in pairs if token.sign == "SELECT" and not token.depth]
    counted = any(
        token.sign in _COUNTING and third.sign != "DISTINCT"
        for token, _, third in zip(signs, signs[1:], signs[2:], strict=False)
    )
    limit, follows = _limit(signs), _has_long_path(found)
    steps = sum(1 for token in signs if token.sign in (".", ";", "/"))
    _keep_truth(found)
    _order_by_value(found)
    _limit_offsets(found)
    text = "".join(token.text for token in found)
    return Asked(
        text=_IN_ORDER + text if follows or steps > _PLANNED else text,
        limit=limit,
        names_graphs=any(token.sign == "GRAPH" for token in signs),
        default_graphs=sources.count(False),
        named_graphs=sources.count(True),
        follows_paths=follows,
        counts=counted,
        is_distinct=not firsts or firsts[0] == "DISTINCT",
    )


def _limit(signs: list[_Token]) -> int | None:
    digits = ""
    for position, token in enumerate(signs):
        if token.sign == "LIMIT" and not token.depth:
            for following in signs[position + 1 :]:
                if not following.text.isdecimal():
                    break
                digits += following.text
    return int(digits) if digits else None


def unmistakable(query: str) -> str:
    r"""Return a query that parses in a spelling that every engine reads as it was read here.

    By the letter of SPARQL 1.1, section 19.2, ``\u0022`` ends a string and ``\u000A`` a comment;
    not every engine has it so, ours among them. So no comment is left, and no such escape in a
    string; in an IRI none stands for what could end it, for then it would not have parsed.
    """
    return "".join(_unmistakable(text) for text, _, _ in tokens(query))


def _unmistakable(token: str) -> str:
    if token.startswith("#"):
        return "\n"
    return _ESCAPE.sub(_plain, token) if token[:1] in ('"', "'") else token


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code is None:
        return found[0]
    character = chr(int(code, 16))
    return _ESCAPED.get(character, character)


def _meaningful(found: list[_Token], start: int = 0) -> Iterator[tuple[int, _Token]]:
    for position in range(start, len(found)):
        if not found[position].text.isspace():
            yield position, found[position]


def _keep_truth(found: list[_Token]) -> None:
    """Cast each ``(… AS ?variable)`` that is true or false to xsd:boolean."""
    opened: list[int] = []
    for position, token in enumerate(found):
        if token.sign == "(":
            opened.append(position)
        elif token.sign == ")" and opened:
            start = opened.pop()
            _cast(found, start, position)


def _cast(found: list[_Token], start: int, end: int) -> None:
    depth = found[start].depth
    inside = [
        (position, token) for position, token in _meaningful(found, start + 1) if position < end
    ]
    if len(inside) < 3 or inside[-2][1].sign != "AS" or inside[-2][1].depth != depth:
        return
    said = [token for _, token in inside[:-2]]
    top = [token.sign for token in said if token.depth == depth]
    parts = sum(1 for token in said if token.depth == depth + 1 and token.sign in _OPENS)
    is_whole = said[0].sign in _SAYS_WHETHER and parts <= 1 and not {"+", "-", "*", "/"} & set(top)
    if is_whole or _COMPARED & set(top):
        found[inside[0][0]].text = f"{_BOOLEAN}({found[inside[0][0]].text}"
        found[inside[-3][0]].text += ")"


def _order_by_value(found: list[_Token]) -> None:
    """Let each variable that stands alone in ORDER BY be compared as a number, then as a string."""
    for position, token in enumerate(found):
        if token.sign != "ORDER":
            continue
        depth = token.depth
        direction = ""
        made = _made_by_aggregates(found, depth)
        after = list(_meaningful(found, position + 1))[1:]  # past BY
        for place, (where, each) in enumerate(after):
            if each.depth < depth or (each.depth == depth and each.sign in _AFTER_ORDER):
                break
            if each.sign in ("ASC", "DESC"):
                direction = each.sign
            elif each.text in made:
                continue
            elif each.text[0] in "?$" and each.depth == depth:
                found[where].text = _keys(each.text, "")
            elif (
                each.text[0] in "?$"
                and direction
                and each.depth == depth + 1
                and after[place - 1][1].sign == "("
                and after[place + 1][1].sign == ")"
                and after[place - 2][1].sign == direction
            ):
                for gone in (after[place - 2][0], after[place - 1][0], after[place + 1][0]):
                    found[gone].text = " "
                found[where].text = _keys(each.text, direction)


def _limit_offsets(found: list[_Token]) -> None:
    """Give each OFFSET a LIMIT that limits nothing, where there is neither one nor ORDER BY."""
    for position, token in enumerate(found):
        if token.sign != "OFFSET":
            continue
        before = takewhile(lambda each: each.sign != "}", reversed(found[:position]))
        after = takewhile(lambda each: each.sign != "}", found[position:])
        if not {"LIMIT", "ORDER"} & {each.sign for each in (*before, *after)}:
            token.text = f"LIMIT {_ALL} {token.text}"


def _made_by_aggregates(found: list[_Token], depth: int) -> set[str]:
    """Return the variables that are names for aggregates: only as they are do they order."""
    made: set[str] = set()
    holds = False
    for position, token in _meaningful(found):
        if token.sign == "(" and token.depth == depth + 1:
            holds = False
        holds = holds or token.sign in _AGGREGATES
        if token.sign == "AS" and token.depth == depth + 1 and holds:
            made.update(each.text for _, each in islice(_meaningful(found, position + 1), 1))
    return made


def _keys(variable: str, direction: str) -> str:
    number = f"(IF(isNumeric({variable}), {variable}, 0))"
    return f" {direction}{number} {direction or 'ASC'}(STR({variable})) "


def _has_long_path(found: list[_Token]) -> bool:
    """Return whether something that may be a path is followed by ``*`` or ``+``."""
    for before, token in pairwise(found):
        ends = before.sign == ")" or before.text.endswith(">") or ":" in before.text
        if token.sign in ("*", "+") and (ends or before.text == "a"):
            return True
    return False
