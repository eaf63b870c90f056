"""The command ``osteokg mcp``: the tools for agents over stdio, or over HTTP behind our door."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings

from osteokg.api.agents.tools import tools_for
from osteokg.api.keeper import Doorkeeper
from osteokg.api.opening import Opening, prepare
from osteokg.api.remote_engine import Elsewhere, look_elsewhere
from osteokg.api.server import Server, make_room_for
from osteokg.api.serving import bind, ended_in_order, listen
from osteokg.api.settings import Settings, chosen_settings, secrets_of
from osteokg.kg.errors import RequestError
from osteokg.kg.store import Store

__all__ = ["serve_tools"]

_PATH = "/mcp"


def serve_tools(arguments: argparse.Namespace) -> int:
    """Build the graph, or look at the endpoint, and answer agents until they leave."""
    with ExitStack() as held:
        held.enter_context(ended_in_order())
        settings = chosen_settings(arguments, **secrets_of())
        sockets = bind(settings.host, settings.port, held) if arguments.http else []
        if sockets:
            settings = replace(settings, port=sockets[0].getsockname()[1])
            make_room_for(settings.connections)
        if settings.data_dir:
            raise RequestError(
                "Agents only read: give the folder as --evidence DIR, or ask the service that "
                "keeps it with --store URL."
            )
        opening: Opening | Elsewhere
        if settings.store:
            opening = look_elsewhere(settings, arguments.evidence, held)
        else:
            opening = prepare(settings, arguments.evidence, held)
        with asyncio.Runner() as loop:
            if not sockets:
                return loop.run(_over_stdio(opening))
            return loop.run(_over_http(settings, opening, sockets))


@asynccontextmanager
async def _opened(opening: Opening | Elsewhere) -> AsyncIterator[Store]:
    opened = await opening.open()
    try:
        for warning in opened.warnings():
            sys.stderr.write(f"osteokg: {warning}\n")
        yield opened.store
    finally:
        await opened.close()


async def _over_stdio(opening: Opening | Elsewhere) -> int:
    async with _opened(opening) as store:
        await tools_for(store).run_stdio_async()
    return 0


async def _over_http(
    settings: Settings, opening: Opening | Elsewhere, sockets: list[socket.socket]
) -> int:
    async with _opened(opening) as store:
        app = tools_for(store).streamable_http_app(
            streamable_http_path=_PATH,
            # each request for itself: there is nothing to remember of a client
            stateless_http=True,
            json_response=True,
            max_request_body_size=settings.max_body,
            transport_security=_known_names(settings),
        )
        app.state.doorkeeper = Doorkeeper(settings)
        app.state.stopping = False
        address = settings.address().rstrip("/") + _PATH
        told = f"OsteoKG version {store.version[:12]} for agents: {address}\n"

        def announce() -> None:
            sys.stderr.write(told)
            sys.stderr.flush()

        server = Server(app, settings, announce)
        listen(sockets)
        await server.serve(sockets)
    if server.interrupted:
        return 130
    return 0 if server.started else 2


def _known_names(settings: Settings) -> TransportSecuritySettings:
    """Return the names that requests may call us by: a page of another origin knows none.

    Raises RequestError where others reach us and nobody says by which name.
    """
    names = ["127.0.0.1", "localhost", "[::1]"]
    if settings.base_url:
        names = [urlsplit(settings.base_url).netloc]
    elif settings.host not in ("127.0.0.1", "localhost", "::1"):
        raise RequestError(
            f"Others may reach {settings.host}: say by which name, --base-url https://example.org."
        )
    return TransportSecuritySettings(
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[
            f"{scheme}://{form}"
            for name in names
            for form in (name, f"{name}:*")
            for scheme in ("http", "https")
        ],
    )
