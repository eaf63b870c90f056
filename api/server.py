"""The server: uvicorn behind our door, and an orderly end when it is told to stop."""

from __future__ import annotations

import asyncio
import math
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from osteokg.api.door import Door
from osteokg.api.settings import Settings
from osteokg.kg.errors import RequestError

__all__ = ["Server", "make_room_for"]

_OTHER_FILES = 200
"""Files and pipes besides those of connections: workers, spools, data."""


class Server(uvicorn.Server):
    """Serve an application; end in order at the first signal to stop, at once at the second.

    In order: say that we are not ready, wait ``drain_seconds``, let nobody in, finish what is
    under way within ``grace_seconds``, close the store and with it every process. To be told to
    stop is no failure, so nothing is raised then; ``interrupted`` says whether it was by Ctrl-C.
    """

    def __init__(self, app: Starlette, settings: Settings, announce: Callable[[], None]) -> None:
        """Serve ``app`` as the settings say; call ``announce`` once it is served."""
        self.interrupted = False
        self._app = app
        self._drain = settings.drain_seconds
        self._announce = announce
        super().__init__(
            uvicorn.Config(
                app,
                # called with uvicorn's own arguments, though its type asks for a class
                http=partial(Door, app.state.doorkeeper, settings),  # type: ignore[arg-type]  # see above
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
                headers=_kept_alive(settings.idle_seconds),
                # handed to the event loop's timers as it is: fractions of a second are good
                timeout_graceful_shutdown=settings.grace_seconds,  # type: ignore[arg-type]  # see above
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so: from here on a signal ends us in order."""
        await super().startup(sockets)
        self._announce()

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Begin to end; at a second signal end as any process does that minds no signals."""
        if self._app.state.stopping:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self._app.state.stopping = True
        self.interrupted = sig == signal.SIGINT
        if not self._drain:
            self.should_exit = True
            return
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


def _kept_alive(seconds: float) -> list[tuple[str, str]]:
    """Return the header that lets clients take no connection that we are about to close."""
    whole = math.floor(seconds)
    return [("Keep-Alive", f"timeout={whole}")] if whole else []


def make_room_for(connections: int) -> None:
    """Let this process open as many files as the connections that it lets in need.

    Raises RequestError where the system's hard limit does not allow so many.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OTHER_FILES
    if soft in (resource.RLIM_INFINITY,) or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise RequestError(
            f"{connections} connections need {needed} open files, and this process may have "
            f"{hard}: raise the limit (ulimit -Hn, LimitNOFILE=) or lower --connections."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
