"""Every process's real metrics, with values that change at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from dashboards import page_times
from operations.monitoring.exposition import MetricsServer, serve_metrics
from operations.monitoring.request_metrics import RequestMetrics
from operations.monitoring.targets import Target
from operations.system import free_port
from operations.watch.business_metrics import BusinessMetrics
from operations.watch.metrics import WatchMetrics
from operations.watch.money.metrics import payment_metrics
from operations.watch.money.payment_alerts import PaymentFacts
from pilot.kpis import KPIS
from pilot.settings import read_settings
from storage.lake import Lake
from storage.store import store_metrics
from storage.store.payouts.payment_facts import FinalOutcome
from voice_edge.hearing.workload import RecogniserFigures
from voice_edge.metrics import Metrics

CAFES = ("aurora", "malmohuset", "goteborg")
STAGES = ("soft_end", "recognition_end", "commit", "first_token", "sent", "shown")


class _Bump(Collector):
    """Calls a function before each scrape."""

    def __init__(self, bump: Callable[[], None]) -> None:
        self._bump = bump

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        self._bump()
        return iter(())


class Process:
    """One process's metrics on a port, which can be stopped and started again."""

    def __init__(self, service: str, *registries: CollectorRegistry) -> None:
        self.target = Target(f"127.0.0.1:{free_port()}", service=service, process=service)
        self._registries = registries
        self._server: MetricsServer | None = None

    def start(self) -> None:
        """Answer Prometheus."""
        port = self.target.address.rpartition(":")[2]
        self._server = serve_metrics(read_settings({"PILOT_METRICS_PORT": port}), *self._registries)
        assert self._server is not None

    def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _edge(registry: CollectorRegistry) -> CollectorRegistry:
    metrics = Metrics()
    figures = RecogniserFigures(**dict.fromkeys(RecogniserFigures.__dataclass_fields__, 0))
    metrics.watch(sessions=lambda: 3, talking=lambda: 1, receipts=lambda: 2, recogniser=lambda: figures)

    def bump() -> None:
        for stage in STAGES:
            metrics.time_stage(stage, ms=400)
        metrics.requests.count(code=200, method="GET", seconds=0.02)
        metrics.requests.count(code=500, method="GET", seconds=0.2)
        metrics.time_recognition(0.3)
        metrics.time_queueing(0.05)
        for outcome in ("answered", "no_speech", "asked_again"):
            metrics.count_turn(outcome, mode="voice")
        metrics.count_reply("scripted", purpose="follow_up", instead_of_model="late")
        metrics.count_model_load(1.5)
        metrics.count_close(1000)
        metrics.set_provider_events(waiting=0, failed=0, oldest_seconds=0)
        store_metrics.time_wait(0.001)

    registry.register(_Bump(bump))
    return metrics.registry


def _watch(folder: Path) -> CollectorRegistry:
    metrics = WatchMetrics()
    business = BusinessMetrics(
        Lake(str(folder / "lake")), metrics.registry, simulated=True, clock=lambda: datetime.now(UTC)
    )
    for cafe in CAFES:
        for kpi in KPIS:
            for period in ("day", "pilot"):
                business._kpi.labels(kpi=kpi, cafe=cafe, period=period).set(0.5)
        business._feedbacks.labels(cafe=cafe).set(40)
        business._score.labels(cafe=cafe).set(71)
        business._rewards.labels(cafe=cafe, outcome="eligible").set(30)
    now = datetime.now(UTC)
    outcomes = [
        FinalOutcome("voucher", simulated=True, at=now - timedelta(minutes=1), failed=failed)
        for failed in (True, False)
    ]
    metrics.set_payments(payment_metrics(PaymentFacts(finals=outcomes), now=now))
    metrics.set_services({"store": True, "daemon": True})
    metrics.set_maintenance(is_on=False)
    metrics.set_backups({("folder", "store"): 60.0, ("folder", "whole home"): 3600.0})
    metrics.set_alerts({("dip", "medium"): 1})
    metrics.set_probes(good=3, failed=0)
    metrics.set_runs({"queued": 1, "running": 1, "failed": 0})
    return metrics.registry


def _counted(bump: Callable[[], None], registry: CollectorRegistry) -> CollectorRegistry:
    registry.register(_Bump(bump))
    return registry


@contextmanager
def demo_processes(folder: Path) -> Iterator[dict[str, Process]]:
    """Serve the four processes' metrics within a `with` block."""
    extra, entrance = CollectorRegistry(), CollectorRegistry()
    requests = RequestMetrics(entrance)
    pages = CollectorRegistry()

    def render() -> None:
        with page_times.page_time() as page:
            page.page = "cafe_day"

    made = [
        Process("edge", extra, _edge(extra)),
        Process("entrance", _counted(lambda: requests.count(code=200, method="GET", seconds=0.01), entrance)),
        Process("dashboards", _counted(render, pages), page_times.REGISTRY),
        Process("watch", _watch(folder)),
    ]
    with ExitStack() as running:
        for each in made:
            each.start()
            running.callback(each.stop)
        yield {each.target.service: each for each in made}
