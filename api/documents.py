"""Documents: what is told in RDF and on a page, under one address by Accept and one by suffix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osteokg.api.negotiation import HTML, best_type
from osteokg.kg.errors import NotAcceptableError
from osteokg.kg.results import GRAPH_FORMATS, Format

__all__ = ["FORMATS", "TYPES", "wanted"]

FORMATS: Mapping[str, Format] = {format_.name: format_ for format_ in GRAPH_FORMATS}
"""The formats of data by suffix."""

TYPES: Mapping[str, str] = {
    "html": HTML,
    **{name: format_.media_types[0] for name, format_ in FORMATS.items()},
}
"""The media type that is sent for a suffix."""

_BY_TYPE: Mapping[str, str] = {
    **{
        media_type: name
        for name, format_ in reversed(list(FORMATS.items()))
        for media_type in format_.media_types
    },
    HTML: "html",
}


def wanted(accept: str | None, first: Sequence[str] = ("ttl", "html")) -> str:
    """Return the suffix for an Accept header; among equals, those in ``first`` in their order.

    Raises NotAcceptableError for a client that takes none of them.
    """
    chosen = best_type(accept, [*(TYPES[name] for name in first), *_BY_TYPE])
    if chosen is None:
        offered = ", ".join(TYPES.values())
        raise NotAcceptableError(f"It is told in {offered}; accept one of them.")
    return _BY_TYPE[chosen]
