"""Text for a terminal: result tables and descriptions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from osteokg.kg.entity import Entity
from osteokg.kg.names import contract

__all__ = ["aligned", "describe_entity", "rows_as_table"]


def rows_as_table(body: bytes) -> str:
    """Return SPARQL JSON results as aligned columns, IRIs as CURIEs; ASK as true or false."""
    result = json.loads(body)
    if "boolean" in result:
        return f"{str(result['boolean']).lower()}\n"
    names: list[str] = result["head"]["vars"]
    rows = [
        [_cell(binding[name]) if name in binding else "" for name in names]
        for binding in result["results"]["bindings"]
    ]
    return aligned(names, rows)


def aligned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns under their names, and how many there are."""
    widths = [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]
    lines = [names, ["─" * width for width in widths], *rows]
    text = "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
    return f"{text}({len(rows)} rows)\n"


def _cell(term: dict[str, str]) -> str:
    value = term["value"]
    return contract(value) if term["type"] == "uri" else " ".join(value.split())


def describe_entity(entity: Entity) -> str:
    """Return a description as text: what it is called, then one line per value."""
    lines = [entity.label(), contract(entity.iri), ""]
    for predicate, values in entity.properties():
        name = contract(predicate).partition(":")[2]
        for value in values:
            shown = value.text
            if value.iri and contract(value.iri) != value.text:
                shown = f"{value.text}  ({contract(value.iri)})"
            lines.append(f"  {name}: {shown}")
    return "\n".join(lines) + "\n"
