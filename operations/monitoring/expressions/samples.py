"""Recent samples of metrics, for ranges of a few hours at most."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

NAME = "__name__"
LOOKBACK_SECONDS = 300.0  # As in Prometheus: an older sample is not current.

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series at a time in seconds; NaN marks the end of a series."""

    at: float
    value: float


def labels_of(name: str, labels: Mapping[str, str]) -> Labels:
    """Return a series' labels with its name."""
    return frozenset({**labels, NAME: name}.items())


class Samples:
    """The samples of some metrics, each for as long as an expression reads back."""

    def __init__(self, keep_seconds: Callable[[str], float | None] = lambda _: LOOKBACK_SECONDS) -> None:
        """Initialise without samples.

        Args:
            keep_seconds: Returns for how long the samples of a metric are needed; None if they are not.
        """
        self._keep = keep_seconds
        self._series: dict[str, dict[Labels, deque[Sample]]] = {}

    def add(self, name: str, labels: Mapping[str, str], *, value: float, at: float) -> None:
        """Add a sample; samples of a series come in the order of time."""
        keep = self._keep(name)
        if keep is None:
            return
        series = self._series.setdefault(name, {}).setdefault(labels_of(name, labels), deque())
        series.append(Sample(at, value))
        while series and series[0].at < at - keep:
            series.popleft()

    def add_scrape(self, found: Iterable[tuple[str, Mapping[str, str], float]], *, source: str, at: float) -> None:
        """Add what a source answered at a time, and end its series that it no longer has.

        Args:
            found: Names, labels and values.
            source: The value of the label `instance` by which its series are known.
            at: Time in seconds.
        """
        seen: set[Labels] = set()
        for name, labels, value in found:
            own = {**labels, "instance": source}
            seen.add(labels_of(name, own))
            self.add(name, own, value=value, at=at)
        for name, every in self._series.items():
            for own_labels, series in every.items():
                gone = ("instance", source) in own_labels and own_labels not in seen and name != "up"
                if gone and series and not math.isnan(series[-1].value):
                    series.append(Sample(at, math.nan))

    def end_sources(self, listed: Collection[str], *, at: float) -> None:
        """End every series of a source that is not listed any more, as after its process was removed."""
        for every in self._series.values():
            for labels, series in every.items():
                source = next((value for name, value in labels if name == "instance"), "")
                if source and source not in listed and series and not math.isnan(series[-1].value):
                    series.append(Sample(at, math.nan))

    def forget_old(self, *, at: float) -> None:
        """Remove the series without a sample within their time."""
        for name, every in self._series.items():
            keep = self._keep(name) or 0.0
            for labels in [each for each, series in every.items() if not series or series[-1].at < at - keep]:
                del every[labels]

    def series(self, name: str) -> Iterator[tuple[Labels, deque[Sample]]]:
        """Yield the series of a metric."""
        yield from self._series.get(name, {}).items()
