"""The overview's grid: each metric of each café, with its interval drawn beside the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from dashboards.fragments import render, verdict_badge
from dashboards.parts.number_links import Behind, in_text
from dashboards.reading.kpi_figures import KpiFigure
from dashboards.visit import Visit
from dashboards.words.kpi_words import shown_interval, shown_value, target_in_words
from dashboards.words.reasons import reason
from pilot.formatting import number
from pilot.kpis import KPIS, Verdict

AXIS_MARGIN = 0.08  # share of the axis' length, at both ends
SINGLE_POINT_MARGIN = 0.05  # share of the target, if both ends of the axis are equal
NARROWEST_PERCENT = 0.5  # minimum width of a visible interval
# The filters of the counts that are sessions; customers and payments are none.
OPENS: dict[str, dict[str, dict[str, str]]] = {
    "participation": {"numerator": {"step": "started", "measure": "participation"}},
    "completion": {
        "numerator": {"step": "completed", "measure": "completion"},
        "denominator": {"step": "decided", "measure": "completion"},
    },
}


@dataclass(frozen=True, slots=True)
class _Whisker:
    """An interval, its value and the target on the row's axis, in per cent of its length."""

    verdict: Verdict
    left: float
    width: float
    target: float
    value: float


@dataclass(frozen=True, slots=True)
class _Cell:
    """One metric of one café; without a figure it has only a badge."""

    cafe: str
    badge: Markup
    value: str | None = None
    whisker: _Whisker | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class _Axis:
    """The ends of a row's axis, in the metric's unit."""

    low: float
    high: float

    def percent(self, value: float) -> float:
        """Return the position of a value, clipped to the axis."""
        return 100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)


def kpi_grid(
    visit: Visit,
    columns: Mapping[str, str],
    shown: Mapping[tuple[str, str], KpiFigure],
    *,
    behind: Mapping[str, Behind] | None = None,
) -> Markup:
    """Return the metrics of each café as a table; on a narrow screen each row becomes a block.

    Args:
        visit: The visit.
        columns: The name above each column, by the café's id or `ALL_CAFES`.
        shown: The figures by metric and column.
        behind: By column, what the counts of sessions open; None if they open nothing.
    """
    opened = behind or {}
    rows = []
    for kpi, defined in KPIS.items():
        known = [shown[kpi, column] for column in columns if (kpi, column) in shown]
        axis = _axis(known, defined.target)
        rows.append(
            {
                "name": visit.say(f"kpi.{kpi}.name"),
                "explanation": visit.say(f"kpi.{kpi}.what"),
                "target": f"{visit.say('overview.target')}: {target_in_words(visit, kpi)}",
                "cells": [
                    _cell(visit, name, shown.get((kpi, column)), axis, opened.get(column))
                    for column, name in columns.items()
                ],
            }
        )
    return render(
        "kpi_grid",
        caption=visit.say("overview.grid_caption"),
        head=visit.say("overview.grid_kpi"),
        cafes=list(columns.values()),
        rows=rows,
    )


def _cell(visit: Visit, name: str, figure: KpiFigure | None, axis: _Axis, behind: Behind | None) -> _Cell:
    verdict: Verdict = "missing" if figure is None else figure.verdict
    badge = verdict_badge(verdict, words=visit.say(f"verdict.{verdict}"))
    if figure is None:
        return _Cell(name, badge)
    # A census has no interval beside its value.
    interval = "" if figure.low == figure.high else shown_interval(visit, figure)
    why = reason(figure)
    notes = (interval, _share(visit, figure, behind), visit.say(f"reason.{why}") if why else "")
    return _Cell(
        name,
        badge,
        value=shown_value(visit, figure),
        whisker=_whisker(figure, axis),
        notes=Markup(" · ").join(note for note in notes if note),
    )


def _share(visit: Visit, figure: KpiFigure, behind: Behind | None) -> Markup | str:
    """Return a share's counts in words, those of sessions as links; empty for a time and for uptime."""
    if (
        figure.value is None
        or figure.unit != "share"
        or KPIS[figure.kpi].interval == "census"
        or not figure.denominator
    ):
        return ""
    what = visit.say(f"kpi.{figure.kpi}.name")
    counts = {"numerator": figure.numerator or 0, "denominator": figure.denominator}
    shown = {
        name: behind.opens(visit, count, what, **OPENS[figure.kpi][name])
        if behind is not None and name in OPENS.get(figure.kpi, {})
        else escape(number(count, language=visit.language))
        for name, count in counts.items()
    }
    return in_text(visit.say("overview.of", numerator="{numerator}", denominator="{denominator}"), **shown)


def _axis(known: Sequence[KpiFigure], target: float) -> _Axis:
    ends = [target, *(end for one in known for end in (one.low, one.high, one.value) if end is not None)]
    margin = (max(ends) - min(ends)) * AXIS_MARGIN or target * SINGLE_POINT_MARGIN
    return _Axis(min(ends) - margin, max(ends) + margin)


def _whisker(figure: KpiFigure, axis: _Axis) -> _Whisker | None:
    """Return the interval, open ends drawn to the axis' ends; None without a value."""
    if figure.value is None:
        return None
    left = axis.percent(axis.low if figure.low is None else figure.low)
    right = axis.percent(axis.high if figure.high is None else figure.high)
    return _Whisker(
        verdict=figure.verdict,
        left=left,
        width=max(right - left, NARROWEST_PERCENT),
        target=axis.percent(figure.target),
        value=axis.percent(figure.value),
    )
