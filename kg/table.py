"""The findings table: one row per finding or claim, one per proposition of a conclusion."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from osteokg.kg.catalogue import view
from osteokg.kg.filters import Filters
from osteokg.kg.names import ID
from osteokg.kg.results import ROW_FORMATS, Query, evaluate
from osteokg.kg.rows import read_rows, rows_of
from osteokg.kg.selection import Selected, select, selection_query
from osteokg.kg.store import Store

__all__ = ["COLUMNS", "findings_csv", "findings_rows", "rows_by_name", "selected_rows"]

COLUMNS = (
    "finding",
    "kind",
    "contrast",
    "study",
    "reference",
    "model",
    "intervention",
    "comparator",
    "site",
    "compartment",
    "outcome",
    "direction",
    "degree",
    "significance",
    "wording",
    "presupposed",
    "hedged",
    "publication_status",
    "anchors",
    "claim_type",
    "judgement",
    "hedge",
    "inferred",
    "scope_uncertain",
    "joint",
    "dose",
    "time_pattern",
    "regimen",
    "population",
    "magnitude",
    "counteracts",
    "explains",
    "benefit",
    "source",
    "study_iri",
    "model_iri",
    "intervention_iri",
    "comparator_iri",
    "site_iri",
    "compartment_iri",
    "outcome_iri",
    "paraphrase",
)
"""The header, in the order that others rely on."""

_WITH_IRI = ("model", "intervention", "comparator", "site", "compartment", "outcome")
_SEPARATOR = {"intervention": " + ", "comparator": " + "}
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "finding": {
        **dict.fromkeys(("presupposed", "hedged", "inferred", "scope_uncertain"), "false"),
        "joint": "false",
        "judgement": "none",
        "time_pattern": "not-stated",
    },
    "clinical": dict.fromkeys(("hedged", "inferred", "scope_uncertain", "joint"), "false"),
    "explanation": dict.fromkeys(("hedged", "inferred", "scope_uncertain"), "false"),
    "interaction-claim": dict.fromkeys(("hedged", "inferred", "scope_uncertain"), "false"),
    "conclusion": dict.fromkeys(("hedged", "inferred", "scope_uncertain"), "false"),
    "mechanism": dict.fromkeys(("hedged", "inferred", "scope_uncertain"), "false"),
}

_AT_ONCE = 500
"""So many rows are asked for in one query."""

Facts = Mapping[str, set[tuple[str, str]]]


async def findings_rows(store: Store) -> list[dict[str, str]]:
    """Return the rows of the findings table, sorted by finding; every column in every row."""
    return await selected_rows(store, await select(store, Filters()))


async def selected_rows(store: Store, selected: Sequence[Selected]) -> list[dict[str, str]]:
    """Return some rows of the findings table, in the order that they are selected in."""
    found: dict[Selected, dict[str, str]] = {}
    for text in _queries(selected):
        found.update(await asyncio.to_thread(_rows_of, await rows_of(store, text)))
    return [found[one] for one in selected]


def rows_by_name(store: ox.Store) -> dict[str, dict[str, str]]:
    """Return the rows of the findings table of an engine's store in this process, by their name."""

    def asked(text: str) -> list[dict[str, str]]:
        return read_rows(evaluate(store, Query(text, rows=ROW_FORMATS[0])).body)

    selected = [Selected(row["statement"], row["row"]) for row in asked(selection_query(Filters()))]
    found = (row for text in _queries(selected) for row in _rows_of(asked(text)).values())
    return {row["finding"]: row for row in found}


def _queries(selected: Iterable[Selected]) -> Iterator[str]:
    """Give the queries for the facts of rows, of so many at once."""
    by_statement: dict[str, list[str]] = defaultdict(list)
    for one in selected:
        by_statement[one.statement].append(one.row)
    text = view("findings")
    statements = list(by_statement)
    for start in range(0, len(statements), _AT_ONCE):
        meant = statements[start : start + _AT_ONCE]
        rows = (row for statement in meant for row in by_statement[statement])
        yield text.replace("# STATEMENTS", _values("statement", meant)).replace(
            "# ROWS", _values("row", rows)
        )


def _values(name: str, things: Iterable[str]) -> str:
    return f"VALUES ?{name} {{ {' '.join(f'<{thing}>' for thing in dict.fromkeys(things))} }}"


def _rows_of(bindings: Iterable[Mapping[str, str]]) -> dict[Selected, dict[str, str]]:
    rows: dict[str, set[str]] = defaultdict(set)
    of_statement: dict[str, dict[str, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    of_row: dict[str, dict[str, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for text in bindings:
        statement, row = text.get("statement", ""), text.get("row", "")
        if "column" not in text:
            rows[statement].add(row)
            continue
        told = of_statement[statement] if statement else of_row[row]
        told[text["column"]].add((text.get("value", ""), text.get("iri", "")))
    found = {}
    for statement, some in sorted(rows.items()):
        for number, row in enumerate(sorted(some), start=1):
            name = statement if row == statement else f"{statement}#p{number}"
            both = (of_statement[statement], of_row[row])
            columns = {column for facts in both for column in facts}
            facts = {
                column: {value for facts in both for value in facts.get(column, ())}
                for column in columns
            }
            found[Selected(statement, row)] = _row(name, facts)
    return found


def _row(name: str, facts: Facts) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    kind = _only(facts, "kind")
    row.update(_DEFAULTS.get(kind, {}))
    row["finding"] = name
    per_study = _per_study(facts)
    for column, values in facts.items():
        ordered = sorted(values)
        if column in per_study:
            row[column] = ";".join(per_study[column])
        elif column == "degree" and ("overshoot", "") in values:
            row[column] = "overshoot"
        else:
            separator = _SEPARATOR.get(column, ";")
            if (kind, column) == ("interaction-claim", "comparator"):
                separator = ";"  # arms beside each other, not agents of one arm
            row[column] = separator.join(_distinct(value for value, _ in ordered))
        if column in _WITH_IRI:
            row[f"{column}_iri"] = ";".join(_distinct(iri for _, iri in ordered))
    row["study_iri"] = ";".join(per_study["study_iri"])
    row["source"] = ";".join(_slug(value) for value, _ in sorted(facts.get("source", ())))
    return row


def _per_study(facts: Facts) -> dict[str, list[str]]:
    """Return the columns that follow the studies, all in one order: by reference number, slug."""

    def of(column: str) -> dict[str, list[str]]:
        found = defaultdict(list)
        for value, iri in sorted(facts.get(column, ())):
            found[iri].append(value)
        return found

    numbers, statuses = of("reference"), of("publication_status")

    def order(iri: str) -> tuple[int, str]:
        return (int(numbers[iri][0]) if iri in numbers else 10**6, iri)

    studies = sorted({iri for _, iri in facts.get("study", ())}, key=order)
    return {
        "study": [_slug(iri) for iri in studies],
        "study_iri": studies,
        "reference": [number for iri in studies for number in numbers.get(iri, [])],
        "publication_status": [status for iri in studies for status in statuses.get(iri, [])],
    }


def _slug(iri: str) -> str:
    return iri.rpartition("/")[2] if iri.startswith(ID) else iri


def _only(facts: Facts, column: str) -> str:
    return min((value for value, _ in facts.get(column, ())), default="")


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def findings_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as CSV (RFC 4180: CRLF line ends), the header exactly COLUMNS."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
