"""What is the same for every reader of one version of the data: made once, then kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from osteokg.api.requests import store_for
from osteokg.kg.store import Store

__all__ = ["kept"]

Thing = TypeVar("Thing")


async def kept(request: Request, name: str, make: Callable[[Store], Awaitable[Thing]]) -> Thing:
    """Return what is the same for every reader of one version, made once.

    Readers who come while it is made wait for the same work; what failed is made again. Only of
    the current version something is kept, and nothing of data that are of no known version.
    """
    store = store_for(request)
    if not store.version or store.version != request.app.state.store.version:
        return await make(store)
    things: dict[tuple[str, str], asyncio.Future[Thing]] = request.app.state.kept
    key = (store.version, name)
    if key not in things:
        for old in [old for old in things if old[0] != store.version]:
            del things[old]
        things[key] = asyncio.ensure_future(make(store))
    try:
        return await asyncio.shield(things[key])
    except Exception:
        things.pop(key, None)
        raise
