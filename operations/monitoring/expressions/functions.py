"""Functions over the samples of a range and over histograms, as Prometheus computes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from operations.monitoring.expressions.samples import Sample

EXTRAPOLATED_GAPS = 1.1  # A range's edge further away than this many intervals is not extrapolated to.


def increase(samples: Sequence[Sample], *, begins: float, ends: float) -> float | None:
    """Return a counter's increase, extrapolated to the range's edges; None with fewer than two samples."""
    if len(samples) < 2:
        return None
    first, last = samples[0], samples[-1]
    resets = sum(before.value for before, after in pairwise(samples) if after.value < before.value)
    gained = last.value - first.value + resets
    covered = last.at - first.at
    if covered <= 0:
        return None
    interval = covered / (len(samples) - 1)
    to_begin, to_end = first.at - begins, ends - last.at
    if gained > 0 and first.value >= 0:
        to_begin = min(to_begin, covered * first.value / gained)  # A counter was not below zero.
    edges = sum(edge if edge < EXTRAPOLATED_GAPS * interval else interval / 2 for edge in (to_begin, to_end))
    return gained * (covered + edges) / covered


def slope(samples: Sequence[Sample]) -> float | None:
    """Return the change for each second by linear regression; None with fewer than two samples."""
    if len(samples) < 2:
        return None
    start = samples[0].at
    times = [each.at - start for each in samples]
    mean_time, mean = sum(times) / len(times), sum(each.value for each in samples) / len(samples)
    spread = sum((time - mean_time) ** 2 for time in times)
    if spread == 0:
        return None
    return sum((time - mean_time) * (each.value - mean) for time, each in zip(times, samples, strict=True)) / spread


def histogram_quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Return the quantile of cumulative buckets, interpolated within one; NaN without values.

    Args:
        share: The quantile, 0 to 1.
        buckets: Upper edges and cumulative counts.
    """
    ordered = sorted(buckets)
    if len(ordered) < 2 or not math.isinf(ordered[-1][0]):
        return math.nan
    counts: list[float] = []
    for _, count in ordered:
        counts.append(max(count, counts[-1] if counts else 0.0))
    total = counts[-1]
    if not total > 0:
        return math.nan
    rank = share * total
    place = next((index for index, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if place == len(counts) - 1:
        return ordered[-2][0]
    if place == 0 and ordered[0][0] <= 0:
        return ordered[0][0]
    lower, below = (ordered[place - 1][0], counts[place - 1]) if place else (0.0, 0.0)
    return lower + (ordered[place][0] - lower) * (rank - below) / (counts[place] - below)
