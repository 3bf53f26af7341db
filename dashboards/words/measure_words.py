"""The business measures as text: value, interval and target, each in its own unit."""

from __future__ import annotations

import math

from dashboards.reading.fair_comparison import SHARES, Figure
from dashboards.reading.kpi_period import Measure
from dashboards.visit import Visit
from dashboards.words.kpi_words import WIDE_SHARE, target_in_words
from pilot.formatting import interval, measure, number
from pilot.kpis import KPIS
from pilot.money import ORE_PER_KRONA

SHARE_DECIMALS = 1


def value_in_words(visit: Visit, code: Measure, value: float | None) -> str:
    """Return a value with its unit; a dash if there is none."""
    if value is None:
        return visit.say("overview.no_value")
    if code in SHARES:
        return measure(value, unit="share", language=visit.language, decimals=SHARE_DECIMALS)
    if code == "score":
        return number(value, language=visit.language, decimals=1)
    return visit.say("kpi_page.kronor", kronor=number(value / ORE_PER_KRONA, language=visit.language, decimals=2))


def range_in_words(visit: Visit, code: Measure, low: float | None, high: float | None) -> str:
    """Return an interval, rounded outwards; without one, that there are too few days."""
    if low is None or high is None:
        return visit.say("kpi_page.no_range")
    if code in SHARES:
        decimals = 0 if high - low > WIDE_SHARE else SHARE_DECIMALS
        return interval(low, high, unit="share", language=visit.language, decimals=decimals)
    scale = 1 if code == "score" else ORE_PER_KRONA
    ends = {"low": math.floor(low / scale), "high": math.ceil(high / scale)}
    shown = {name: number(end, language=visit.language) for name, end in ends.items()}
    if code == "cost":
        shown["high"] = visit.say("kpi_page.kronor", kronor=shown["high"])
    return visit.say("interval.between", **shown)


def basis_in_words(visit: Visit, code: Measure, figure: Figure) -> str:
    """Return the counts behind a figure."""
    fields = {name: number(value, language=visit.language) for name, value in
              (("numerator", figure.numerator), ("denominator", figure.denominator))}  # fmt: skip
    return visit.say(f"kpi_page.basis.{code}", **fields)


def target_of(visit: Visit, code: Measure) -> str:
    """Return the pilot's target of a measure in words, or that there is none."""
    if code not in KPIS:
        return visit.say("kpi_page.no_target")
    return f"{visit.say('overview.target')}: {target_in_words(visit, code)}"
