"""The funnel plot of very many cafés: how a share spreads with the number of trials, naming none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from pipelines.statistics.intervals import Z
from reports.charts.specifications import TREND_HEIGHT_PX, Style, finished

LEAST_OPACITY = 0.15
LINE_POINTS = 60


def funnel(
    style: Style, found: Mapping[str, Any], *, centre: float, effect: float, target: float, titles: tuple[str, str]
) -> Any:
    """Return the chart of a share by number of trials, with the limits that chance alone would give.

    Args:
        style: The style.
        found: The edges and the counts of the cells.
        centre: The share that all would have.
        effect: How many times the variance is that of independent trials.
        target: The target's share.
        titles: The titles of both axes.
    """
    colours = style.colours
    edges, levels = found["trials"], [level * 100 for level in found["shares"]]
    cells = pd.DataFrame(
        [
            {"from": edges[x], "to": edges[x + 1], "low": levels[y], "high": levels[y + 1], "weight": math.log1p(count)}
            for x, y, count in found["cells"]
        ]
    )
    span = [edges[0], edges[-1]]
    scale_x, scale_y = (
        alt.Scale(type="log", domain=span, nice=False),
        alt.Scale(domain=[levels[0], levels[-1]], nice=False),
    )
    axis_x = alt.Axis(tickCount=5, format="~s", grid=False, labelOverlap=True)
    axis_y = alt.Axis(tickCount=4, domain=False, ticks=False)
    boxes = (
        alt.Chart(cells)
        .mark_rect(color=colours.green)
        .encode(
            x=alt.X("from:Q", scale=scale_x, title=titles[0], axis=axis_x),
            x2="to:Q",
            y=alt.Y("low:Q", scale=scale_y, title=titles[1], axis=axis_y),
            y2="high:Q",
            opacity=alt.Opacity("weight:Q", scale=alt.Scale(range=[LEAST_OPACITY, 1.0]), legend=None),
        )
    )
    ratio = (span[1] / span[0]) ** (1 / LINE_POINTS)
    trials = [span[0] * ratio**step for step in range(LINE_POINTS + 1)]
    spread = [Z * math.sqrt(centre * (1 - centre) * effect / each) for each in trials]
    ends = pd.DataFrame(
        [
            {"trials": each, "share": min(max((centre + side * reach) * 100, levels[0]), levels[-1]), "side": side}
            for side in (-1, 1)
            for each, reach in zip(trials, spread, strict=True)
        ]
    )
    limits = (
        alt.Chart(ends)
        .mark_line(color=colours.ink, strokeWidth=1.2)
        .encode(x=alt.X("trials:Q", scale=scale_x), y=alt.Y("share:Q", scale=scale_y), detail="side:N")
    )
    aim = (
        alt.Chart(pd.DataFrame([{"share": target * 100}]))
        .mark_rule(color=colours.target, strokeDash=[5, 4], strokeWidth=1.5, clip=True)
        .encode(y=alt.Y("share:Q", scale=scale_y))
    )
    return finished(alt.layer(boxes, limits, aim), style=style, height=TREND_HEIGHT_PX)
