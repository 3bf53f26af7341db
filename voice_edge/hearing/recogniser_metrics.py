"""The recogniser's figures as Prometheus metrics, read at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from voice_edge.hearing.workload import RecogniserFigures

GAUGES = {
    "queue_depth": "Recognitions of turns that wait.",
    "oldest_wait_s": "Age of the one that waits longest.",
    "running": "Recognitions that run.",
    "longest_run_s": "Age of the one that runs longest.",
    "seconds_per_final": "Time of one recognition without its wait, smoothed.",
    "wait_s": "Time that a recognition waited, smoothed.",
    "most_voice_sessions": "Voice sessions that fit at these figures.",
}
COUNTS = {
    "finals": "Recognitions of turns done.",
    "partials": "Recognitions for captions done.",
    "partials_dropped": "Captions replaced by newer ones or too old.",
    "retried": "Recognitions decoded twice.",
    "invented": "Texts held for invented over silence or noise.",
    "abandoned": "Recognitions given up while they ran.",
    "failed": "Recognitions that broke off.",
    "refused": "Turns that found the queue full.",
}


class RecogniserCollector(Collector):
    """One reading of the recogniser's figures for each scrape."""

    def __init__(self, figures: Callable[[], RecogniserFigures]) -> None:
        self._figures = figures

    def describe(self) -> Iterator[Metric]:
        """Return nothing: the registry must not read the figures before the recogniser runs."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read the figures."""
        figures = self._figures()
        for name, meaning in GAUGES.items():
            unit = name.removesuffix("_s") + "_seconds" if name.endswith("_s") else name
            yield GaugeMetricFamily(f"edge_recogniser_{unit}", meaning, value=float(getattr(figures, name)))
        for name, meaning in COUNTS.items():
            yield CounterMetricFamily(f"edge_recogniser_{name}", meaning, value=float(getattr(figures, name)))
