"""Settings of the service: one frozen object, read from the environment in one place."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from osteokg.kg.engine import WORKERS, Limits, Workers
from osteokg.kg.errors import RequestError

__all__ = ["Settings", "from_environment", "port_number"]


@dataclass(frozen=True)
class Settings:
    """Hold what the operator may choose.

    ``base_url`` is the address under which people reach the service, without a final slash
    (empty: addresses are relative). ``max_body`` (a query) and ``max_payload`` (a write) are in
    bytes. ``engine`` holds what a query may take, ``workers`` says how the processes that answer
    are made. ``write_token`` is what a client must know to write, None for nobody may; ``plain``
    serves an empty dataset that this machine may write to without one.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    max_body: int = 1_000_000
    max_payload: int = 50_000_000
    engine: Limits = field(default_factory=Limits)
    workers: Workers = "fork" if sys.platform == "linux" else "spawn"
    write_token: bytes | None = field(default=None, repr=False)
    plain: bool = False

    def __post_init__(self) -> None:
        """Raise RequestError for an address that nobody could reach, or workers of no kind."""
        if self.workers not in WORKERS:
            raise RequestError(f"'{self.workers}' is no kind of workers: there are fork and spawn.")
        if self.base_url and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", self.base_url):
            raise RequestError(
                f"'{self.base_url}' is no address of a service: write e.g. https://example.org/k2."
            )

    def limits(self) -> list[str]:
        """Return the limits of the service as sentences, for its description."""
        return [
            f"A query is at most {self.max_body} bytes long.",
            f"What is written at once is at most {self.max_payload} bytes long.",
            *self.engine.sentences(),
        ]

    def address(self) -> str:
        """Return the address of the start page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}") + "/"


def port_number(text: str) -> int:
    """Return a port as a number, 0 for any free one. Raises ValueError for what is no port."""
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"'{text}' is no port: ports are numbers from 0 to 65535.")
    return int(text)


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that ``OSTEOKG_HOST``, ``…_PORT``, ``…_BASE_URL``, ``…_WORKERS`` give.

    Raises RequestError for a port that is none, an address, or workers.
    """
    given = os.environ if environment is None else environment
    try:
        port = port_number(given.get("OSTEOKG_PORT", str(Settings.port)))
    except ValueError as error:
        raise RequestError(f"OSTEOKG_PORT: {error}") from error
    return Settings(
        host=given.get("OSTEOKG_HOST", Settings.host),
        port=port,
        base_url=given.get("OSTEOKG_BASE_URL", Settings.base_url).rstrip("/"),
        workers=cast(Workers, given.get("OSTEOKG_WORKERS", Settings.workers)),
    )
