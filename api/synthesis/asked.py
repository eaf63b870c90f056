"""What an address asks of a synthesis: filters, what to leave out, which part to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from osteokg.api.kept import kept
from osteokg.api.requests import Parameters, asked_version, in_address, only
from osteokg.kg.errors import RequestError
from osteokg.kg.filters import FILTERS, Askable, askable_of
from osteokg.kg.synthesis import SWITCHES, Selection

__all__ = ["Asked", "read", "switches_in"]

_OWN = ("without", "version", "offset", "limit")


@dataclass(frozen=True)
class Asked:
    """Hold what is asked: the selection, as it was written (``filters``), and which part of it.

    ``limit`` is None for all that there is.
    """

    selection: Selection
    filters: Sequence[tuple[str, str]]
    version: str | None
    offset: int
    limit: int | None
    askable: Askable

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


async def read(request: Request) -> Asked:
    """Return what a request asks for. Raises RequestError, FilterError, GoneError."""
    parameters = in_address(request)
    askable = await kept(request, "askable", askable_of)
    filters = [(name, value) for name, value in parameters if name not in _OWN and value.strip()]
    given = [(name, value) for name, value in parameters if name not in _OWN]
    return Asked(
        Selection(askable.read(given), switches_in(v for k, v in parameters if k == "without")),
        filters,
        asked_version(parameters),
        _number(parameters, "offset") or 0,
        _number(parameters, "limit"),
        askable,
    )


def switches_in(values: Iterable[str]) -> frozenset[str]:
    """Return the switches that values name, each perhaps several with commas between them."""
    names = (name.strip() for value in values for name in value.split(","))
    return frozenset(name for name in names if name)


def _number(parameters: Parameters, name: str) -> int | None:
    text = only(parameters, name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise RequestError(f"'{name}' is a number, not '{text}'.")
    return int(text)
