"""Every KPI of simulated days is what hand-written SQL says, straight from the same raw events."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from benchmarks.platform import independent_sql
from benchmarks.platform.compared_sql import differing_kpis
from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, RAW_EVENTS
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import pilot_kpis
from pipelines.figures.uptime import uptime
from pipelines.shapes import schema
from proving.simulator.large_days import LargeDay, crowd, customer_counts, event_parts

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("independent SQL")]  # Phrases of days that the tests share.

CAFES = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
SPRING_CHANGE, AUTUMN_CHANGE = date(2026, 3, 29), date(2026, 10, 25)


def simulated(day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    large = LargeDay(cafes=CAFES, day=day, seed=4)
    drawn = crowd(large)
    return pl.concat(event_parts(large, drawn)), customer_counts(large, drawn)


def paid(day: date) -> pl.DataFrame:
    """Return a day's payments by two rails, with a café without an end and one without payments."""
    rng = random.Random(f"payments {day}")
    some, without, *others = rng.sample(CAFES.ids, len(CAFES.ids))
    ended = {some: (0, 0)} | {cafe: (rng.randint(20, 400), rng.choice([0, 1, 9])) for cafe in others}
    assert without not in ended
    rows = [
        {
            "day": day,
            "cafe": cafe,
            "simulated": simulated,
            "rail": rail,
            "succeeded": succeeded,
            "failed": failed,
            "succeeded_ore": 3_000 * succeeded,
            "open": 2,
            "issued": succeeded + 5,
            "expired": 3,
        }
        for cafe, (succeeded, failed) in ended.items()
        for rail in ("voucher", "stripe")
        for simulated in (True, False)
    ]
    return pl.DataFrame(rows, schema=schema(PAYMENTS))


def by_pipelines(
    raw: pl.DataFrame, counts: pl.DataFrame, payments: pl.DataFrame, *, day: date, as_of: datetime
) -> pl.DataFrame:
    return pilot_kpis(
        day=day,
        as_of=as_of,
        cafes=CAFES,
        sessions=sessions(raw, as_of=as_of),
        turns=turns(raw),
        uptime=uptime(raw, day=day, as_of=as_of, cafes=CAFES),
        customer_counts=counts,
        payments=payments,
    )


def by_sql(
    raw: pl.DataFrame, counts: pl.DataFrame, payments: pl.DataFrame, *, day: date, as_of: datetime
) -> pl.DataFrame:
    start, end = day_bounds(day)
    until = min(end, as_of)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        ids = pl.DataFrame({"cafe": CAFES.ids})
        for name, frame in {"raw": raw, "counts": counts, "payments": payments, "cafes": ids}.items():
            connection.register(name, frame.to_arrow())
        connection.execute(independent_sql.SESSIONS, {"as_of": as_of})
        connection.execute(independent_sql.TURNS)
        connection.execute(independent_sql.UPTIME, {"first": start, "until": until})
        connection.execute(independent_sql.KPIS, {"so_far": (until - start).total_seconds()})
        found: pl.DataFrame = connection.sql("SELECT * FROM sql_kpis").pl()
    return found


def assert_equal(raw: pl.DataFrame, counts: pl.DataFrame, *, day: date, as_of: datetime) -> pl.DataFrame:
    payments = paid(day) if raw.height else paid(day).clear()
    ours = by_pipelines(raw, counts, payments, day=day, as_of=as_of)
    assert set(ours["kpi"]) == {"participation", "completion", "voice_response", "uptime", "payment_success"}
    assert differing_kpis(ours, by_sql(raw, counts, payments, day=day, as_of=as_of)) == 0
    return ours


@pytest.mark.parametrize("week", range(3))
def test_every_kpi_of_every_weekday_is_what_sql_says(week: int) -> None:
    for number in range(4):
        day = date(2026, 11, 2) + timedelta(days=4 * week + number)
        ours = assert_equal(*simulated(day), day=day, as_of=day_bounds(day)[1] + timedelta(hours=12))
        measured = ours.filter(pl.col("simulated") & pl.col("value").is_not_null())
        assert {"completion", "voice_response", "uptime", "payment_success"} <= set(measured["kpi"])


@pytest.mark.parametrize("day", [SPRING_CHANGE, AUTUMN_CHANGE])
def test_every_kpi_is_what_sql_says_on_the_days_of_the_clock_change(day: date) -> None:
    ours = assert_equal(*simulated(day), day=day, as_of=day_bounds(day)[1] + timedelta(hours=12))
    known = ours.filter((pl.col("kpi") == "uptime") & pl.col("simulated"))["denominator"]
    given = ours.filter("simulated", pl.col("value").is_not_null())
    assert {"completion", "voice_response", "uptime", "payment_success"} <= set(given["kpi"])
    assert known.to_list() == [{SPRING_CHANGE: 23, AUTUMN_CHANGE: 25}[day] * 3600.0] * len(CAFES.ids)


def test_every_kpi_is_what_sql_says_while_the_day_is_under_way() -> None:
    day = date(2026, 11, 10)
    noon = day_bounds(day)[0] + timedelta(hours=12)
    raw, counts = simulated(day)
    ours = assert_equal(raw.filter(pl.col("at") <= noon), counts.clear(), day=day, as_of=noon)
    assert set(ours.filter(pl.col("kpi") == "participation")["verdict"]) == {"missing"}


def test_every_kpi_is_what_sql_says_on_a_day_with_nothing_in_it() -> None:
    day = date(2026, 11, 10)
    nothing = pl.DataFrame(schema=schema(RAW_EVENTS)), pl.DataFrame(schema=schema(CUSTOMER_COUNTS))
    ours = assert_equal(*nothing, day=day, as_of=day_bounds(day)[1])
    assert ours.height == 5 * len(CAFES.ids)
    assert set(ours["verdict"]) == {"missing"}
    assert ours["value"].null_count() == ours.height


def test_a_figure_that_is_off_by_one_guest_or_payment_is_seen() -> None:
    day = date(2026, 11, 10)
    raw, counts = simulated(day)
    as_of, payments = day_bounds(day)[1], paid(day)
    ours = by_pipelines(raw, counts, payments, day=day, as_of=as_of)
    sent = raw.filter(pl.col("event") == "session_completed").item(0, "event_id")
    fewer = raw.filter(pl.col("event_id") != sent)
    assert differing_kpis(ours, by_sql(fewer, counts, payments, day=day, as_of=as_of)) == 1
    first = (
        pl.col("succeeded").is_in([payments["succeeded"].max()]) & pl.col("simulated") & (pl.col("rail") == "voucher")
    )
    one_more = payments.with_columns(failed=pl.col("failed") + first.cast(pl.Int64))
    assert differing_kpis(ours, by_sql(raw, counts, one_more, day=day, as_of=as_of)) == 1
