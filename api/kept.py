"""What is the same for every reader of one version of the data: made once, then kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from osteokg.api.requests import store_for
from osteokg.kg.kept import Kept
from osteokg.kg.store import Store

__all__ = ["kept", "kept_for"]

Thing = TypeVar("Thing")


def kept_for(request: Request) -> Kept:
    """Return what is kept of the version that a request asks.

    Only of the current version something is kept from one request to the next, and nothing of
    data that are of no known version.
    """
    store = store_for(request)
    state = request.app.state
    if not store.version or store.version != state.store.version:
        return Kept(store)
    known: Kept | None = state.kept
    if known is None or known.store.version != store.version:
        known = state.kept = Kept(store)
        if state.preparation is not None:
            state.preparation.begin(known)
    return known


async def kept(request: Request, name: str, make: Callable[[Store], Awaitable[Thing]]) -> Thing:
    """Return what is the same for every reader of one version, made once."""
    return await kept_for(request).of(name, make)
