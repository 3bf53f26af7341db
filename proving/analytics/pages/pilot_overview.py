"""The figures of the pilot overview: the verdict, the day's metrics, maintenance, payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dashboards.reading.cumulative_report import TABLES as REPORT_TABLES
from dashboards.reading.cumulative_report import cumulative_report
from dashboards.reading.kpi_figures import TABLES, pilot_period
from dashboards.reading.maintenance import TABLES as MAINTENANCE_TABLES
from dashboards.reading.maintenance import maintenance
from dashboards.reading.payment_rails import TABLES as PAYMENT_TABLES
from dashboards.reading.payment_rails import payment_rails
from pilot.business_days import days_between
from proving.analytics import arithmetic
from proving.analytics.kpi_queries import KPI_FIGURES, VOLUMES
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import PERIOD, extent_of

PAGE = "pilot_overview.py"
DAYS = 30
ALL = "all"
TOTALS = ("kpi", "cafe", "numerator", "denominator", "value", "low", "high")
SHARES = ("participation", "completion", "payment_success")


def _over_days(reader: Reader) -> Iterable[Choice]:
    return reader.all_cafes_over(DAYS)


def _period(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return pilot_period(
            snapshot, snapshot.key, cafes=choice.cafes, last=choice.last, days=DAYS, simulated=choice.simulated
        )


def _maintenance(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*MAINTENANCE_TABLES, choice=choice) as snapshot:
        return maintenance(
            snapshot, snapshot.key, cafes=choice.cafes, last=choice.last, days=DAYS, simulated=choice.simulated
        )


def _payments(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*PAYMENT_TABLES, choice=choice) as snapshot:
        return payment_rails(
            snapshot, snapshot.key, cafes=choice.cafes, last=choice.last, days=DAYS, simulated=choice.simulated
        )


def _reports(reader: Reader) -> Iterable[Choice]:
    """Return the newest reported day, over the days that its report covers."""
    pilot = reader.home.cafes().pilot
    reported = [day for day in reader.lake().bytes_by_day(REPORT_TABLES[0]) if day <= reader.days[-1]]
    if not reported:
        return []
    day = max(reported)
    first = pilot.first_day if day >= pilot.first_day else day - timedelta(days=pilot.days - 1)
    last = min(day, pilot.first_day + timedelta(days=pilot.days - 1))
    interim = (last - first).days + 1 < pilot.days
    extra = (("day", day), ("sees_all", reader.principal.cafes is None), ("interim", interim))
    return [Choice(reader.cafes, first, last, reader.simulated, extra)]


def _report(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*REPORT_TABLES, choice=replace(choice, first=choice["day"], last=choice["day"])) as snapshot:
        return cumulative_report(
            snapshot,
            snapshot.key,
            cafes=choice.cafes,
            sees_all=choice["sees_all"],
            day=choice["day"],
            simulated=choice.simulated,
        )


# A day counts if a suite has checked it and none stops it.
SOUND = """
    select day from quality_verdicts where day between $first and $last
    group by day having count(*) filter (not passed and severity = 'stop') = 0
"""
REPORTED = f"""
    select kpi, cafe, day as of_day, numerator, denominator, value from ({KPI_FIGURES}) where day in ({SOUND})
"""  # noqa: S608
STORED = "from pilot_report where day = $day and simulated = $simulated and {cafes}"
SEEN = "(list_contains($cafes, cafe) or ($sees_all and cafe = 'all'))"


def _totals(rows: Rows, choice: Choice) -> Rows:
    """Return the shares of trials over all sound days, of each café and of all together."""
    clusters: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row["kpi"] in SHARES and row["value"] is not None:
            clusters[row["kpi"], row["cafe"]].append((row["numerator"], row["denominator"]))
            if choice["sees_all"]:
                clusters[row["kpi"], ALL].append((row["numerator"], row["denominator"]))
    found = []
    for (kpi, cafe), counts in clusters.items():
        top, bottom = (sum(each[place] for each in counts) for place in (0, 1))
        low, high = (arithmetic.anytime_ends if choice["interim"] else arithmetic.share_ends)(counts)
        found.append(
            {"kpi": kpi, "cafe": cafe, "numerator": top, "denominator": bottom, "value": top / bottom}
            | {"low": low, "high": high}
        )
    return found


def _days_covered(rows: Rows, choice: Choice) -> Rows:
    every = list(days_between(choice.first, choice.last))
    sound: set[date] = {row["day"] for row in rows}
    return [{"first": choice.first, "last": choice["day"], "days": len(every), "excluded": len(set(every) - sound)}]


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="period",
        function=pilot_period,
        choices=_over_days,
        shown=_period,
        queries=(
            Query(part="figures", sql=KPI_FIGURES, key=("day", "cafe", "kpi")),
            Query(part="volumes", sql=VOLUMES, key=("day", "cafe")),
        ),
    ),
    Reading(
        page=PAGE,
        name="maintenance",
        function=maintenance,
        choices=_over_days,
        shown=_maintenance,
        queries=(
            Query(
                sql=f"""
                    with sums as (
                        select cafe, sum(planned_s) as planned, sum(up_s) as up, sum(down_s) as down,
                            sum(planned_down_s) as excused
                        from uptime where {PERIOD} and target = 'customer_page' group by cafe
                    )
                    select cafe, planned / 60 as minutes, up / (up + down) as uptime,
                        up / (up + down - coalesce(excused, 0)) as unplanned_uptime
                    from sums where planned > 0 and up > 0
                """,  # noqa: S608
                key=("cafe",),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="payments",
        function=payment_rails,
        choices=_over_days,
        shown=_payments,
        queries=(
            Query(
                sql=f"""
                    select rail, sum(succeeded)::bigint as succeeded, sum(failed)::bigint as failed,
                        sum(open)::bigint as open, sum(issued)::bigint as issued, sum(expired)::bigint as expired,
                        sum(succeeded) / nullif(sum(succeeded) + sum(failed), 0) as share
                    from payments where {PERIOD} group by rail
                """,  # noqa: S608
                key=("rail",),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="report",
        function=cumulative_report,
        choices=_reports,
        shown=_report,
        queries=(
            Query(sql=SOUND, then=_days_covered, columns=("first", "last", "days", "excluded")),
            Query(part="figures", sql=REPORTED, key=("kpi", "cafe"), then=_totals, columns=TOTALS, only=True),
            Query(
                part="figures",
                sql=f"""
                    select kpi, cafe, day, numerator, denominator, if(isfinite(value), value, null) as value,
                        if(isfinite(low), low, null) as low, if(isfinite(high), high, null) as high, target, verdict,
                        coalesce(why, '') as why, unit, as_of
                    {STORED.format(cafes=SEEN)}
                """,
                key=("kpi", "cafe"),
            ),
        ),
    ),
)
