"""The service's figures for Prometheus, by its client library; a registry for each application."""

from __future__ import annotations

from http import HTTPMethod
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder

from data.store.commit_sizes import BOUNDS
from data.store.condition import job_states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from prometheus_client import Metric

    from data.store.engine import Store

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset(HTTPMethod)


class Metrics:
    """What is counted in one application."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "jingge_request_seconds",
            "Requests by how long they took.",
            ("method", "route", "status"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._under_way = Gauge(
            "jingge_requests_under_way", "Requests that have no answer yet.", registry=self.registry
        )
        self.registry.register(_StoreFigures(store))
        ProcessCollector(registry=self.registry)

    def under_way(self) -> AbstractContextManager[object]:
        """Count a request as under way within the block."""
        return self._under_way.track_inprogress()

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by its route's template; ``status`` is 0 for one that broke off."""
        # Anybody may send any word as a method, and each would be kept for ever.
        known = method if method in _METHODS else "other"
        self._seconds.labels(known, route, str(status)).observe(seconds)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all figures as text, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type


class _StoreFigures:
    """Reads the store's figures when it is asked for them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        """Return nothing: registering asks nobody."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the writer's figures, and the jobs' where the database answers."""
        figures = self._store.writer.figures()
        yield GaugeMetricFamily(
            "jingge_store_writes_waiting", "Writes that wait.", value=figures.waiting
        )
        yield CounterMetricFamily(
            "jingge_store_writes", "Writes that were committed.", value=figures.works
        )
        total, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), figures.commits, strict=True):
            total += count
            buckets.append((bound, total))
        yield HistogramMetricFamily(
            "jingge_store_commit_writes",
            "Commits by how many writes they held.",
            buckets=buckets,
            sum_value=figures.works,
        )
        states = job_states(self._store)
        if states is None:
            return
        jobs = GaugeMetricFamily("jingge_jobs", "Jobs by state.", labels=("state",))
        for state, count in states.items():
            jobs.add_metric((state,), count)
        yield jobs
