"""Writes the list of metrics into docs/operations/monitoring.md: `python scripts/metrics_page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry

from dashboards import page_times
from operations.monitoring.request_metrics import RequestMetrics
from operations.watch.business_metrics import BusinessMetrics
from operations.watch.metrics import WatchMetrics
from operations.watch.money.metrics import payment_metrics
from operations.watch.money.payment_alerts import PaymentFacts
from storage.lake import Lake
from storage.store import store_metrics
from voice_edge.hearing.recogniser_metrics import COUNTS, GAUGES
from voice_edge.metrics import Metrics

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operations" / "monitoring.md"
BEGINS, ENDS = "<!-- metrics: begin -->\n", "<!-- metrics: end -->\n"


def registries() -> Iterator[tuple[str, CollectorRegistry]]:
    """Yield each process with the registry of its metrics."""
    yield "edge", Metrics().registry
    entrance = CollectorRegistry()
    RequestMetrics(entrance)
    yield "edge, entrance", entrance
    yield "dashboards", page_times.REGISTRY
    watch = WatchMetrics()
    with TemporaryDirectory() as folder:
        BusinessMetrics(Lake(folder), watch.registry, simulated=False, clock=lambda: datetime.now(UTC))
    yield "watch", watch.registry
    yield "watch", payment_metrics(PaymentFacts(), now=datetime.now(UTC))
    yield "all", store_metrics.REGISTRY


def table() -> str:
    """Return the table of all metrics, by process and name; a process's CPU and memory are left out."""
    rows: dict[str, tuple[str, str, str]] = {}
    for process, registry in registries():
        for family in registry.collect():
            if not family.name.startswith(("process_", "python_")):
                name = f"{family.name}_total" if family.type == "counter" else family.name
                processes = "edge, entrance" if name.startswith("pilot_http_") else process
                if name in rows and rows[name][0] != processes:
                    processes = f"{rows[name][0]}, {processes}"
                rows[name] = (processes, family.type, family.documentation)
    for name, meaning in GAUGES.items():
        unit = name.removesuffix("_s") + "_seconds" if name.endswith("_s") else name
        rows[f"edge_recogniser_{unit}"] = ("edge", "gauge", meaning)
    for name, meaning in COUNTS.items():
        rows[f"edge_recogniser_{name}_total"] = ("edge", "counter", meaning)
    lines = ["| metric | process | kind | meaning |", "|---|---|---|---|"]
    lines += [f"| `{name}` | {who} | {kind} | {meaning} |" for name, (who, kind, meaning) in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the page with the current table."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGINS)
    return f"{before}{BEGINS}{table()}{ENDS}{rest.split(ENDS)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
