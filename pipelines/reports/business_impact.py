"""The table `business_impact`: figures of the pilot's last weeks compared with its first weeks.

Both periods are the same number of whole weeks, so that weekends do not look like change. A difference is a change only
if its interval, clustered by café and day, excludes zero: at 95 % for a café's seven figures, at 99 % for its fifteen
themes, because at 95 % one of them would "change" on most days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.lake_tables.report_tables import ALL_CAFES, BUSINESS_IMPACT
from pipelines.feedback.themes_daily import FEWEST_MENTIONS, TREND_CONFIDENCE
from pipelines.reports.report_days import Periods, periods
from pipelines.shapes import schema, table_frame
from pipelines.statistics.clustered import Cluster, difference, ratio, share_difference
from pipelines.statistics.intervals import CONFIDENCE

KEY = ("day", "cafe", "simulated")
SCORED_COLUMNS = (*KEY, "score", "eligible")
REWARD_COLUMNS = (*KEY, "outcome", "released", "amount_ore")
THEME_COLUMNS = (*KEY, "theme", "feedbacks", "mentions", "negative", "mixed")
NO_SUBJECT = "all"
OF_THEMES = ("theme", "complaints")
UNITS = {"feedbacks_a_day": "feedbacks", "score": "points", "reward_per_feedback": "öre", "reward_per_useful": "öre"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Frames of the report's days, without excluded days.

    Attributes:
        days: The included days.
        closed: The days on which a café was closed, so that no volume is expected.
        kpis: Frame of PILOT_KPIS.
        scored: SCORED_COLUMNS of SCORED_FEEDBACK.
        rewards: REWARD_COLUMNS of REWARDS.
        themes: THEME_COLUMNS of THEMES.
    """

    days: Sequence[date]
    closed: Collection[tuple[date, str]]
    kpis: pl.DataFrame
    scored: pl.DataFrame
    rewards: pl.DataFrame
    themes: pl.DataFrame


def business_impact(
    found: Inputs, *, day: date, as_of: datetime, days: list[date], cafes: Sequence[str]
) -> pl.DataFrame:
    """Return each figure of each café and of all cafés, separately for real and simulated rows.

    Args:
        found: The frames.
        day: The business day of the rows.
        as_of: The moment up to which it is judged.
        days: All of the report's days, excluded ones too: the weeks are calendar weeks.
        cafes: The cafés' ids.
    """
    clusters = _clusters(found, cafes=cafes)
    compared = periods(days)
    marks = sorted(set(clusters["simulated"])) or [False]
    rows = []
    for (figure, subject, simulated, cafe), some in _groups(clusters, marks=marks):
        confidence = TREND_CONFIDENCE if figure in OF_THEMES else CONFIDENCE
        row = _row(some, compared=compared, confidence=confidence, of_shares=figure not in UNITS)
        if figure in OF_THEMES and row["numerator"] < FEWEST_MENTIONS and row["change"] != "too_early":
            row["change"] = "too_few"
        rows.append(row | {"figure": figure, "subject": subject, "simulated": simulated, "cafe": cafe})
    given = {name: kind for name, kind in schema(BUSINESS_IMPACT).items() if name not in _GIVEN_TO_ALL}
    frame = pl.LazyFrame(rows, schema=given, orient="row").with_columns(
        day=pl.lit(day),
        first_day=pl.lit(days[0]),
        unit=pl.col("figure").replace_strict(UNITS, default="share"),
        as_of=pl.lit(as_of),
    )
    return table_frame(BUSINESS_IMPACT, frame)


_GIVEN_TO_ALL = ("day", "first_day", "unit", "as_of")


