"""The selection: which rows of the findings table filters leave, in which order, page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from osteokg.kg.catalogue import view
from osteokg.kg.errors import FilterError
from osteokg.kg.filters import Filters
from osteokg.kg.names import VOCAB
from osteokg.kg.rows import rows_of
from osteokg.kg.store import Store

__all__ = ["SORTS", "Order", "Selected", "select", "selection_query"]

SORTS = (
    "finding", "intervention", "model", "site", "compartment", "outcome", "direction", "contrast",
    "study", "year",
)  # fmt: skip
"""What the findings can be sorted by; a minus before it turns the order round."""


@dataclass(frozen=True)
class Order:
    """Name a column to sort by, and whether its greatest value comes first."""

    column: str
    descending: bool = False

    @classmethod
    def read(cls, text: str) -> Order:
        """Return the order that a parameter names (``outcome``, ``-year``). Raises FilterError."""
        column = text.removeprefix("-")
        if column not in SORTS:
            close = get_close_matches(column, SORTS, n=1, cutoff=0.6) or list(SORTS)
            hint = f"Did you mean {close[0]}?" if len(close) == 1 else f"Give {', '.join(SORTS)}."
            message = f"The findings are not sorted by '{column}'. {hint}"
            raise FilterError(message, "sort", text, close if len(close) == 1 else ())
        return cls(column, text.startswith("-"))


@dataclass(frozen=True)
class Selected:
    """Name one row: the statement, and itself or its proposition that the row is about."""

    statement: str
    row: str


def selection_query(filters: Filters) -> str:
    """Return the query for ``?statement`` and ``?row`` of what the filters leave."""
    return view("selection").replace("# FILTERS", filters.pattern())


async def select(store: Store, filters: Filters, orders: Iterable[Order] = ()) -> list[Selected]:
    """Return the rows that the filters leave, in the orders asked for, then by IRI."""
    rows = await rows_of(store, selection_query(filters))
    found = sorted(
        (Selected(row["statement"], row["row"]) for row in rows),
        key=lambda one: (one.statement, one.row),
    )
    # Sorting is stable: the last order first.
    for order in reversed(list(orders)):
        if order.column == "finding":
            keys = {one.row: one.statement for one in found}
        else:
            keys = await _keys(store, order.column)
        found = _sorted(found, keys, descending=order.descending)
    return found


def _sorted(found: Sequence[Selected], keys: dict[str, str], *, descending: bool) -> list[Selected]:
    """Return the rows in the order of their keys; those without one come last either way."""
    having = [one for one in found if one.row in keys or one.statement in keys]
    without = [one for one in found if one.row not in keys and one.statement not in keys]

    def key(one: Selected) -> str:
        return keys[one.row] if one.row in keys else keys[one.statement]

    return sorted(having, key=key, reverse=descending) + without


_PROPERTIES = {"intervention": ("intervention", "associatedFactor")}
"""The properties behind a column whose name is not its property's."""


async def _keys(store: Store, column: str) -> dict[str, str]:
    """Return what each row is sorted by: its values in the column, the way they are printed."""
    if column in ("study", "year"):
        texts = [view(f"sort-keys-{column}")]
    else:
        properties = [VOCAB + name for name in _PROPERTIES.get(column, (column,))]
        texts = [view("sort-keys", properties)]
    if column == "intervention":
        texts.append(view("sort-keys-induced"))
    values: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for row in await rows_of(store, text):
            values[row["row"]].add(row["value"].casefold())
    return {row: ";".join(sorted(found)) for row, found in values.items()}
