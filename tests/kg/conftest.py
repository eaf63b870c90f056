"""What is asked of the version made of the invented evidence."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from osteokg.kg.kept import Kept
from osteokg.kg.store import InProcessStore
from osteokg.kg.version import Version


@pytest.fixture(scope="session")
def ask(version: Version) -> Iterator[Callable[..., Any]]:
    """Call an asynchronous function with the store of the invented evidence first."""
    store = InProcessStore(version)
    with asyncio.Runner() as loop:
        yield lambda function, *arguments: loop.run(function(store, *arguments))
        loop.run(store.close())


@pytest.fixture(scope="session")
def ask_kept(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Call an asynchronous function with what is kept of the invented evidence first."""

    async def call(store: InProcessStore, function: Callable[..., Any], *arguments: Any) -> Any:
        return await function(Kept(store), *arguments)

    return lambda function, *arguments: ask(call, function, *arguments)
