"""The causes of the technical alerts: what Prometheus reads, just below each threshold and above it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from dashboards import page_times
from operations.system import free_port
from operations.watch.metrics import WatchMetrics
from operations.watch.money.metrics import payment_metrics
from operations.watch.money.payment_alerts import PaymentFacts
from storage.errors import StorageError
from storage.store.connect import open_store
from storage.store.payouts.payment_facts import FinalOutcome
from voice_edge.hearing.workload import RecogniserFigures
from voice_edge.metrics import Metrics

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.operations.monitoring.demo_metrics import Process

ANSWERS_A_SCRAPE, REQUESTS_A_SCRAPE = 50, 1000
DISK_MIB = 64
MEMORY_TOTAL = 100


class Each(Collector):
    """Calls a function before each scrape, and yields what it returns."""

    def __init__(self, call: Callable[[], CollectorRegistry | None]) -> None:
        self._call = call

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        found = self._call()
        return iter(()) if found is None else found.collect()


class Causes:
    """The four processes and a host, whose figures are just below the thresholds until `make` is called."""

    def __init__(self, disk: Path | None) -> None:
        self.bad = False
        self.disk = disk
        self.edge = Process("edge", self._edge())
        self.entrance = Process("entrance", CollectorRegistry())
        self.dashboards = Process("dashboards", self._pages(), page_times.REGISTRY)
        self.watch = Process("watch", self._watch())
        self.host = Process("host", self._host())

    @property
    def processes(self) -> list[Process]:
        return [self.edge, self.entrance, self.dashboards, self.watch]

    def about(self) -> dict[str, str]:
        """Return what the message of an alert names, if this machine could have the same alert about itself."""
        return {"disk_filling": str(self.disk or "/srv"), "memory_high": "memory"}

    def make(self) -> None:
        """Make every cause that these figures have; a stopped process and failed connects included."""
        self.bad = True
        self.fail_connects(3)
        self.fill_disk(0.82)
        self.entrance.stop()

    def fail_connects(self, times: int) -> None:
        """Connect to a PostgreSQL that is not there."""
        for _ in range(times):
            with contextlib.suppress(StorageError):
                open_store(f"postgresql+psycopg2://pilot@127.0.0.1:{free_port()}/pilot")

    def fill_disk(self, share: float) -> None:
        """Fill the disk up to a share."""
        if self.disk is None:
            return
        found = os.statvfs(self.disk)
        used = (found.f_blocks - found.f_bavail) * found.f_frsize
        missing = round(share * found.f_blocks * found.f_frsize) - used
        if missing > 0:
            (self.disk / f"fill-{share}").write_bytes(b"x" * missing)

    def _edge(self) -> CollectorRegistry:
        metrics = Metrics()
        figures = RecogniserFigures(**dict.fromkeys(RecogniserFigures.__dataclass_fields__, 0))
        metrics.watch(sessions=lambda: 0, talking=lambda: 0, receipts=lambda: 0, recogniser=lambda: figures)

        def scrape() -> None:
            for _ in range(ANSWERS_A_SCRAPE):
                metrics.time_stage("shown", ms=4500 if self.bad else 2500)
            failed = 51 if self.bad else 49
            for number in range(REQUESTS_A_SCRAPE):
                metrics.requests.count(code=500 if number < failed else 200, method="GET", seconds=0.01)

        registry = CollectorRegistry()
        registry.register(Each(lambda: scrape() or metrics.registry))
        return registry

    def _pages(self) -> CollectorRegistry:
        def render() -> None:
            for _ in range(5):
                page_times._seconds.labels(page="cafe_day").observe(14.0 if self.bad else 9.0)

        registry = CollectorRegistry()
        registry.register(Each(lambda: render()))
        return registry

    def _watch(self) -> CollectorRegistry:
        metrics = WatchMetrics()
        metrics.set_services({"store": True})
        metrics.set_maintenance(is_on=False)
        metrics.set_backups({("folder", "store"): 60.0, ("folder", "whole home"): 3600.0})

        def payments() -> CollectorRegistry:
            now, failed = datetime.now(UTC), 3 if self.bad else 2
            # Two hours ago, so that the limit of failures within an hour does not fire.
            at = now - timedelta(hours=2)
            finals = [FinalOutcome("voucher", simulated=False, at=at, failed=number < failed) for number in range(100)]
            metrics.set_payments(payment_metrics(PaymentFacts(finals=finals), now=now))
            return metrics.registry

        registry = CollectorRegistry()
        registry.register(Each(payments))
        return registry

    def _host(self) -> CollectorRegistry:
        """Return a stand-in for a host whose memory gets short: this machine's must not."""
        registry = CollectorRegistry()
        Gauge("node_memory_MemTotal_bytes", "A stand-in.", registry=registry).set(MEMORY_TOTAL)
        available = Gauge("node_memory_MemAvailable_bytes", "A stand-in.", registry=registry)
        available.set_function(lambda: 14 if self.bad else 16)
        if self.disk is None:  # Only root can mount a disk.
            labels = {"mountpoint": "/srv", "fstype": "ext4", "device": "stand-in"}
            Gauge("node_filesystem_size_bytes", "A stand-in.", list(labels), registry=registry).labels(**labels).set(
                100
            )
            free = Gauge("node_filesystem_avail_bytes", "A stand-in.", list(labels), registry=registry).labels(**labels)
            free.set_function(lambda: 18 if self.bad else 21)
        return registry


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a disk of a few MB within a `with` block; None if that is not allowed here."""
    image, where = folder / "disk.img", folder / "disk"
    where.mkdir()
    image.write_bytes(b"")
    os.truncate(image, DISK_MIB << 20)
    with ExitStack() as mounted:
        for command in (("mkfs.ext4", "-q", str(image)), ("mount", "-o", "loop", str(image), str(where))):
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                yield None
                return
        mounted.callback(subprocess.run, ("umount", str(where)), check=True, capture_output=True)
        yield where
