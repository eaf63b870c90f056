"""The catalogue: named questions and the views our own pages and tables are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyoxigraph as ox

from osteokg.kg.errors import NotFoundError, RequestError
from osteokg.kg.files import packaged, query_files
from osteokg.kg.headers import header_of

__all__ = ["NamedQuery", "named_queries", "named_query", "projection", "view", "view_of_all"]


@dataclass(frozen=True)
class NamedQuery:
    """Hold a question: its name, what it asks in words, and its SPARQL text."""

    name: str
    title: str
    description: str
    text: str


def named_queries() -> list[NamedQuery]:
    """Return the named questions, sorted by name."""
    queries = []
    for path in query_files():
        text = path.read_text(encoding="utf-8")
        header = header_of(text)
        queries.append(
            NamedQuery(
                path.stem, header.get("title", path.stem), header.get("description", ""), text
            )
        )
    return queries


def named_query(name: str) -> NamedQuery:
    """Return one named question. Raises NotFoundError, naming the closest one."""
    queries = {query.name: query for query in named_queries()}
    if name not in queries:
        close = get_close_matches(name, list(queries), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise NotFoundError(f"There is no named query '{name}'.{hint} 'query --list' lists them.")
    return queries[name]


def view(name: str, things: Iterable[str] = ()) -> str:
    """Return the text of a view (``kg/views/<name>.rq``), its THINGS filled in with IRIs.

    Raises RequestError for text that is no IRI, so that nothing but an IRI gets into the query.
    """
    return _filled(packaged("kg", "views", f"{name}.rq"), things)


def view_of_all(name: str) -> str:
    """Return the text of a view about everything, without the clause that names some THINGS."""
    text = packaged("kg", "views", f"{name}.rq").read_text(encoding="utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if "{ THINGS }" not in line)


def projection(model: str, rule: str, things: Iterable[str]) -> str:
    """Return the text of a rule of ``kg/projections/<model>``, filled in as a view is."""
    return _filled(packaged("kg", "projections", model, f"{rule}.rq"), things)


def _filled(path: Path, things: Iterable[str]) -> str:
    text = path.read_text(encoding="utf-8")
    return text.replace("{ THINGS }", "{ " + " ".join(_iri(thing) for thing in things) + " }")


def _iri(thing: str) -> str:
    try:
        return str(ox.NamedNode(thing))
    except ValueError as error:
        raise RequestError(f"'{thing}' is not an IRI: {error}.") from error
