"""What a request says: its parameters, its body, what that is written in, who asks."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable
from functools import lru_cache
from typing import TypeAlias, TypeVar
from urllib.parse import unquote

import pyoxigraph as ox
from fastapi import Request
from starlette.types import Receive

from osteokg.api.heads import said_in
from osteokg.api.settings import Settings
from osteokg.kg.delay import Delay
from osteokg.kg.errors import MediaTypeError, QuerySyntaxError, RequestError, TooLargeError
from osteokg.kg.results import RDF_FORMATS
from osteokg.kg.store import PinnedStore, Store

__all__ = [
    "FORM",
    "ClientGoneError",
    "Parameters",
    "asked_version",
    "base_of",
    "decode",
    "decode_body",
    "in_address",
    "instead_of",
    "media_type",
    "only",
    "peer",
    "rdf_format",
    "read_body",
    "store_for",
    "text_of_body",
    "type_of_body",
    "while_connected",
]

FORM = "application/x-www-form-urlencoded"

_RDF = {
    name: format_.engine
    for format_ in RDF_FORMATS
    for name in format_.media_types
    if isinstance(format_.engine, ox.RdfFormat) and not re.search(r"/(xml|json|plain)$", name)
}
"""The media types of RDF that is taken, without names that say less than RDF."""

Parameters: TypeAlias = list[tuple[str, str]]
Outcome = TypeVar("Outcome")

_SOON = 0.01
"""After so many seconds it is noticed when a client goes away."""
_PARAMETERS = 1000
_AT_ONCE = 1 << 16
"""So many characters of a form are decoded in a few milliseconds."""
_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_DATA_VERSION = re.compile(r"[0-9a-f]{64}")
_SPARQL_VERSION = re.compile(r"1\.[0-2](?:-basic)?")


def in_address(request: Request) -> Parameters:
    """Return the parameters of a request's address. Raises RequestError for what is not UTF-8."""
    try:
        return decode(request.scope["query_string"].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RequestError("The address is not UTF-8.") from error


def decode(encoded: str) -> Parameters:
    """Decode a form once (WHATWG URL, application/x-www-form-urlencoded parsing).

    Raises RequestError for what is not UTF-8, and for more parameters than anybody needs.
    """
    if encoded.count("&") >= _PARAMETERS:
        raise RequestError(f"There are more than {_PARAMETERS} parameters.")
    decoded = []
    try:
        for pair in encoded.split("&"):
            if pair:
                name, _, value = pair.partition("=")
                decoded.append((_decoded(name), _decoded(value)))
    except UnicodeDecodeError as error:
        raise RequestError("A parameter is not UTF-8 once its %-signs are decoded.") from error
    return decoded


def _decoded(text: str) -> str:
    """Return what a name or value says. Raises UnicodeDecodeError for what is not UTF-8.

    A query is mostly %-signs, and the library takes them one by one: here they are read as what
    else writes bytes by number, in one go, and whatever is not all that plain by the library.
    """
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    if not text.isascii() or "\\" in text:
        return unquote(text, errors="strict")
    try:
        escaped = text.replace("%", "\\x").encode("ascii")
        return escaped.decode("unicode_escape").encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return unquote(text, errors="strict")


async def decode_body(body: bytes) -> Parameters:
    """Decode a form that was sent as a body, a large one without holding up others.

    Raises RequestError as ``decode`` and ``text_of_body`` do.
    """
    text = text_of_body(body)
    return await asyncio.to_thread(decode, text) if len(text) > _AT_ONCE else decode(text)


def only(parameters: Parameters, name: str) -> str | None:
    """Return the one value of a parameter, or None. Raises RequestError for several."""
    values = [value for key, value in parameters if key == name]
    if len(values) > 1:
        raise RequestError(f"'{name}' is given {len(values)} times: give it once.")
    return values[0] if values else None


def asked_version(parameters: Parameters) -> str | None:
    """Return the version of the data that is asked for, None for the current one.

    SPARQL 1.2 Protocol, section 2.1, uses the same name for the version of the language: ``1.1``
    is no version of the data. Raises RequestError for what names no version at all.
    """
    version = only(parameters, "version")
    if version is None or _SPARQL_VERSION.fullmatch(version):
        return None
    if not _DATA_VERSION.fullmatch(version):
        raise RequestError(
            f"'{version}' is no version: one is named by 64 hexadecimal digits, as /versions "
            "lists them."
        )
    return version


def store_for(request: Request) -> Store:
    """Return the store that answers a request, pinned to one version.

    To the one that the address asks for, else to the current one: what is made from several
    answers must not mix two versions.
    """
    pinned: Store | None = getattr(request.state, "store", None)
    if pinned is None:
        store: Store = request.app.state.store
        version = asked_version(in_address(request)) or store.version
        pinned = request.state.store = PinnedStore(store, version) if version else store
    return pinned


def instead_of(error: QuerySyntaxError, instead: str) -> QuerySyntaxError:
    """Return the error for who sends a query to be carried out, or an update to be answered."""
    told = str(error) if error.line is None else str(error).partition(": ")[2]
    return QuerySyntaxError(f"{told}; {instead}", error.line, error.column)


def media_type(request: Request) -> str:
    """Return the type of a request's body in lower case, empty if there is none.

    Raises MediaTypeError for a body in another encoding than UTF-8, or a compressed one.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise MediaTypeError(f"A body coded as {coding} is not read: send it as it is.")
    return type_of_body(request.headers.get("content-type", ""))


def type_of_body(content_type: str) -> str:
    """Return the media type of a Content-Type. Raises MediaTypeError for another than UTF-8."""
    type_, _, parameters = content_type.partition(";")
    charset = _CHARSET.search(parameters)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeError(f"A body in {charset[1]} is not read: send it in UTF-8.")
    return type_.strip().lower()


def rdf_format(type_: str) -> ox.RdfFormat:
    """Return the format of RDF that a media type names. Raises MediaTypeError for another type."""
    format_ = _RDF.get(type_)
    if format_ is None:
        known = ", ".join(_RDF)
        raise MediaTypeError(f"A document of type '{type_ or 'none'}' is not read; {known} are.")
    return format_


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body. Raises TooLargeError as soon as it is larger than ``limit`` bytes.

    One that says so itself is not read: a client that waits for our word need not send it.
    """
    too_large = TooLargeError(f"The body is larger than {limit} bytes.")
    if int(request.headers.get("content-length", 0)) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def text_of_body(body: bytes) -> str:
    """Return a body as text. Raises RequestError for what is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"Byte {error.start} of the body is not UTF-8.") from error


def base_of(request: Request) -> str:
    """Return the address under which the service is reached, without a final slash.

    It is the one that the operator names, else what the client calls us. Raises RequestError for
    a name that gives no IRI.
    """
    settings: Settings = request.app.state.settings
    if settings.base_url:
        return settings.base_url
    scope = request.scope
    root = scope.get("app_root_path", scope.get("root_path", ""))
    server = tuple(scope.get("server") or ())
    return _base(scope["scheme"], server, root, said_in(scope).get(b"host"))


@lru_cache(100)
def _base(scheme: str, server: tuple[str | int | None, ...], root: str, host: bytes | None) -> str:
    """Return the base of requests that name the service so."""
    headers = [] if host is None else [(b"host", host)]
    scope = {"type": "http", "scheme": scheme, "server": server or None, "headers": headers}
    base = str(Request({**scope, "root_path": root, "path": root}).base_url).rstrip("/")
    try:
        ox.NamedNode(base)
    except ValueError as error:
        raise RequestError(f"'{base}' is no address: {error}.") from error
    return base


def peer(request: Request) -> str:
    """Return who asks: the address at the other end of the connection."""
    client = request.scope.get("client")
    return client[0] if client else ""


class _OfThread(threading.local):
    """Hold what each thread has of its own, and with it each event loop."""

    def __init__(self) -> None:
        self.soon = Delay(_SOON)


_of_thread = _OfThread()


class ClientGoneError(Exception):
    """Say that nobody waits for the answer any more."""


async def while_connected(receive: Receive, work: Awaitable[Outcome]) -> Outcome:
    """Return what comes of some work; cancel it when the client goes away.

    Raises ClientGoneError then. The request's body must have been read.
    """
    task = asyncio.current_task()
    assert task is not None
    going: asyncio.Task[None] | None = None
    waits = True

    def watch() -> None:
        nonlocal going
        going = asyncio.ensure_future(_gone(receive))
        going.add_done_callback(cancel)

    def cancel(_done: asyncio.Task[None]) -> None:
        if waits:
            task.cancel()

    # One task that watches, none for the work: this one is cancelled as asyncio.timeout does it.
    # Most work is done before it is worth while to watch.
    soon = _of_thread.soon.call(watch)
    try:
        return await work
    except asyncio.CancelledError:
        if going is not None and going.done() and task.uncancel() == 0:
            raise ClientGoneError from None
        raise
    finally:
        waits = False
        soon.cancel()
        if going is not None:
            going.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
