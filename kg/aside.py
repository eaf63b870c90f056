"""Work aside: a process of its own that gives way to queries and ends when the service does."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress

from osteokg.kg.errors import UnavailableError

__all__ = ["give_way", "work_aside"]

_LESS_PRIORITY = 10


async def work_aside(module: str, words: str, seconds: float, what: str) -> bytes:
    """Run a module in a process of its own, with one argument, and return what it writes.

    ``what`` is what it makes. Raises UnavailableError where it fails or takes longer than
    ``seconds``.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", module, words),
            stdin=asyncio.subprocess.PIPE,  # closed when we are gone, which ends it
            stdout=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise UnavailableError(f"No process could be started: {error.strerror}.") from error
    try:
        async with asyncio.timeout(seconds):
            assert process.stdout
            written = await process.stdout.read()
            status = await process.wait()
    except TimeoutError as error:
        raise UnavailableError(f"{what} could not be made within {seconds:g} s.") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if status != 0:
        raise UnavailableError(f"{what} could not be made; the log of the service says why.")
    return written


def give_way() -> None:
    """Let this process have less priority, and end when its standard input does."""
    if hasattr(os, "nice"):
        os.nice(_LESS_PRIORITY)

    def end_with_service() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock, held, would fail the end
            pass
        os._exit(1)

    threading.Thread(target=end_with_service, daemon=True).start()
