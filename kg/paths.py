"""Paths: one that leads to a known thing is walked once, not once for every row of the rest.

The engine joins a path by walking it again from each row. A closure (``*``, ``+``) that ends in a
name is the same set each time: in a sub-select it is made once and joined. Over the few triples
of a hierarchy that is never much; over a relation of the evidence it could be all of it, while
the rows are few.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from osteokg.kg.names import PREFIXES
from osteokg.kg.sparql import tokens

__all__ = ["walked_once"]

_CLOSURE = re.compile(r"[\w>):][*+]")
_LONGEST = 1 << 16
"""A query of more characters is not looked at: no person wrote it, and others wait."""
_OF_EACH_ROW = {"EXISTS", "GRAPH", "LATERAL", "SERVICE"}
"""What follows these is evaluated with the values of a row, which a sub-select would not see."""
_OPENING, _CLOSING = ("(", "["), (")", "]")
_IN_PATH = set("/|^()*+?!") | {"a"}
_ABSOLUTE = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\\]*)>")
_ALL = {"SELECT", "DISTINCT", "REDUCED", "DESCRIBE"}


class _Token(NamedTuple):
    text: str
    is_word: bool
    begin: int

    @property
    def end(self) -> int:
        return self.begin + len(self.text)

    @property
    def is_variable(self) -> bool:
        return self.text[0] in "?$" and len(self.text) > 1

    @property
    def is_name(self) -> bool:
        text = self.text
        if text[0] == "<":
            return len(text) > 1
        return text[0] not in "\"'@?$_#" and ":" in text


_Tokens = Sequence[_Token]


def walked_once(query: str, is_small: Callable[[str], bool]) -> str:
    """Return a query that has the same solutions and walks closures that end in a name once.

    ``is_small`` tells of a property, by its IRI, whether all of its triples may be walked. A
    query with blank node labels stays as it is, for a label stands in one group only. What is no
    query comes back in whatever form; that the engine refuses it stays so.

    Source: SPARQL 1.1, sections 18.2.2.4 and 18.2.2.6
    (https://www.w3.org/TR/sparql11-query/#sparqlTranslatePathPatterns): ``x path/closure y`` is
    ``x path ?new . ?new closure y``, and a path is joined with its group as a sub-select is.
    """
    if len(query) > _LONGEST or not ("*" in query or "+" in query) or not _CLOSURE.search(query):
        return query
    told = list(_told(query))
    if any(token.text.startswith("_:") for token in told):
        return query
    walks = _Walks(query, told, is_small)
    parts: list[str] = []
    done = 0
    for statement in _statements(told):
        if said := walks.said_otherwise(statement):
            parts += [query[done : statement[0].begin], said]
            done = statement[-1].end
    return "".join(parts) + query[done:]


def _told(query: str) -> Iterator[_Token]:
    """Give the tokens that count; a dot that ends a prefixed name ends its statement."""
    for text, is_word, begin in tokens(query):
        if text.isspace() or text.startswith("#"):
            continue
        token = _Token(text, is_word, begin)
        name = text.rstrip(".") if token.is_name and text[0] != "<" else text
        yield token._replace(text=name)
        for dot in range(len(name), len(text)):
            yield _Token(".", False, begin + dot)


def _statements(told: _Tokens) -> Iterator[_Tokens]:
    """Give the tokens of each statement in a group that is evaluated by itself."""
    of_each_row = [True]  # outside of all groups nothing is stated
    is_coming = begins = False
    place = 0
    while place < len(told):
        token = told[place]
        if begins and not of_each_row[-1] and (token.is_variable or token.is_name):
            end = _end(told, place)
            yield told[place:end]
            place, begins = end, False
            continue
        begins = token.text in ("{", "}", ".")
        if token.text == "{":
            of_each_row.append(is_coming or (len(of_each_row) > 1 and of_each_row[-1]))
            is_coming = False
        elif token.text == "}" and len(of_each_row) > 1:
            of_each_row.pop()
        elif token.is_word:
            is_coming = is_coming or token.text.upper() in _OF_EACH_ROW
        place += 1


def _end(told: _Tokens, place: int) -> int:
    """Return where the statement ends that begins at a place."""
    depth = 0
    while place < len(told):
        text, is_word, _ = told[place]
        if text in ("{", "}") or (depth == 0 and (text == "." or (is_word and text != "a"))):
            return place
        depth += (text in _OPENING) - (text in _CLOSING)
        place += 1
    return place


def _split(told: _Tokens, sign: str) -> list[_Tokens]:
    """Part tokens at a sign that stands outside of brackets."""
    parts: list[list[_Token]] = [[]]
    depth = 0
    for token in told:
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth == 0 and token.text == sign:
            parts.append([])
        else:
            parts[-1].append(token)
    return list(parts)


class _Walks:
    """Say the statements of one query otherwise."""

    def __init__(self, query: str, told: _Tokens, is_small: Callable[[str], bool]) -> None:
        self._query = query
        self._is_small = is_small
        self._prefixes = _prefixes(told)
        # A variable of ours would be seen where all are asked for.
        self._may_name = not any(
            one.text.upper() in _ALL and other.text == "*" for one, other in pairwise(told)
        )
        self._named = 0

    def said_otherwise(self, statement: _Tokens) -> str:
        """Return a statement with its closures before it, each in a sub-select; empty for none."""
        subject = statement[0]
        walks: list[str] = []
        kept: list[str] = []
        for stated in filter(None, _split(statement[1:], ";")):
            if walk := self._walk(subject, stated):
                walks.append(walk[0])
                kept += walk[1:]
            else:
                kept.append(self._text(stated))
        if not walks:
            return ""
        return " ".join(walks) + (f" {subject.text} {' ; '.join(kept)}" if kept else "")

    def _walk(self, subject: _Token, stated: _Tokens) -> tuple[str, ...]:
        """Return the sub-select for what is stated of a subject, and what is left to state."""
        *path, thing = stated
        *steps, closure = _split(path, "/")
        if not (_is_path(path) and all(steps) and self._is_walkable(closure)):
            return ()
        walked = self._text(closure)
        if subject.is_name and thing.is_variable and not steps:
            return (_select(thing.text, f"{subject.text} {walked} {thing.text}"),)
        if subject.is_variable and thing.is_name and not steps:
            return (_select(subject.text, f"{subject.text} {walked} {thing.text}"),)
        if subject.is_variable and thing.is_name and self._may_name:
            new = self._new_variable()
            step = self._query[path[0].begin : steps[-1][-1].end]
            return (_select(new, f"{new} {walked} {thing.text}"), f"{step} {new}")
        return ()

    def _is_walkable(self, closure: _Tokens) -> bool:
        if not closure or closure[-1].text not in ("*", "+"):
            return False
        named = [self._iri(one.text) for one in closure if one.is_name or one.text == "a"]
        return (
            bool(named)
            and "!" not in [one.text for one in closure]
            and all(iri and self._is_small(iri) for iri in named)
        )

    def _iri(self, name: str) -> str:
        """Return the IRI that a name stands for; empty where that cannot be told from here."""
        if name == "a":
            return PREFIXES["rdf"] + "type"
        if absolute := _ABSOLUTE.fullmatch(name):
            return absolute[1]
        prefix, colon, local = name.partition(":")
        known = self._prefixes.get(prefix + colon, "")
        return known + local if known and "\\" not in local else ""

    def _new_variable(self) -> str:
        while True:
            self._named += 1
            if f"walked{self._named}" not in self._query:
                return f"?walked{self._named}"

    def _text(self, told: _Tokens) -> str:
        return self._query[told[0].begin : told[-1].end]


def _is_path(told: _Tokens) -> bool:
    """Return whether these are of a path, and not of one that is an alternative as a whole."""
    return all(one.is_name or one.text in _IN_PATH for one in told) and len(_split(told, "|")) == 1


def _prefixes(told: _Tokens) -> Mapping[str, str]:
    """Return what the prefixes stand for that are declared by an absolute IRI."""
    return {
        prefix.text: absolute[1]
        for word, prefix, name in zip(told, told[1:], told[2:], strict=False)
        if word.text.upper() == "PREFIX" and (absolute := _ABSOLUTE.fullmatch(name.text))
    }


def _select(variable: str, statement: str) -> str:
    return f"{{SELECT {variable}{{{statement}}}}}"
