"""Heads: what stands in the head of an answer, looked for and changed where it is.

Every answer passes several layers, so they work on the list that ASGI sends, not on copies of it.
Names are in lower case there
(https://asgi.readthedocs.io/en/stable/specs/www.html#response-start-send-event).
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Head", "put", "value_in", "vary_by"]

Head: TypeAlias = list[tuple[bytes, bytes]]


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
