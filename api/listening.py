"""Listening: take the port before anything is built, and say plainly when it cannot be had."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

from osteokg.kg.errors import RequestError

__all__ = ["bind"]


def bind(host: str, port: int, held: ExitStack) -> list[socket.socket]:
    """Return sockets bound to every address of a host; ``held`` closes them.

    Nothing is answered before somebody listens on them. Port 0 takes a free one, the same for
    each address. Raises RequestError for a port that is taken or a host that is not ours.
    """
    sockets: list[socket.socket] = []
    try:
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
    except OSError as error:
        raise RequestError(
            f"cannot listen on {host}, port {port}: {error.strerror}. "
            "Choose another with --host or --port (--port 0 takes a free one)."
        ) from error
    return sockets
