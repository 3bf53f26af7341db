"""The metrics' targets, values and intervals as text."""

from __future__ import annotations

from dashboards.reading.kpi_figures import KpiFigure
from dashboards.visit import Visit
from pilot.formatting import interval, measure
from pilot.kpis import KPIS

WIDE_SHARE = 0.05  # A wider interval of a share is shown in whole per cent.


def target_in_words(visit: Visit, code: str) -> str:
    """Return a metric's target: "över 70 %", "under 2 s"."""
    kpi = KPIS[code]
    shown = measure(kpi.target, unit=kpi.unit, language=visit.language, decimals=kpi.target_decimals)
    return visit.say("overview.target_below" if kpi.smaller_is_better else "overview.target_above", target=shown)


def shown_value(visit: Visit, figure: KpiFigure) -> str:
    """Return a figure's value as text, a dash if there is none."""
    if figure.value is None:
        return visit.say("overview.no_value")
    return measure(figure.value, unit=figure.unit, language=visit.language, decimals=KPIS[figure.kpi].decimals)


def shown_interval(visit: Visit, figure: KpiFigure) -> str:
    """Return a figure's 95 % interval as text, empty if there is none."""
    low, high = figure.low, figure.high
    wide = low is not None and high is not None and figure.unit == "share" and high - low > WIDE_SHARE
    decimals = 0 if wide else KPIS[figure.kpi].decimals
    return interval(figure.low, figure.high, unit=figure.unit, language=visit.language, decimals=decimals)
