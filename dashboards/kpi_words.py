"""The five metrics in their order, with the decimals that a reader can use."""

from __future__ import annotations

from dashboards.formatting import interval, measure
from dashboards.reading.kpi_figures import KpiFigure
from dashboards.visit import Visit
from pilot.kpi_targets import TARGETS, Kpi

# Uptime's target is 99,5 %: it needs two decimals to be told from 99,6.
DECIMALS: dict[str, int] = {
    "participation": 1,
    "completion": 1,
    "voice_response": 2,
    "uptime": 2,
    "payment_success": 1,
}
WIDE_SHARE = 0.05  # A share's interval wider than this is told in whole per cent.
TARGET_DECIMALS: dict[str, int] = {
    "participation": 0,
    "completion": 0,
    "voice_response": 0,
    "uptime": 1,
    "payment_success": 0,
}


def target_in_words(visit: Visit, kpi: Kpi) -> str:
    """Return a metric's target: "över 70 %", "under 2 s"."""
    target = TARGETS[kpi]
    shown = measure(target.value, unit=target.unit, language=visit.language, decimals=TARGET_DECIMALS[kpi])
    return visit.say("overview.target_below" if target.smaller_is_better else "overview.target_above", target=shown)


def shown_value(visit: Visit, figure: KpiFigure) -> str:
    """Return a figure's value as text, a dash where there is none."""
    if figure.value is None:
        return visit.say("overview.no_value")
    return measure(figure.value, unit=figure.unit, language=visit.language, decimals=DECIMALS[figure.kpi])


def shown_interval(visit: Visit, figure: KpiFigure) -> str:
    """Return a figure's 95 % interval in words, empty where there is none."""
    low, high = figure.low, figure.high
    wide = low is not None and high is not None and figure.unit == "share" and high - low > WIDE_SHARE
    decimals = 0 if wide else DECIMALS[figure.kpi]
    return interval(figure.low, figure.high, unit=figure.unit, language=visit.language, decimals=decimals)
