"""Yesterday's success metrics of each café, beside the days before, read from the lake."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from pilot.kpis import KPIS, Reason, Verdict
from pilot.lake_tables.tables import PILOT_KPIS
from storage.home import Home

DAYS_BESIDE = 7


@dataclass(frozen=True, slots=True)
class KpiDay:
    """One metric of one café on one day, beside the days before.

    Attributes:
        cafe: The café's id.
        kpi: The metric's code.
        value: The figure; None without one.
        low: Lower end of its 95 % interval.
        high: Upper end.
        target: The target.
        verdict: met, missed, cannot_tell or missing.
        why: The reason of a missing figure.
        before: The values of the days before, oldest first; None for a day without one.
    """

    cafe: str
    kpi: str
    value: float | None
    low: float | None
    high: float | None
    target: float
    verdict: Verdict
    why: Reason | str
    before: tuple[float | None, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the metric as JSON values."""
        return asdict(self)


def kpi_day(home: Home, *, day: date, simulated: bool) -> list[KpiDay]:
    """Return every metric of every café on `day`; one that the lake does not have is missing.

    Raises:
        PilotError: the lake or the cafés' file cannot be read.
    """
    first = day - timedelta(days=DAYS_BESIDE)
    rows = _rows(home, first=first, last=day, simulated=simulated)
    return [_figure(cafe, code, day=day, rows=rows) for cafe in home.cafes().ids for code in KPIS]


def _figure(cafe: str, code: str, *, day: date, rows: dict[tuple[str, str, date], dict[str, Any]]) -> KpiDay:
    earlier = [day - timedelta(days=back) for back in range(DAYS_BESIDE, 0, -1)]
    before = tuple(_finite(rows.get((cafe, code, each), {}).get("value")) for each in earlier)
    row = rows.get((cafe, code, day))
    if row is None:
        return KpiDay(cafe, code, None, None, None, KPIS[code].target, "missing", "no_figures", before)
    value, low, high = (_finite(row[name]) for name in ("value", "low", "high"))
    return KpiDay(cafe, code, value, low, high, float(row["target"]), row["verdict"], row["why"] or "", before)


def _rows(home: Home, *, first: date, last: date, simulated: bool) -> dict[tuple[str, str, date], dict[str, Any]]:
    lake = home.lake()
    if lake.version(PILOT_KPIS) is None:
        return {}
    with lake.snapshot(PILOT_KPIS) as snapshot:
        found = snapshot.sql(
            "SELECT day, cafe, kpi, value, low, high, target, verdict, why FROM pilot_kpis "
            "WHERE day BETWEEN ? AND ? AND simulated = ?",
            (first, last, simulated),
        )
    return {(row["cafe"], row["kpi"], row["day"]): row for row in found.iter_rows(named=True)}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
