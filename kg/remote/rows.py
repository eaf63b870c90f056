"""Rows: what an engine says in SPARQL JSON, read as it comes and made the same for all engines.

https://www.w3.org/TR/sparql11-results-json/; older engines still say ``typed-literal``.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, TypeAlias

from osteokg.kg.errors import UnavailableError

__all__ = ["Row", "RowReader", "broken_off", "label_of"]

Row: TypeAlias = dict[str, dict[str, Any]]
"""A solution: the terms by variable, as SPARQL JSON has them."""

_XSD = "http://www.w3.org/2001/XMLSchema#"
_BOOLEAN = {"1": "true", "0": "false"}
_ROWS = re.compile(r'"bindings"\s*:\s*\[')
_ANSWER = re.compile(r'"boolean"\s*:\s*(true|false)\b')
_HEAD = 1_000_000
_ROW = 64_000_000
_LABEL = re.compile(r"[A-Za-z0-9_]+")


def broken_off(what: str) -> UnavailableError:
    """Return the error for an answer that is none: it ends early, or is not what it says."""
    return UnavailableError(f"The remote engine's answer is unreadable: {what}.")


def label_of(name: str) -> str:
    """Return a label that every format can carry for the name of a blank node.

    Engines put other characters in, as in ``nodeID://b10``; different names stay different.
    """
    plain = name.removeprefix("nodeID://")
    return f"b{plain}" if _LABEL.fullmatch(plain) else f"x{name.encode().hex()}"


def _term(raw: dict[str, Any]) -> dict[str, Any]:
    kind, value = raw["type"], raw["value"]
    if kind == "bnode" or (kind == "uri" and str(value).startswith("nodeID://")):
        return {"type": "bnode", "value": label_of(value)}
    if kind == "uri":
        return {"type": "uri", "value": value}
    if kind == "triple":
        return {"type": "triple", "value": {name: _term(part) for name, part in value.items()}}
    if kind not in ("literal", "typed-literal"):
        raise broken_off(f"it has a term of type '{kind}'")
    term = {"type": "literal", "value": value}
    if raw.get("xml:lang"):
        return {**term, "xml:lang": raw["xml:lang"]}
    datatype = raw.get("datatype", f"{_XSD}string")
    if datatype == f"{_XSD}boolean":
        return {**term, "value": _BOOLEAN.get(value, value), "datatype": datatype}
    return term if datatype == f"{_XSD}string" else {**term, "datatype": datatype}


class RowReader:
    """Read the solutions, or the yes or no, of one answer as its bytes come.

    No more of the answer than one solution that is not yet whole is held.
    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.head = ""
        self.boolean: bool | None = None
        self._text = ""
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder()
        self._in_rows = False
        self._ended = False

    def read(self, part: bytes) -> list[Row]:
        """Take more bytes and return the solutions that are whole now.

        Raises UnavailableError for what is no SPARQL JSON.
        """
        try:
            self._text += self._utf8.decode(part)
        except UnicodeDecodeError as error:
            raise broken_off("it is not UTF-8") from error
        if not self._in_rows and not self._begin():
            return []
        return self._rows()

    def end(self) -> None:
        """Raise UnavailableError if the answer is not whole."""
        still_open = 2 if self._in_rows else 0  # of the brackets that came before the text held
        left = self._text
        is_whole = left.rstrip().endswith("}") and left.count("}") - left.count("{") == still_open
        if not is_whole or self._in_rows != self._ended:
            raise broken_off("it ends before its time")
        if not self._ended:
            found = _ANSWER.search(left)
            if found is None:
                raise broken_off("it is no SPARQL JSON")
            self.boolean = found[1] == "true"

    def _begin(self) -> bool:
        """Pass over the head; return whether rows follow by now."""
        start = self._text.lstrip("\ufeff \t\r\n")[:1]
        if start not in ("", "{"):
            raise broken_off("it is no SPARQL JSON")
        found = _ROWS.search(self._text)
        if found is None:
            if len(self._text) > _HEAD:
                raise broken_off("it is no SPARQL JSON")
            return False
        self.head, self._text = self._text[: found.start()], self._text[found.end() :]
        self._in_rows = True
        return True

    def _rows(self) -> list[Row]:
        rows: list[Row] = []
        at = 0
        text = self._text
        while not self._ended:
            while at < len(text) and text[at] in ", \t\r\n":
                at += 1
            if at == len(text):
                break
            if text[at] == "]":
                self._ended = True
                at += 1
                break
            try:
                raw, at = self._json.raw_decode(text, at)
                rows.append({name: _term(term) for name, term in raw.items()})
            except ValueError as error:  # not whole yet, or not JSON
                if len(text) - at > _ROW or text[at] != "{":
                    raise broken_off("a solution is no JSON") from error
                break
            except (KeyError, TypeError, AttributeError) as error:
                raise broken_off("a solution is not of SPARQL JSON") from error
        self._text = text[at:]
        return rows
