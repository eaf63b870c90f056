"""Heads: what a request's says, and what stands in an answer's, changed where it is.

Every request and answer passes several layers. So what a request says is looked up in what was
read once, and an answer's head is the list that ASGI sends, not a copy of it.
Names are in lower case there
(https://asgi.readthedocs.io/en/stable/specs/www.html#response-start-send-event).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from starlette.types import Scope

__all__ = ["Head", "put", "said_in", "value_in", "vary_by"]

Head: TypeAlias = list[tuple[bytes, bytes]]

_SAID = "osteokg.said"


def said_in(scope: Scope) -> Mapping[bytes, bytes]:
    """Return what the headers of a request say, by name.

    What several of one name say is one list (RFC 9110, section 5.3).
    """
    head = scope["headers"]
    known: tuple[Head, dict[bytes, bytes]] | None = scope.get(_SAID)
    if known is not None and known[0] is head:  # a layer may have put another in its place
        return known[1]
    said = dict(head)
    if len(said) != len(head):
        said = {}
        for name, value in head:
            said[name] = said[name] + b", " + value if name in said else value
    scope[_SAID] = head, said
    return said


def value_in(head: Head, name: bytes) -> bytes | None:
    """Return the first value of a header, None where there is none."""
    for found, value in head:
        if found == name:
            return value
    return None


def put(head: Head, name: bytes, value: bytes | None) -> None:
    """Give a header this value and no other; None takes it away."""
    head[:] = [one for one in head if one[0] != name]
    if value is not None:
        head.append((name, value))


def vary_by(head: Head, header: bytes) -> None:
    """Say that the answer depends on a header of the request (RFC 9110, section 12.5.5)."""
    for place, (name, value) in enumerate(head):
        if name == b"vary":
            if value != b"*":
                head[place] = name, value + b", " + header
            return
    head.append((b"vary", header))
