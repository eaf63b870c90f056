"""An endpoint: HTTP to a SPARQL engine, its failures told as ours."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import httpx2

from osteokg.kg.errors import RequestError, UnavailableError

__all__ = ["Endpoint", "Login", "check_address", "said_by"]

_log = logging.getLogger("osteokg.remote")

_FORM = "application/x-www-form-urlencoded"
_CONNECT = 5.0
"""Within so many seconds an engine takes a connection, or it is not there."""
_TOLD = 16_384
"""Of what an engine says of a failure, so many bytes are read."""


@dataclass(frozen=True)
class Login:
    """Hold how the engine is told who asks: user and password, or a bearer token, or neither.

    What is secret of it stands in nothing that is printed or logged.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Endpoint:
    """Speak the SPARQL 1.1 Protocol to one address, over connections that are kept open.

    Redirects are not followed, for the login would go along; no proxy of the environment is used.
    """

    def __init__(self, url: str, login: Login | None = None, connections: int = 8) -> None:
        """Prepare to ask ``url``; nothing is sent yet.

        Raises RequestError for what is no address, and for a login that would cross a network
        unencrypted.
        """
        login = login or Login()
        check_address(url, login)
        self.url = url
        self._client = httpx2.AsyncClient(
            auth=_Auth(login),
            timeout=httpx2.Timeout(None, connect=_CONNECT),
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections
            ),
            trust_env=False,
            headers={"User-Agent": "OsteoKG"},
        )

    @asynccontextmanager
    async def ask(
        self, form: Sequence[tuple[str, str]], accept: str
    ) -> AsyncIterator[httpx2.Response]:
        """Post a query and give the response once its head is there, whatever its status.

        It is posted as a form, which every engine takes at any length. Leaving before the body
        was read closes the connection, and so ends the work there. Raises UnavailableError.
        """
        content = urlencode(form).encode()
        headers = {"Content-Type": _FORM, "Accept": accept}
        async with self.request("POST", self.url, content, headers) as response:
            yield response

    @asynccontextmanager
    async def request(
        self, method: str, url: str, content: bytes, headers: dict[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        """Send a request, with the login where it is wanted. Raises UnavailableError."""
        try:
            async with self._client.stream(
                method, url, content=content, headers=headers
            ) as response:
                yield response
        except httpx2.HTTPError as error:
            why = str(error) or type(error).__name__
            _log.warning("%s does not answer: %s", urlsplit(url).netloc, why)
            raise UnavailableError("The remote engine does not answer, or broke off.", 5) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def check_address(url: str, login: Login) -> None:
    """Raise RequestError for no address of an endpoint, or one that would give the login away."""
    wrong = RequestError(
        f"'{url}' is no address of a SPARQL endpoint: write e.g. http://127.0.0.1:8890/sparql."
    )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if host is None or parts.scheme not in ("http", "https"):
        raise wrong
    if parts.username is not None or parts.password is not None:
        raise RequestError("A login in the address would be logged: give it in the environment.")
    if (login.user or login.token) and parts.scheme == "http" and not _is_here(host):
        raise RequestError(f"The login would go to {host} unencrypted: give its https address.")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def said_by(response: httpx2.Response) -> str:
    """Return what a failed response says, in one line: of a problem its detail, of a page its text.

    At most some kilobytes are read.
    """
    told = bytearray()
    async for part in response.aiter_bytes():
        told += part
        if len(told) > _TOLD:
            break
    text = bytes(told[:_TOLD]).decode("utf-8", "replace")
    kind = response.headers.get("content-type", "")
    if "json" in kind:
        try:
            problem = json.loads(text)
            return str(problem["detail"])
        except (ValueError, KeyError, TypeError):
            pass
    if "html" in kind or text.lstrip()[:1] == "<":
        text = re.sub(r"(?is)<(head|style|script)\b.*?</\1>|<[^>]*>", " ", text)
        text = html.unescape(text)
    return " ".join(text.split())


class _Auth(httpx2.Auth):
    """Say who asks: by bearer token, or as the engine wants it, Digest (RFC 7616) or Basic."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._scheme: httpx2.Auth | None = None

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        if self._login.token:
            request.headers["Authorization"] = f"Bearer {self._login.token}"
        if self._scheme is None:
            response = yield request
            if response.status_code != 401 or not self._login.user:
                return
            wanted = response.headers.get("www-authenticate", "").lower()
            kind = httpx2.DigestAuth if "digest" in wanted else httpx2.BasicAuth
            self._scheme = kind(self._login.user, self._login.password)
        yield from self._scheme.auth_flow(request)
