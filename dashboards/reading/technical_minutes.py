"""One day of the technical figures that the watch records each minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from operations.monitoring.minute_figures import FIGURES, minute_figures


@dataclass(frozen=True, slots=True)
class DayFigure:
    """One figure over a day.

    Attributes:
        name: Its name in `FIGURES`.
        minutes: The minutes with a value.
        latest: The last value.
        mean: The mean of the minutes.
        highest: The highest value.
    """

    name: str
    minutes: int
    latest: float
    mean: float
    highest: float


def day_figures(run_folder: Path, day: date) -> list[DayFigure]:
    """Return a day's figures that have a value; none if the watch did not run."""
    minutes = minute_figures(run_folder, day)
    figures = []
    for name in FIGURES:
        values = [each.values[name] for each in minutes if name in each.values]
        if values:
            figures.append(DayFigure(name, len(values), values[-1], sum(values) / len(values), max(values)))
    return figures
