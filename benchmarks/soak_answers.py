"""What an answer of the service is: right, a limit that it states, or wrong."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pyoxigraph as ox

from osteokg.kg import errors
from osteokg.kg.errors import BusyError, LimitError
from osteokg.kg.results import Format, Query, evaluate

__all__ = ["Service", "WrongError", "check", "limit_in", "said"]

LIMITS = {
    error.title
    for error in map(errors.__dict__.__getitem__, errors.__all__)
    if issubclass(error, LimitError)
} - {errors.UnavailableError.title}


class WrongError(Exception):
    """Report an answer that is neither right nor a limit that is stated."""


@dataclass
class Service:
    """Hold where the service is, and what its answers must be."""

    host: str
    port: int
    store: ox.Store | None = None
    expected: dict[tuple[str, str], object] = field(default_factory=dict)
    number: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    written: list[tuple[str, str, int | None]] = field(default_factory=list)

    def client(self, address: str) -> httpx2.AsyncClient:
        """Return a client that comes from an address of its own, as another user would."""
        way = httpx2.AsyncHTTPTransport(verify=False, local_address=address)
        return httpx2.AsyncClient(
            transport=way, base_url=f"http://{self.host}:{self.port}", timeout=600
        )

    def right(self, query: str, format_: Format) -> object:
        """Return what a query's answer in a format says, evaluated here."""
        key = (query, format_.name)
        if key not in self.expected:
            assert self.store is not None
            answer = evaluate(self.store, Query(query, rows=format_, graph=format_))
            self.expected[key] = said(answer.body, format_)
        return self.expected[key]


def said(body: bytes, format_: Format) -> object:
    """Return what an answer says, whatever the order of its rows."""
    if isinstance(format_.engine, ox.RdfFormat):
        return {quad.triple for quad in ox.parse(body, format_.engine)}
    if format_.name in ("csv", "tsv"):  # as text: CSV does not say what is an IRI
        return Counter(body.decode().splitlines())
    told = ox.parse_query_results(body, format_.engine)
    if isinstance(told, ox.QueryBoolean):
        return bool(told)
    return Counter(tuple(map(str, row)) for row in told)


def check(is_right: object, what: str, answer: httpx2.Response | None = None) -> None:
    """Raise WrongError with what is wrong."""
    if not is_right:
        told = f": {answer.status_code} {answer.text[:300]}" if answer is not None else ""
        raise WrongError(what + told)


def limit_in(answer: httpx2.Response) -> str:
    """Return the title of the limit that an answer states, empty if it states none."""
    if answer.status_code not in (429, 503):
        return ""
    if answer.request.method == "HEAD":
        return "a limit"
    if answer.headers["content-type"].startswith("text/html"):
        return next((title for title in LIMITS if title in answer.text), "")
    told = answer.json()
    check(told["status"] == answer.status_code and told["detail"], "a problem that says nothing")
    waits = told["title"] != BusyError.title or answer.headers["retry-after"].isdigit()
    check(waits, "busy until nobody knows when", answer)
    return str(told["title"]) if told["title"] in LIMITS else ""
