"""Sentences of articles whose text the operator has: shown beside their anchors, kept in no graph.

The text may be under rights that let it be read here and not be passed on: it is on pages only,
never in data, and sentence by sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request

from osteokg.api.kept import kept
from osteokg.kg.anchored import anchored_in, quotations
from osteokg.kg.anchors import Source, read_source
from osteokg.kg.errors import RequestError
from osteokg.kg.store import Store

__all__ = ["quotations_for", "source_at"]


def source_at(path: str) -> Source | None:
    """Return the article's text that a setting names, None for none.

    Raises RequestError for a file that cannot be read.
    """
    try:
        return read_source(Path(path)) if path else None
    except OSError as error:
        raise RequestError(f"--source {path}: {error.strerror}.") from error


async def quotations_for(request: Request) -> Mapping[str, str]:
    """Return the sentences that may be shown, by the IRI of their anchor."""
    source: Source | None = request.app.state.source
    if source is None:
        return {}

    async def made(store: Store) -> Mapping[str, str]:
        return await asyncio.to_thread(quotations, await anchored_in(store), source)

    return await kept(request, "quotations", made)
