"""SPARQL text: its form, and refusal of what would reach outside the dataset."""

from __future__ import annotations

import re
from typing import Literal

from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError

__all__ = ["QueryForm", "form_of", "refuse_outside", "syntax_error", "words"]

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|<[^<>\"{}|^`\\\x00-\x20]*>"
    r"|#[^\n\r]*"
    r"|[?$]\w+"
    r"|@[A-Za-z]+(?:-[A-Za-z0-9]+)*"
    r"|_:[\w.·-]+"
    r"|[\w-]*(?:\.[\w-]+)*:(?:[\w:·.-]|%[0-9A-Fa-f]{2}|\\.)*"  # a prefixed name, not a keyword
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|.",
    re.DOTALL,
)
_FORMS: tuple[QueryForm, ...] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


def words(query: str) -> list[tuple[str, int]]:
    """Return the bare words of a query in upper case with their offsets.

    Strings, IRIs, comments, variables, language tags and prefixed names are no words; what is
    left is what SPARQL 1.1, section 19.8 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar)
    can read as a keyword.
    """
    return [
        (found["word"].upper(), found.start())
        for found in _TOKEN.finditer(query)
        if found["word"] is not None
    ]


def form_of(query: str) -> QueryForm | None:
    """Return the form of a query by its first form keyword, None if there is none."""
    for word, _ in words(query):
        for form in _FORMS:
            if word == form:
                return form
    return None


def refuse_outside(query: str) -> None:
    """Raise QueryRefusedError for SERVICE: nothing here asks another machine, SILENT or not."""
    for word, offset in words(query):
        if word == "SERVICE":
            line = query.count("\n", 0, offset) + 1
            column = offset - (query.rfind("\n", 0, offset) + 1) + 1
            raise QueryRefusedError(
                f"SERVICE at line {line}, column {column} is refused: queries here read this "
                "dataset only. Ask the other endpoint from your own program and join there."
            )


def syntax_error(error: SyntaxError) -> QuerySyntaxError:
    """Return our error for the engine's, with line and column where it gives them."""
    text = (error.msg or str(error)).strip()
    found = _PLACE.search(text)
    if not found:
        return QuerySyntaxError(text)
    message = re.sub(r"\bLATERAL, |SERVICE, ", "", found.group(3))
    return QuerySyntaxError(message, int(found.group(1)), int(found.group(2)))
