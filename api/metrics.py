"""Metrics for Prometheus: counters of what happened, and numbers read when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from osteokg.api.keeper import Doorkeeper
from osteokg.api.log import Outbox
from osteokg.kg.cache import CacheStatus
from osteokg.kg.engine import EngineStatus

__all__ = ["Metrics", "of_cache", "of_door", "of_engine", "of_log", "of_version"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TOGETHER = 256
"""So many things are noted before they are counted: together that takes half of the time."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Metrics(Collector):
    """Keep the numbers of one application in a registry of its own.

    Whoever knows more adds a source: a function that tells its numbers when they are read.
    """

    def __init__(self) -> None:
        """Begin at nought."""
        self._registry = CollectorRegistry()
        self._sources: list[Callable[[], Iterable[Metric]]] = []
        self._requests = _Counts(
            "osteokg_http_requests",
            "Requests answered, by method, route and status",
            ["method", "route", "status"],
        )
        self._request_seconds = _Times(
            "osteokg_http_request_seconds",
            "Time from a whole head to the last byte, by route",
            "route",
        )
        self._queries = _Counts(
            "osteokg_queries",
            "Queries, by who asked (a client, or a page of ours) and what came of them",
            ["origin", "outcome"],
        )
        self._query_seconds = _Times(
            "osteokg_query_seconds",
            "Time from a query to its error or the first bytes of its answer, by who asked",
            "origin",
        )
        self._visits: list[tuple[str, str, int, float]] = []
        self._questions: list[tuple[str, str, float]] = []
        self.in_progress = 0
        self.refused_by_rate = 0
        self.repeated = 0
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def add(self, source: Callable[[], Iterable[Metric]]) -> None:
        """Tell the numbers of a source as well, from now on."""
        self._sources.append(source)

    def collect(self) -> Iterator[Metric]:
        """Read what was counted, and the sources."""
        self._count()
        yield self._requests.family()
        yield self._request_seconds.family()
        yield GaugeMetricFamily(
            "osteokg_http_requests_in_progress", "Requests under way", self.in_progress
        )
        yield self._queries.family()
        yield self._query_seconds.family()
        yield CounterMetricFamily(
            "osteokg_rate_limited",
            "Requests refused because their client asks too often",
            self.refused_by_rate,
        )
        yield CounterMetricFamily(
            "osteokg_http_repeats",
            "Requests answered with what was sent before; no query, and not counted as one",
            self.repeated,
        )
        for source in self._sources:
            yield from source()

    def describe(self) -> Iterator[Metric]:
        """Describe nothing ahead: the sources come later."""
        return iter(())

    def visited(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request under its route, so that there are never more names than routes."""
        self._visits.append((method, route, status, seconds))
        if len(self._visits) >= _TOGETHER:
            self._count()

    def asked(self, origin: str, outcome: str, seconds: float) -> None:
        """Count a query of a client or of a page of ours."""
        self._questions.append((origin, outcome, seconds))
        if len(self._questions) >= _TOGETHER:
            self._count()

    def _count(self) -> None:
        """Count what was noted, all of it in the event loop's thread."""
        for method, route, status, seconds in self._visits:
            known = method if method in _METHODS else "other"
            self._requests.of[known, route or "other", str(status)] += 1
            self._request_seconds.add(route or "other", seconds)
        for origin, outcome, seconds in self._questions:
            self._queries.of[origin, outcome] += 1
            self._query_seconds.add(origin, seconds)
        self._visits.clear()
        self._questions.clear()

    def note_refused_by_rate(self) -> None:
        """Count a request that was refused because its client asks too often."""
        self.refused_by_rate += 1

    def described(self) -> list[tuple[str, str, str]]:
        """Return name, type and words of every number."""
        return sorted((one.name, one.type, one.documentation) for one in self._registry.collect())

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all numbers and their media type, OpenMetrics where it is accepted."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Counts:
    """Count by labels. All of it is done in the event loop's thread, so nothing is locked."""

    def __init__(self, name: str, words: str, labels: list[str]) -> None:
        self.of: Tally[tuple[str, ...]] = Tally()
        self._told = name, words, labels

    def family(self) -> Metric:
        name, words, labels = self._told
        family = CounterMetricFamily(name, words, labels=labels)
        for values, number in sorted(self.of.items()):
            family.add_metric(values, number)
        return family


class _Times:
    """Keep how often what took how long, by one label."""

    def __init__(self, name: str, words: str, label: str) -> None:
        self._told = name, words, label
        self._buckets: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def add(self, value: str, seconds: float) -> None:
        if value not in self._buckets:
            self._buckets[value] = [0] * (len(_SECONDS) + 1)
            self._sums[value] = 0.0
        self._buckets[value][bisect_left(_SECONDS, seconds)] += 1
        self._sums[value] += seconds

    def family(self) -> Metric:
        name, words, label = self._told
        family = HistogramMetricFamily(name, words, labels=[label])
        bounds = [*map(floatToGoString, _SECONDS), "+Inf"]
        for value, counts in sorted(self._buckets.items()):
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([value], buckets, self._sums[value])
        return family


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
