"""What the report over very many cafés reads of each: one frame with a row a café."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pilot.kpis import KPIS
from reports.lake_readings import MINE, Readings

if TYPE_CHECKING:
    from reports.scope import Scope

FIGURES = ("cafe_days", "numerator", "denominator", "value", "low", "high", "design_effect")
COUNTS = (
    "customers", "started", "completed", "useful", "granted_ore", "down_minutes", "usable", "positive", "mixed",
    "negative",
)  # fmt: skip


def cafe_rows(read: Readings, scope: Scope) -> pl.DataFrame:
    """Return each café's metrics and counts, in the order of the file; metrics as columns "kpi.figure".

    Args:
        read: The readings.
        scope: The scope.
    """
    cafes = pl.DataFrame(
        [(cafe.id, cafe.name, cafe.city) for cafe in scope.cafes], schema=["cafe", "name", "city"], orient="row"
    )
    metrics = read.frame(
        f"""
        select cafe, kpi, {", ".join(FIGURES)} from pilot_report
        where day = $day and simulated = $simulated and cafe in (select unnest($cafes))
        """  # noqa: S608
    )
    found = cafes.join(_counts(read), on="cafe", how="left", maintain_order="left")
    for code in KPIS:
        mine = metrics.filter(pl.col("kpi") == code).select("cafe", pl.col(FIGURES).name.prefix(f"{code}."))
        found = found.join(mine, on="cafe", how="left", maintain_order="left")
    return found


def _counts(read: Readings) -> pl.DataFrame:
    return read.frame(
        f"""
        with visits as (
            select cafe, count(*) filter (outcome <> 'opened_only') as started,
                count(*) filter (outcome = 'completed') as completed
            from sessions where {MINE} group by cafe
        ), guests as (select cafe, sum(customers)::bigint as customers from customer_counts where {MINE} group by cafe
        ), scores as (select cafe, count(*) filter (eligible) as useful from scored_feedback where {MINE} group by cafe
        ), money as (
            select cafe, sum(amount_ore)::bigint as granted_ore from rewards
            where {MINE} and (outcome = 'eligible' or coalesce(released, false)) group by cafe
        ), away as (
            select cafe, sum(round(down_s * 1000)::hugeint)::double / 60000 as down_minutes from uptime
            where {MINE} and target = 'customer_page' group by cafe
        ), moods as (
            select cafe, sum(usable)::bigint as usable, sum(positive)::bigint as positive,
                sum(mixed)::bigint as mixed, sum(negative)::bigint as negative
            from satisfaction where {MINE} group by cafe
        )
        select cafe, {", ".join(COUNTS)} from (select unnest($cafes) as cafe) as every
            left join visits using (cafe) left join guests using (cafe) left join scores using (cafe)
            left join money using (cafe) left join away using (cafe) left join moods using (cafe)
        """  # noqa: S608
    )
