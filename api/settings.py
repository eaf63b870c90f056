"""Settings of the service: one frozen object, read from the environment in one place.

A setting is one field of ``Settings``. Its name is that of the option and of the variable
(``max_body``: ``--max-body``, ``OSTEOKG_MAX_BODY``); the command line, the environment and the
table in ``docs/operations.md`` are made from what stands beside it.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeAlias, TypeVar

from osteokg.kg.builder import BuilderLimits
from osteokg.kg.engine import WORKERS, Limits, Workers, machine_memory
from osteokg.kg.errors import RequestError

__all__ = [
    "Networks",
    "Setting",
    "Settings",
    "chosen_settings",
    "from_environment",
    "port_number",
    "secrets_of",
    "settings_of",
]

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

_T = TypeVar("_T")
_SIZES = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3}
_LOG_FORMATS = ("auto", "json", "text")


@dataclass(frozen=True)
class Setting:
    """Describe a setting: what it does, how its text is read, what stands for it in the help."""

    name: str
    default: object
    group: str
    words: str
    metavar: str
    read: Callable[[str], object]

    @property
    def option(self) -> str:
        """Return the option of ``osteokg serve``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Return the variable of the environment."""
        return "OSTEOKG_" + self.name.upper()

    @property
    def shown_default(self) -> str:
        """Return what stands without the setting, in words."""
        if isinstance(self.default, tuple):
            return ",".join(map(str, self.default)) or "none"
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return str(self.default) or "none"


def port_number(text: str) -> int:
    """Return a port as a number, 0 for any free one. Raises ValueError for what is no port."""
    if not re.fullmatch(r"[0-9]+", text) or int(text) > 65535:
        raise ValueError(f"'{text}' is no port: ports are numbers from 0 to 65535.")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"'{text}' is no whole number: write e.g. 100.")
    return int(text)


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,15}) ?([kMG]?)B?", text)
    if not found:
        raise ValueError(f"'{text}' is no size: write bytes, or e.g. 64k, 10M, 1G.")
    return int(found[1]) * _SIZES[found[2]]


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise ValueError(f"'{text}' is no number: write e.g. 10 or 0.5.")
    return float(text)


def _address(text: str) -> str:
    return text.rstrip("/")


def _networks(text: str) -> Networks:
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return tuple(ip_network(name) for name in names)
    except ValueError as error:
        raise ValueError(
            f"{error}: write addresses or networks, e.g. 127.0.0.1,10.0.0.0/8,::1."
        ) from error


def _workers(text: str) -> Workers:
    for kind in WORKERS:
        if text == kind:
            return kind
    raise ValueError(f"'{text}' is no kind of workers: there are {' and '.join(WORKERS)}.")


def _log_format(text: str) -> str:
    if text not in _LOG_FORMATS:
        raise ValueError(f"'{text}' is no form of a log: choose {', '.join(_LOG_FORMATS)}.")
    return text


_METAVARS: dict[Callable[[str], object], str] = {
    port_number: "PORT",
    _count: "N",
    _size: "SIZE",
    _number: "NUMBER",
    _address: "URL",
    _networks: "NETWORKS",
    _workers: "|".join(WORKERS),
    _log_format: "|".join(_LOG_FORMATS),
}


def _setting(default: _T, read: Callable[[str], _T], group: str, words: str) -> _T:
    return field(default=default, metadata={"read": read, "group": group, "words": words})


_WHERE = "Where it is"
_DOOR = "At the door"
_WORK = "Work and answers"
_ELSEWHERE = "An engine elsewhere"
_TOLD = "What is told of it"


@dataclass(frozen=True)
class Settings:
    """Hold what the operator may choose; sizes are in bytes, times in seconds.

    ``write_token`` is what a client must know to write, None for nobody may; ``plain`` serves an
    empty dataset that this machine may write to without one. ``store_password``, or
    ``store_token``, is what the endpoint of ``store`` knows this service by.
    """

    host: str = _setting("127.0.0.1", str, _WHERE, "address to listen on")
    port: int = _setting(8000, port_number, _WHERE, "port, 0 for a free one")
    base_url: str = _setting("", _address, _WHERE, "address people reach it by")
    data_dir: str = _setting(
        "",
        str,
        _WHERE,
        "folder that keeps versions and what is written over HTTP; one that 'osteokg init' made is "
        "the evidence itself",
    )
    source: str = _setting(
        "",
        str,
        _WHERE,
        "text of the article that was curated (UTF-8): pages then show the sentence behind a "
        "statement",
    )
    trusted_proxies: Networks = _setting(  # noqa: RUF009 - a field
        (), _networks, _WHERE, "proxies whose X-Forwarded-For and -Proto are believed"
    )

    connections: int = _setting(1000, _count, _DOOR, "connections at once; one more is told 503")
    connections_per_address: int = _setting(
        100, _count, _DOOR, "connections at once from one address (IPv6: one /64), proxies aside"
    )
    head_seconds: float = _setting(10.0, _number, _DOOR, "time for a whole request head")
    body_seconds: float = _setting(30.0, _number, _DOOR, "time for a whole request body")
    idle_seconds: float = _setting(5.0, _number, _DOOR, "time a connection may wait, unused")
    reading_seconds: float = _setting(
        10.0, _number, _DOOR, "how often is looked whether a client reads its answer"
    )
    reading_rate: int = _setting(
        1000, _size, _DOOR, "bytes a second that a client must read of an answer that waits"
    )
    max_head: int = _setting(65_536, _size, _DOOR, "largest request head, address included")
    max_body: int = _setting(1_000_000, _size, _DOOR, "largest query")
    max_payload: int = _setting(50_000_000, _size, _DOOR, "largest body of a write")
    rate_limit: float = _setting(
        0.0, _number, _DOOR, "requests a second that one client may make for long; 0: any"
    )
    rate_burst: int = _setting(
        50, _count, _DOOR, "requests that a client may make at once under --rate-limit"
    )

    workers: Workers = _setting(  # noqa: RUF009 - a field
        "fork" if sys.platform == "linux" else "spawn",
        _workers,
        _WORK,
        "how processes that answer are made: forked from one that holds the graph, or spawned, "
        "each loading it",
    )
    query_seconds: float = _setting(Limits.seconds, _number, _WORK, "time for a query")
    write_seconds: float = _setting(Limits.write_seconds, _number, _WORK, "time for a write")
    build_seconds: float = _setting(
        BuilderLimits.seconds, _number, _WORK, "time for making a version, or judging a document"
    )
    build_memory: int = _setting(
        BuilderLimits.memory, _size, _WORK, "memory for making a version, or judging a document"
    )
    keep_versions: int = _setting(
        20, _count, _WORK, "versions of the data folder that can be asked"
    )
    query_memory: int = _setting(
        Limits.memory, _size, _WORK, "memory for a query at most; less on a small machine"
    )
    answer_rows: int = _setting(Limits.rows, _count, _WORK, "rows or triples of an answer")
    answer_size: int = _setting(Limits.answer_bytes, _size, _WORK, "largest answer")
    quick_slots: int = _setting(Limits.quick_slots, _count, _WORK, "queries that begin at once")
    slow_slots: int = _setting(
        Limits.slow_slots, _count, _WORK, "queries that go on for longer; fewer on a small machine"
    )
    waiting: int = _setting(Limits.waiting, _count, _WORK, "queries that wait for a slot")
    spool_size: int = _setting(
        Limits.spool_bytes, _size, _WORK, "disk for answers that wait for their readers"
    )
    cache_size: int = _setting(64_000_000, _size, _WORK, "memory for answers kept; 0: none")
    cache_largest: int = _setting(1_000_000, _size, _WORK, "largest answer that is kept")
    ready_seconds: float = _setting(2.0, _number, _WORK, "time in which /ready must be answered")
    drain_seconds: float = _setting(
        0.0, _number, _WORK, "time between 'not ready' and the closed door, when told to stop"
    )
    grace_seconds: float = _setting(
        20.0, _number, _WORK, "time for requests under way to end, when told to stop"
    )

    log_format: str = _setting(
        "auto", _log_format, _TOLD, "form of the log; auto: text on a terminal, else JSON"
    )
    slow_query_log: str = _setting("", str, _TOLD, "file that takes the text of slow queries")
    slow_query_seconds: float = _setting(1.0, _number, _TOLD, "from when on a query is slow")
    metrics_from: Networks = _setting(  # noqa: RUF009 - a field
        _networks("127.0.0.0/8,::1"), _networks, _TOLD, "who may read /metrics"
    )

    store: str = _setting(
        "", _address, _ELSEWHERE, "SPARQL endpoint that answers instead, read only"
    )
    store_user: str = _setting("", str, _ELSEWHERE, "user that the endpoint knows this service by")
    store_seconds: float = _setting(
        5.0, _number, _ELSEWHERE, "how often is looked which version the endpoint holds"
    )

    write_token: bytes | None = field(default=None, repr=False)
    plain: bool = False
    store_password: str = field(default="", repr=False)
    store_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raise RequestError for an address that nobody could reach, or a door that never opens."""
        if self.base_url and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", self.base_url):
            raise RequestError(
                f"'{self.base_url}' is no address of a service: write e.g. https://example.org/k2."
            )
        for name in ("connections", "connections_per_address", "rate_burst", "keep_versions"):
            if getattr(self, name) < 1:
                raise RequestError(f"--{name.replace('_', '-')} must be 1 or more.")

    def limits(self) -> list[str]:
        """Return the limits of the service as sentences, for its description."""
        return [
            f"A query is at most {self.max_body} bytes long.",
            f"What is written at once is at most {self.max_payload} bytes long.",
            *self.engine.sentences(),
            f"A version is made, or a document judged, within {self.build_seconds:g} s.",
        ]

    @cached_property
    def engine(self) -> Limits:
        """Return what a query may take, made to fit this machine."""
        limits = Limits(
            seconds=self.query_seconds,
            write_seconds=self.write_seconds,
            memory=self.query_memory,
            rows=self.answer_rows,
            answer_bytes=self.answer_size,
            quick_slots=self.quick_slots,
            slow_slots=self.slow_slots,
            waiting=self.waiting,
            spool_bytes=self.spool_size,
        )
        return limits.within(machine_memory(), os.cpu_count() or 1)

    @property
    def builder(self) -> BuilderLimits:
        """Return what the making of a version may take."""
        return BuilderLimits(self.build_seconds, self.build_memory)

    def address(self) -> str:
        """Return the address of the start page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}") + "/"


def settings_of(settings: type[Settings] = Settings) -> tuple[Setting, ...]:
    """Return the descriptions of all settings, in the order of their fields."""
    return tuple(
        Setting(
            name=one.name,
            default=one.default,
            group=one.metadata["group"],
            words=one.metadata["words"],
            metavar=_METAVARS.get(one.metadata["read"], one.name.rpartition("_")[2].upper()),
            read=one.metadata["read"],
        )
        for one in dataclasses.fields(settings)
        if "read" in one.metadata
    )


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the variables ``OSTEOKG_…`` give, and the defaults.

    Raises RequestError naming the variable that cannot be read.
    """
    given = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for setting in settings_of():
        if setting.variable in given:
            try:
                values[setting.name] = setting.read(given[setting.variable])
            except ValueError as error:
                raise RequestError(f"{setting.variable}: {error}") from error
    return Settings(**values)  # type: ignore[arg-type]  # each was read as its field says


def secrets_of(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the settings that only the environment gives: a list of processes shows options."""
    given = os.environ if environment is None else environment
    names = ("store_password", "store_token")
    return {name: given.get(f"OSTEOKG_{name.upper()}", "") for name in names}


def chosen_settings(arguments: argparse.Namespace, **more: Any) -> Settings:
    """Return the settings that a command line gives; ``more`` are those that are no option."""
    given = vars(arguments)
    return Settings(**{one.name: given[one.name] for one in settings_of()}, **more)
