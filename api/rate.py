"""The rate limit: so many requests of one client for long, and a burst of them at once."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteokg.api.addresses import one_client
from osteokg.kg.errors import OsteoKGError, RateLimitError

__all__ = ["Buckets", "RateLimit", "Standing"]

_REMEMBERED = 10_000
"""So many clients are remembered, those that asked last; a forgotten one begins anew."""

_NOT_COUNTED = frozenset({"/health", "/ready", "/metrics"})
"""Who watches over the service asks as often as it must."""


@dataclass(frozen=True)
class Standing:
    """Say where a client stands: whether it may ask now, how many more times, when again in full.

    ``wait`` is in seconds until it may ask again, 0 if it may; ``full`` until all are there.
    """

    allowed: bool
    left: int
    wait: float
    full: float


class Buckets:
    """Give each client a bucket of tokens that fills at a rate; a request takes one out."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Fill at ``rate`` tokens a second up to ``burst``."""
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._level: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many clients are remembered."""
        return len(self._level)

    def take(self, client: str) -> Standing:
        """Take a token for a client, if there is one."""
        now = self._clock()
        level, then = self._level.pop(client, (float(self.burst), now))
        level = min(self.burst, level + (now - then) * self.rate)
        allowed = level >= 1
        level -= allowed
        self._level[client] = level, now
        if len(self._level) > _REMEMBERED:
            self._level.popitem(last=False)
        wait = 0.0 if allowed else (1 - level) / self.rate
        return Standing(allowed, int(level), wait, (self.burst - level) / self.rate)


class RateLimit:
    """Refuse requests over the limit with 429; say in every answer where the client stands.

    The headers are those of draft-ietf-httpapi-ratelimit-headers
    (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), the status and
    Retry-After those of RFC 6585, section 4.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        buckets: Buckets,
        refused: Callable[[], None],
        problem_of: Callable[[Request, OsteoKGError], Response],
    ) -> None:
        """Wrap an application; ``refused`` is called for every request that is."""
        self._app = app
        self._buckets = buckets
        self._refused = refused
        self._problem_of = problem_of
        window = math.ceil(buckets.burst / buckets.rate)
        self._policy = f'"requests";q={buckets.burst};w={window}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _NOT_COUNTED:
            await self._app(scope, receive, send)
            return
        standing = self._buckets.take(one_client((scope.get("client") or ("",))[0]))

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = self._policy
                headers["RateLimit"] = f'"requests";r={standing.left};t={math.ceil(standing.full)}'
            await send(message)

        if standing.allowed:
            await self._app(scope, receive, send_with_standing)
            return
        self._refused()
        error = RateLimitError(
            f"More than {self._buckets.rate:g} requests a second, after the first "
            f"{self._buckets.burst}, are too many from one client.",
            retry_after=math.ceil(standing.wait),
        )
        await self._problem_of(Request(scope), error)(scope, receive, send_with_standing)
