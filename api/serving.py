"""Serving: take the port, build the graph, answer over HTTP until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import NoReturn

import uvicorn

from osteokg.api.app import create_app
from osteokg.api.log import Outbox, logging_to
from osteokg.api.metrics import of_log
from osteokg.api.opening import Opening, prepare
from osteokg.api.remote_engine import Elsewhere, look_elsewhere
from osteokg.api.server import Server, make_room_for
from osteokg.api.settings import Settings, chosen_settings, secrets_of
from osteokg.api.write_access import read_token
from osteokg.kg.errors import RequestError
from osteokg.kg.service import counts_of

__all__ = ["bind", "ended_in_order", "listen", "serve"]

_NEW_OBJECTS = 20_000
"""After so many new objects those that only hold each other are looked for."""

_TIDY_AGAIN = 5.0
"""After so many seconds memory is given back again, which takes two milliseconds."""

_WAITING = 2048
"""So many connections may wait to be let in, as uvicorn has it."""


def serve(arguments: argparse.Namespace) -> int:
    """Build the graph and serve it; refuse to start on wrong data, naming every problem."""
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        sockets = bind(arguments.host, arguments.port, held)
        token = arguments.write_token_file and read_token(arguments.write_token_file)
        settings = replace(
            chosen_settings(arguments, write_token=token, plain=arguments.plain, **secrets_of()),
            port=sockets[0].getsockname()[1],
        )
        make_room_for(settings.connections)
        if settings.plain:
            _refuse_strangers(sockets, settings)
        opening: Opening | Elsewhere
        if settings.store:
            opening = look_elsewhere(settings, arguments.evidence, held)
        else:
            opening = prepare(settings, arguments.evidence, held)
        outbox = held.enter_context(logging_to(settings))
        loop_factory = uvicorn.Config("", log_config=None).get_loop_factory()
        loop = held.enter_context(asyncio.Runner(loop_factory=loop_factory))
        return loop.run(_serve(settings, sockets, opening, outbox))


async def _serve(
    settings: Settings, sockets: list[socket.socket], opening: Opening | Elsewhere, outbox: Outbox
) -> int:
    opened = await opening.open()
    try:
        for warning in opened.warnings():
            _announce(settings, f"osteokg: {warning}")
        app = create_app(
            settings,
            opened.store,
            opened.versions,
            judge=opened.judge,
            truth=opened.truth,
            releases=opened.releases,
            comparisons=opened.comparisons,
        )
        app.state.metrics.add(lambda: of_log(outbox))
        counts = await counts_of(opened.store)
        where = f" (in {settings.data_dir})" if settings.data_dir else ""
        announcement = (
            f"OsteoKG version {opened.store.version[:12]}: {counts.kinds.get('findings', 0)} "
            f"findings, {counts.triples} triples; {settings.address()}"
        )

        def announce() -> None:
            _announce(settings, f"What holds: {opened.truth()}{where}.")
            _announce(settings, announcement)

        server = Server(app, settings, announce)
        listen(sockets)
        gc.collect()
        gc.freeze()  # what serves to the end need not be looked through for what is over
        # A request makes hundreds of objects, nearly all of which go by themselves.
        gc.set_threshold(_NEW_OBJECTS)
        tidying = asyncio.create_task(_give_back_memory())
        await server.serve(sockets)
        tidying.cancel()
    finally:
        await opened.close()
    if server.interrupted:
        return 130
    return 0 if server.started else 2


async def _give_back_memory() -> None:
    """Give the system back what is free, now and again until cancelled.

    At first that is a third of what the start took; later what large requests have left. glibc
    keeps it otherwise, https://man7.org/linux/man-pages/man3/malloc_trim.3.html.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other libraries have none
    while trim is not None:
        await asyncio.to_thread(trim, 0)
        await asyncio.sleep(_TIDY_AGAIN)


def _announce(settings: Settings, words: str) -> None:
    """Tell whoever started us; in JSON only where that was asked for."""
    if settings.log_format == "json":
        logging.getLogger("osteokg").info(words)
    else:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGINT unwind what was begun, so that nothing is left behind.

    uvicorn takes both while it serves, and raises them again afterwards.
    """

    def end(number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    taken = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, before in taken.items():
            signal.signal(one, before)


def _refuse_strangers(sockets: Sequence[socket.socket], settings: Settings) -> None:
    """Raise RequestError for a plain store that others could write to without a token."""
    hosts = [one.getsockname()[0] for one in sockets]
    if settings.write_token is None and not all(ip_address(host).is_loopback for host in hosts):
        raise RequestError(
            f"--plain on {settings.host} lets anybody write: add --write-token-file FILE, or "
            "listen on 127.0.0.1."
        )


def bind(host: str, port: int, held: ExitStack) -> list[socket.socket]:
    """Return sockets bound to every address of a host; ``held`` closes them.

    Nobody is answered before ``listen``. Port 0 takes a free one, the same for each address.
    Raises RequestError for a port that is taken or a host that is not ours.
    """
    sockets: list[socket.socket] = []
    with _told(host, port):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = held.enter_context(socket.socket(family, kind, protocol))
            if os.name == "posix":  # elsewhere it would let two programs share a port
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            taken = sockets[0].getsockname()[1] if sockets else port
            one.bind((address[0], taken, *address[2:]))
            sockets.append(one)
    return sockets


def listen(sockets: Sequence[socket.socket]) -> None:
    """Let connections in. Raises RequestError if another has begun to listen there meanwhile."""
    for one in sockets:
        host, port, *_ = one.getsockname()
        with _told(host, port):
            one.listen(_WAITING)


@contextmanager
def _told(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError) as error:  # a name that none can be is told as the latter
        why = getattr(error, "strerror", None) or error
        raise RequestError(
            f"cannot listen on {host}, port {port}: {why}. "
            "Choose another with --host or --port (--port 0 takes a free one)."
        ) from error
