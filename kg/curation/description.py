"""Description: which sheet is which kind of thing, which column which property (a data file)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from osteokg.kg.names import PREFIXES

__all__ = ["NAMES", "OTHER", "SENTENCES", "Column", "Table", "plain_title", "tables"]

OTHER = "other"
"""The sheet of statements that no column says."""

SENTENCES = "sentences"
"""The sheet in which sentences are looked up; nothing of it is kept."""

NAMES = "names"
"""The sheet of what the article calls terms; nothing of it is kept."""

_XSD = PREFIXES["xsd"]
Target = Literal["term", "thing", "literal", "none"]


@dataclass(frozen=True)
class Column:
    """Describe one column.

    ``property`` is an IRI, None for a column that others are made from. A ``term`` is of the
    classes ``ranges``, a ``thing`` of a ``kind``; a ``literal`` has a datatype or a language.
    ``role`` restricts a column of exposures to those with this role.
    """

    name: str
    titles: tuple[str, ...]
    words: str
    property: str | None = None
    target: Target = "none"
    kind: str = ""
    ranges: tuple[str, ...] = ()
    datatype: str = _XSD + "string"
    language: str | None = None
    separator: str | None = None
    default: str | None = None
    role: str | None = None

    def parts(self, text: str) -> list[str]:
        """Return the values that a cell lists."""
        if self.separator is None:
            return [text.strip()] if text.strip() else []
        return [part.strip() for part in text.split(self.separator) if part.strip()]

    def advice(self) -> str:
        """Return a sentence that asks for what belongs into a cell."""
        first = self.words[:1].lower() if self.words[1:2].islower() else self.words[:1]
        return f"Write {first}{self.words[1:]}"

    def joined(self, parts: Sequence[str]) -> str:
        """Return the cell that lists values."""
        return f"{self.separator} ".join(parts) if self.separator else "".join(parts[:1])


@dataclass(frozen=True)
class Table:
    """Describe one sheet: things of a ``kind``, all of ``type`` where no column says the class.

    ``identifiers`` are templates of the name of a row that has none, tried in this order.
    """

    name: str
    title: str
    words: str
    columns: tuple[Column, ...]
    kind: str = ""
    type: str | None = None
    identifiers: tuple[str, ...] = ()

    @property
    def key(self) -> Column:
        """Return the column of names."""
        return self.columns[0]

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)

    def titled(self, title: str) -> Column | None:
        """Return the column that a heading means, whatever its capitals, blanks and hyphens."""
        wanted = plain_title(title)
        for column in self.columns:
            if wanted in map(plain_title, (column.name, *column.titles)):
                return column
        return None


def plain_title(title: str) -> str:
    """Return a heading without what makes no difference."""
    return "".join(sign for sign in title.casefold() if sign.isalnum())


@cache
def tables() -> Mapping[str, Table]:
    """Return the sheets of a study by name, in reading order."""
    text = files("osteokg").joinpath("kg", "curation", "tables.csvw.json").read_text("utf-8")
    described = (_table(table) for table in json.loads(text)["tables"])
    return MappingProxyType({table.name: table for table in described})


def _table(told: Mapping[str, Any]) -> Table:
    schema = told["tableSchema"]
    columns = [column for column in schema["columns"] if not column.get("virtual")]
    types = [column["valueUrl"] for column in schema["columns"] if column.get("virtual")]
    about = schema.get("aboutUrl", "")
    return Table(
        name=told["url"].removesuffix(".tsv"),
        title=told["dc:title"],
        words=told["dc:description"],
        columns=tuple(_column(column) for column in columns),
        kind=about.split("/")[-2] if about else "",
        type=types[0] if types else None,
        identifiers=tuple(told.get("schema:identifier", ())),
    )


def _column(told: Mapping[str, Any]) -> Column:
    titles = told["titles"]
    ranges = tuple(one["@id"] for one in told.get("rdfs:range", ()))
    target: Target = "literal" if "propertyUrl" in told else "none"
    if "valueUrl" in told:
        target = "term" if ranges else "thing"
    return Column(
        name=told["name"],
        titles=(titles,) if isinstance(titles, str) else tuple(titles),
        words=told["dc:description"],
        property=told.get("propertyUrl"),
        target=target,
        kind=told["valueUrl"].split("/")[-2] if target == "thing" else "",
        ranges=ranges,
        datatype=_XSD + told.get("datatype", "string"),
        language=told.get("lang"),
        separator=told.get("separator"),
        default=told.get("default"),
        role=told.get("schema:valueReference", {}).get("@id"),
    )
