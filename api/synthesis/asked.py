"""What an address asks of a synthesis: filters, what to leave out, which part to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from osteokg.kg.filters import FILTERS
from osteokg.kg.synthesis import SWITCHES, Selection, Term

__all__ = ["Asked", "switches_in"]


@dataclass(frozen=True)
class Asked:
    """Hold what is asked: the selection, as it was written (``filters``), and which part of it.

    ``limit`` is None for all that there is. ``offered`` are the terms to choose from, by filter.
    """

    selection: Selection
    filters: Sequence[tuple[str, str]]
    version: str | None = None
    offset: int = 0
    limit: int | None = None
    offered: Mapping[str, Sequence[Term]] = field(default_factory=dict)

    @property
    def part(self) -> slice:
        """Return which of the items are asked for."""
        return slice(self.offset, None if self.limit is None else self.offset + self.limit)

    def at_most(self, number: int | None) -> Asked:
        """Return the same for no more than so many items, None for as many as there are."""
        if number is None:
            return self
        return replace(self, limit=number if self.limit is None else min(self.limit, number))

    @property
    def without(self) -> list[str]:
        """Return what is left out, in the order of the switches."""
        return [name for name in SWITCHES if name in self.selection.without]

    def given(self, name: str) -> list[str]:
        """Return the values of one filter, as they were written."""
        return [value for key, value in self.filters if key == name]

    def by_filter(self) -> dict[str, list[str]]:
        """Return the values of each filter that is asked for."""
        return {name: values for name in FILTERS if (values := self.given(name))}

    def address(self, path: str = "", **changed: str | int | None) -> str:
        """Return an address that asks the same, but for what is changed; None takes it away.

        Which part is shown is not kept: other pages have other parts.
        """
        said: list[tuple[str, str]] = [
            (name, value) for name, value in self.filters if name not in changed
        ]
        if self.without and "without" not in changed:
            said.append(("without", ",".join(self.without)))
        if self.version is not None and "version" not in changed:
            said.append(("version", self.version))
        said += [(name, str(value)) for name, value in changed.items() if value is not None]
        return f"{path}?{urlencode(said, safe=':,/')}" if said else path


def switches_in(values: Iterable[str]) -> frozenset[str]:
    """Return the switches that values name, each perhaps several with commas between them."""
    names = (name.strip() for value in values for name in value.split(","))
    return frozenset(name for name in names if name)