def _clusters(found: Inputs, *, cafes: Sequence[str]) -> pl.DataFrame:
    """Return one row per figure, subject and café-day, with numerator and denominator."""
    kpis = found.kpis.filter(pl.col("kpi").is_in(["participation", "completion"]) & pl.col("value").is_not_null())
    feedback = found.scored.group_by(KEY).agg(
        feedbacks=pl.len(), points=pl.col("score").sum(), useful=pl.col("eligible").sum()
    )
    granted = (pl.col("outcome") == "eligible") | pl.col("released").fill_null(False)
    paid = found.rewards.group_by(KEY).agg(paid=pl.col("amount_ore").filter(granted).sum())
    both = feedback.join(paid, on=KEY, how="left").with_columns(pl.col("paid").fill_null(0), one=pl.lit(1))
    shut = set(found.closed)
    every = pl.DataFrame(
        [(day, cafe) for day in found.days for cafe in cafes if (day, cafe) not in shut],
        schema={"day": pl.Date(), "cafe": pl.String()},
        orient="row",
    )
    marks = pl.DataFrame({"simulated": sorted({False, *feedback["simulated"]})}, schema={"simulated": pl.Boolean()})
    volume = (
        every.join(marks, how="cross")
        .join(feedback, on=KEY, how="left")
        .with_columns(pl.col("feedbacks").fill_null(0), one=pl.lit(1))
    )
    of_themes = found.themes.with_columns(complaints=pl.col("negative") + pl.col("mixed"))
    parts = [
        _part(kpis, figure=pl.col("kpi"), top="numerator", bottom="denominator"),
        _part(volume, figure=pl.lit("feedbacks_a_day"), top="feedbacks", bottom="one"),
        _part(both, figure=pl.lit("score"), top="points", bottom="feedbacks"),
        _part(both, figure=pl.lit("useful"), top="useful", bottom="feedbacks"),
        _part(both, figure=pl.lit("reward_per_feedback"), top="paid", bottom="feedbacks"),
        _part(both, figure=pl.lit("reward_per_useful"), top="paid", bottom="useful"),
        _part(of_themes, figure=pl.lit("theme"), top="mentions", bottom="feedbacks", subject=pl.col("theme")),
        _part(of_themes, figure=pl.lit("complaints"), top="complaints", bottom="feedbacks", subject=pl.col("theme")),
    ]
    return pl.concat(parts)


def _part(
    frame: pl.DataFrame,
    *,
    figure: pl.Expr,
    top: str,
    bottom: str,
    subject: pl.Expr = pl.lit(NO_SUBJECT),  # noqa: B008
) -> pl.DataFrame:
    return frame.select(
        *KEY,
        figure=figure.cast(pl.String),
        subject=subject.cast(pl.String),
        numerator=pl.col(top).cast(pl.Float64),
        denominator=pl.col(bottom).cast(pl.Float64),
    )


def _groups(clusters: pl.DataFrame, *, marks: Sequence[bool]) -> list[tuple[tuple[Any, ...], pl.DataFrame]]:
    together = clusters.with_columns(cafe=pl.lit(ALL_CAFES))
    keys = ["figure", "subject", "simulated", "cafe"]
    both = pl.concat([clusters, together]).filter(pl.col("simulated").is_in(list(marks)))
    return sorted(both.partition_by(keys, as_dict=True).items())


def _row(some: pl.DataFrame, *, compared: Periods | None, confidence: float, of_shares: bool) -> dict[str, Any]:
    whole = ratio(_of(some, lambda _: True))
    row: dict[str, Any] = {
        "cafe_days": whole.clusters,
        "numerator": whole.numerator,
        "denominator": whole.denominator,
        "value": whole.value,
        "change": "too_early",
    }
    if compared is None:
        return row
    first, last = set(compared.before), set(compared.after)
    before, after = ratio(_of(some, first.__contains__)), ratio(_of(some, last.__contains__))
    apart = (share_difference if of_shares else difference)(after, before, confidence=confidence)
    row |= {"before_to": compared.before[-1], "after_from": compared.after[0]}
    row |= {"before": before.value, "after": after.value, "change": "too_few"}
    if apart is not None:
        change = "rose" if apart[1] > 0 else "fell" if apart[2] < 0 else "no_change_seen"
        row |= {"difference": apart[0], "low": apart[1], "high": apart[2], "change": change}
    return row


def _of(some: pl.DataFrame, wanted: Callable[[date], bool]) -> list[Cluster]:
    return [
        (top, bottom) for day, top, bottom in some.select("day", "numerator", "denominator").iter_rows() if wanted(day)
    ]
