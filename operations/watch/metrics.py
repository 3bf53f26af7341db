"""The watch's own metrics: services, backups, alerts, Dagster's runs, payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector


class _Latest(Collector):
    """The metrics of a registry that is built anew each time."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry | None = None

    def describe(self) -> Iterator[Metric]:
        """Return nothing: the first registry comes later."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the latest registry's metrics."""
        if self.registry is not None:
            yield from self.registry.collect()


class WatchMetrics:
    """Gauges that the watch's jobs set.

    Attributes:
        registry: All of them.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._payments = _Latest()
        registry.register(self._payments)
        self._services = Gauge(
            "pilot_service_up", "1 while the check of a service without metrics passes.", ["name"], registry=registry
        )
        self._maintenance = Gauge("pilot_maintenance", "1 during maintenance.", registry=registry)
        self._backups = Gauge(
            "pilot_backup_age_seconds", "Age of the newest good backup.", ["place", "kind"], registry=registry
        )
        self._alerts = Gauge("pilot_alerts_firing", "Alerts that fire.", ["name", "severity"], registry=registry)
        self._probes = Gauge("pilot_probes", "Probes of the last round, by result.", ["result"], registry=registry)
        self._runs = Gauge(
            "pilot_dagster_runs", "Dagster's runs: queued and running now, failed in an hour.", ["state"],
            registry=registry,
        )  # fmt: skip
        self._pending = Gauge("pilot_queue_pending", "Work that waits, by queue.", ["queue"], registry=registry)

    def set_services(self, states: Mapping[str, bool]) -> None:
        """Set whether each service's check passes."""
        self._services.clear()
        for name, is_up in states.items():
            self._services.labels(name=name).set(is_up)

    def set_maintenance(self, *, is_on: bool) -> None:
        """Set whether the pilot is in maintenance."""
        self._maintenance.set(is_on)

    def set_backups(self, ages: Mapping[tuple[str, str], float]) -> None:
        """Set the age of each place's newest backup, by place and kind."""
        self._backups.clear()
        for (place, kind), seconds in ages.items():
            self._backups.labels(place=place, kind=kind).set(seconds)

    def set_alerts(self, firing: Mapping[tuple[str, str], int]) -> None:
        """Set the number of firing alerts by name and severity."""
        self._alerts.clear()
        for (name, severity), count in firing.items():
            self._alerts.labels(name=name, severity=severity).set(count)

    def set_probes(self, *, good: int, failed: int) -> None:
        """Set the results of the last round of probes."""
        self._probes.labels(result="good").set(good)
        self._probes.labels(result="failed").set(failed)

    def set_runs(self, states: Mapping[str, int]) -> None:
        """Set the numbers of Dagster's runs; those queued are a queue of their own."""
        for state, count in states.items():
            self._runs.labels(state=state).set(count)
        self.set_pending("dagster_runs", states.get("queued", 0))

    def set_pending(self, queue: str, count: int) -> None:
        """Set how much waits in a queue."""
        self._pending.labels(queue=queue).set(count)

    def set_payments(self, registry: CollectorRegistry) -> None:
        """Replace the metrics of payments."""
        self._payments.registry = registry
