"""Figures of a running edge, read from its `/metrics`: counters, and quantiles of its timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_SECONDS = 3.0
RESPONSE = "edge_response_stage_seconds"

Series = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass(frozen=True, slots=True)
class EdgeFigures:
    """A replica's metrics at one moment, by name and labels."""

    values: Series

    @classmethod
    def read(cls, url: str, *, transport: httpx.BaseTransport | None = None) -> EdgeFigures | None:
        """Return the figures of the replica at `url`; None if it does not answer."""
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport) as client:
                text = client.get(f"{url}/metrics").raise_for_status().text
            samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
        except (httpx.HTTPError, ValueError):
            return None
        return cls({(each.name, tuple(sorted(each.labels.items()))): each.value for each in samples})

    def since(self, before: EdgeFigures) -> EdgeFigures:
        """Return what was added since `before`; everything, if the replica has started anew meanwhile."""
        anew = any(value < before.values.get(key, 0.0) for key, value in self.values.items() if _adds_up(key[0]))
        if anew:
            return self
        return EdgeFigures(
            {
                key: value - before.values.get(key, 0.0) if _adds_up(key[0]) else value
                for key, value in self.values.items()
            }
        )

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of a metric over its series with these labels."""
        return sum(
            value
            for (each, found), value in self.values.items()
            if each == name and labels.items() <= dict(found).items()
        )

    def quantile(self, name: str, share: float, **labels: str) -> float | None:
        """Return the upper edge of the bucket that holds this share of a timer's values; None without values."""
        buckets: dict[float, float] = {}
        for (each, found), value in self.values.items():
            own = dict(found)
            if each == f"{name}_bucket" and labels.items() <= own.items():
                edge = float(own["le"])
                buckets[edge] = buckets.get(edge, 0.0) + value
        count = max(buckets.values(), default=0.0)
        if count <= 0:
            return None
        return next(edge for edge in sorted(buckets) if buckets[edge] >= share * count)


def _adds_up(name: str) -> bool:
    return name.endswith(("_total", "_bucket", "_count", "_sum"))
