"""Metrics for Prometheus: counters of what happened, and numbers read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from osteokg.api.keeper import Doorkeeper
from osteokg.api.log import Outbox
from osteokg.kg.cache import CacheStatus
from osteokg.kg.engine import EngineStatus

__all__ = ["Metrics", "of_cache", "of_door", "of_engine", "of_log", "of_version"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Metrics(Collector):
    """Keep the numbers of one application in a registry of its own.

    Whoever knows more adds a source: a function that tells its numbers when they are read.
    """

    def __init__(self) -> None:
        """Begin at nought."""
        self._registry = CollectorRegistry()
        self._sources: list[Callable[[], Iterable[Metric]]] = []
        self._requests = Counter(
            "osteokg_http_requests",
            "Requests answered, by method, route and status",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "osteokg_http_request_seconds",
            "Time from a whole head to the last byte, by route",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_progress = Gauge(
            "osteokg_http_requests_in_progress", "Requests under way", registry=self._registry
        )
        self._queries = Counter(
            "osteokg_queries",
            "Queries, by who asked (a client, or a page of ours) and what came of them",
            ["origin", "outcome"],
            registry=self._registry,
        )
        self._query_seconds = Histogram(
            "osteokg_query_seconds",
            "Time from a query to its error or the first bytes of its answer, by who asked",
            ["origin"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.refused_by_rate = Counter(
            "osteokg_rate_limited",
            "Requests refused because their client asks too often",
            registry=self._registry,
        )
        self.repeated = Counter(
            "osteokg_http_repeats",
            "Requests answered with what was sent before; no query, and not counted as one",
            registry=self._registry,
        )
        self._visits: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._asked: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def add(self, source: Callable[[], Iterable[Metric]]) -> None:
        """Tell the numbers of a source as well, from now on."""
        self._sources.append(source)

    def collect(self) -> Iterator[Metric]:
        """Read the sources."""
        for source in self._sources:
            yield from source()

    def describe(self) -> Iterator[Metric]:
        """Describe nothing ahead: the sources come later."""
        return iter(())

    def visited(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request under its route, so that there are never more names than routes."""
        key = (method if method in _METHODS else "other", route or "other", status)
        found = self._visits.get(key)
        if found is None:
            counted = self._requests.labels(*key)
            found = self._visits[key] = counted, self._request_seconds.labels(key[1])
        found[0].inc()
        found[1].observe(seconds)

    def asked(self, origin: str, outcome: str, seconds: float) -> None:
        """Count a query of a client or of a page of ours."""
        found = self._asked.get((origin, outcome))
        if found is None:
            counted = self._queries.labels(origin, outcome)
            found = self._asked[origin, outcome] = counted, self._query_seconds.labels(origin)
        found[0].inc()
        found[1].observe(seconds)

    def described(self) -> list[tuple[str, str, str]]:
        """Return name, type and words of every number."""
        return sorted((one.name, one.type, one.documentation) for one in self._registry.collect())

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all numbers and their media type, OpenMetrics where it is accepted."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


def of_version(software: str, data: str) -> Iterator[Metric]:
    """Tell which software serves which version of the data."""
    yield InfoMetricFamily(
        "osteokg",
        "Which software serves which version of the data",
        {"software": software, "data": data},
    )


def of_door(keeper: Doorkeeper) -> Iterator[Metric]:
    """Tell who is in, and how those left that did not leave by themselves."""
    yield GaugeMetricFamily("osteokg_connections", "Connections that are open", keeper.present)
    yield _counters(
        "connections_refused", "Connections refused, by what was full", "full", keeper.refused
    )
    yield _counters(
        "connections_cut", "Connections closed, by what their clients owed", "owed", keeper.cut
    )


def of_cache(status: CacheStatus) -> Iterator[Metric]:
    """Tell what the cache holds and what became of the queries."""
    yield GaugeMetricFamily("osteokg_cache_bytes", "Bytes of answers kept", status.bytes)
    yield GaugeMetricFamily("osteokg_cache_capacity_bytes", "Bytes at most", status.capacity)
    yield GaugeMetricFamily("osteokg_cache_entries", "Answers kept", status.entries)
    yield CounterMetricFamily("osteokg_cache_evicted", "Answers let go for room", status.evicted)
    queries = {name: getattr(status, name) for name in ("hits", "shared", "misses", "passed")}
    yield _counters("cache_queries", "Queries, by what the cache did", "result", queries)


def of_engine(status: EngineStatus) -> Iterator[Metric]:
    """Tell what the engine's processes do, what waits for them, and why some were stopped."""
    for name, words, value in (
        ("workers", "Processes that answer queries", status.workers),
        ("workers_idle", "Processes that wait for a query", status.idle),
        ("queries_quick", "Queries that run in the quick lane", status.quick),
        ("queries_slow", "Queries that run in the slow lane", status.slow),
        ("queries_waiting", "Queries that wait for a process", status.waiting),
        (
            "spool_memory_bytes",
            "Answers that wait for their readers in memory",
            status.spool_memory,
        ),
        ("spool_disk_bytes", "Answers that wait for their readers on disk", status.spool_disk),
        ("versions_loaded", "Versions of the data that are loaded", len(status.loaded)),
        ("workers_isolated", "1 if workers are without network", status.isolated),
        ("workers_memory_limited", "1 if the system limits their memory", status.memory_limited),
    ):
        yield GaugeMetricFamily(f"osteokg_{name}", words, value)
    yield CounterMetricFamily(
        "osteokg_queries_promoted", "Queries moved to the slow lane", status.promoted
    )
    yield CounterMetricFamily(
        "osteokg_loader_restarts", "Loaders that had to be started again", status.restarts
    )
    yield _counters(
        "queries_stopped", "Queries that the engine stopped, by the reason", "why", status.stopped
    )


def of_log(outbox: Outbox) -> Iterator[Metric]:
    """Tell how many lines of the log were dropped because nobody read it fast enough."""
    yield CounterMetricFamily("osteokg_log_dropped", "Lines of the log dropped", outbox.dropped)


def _counters(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"osteokg_{name}", words, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
