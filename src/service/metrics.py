"""``/metrics``: what Prometheus collects; for who runs the service, not for the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from indelible.service.workers import Workers

__all__ = ["MEDIA_TYPE", "Metrics"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one application.

    Parameters
    ----------
    workers : Workers
        Whose state is shown.
    """

    def __init__(self, workers: Workers) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "indelible_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "indelible_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ("route",),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._verdicts = Counter(
            "indelible_verdicts", "Pictures verified.", ("verdict",), registry=self._registry
        )
        self._legs = Histogram(
            "indelible_leg_seconds",
            "Time of each leg of a verification.",
            ("leg",),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._registry.register(_OfWorkers(workers))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is a template, of which there are few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def verified(self, verdict: str, timing: Mapping[str, float]) -> None:
        """Count a verdict; times are in milliseconds, by ``<leg>_ms``."""
        self._verdicts.labels(verdict).inc()
        for name, milliseconds in timing.items():
            self._legs.labels(name.removesuffix("_ms")).observe(milliseconds / 1000)

    def text(self) -> bytes:
        """Return all of them in Prometheus' own form."""
        return generate_latest(self._registry)


class _OfWorkers:
    """Reads the state of the workers when it is asked for."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """Yield what the workers say now."""
        state = self._workers.state()
        described = {
            "up": "Workers that are up.",
            "busy": "Workers at work.",
            "waiting": "Pictures that wait for a worker.",
        }
        for name, help_ in described.items():
            yield GaugeMetricFamily(f"indelible_workers_{name}", help_, value=state[name])
        room = self._workers.room
        yield GaugeMetricFamily(
            "indelible_held_bytes", "Bytes of pictures held in memory.", value=room.size
        )
        killed = CounterMetricFamily(
            "indelible_workers_killed", "Workers that died at work.", labels=["reason"]
        )
        for reason, number in sorted(self._workers.killed.items()):
            killed.add_metric([reason], number)
        yield killed
