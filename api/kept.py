"""What is the same for every reader of one version of the data: made once, then kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from osteokg.kg.store import Store

__all__ = ["kept"]

Thing = TypeVar("Thing")

_VERSIONS = 4
"""So many versions have something kept."""


async def kept(request: Request, name: str, make: Callable[[Store], Awaitable[Thing]]) -> Thing:
    """Return what is the same for every reader of one version, made once.

    Readers who come while it is made wait for the same work; what failed is made again, and of
    old versions nothing stays.
    """
    store: Store = request.app.state.store
    by_version: dict[str, dict[str, asyncio.Future[Thing]]] = request.app.state.kept
    if store.version not in by_version and len(by_version) >= _VERSIONS:
        del by_version[next(iter(by_version))]
    of_version = by_version.setdefault(store.version, {})
    if name not in of_version:
        of_version[name] = asyncio.ensure_future(make(store))
    try:
        return await asyncio.shield(of_version[name])
    except Exception:
        of_version.pop(name, None)
        raise
