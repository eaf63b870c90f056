"""Settings of the service: one frozen object, read from the environment in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from osteokg.kg.errors import RequestError

__all__ = ["Settings", "from_environment"]


@dataclass(frozen=True)
class Settings:
    """Hold what the operator may choose.

    ``base_url`` is the address under which people reach the service, without a final slash
    (empty: addresses are relative). ``max_body`` is in bytes, ``threads`` the number of queries
    answered at once.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    max_body: int = 1_000_000
    threads: int = 4


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that ``OSTEOKG_HOST``, ``…_PORT`` and ``…_BASE_URL`` give.

    Raises RequestError for a port that is no number.
    """
    given = os.environ if environment is None else environment
    port = given.get("OSTEOKG_PORT", str(Settings.port))
    if not port.isdecimal():
        raise RequestError(f"OSTEOKG_PORT is '{port}', which is no port number.")
    return Settings(
        host=given.get("OSTEOKG_HOST", Settings.host),
        port=int(port),
        base_url=given.get("OSTEOKG_BASE_URL", Settings.base_url).rstrip("/"),
    )
