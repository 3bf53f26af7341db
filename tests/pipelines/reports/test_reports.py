"""The reports' figures, each against a small pilot whose answers are counted by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pilot.business_days import days_between
from pilot.cafes import parse_cafes
from pilot.kpis import KPIS
from pilot.lake_tables.tables import PILOT_KPIS, REWARDS, SCORED_FEEDBACK, SESSIONS, THEMES, TURNS, UPTIME, Table
from pipelines.reports.business_impact import Inputs, business_impact
from pipelines.reports.capacity_plan import LoadTest, Resources, capacity_plan, measured_concurrency
from pipelines.reports.pilot_report import Basis, pilot_report
from pipelines.reports.report_days import periods, report_days
from pipelines.shapes import schema

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
FIRST = CAFES.pilot.first_day
LAST = FIRST + timedelta(days=13)
DAYS = list(days_between(FIRST, LAST))
AS_OF = datetime(2026, 12, 7, 11, tzinfo=UTC)
BASIS = Basis(days=DAYS, excluded=(), cafes=CAFES.ids, as_of=AS_OF, planned_days=len(DAYS))


def frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    given = schema(table)
    return pl.DataFrame([dict.fromkeys(given) | {"simulated": False} | row for row in rows], schema=given, orient="row")


def kpi(day: date, name: str, numerator: float, denominator: float | None, *, cafe: str = "aurora") -> dict[str, Any]:
    value = numerator / denominator if denominator else None
    return {"day": day, "cafe": cafe, "kpi": name, "numerator": numerator, "denominator": denominator, "value": value}


def report(
    *,
    kpis: list[dict[str, Any]] = [],  # noqa: B006 - read only
    uptime: list[dict[str, Any]] = [],  # noqa: B006 - read only
    turns: list[dict[str, Any]] = [],  # noqa: B006 - read only
    basis: Basis = BASIS,
) -> dict[tuple[str, str], dict[str, Any]]:
    found = pilot_report(
        basis,
        day=LAST,
        kpis=frame(PILOT_KPIS, kpis),
        uptime=frame(UPTIME, uptime),
        turns=frame(TURNS, turns),
    )
    return {(row["cafe"], row["kpi"]): row for row in found.iter_rows(named=True)}


def test_every_metric_of_every_cafe_has_a_row_also_of_a_pilot_without_a_day() -> None:
    rows = report()
    assert set(rows) == {(cafe, name) for cafe in (*CAFES.ids, "all") for name in KPIS}
    assert {row["verdict"] for row in rows.values()} == {"missing"}
    assert all(row["value"] is None and row["why"] for row in rows.values())


def test_a_share_is_that_of_all_days_and_a_day_without_a_figure_is_unknown_not_zero() -> None:
    rows = report(kpis=[kpi(day, "participation", 20, 100 if day != LAST else None) for day in DAYS])
    row = rows["aurora", "participation"]
    assert (row["numerator"], row["denominator"], row["value"]) == (20 * 13, 1300, 0.2)
    assert (row["cafe_days"], row["unknown"]) == (13, pytest.approx(1 / 14))
    assert (row["verdict"], row["interval"]) == ("met", "clustered")
    together = rows["all", "participation"]
    assert (together["value"], together["unknown"]) == (0.2, pytest.approx(1 - 13 / 42))
    assert rows["goteborg", "participation"]["verdict"] == "missing"


def test_days_that_differ_much_leave_open_what_their_trials_alone_would_call_met() -> None:
    shares = [95, 55] * 7
    row = report(kpis=[kpi(day, "completion", share, 100) for day, share in zip(DAYS, shares, strict=True)])[
        "aurora", "completion"
    ]
    assert row["value"] == 0.75
    assert row["design_effect"] > 10
    assert row["low"] < 0.70
    assert row["verdict"] == "cannot_tell"


def test_a_figure_of_a_few_days_is_never_judged() -> None:
    row = report(kpis=[kpi(day, "completion", 100, 100) for day in DAYS[:4]])["aurora", "completion"]
    assert (row["verdict"], row["cafe_days"]) == ("cannot_tell", 4)
    assert (row["why"], row["why_details"]) == ("too_few_days", '{"cafe_days": 4, "required_cafe_days": 5}')


def test_a_day_that_the_suites_stop_is_left_out_and_counted() -> None:
    kpis = [kpi(day, "completion", 100 if day != LAST else 0, 100) for day in DAYS]
    row = report(kpis=kpis, basis=replace(BASIS, excluded={LAST}))["aurora", "completion"]
    assert (row["value"], row["days"], row["days_left_out"]) == (1.0, 14, 1)


def test_the_p95_is_that_of_every_answer_and_one_that_never_came_is_late() -> None:
    quick = [
        {"day": day, "cafe": "aurora", "mode": "voice", "response_ms": 900.0, "within_target": True}
        for day in DAYS
        for _ in range(20)
    ]
    assert report(turns=quick)["aurora", "voice_response"]["value"] == 0.9
    assert report(turns=quick)["aurora", "voice_response"]["verdict"] == "met"
    lost = [{"day": day, "cafe": "aurora", "mode": "voice", "within_target": False} for day in DAYS for _ in range(2)]
    row = report(turns=quick + lost)["aurora", "voice_response"]
    assert (row["numerator"], row["denominator"], row["value"]) == (280, 308, None)
    assert row["why"].split(",")[0] == "never_came"
    typed = [{"day": FIRST, "cafe": "aurora", "mode": "text"}]
    assert report(turns=typed)["aurora", "voice_response"]["verdict"] == "missing"


def up(*, down: float = 0.0, unknown: float = 0.0, planned: float = 0.0, day: date) -> dict[str, Any]:
    seconds = {"up_s": 86_400 - down - unknown, "down_s": down, "unknown_s": unknown, "planned_down_s": planned}
    return {"day": day, "cafe": "aurora", "target": "customer_page", **seconds}


def test_uptime_is_reported_with_and_without_planned_maintenance() -> None:
    row = report(uptime=[up(day=day, down=864, planned=864 if day == FIRST else 0) for day in DAYS])["aurora", "uptime"]
    assert row["value"] == pytest.approx(0.99)
    assert row["outside_planned"] == pytest.approx(1 - 864 * 13 / (86_400 * 14 - 864))
    assert (row["verdict"], row["interval"]) == ("missed", "census")


def test_uptime_has_no_verdict_if_too_much_time_is_unprobed() -> None:
    row = report(uptime=[up(day=day, unknown=100) for day in DAYS])["aurora", "uptime"]
    assert (row["value"], row["verdict"]) == (1.0, "cannot_tell")
    assert row["unknown"] == pytest.approx(100 / 86_400)


def test_before_the_last_day_the_intervals_are_those_that_may_be_read_daily() -> None:
    kpis = [kpi(day, "completion", 72 if day.day % 2 else 75, 100) for day in DAYS]
    planned = report(kpis=kpis)["aurora", "completion"]
    interim = report(kpis=kpis, basis=replace(BASIS, planned_days=30))["aurora", "completion"]
    assert (planned["interval"], planned["verdict"]) == ("clustered", "met")
    assert (interim["interval"], interim["verdict"]) == ("anytime", "cannot_tell")
    assert interim["low"] < 0.70 < planned["low"]
    voice = [
        {"day": day, "cafe": "aurora", "mode": "voice", "response_ms": 900.0 + 10 * each, "within_target": True}
        for day in DAYS
        for each in range(40)
    ]
    last, before = (
        report(turns=voice, basis=replace(BASIS, planned_days=length))["aurora", "voice_response"]
        for length in (14, 30)
    )
    assert (last["value"], last["verdict"], before["value"]) == (1.27, "met", 1.27)
    # Fourteen café-days cannot exclude that one in twenty is slow throughout.
    assert (before["high"], before["verdict"], before["why"]) == (None, "cannot_tell", "on_both_sides")


def test_no_share_is_decided_before_the_first_week_is_over() -> None:
    days = DAYS[:6]
    basis = replace(BASIS, days=days, planned_days=30)
    rows = report(kpis=[kpi(day, "completion", 500, 500) for day in days], basis=basis)
    assert (rows["aurora", "completion"]["verdict"], rows["aurora", "completion"]["why"]) == (
        "cannot_tell",
        "too_early",
    )


def test_uptime_is_missed_early_only_if_the_rest_of_the_pilot_cannot_repair_it() -> None:
    basis = replace(BASIS, planned_days=30)
    budget = 0.005 * 30 * 86_400  # 216 minutes
    for down, verdict in ((0, "cannot_tell"), (budget, "cannot_tell"), (budget + 60, "missed")):
        row = report(uptime=[up(day=day, down=down if day == FIRST else 0) for day in DAYS], basis=basis)[
            "aurora", "uptime"
        ]
        assert row["verdict"] == verdict, down
        assert (row["why"] == "not_over") == (verdict == "cannot_tell")


def test_simulated_days_have_rows_of_their_own() -> None:
    rows = frame(PILOT_KPIS, [kpi(day, "completion", 1, 100) | {"simulated": True} for day in DAYS])
    found = pilot_report(BASIS, day=LAST, kpis=rows, uptime=frame(UPTIME, []), turns=frame(TURNS, []))
    values = found.filter(pl.col("kpi") == "completion").select("cafe", "simulated", "value").rows()
    assert ("aurora", True, 0.01) in values
    assert ("aurora", False, None) in values
    assert ("all", True, 0.01) in values


def test_a_report_is_over_the_pilots_days_and_before_it_over_a_rehearsal_as_long() -> None:
    assert report_days(CAFES.pilot, LAST) == DAYS
    whole = report_days(CAFES.pilot, FIRST + timedelta(days=90))
    assert (whole[0], len(whole)) == (FIRST, 30)
    before = report_days(CAFES.pilot, FIRST - timedelta(days=1))
    assert (before[-1], len(before)) == (FIRST - timedelta(days=1), 30)


def test_the_weeks_compared_are_whole_and_share_no_day() -> None:
    assert periods(DAYS[:13]) is None
    fourteen = periods(DAYS)
    assert fourteen is not None
    assert (len(fourteen.before), fourteen.before[-1] < fourteen.after[0]) == (7, True)
    thirty = periods(list(days_between(FIRST, FIRST + timedelta(days=29))))
    assert thirty is not None
    assert (len(thirty.before), len(thirty.after)) == (14, 14)


def scored(day: date, score: int, *, useful: bool) -> dict[str, Any]:
    return {"day": day, "cafe": "aurora", "score": score, "eligible": useful}


def impact(
    days: list[date], *, closed: Collection[tuple[date, str]] = (), **frames: pl.DataFrame
) -> dict[tuple[str, str, str], dict[str, Any]]:
    empty = {
        "kpis": frame(PILOT_KPIS, []),
        "scored": frame(SCORED_FEEDBACK, []),
        "rewards": frame(REWARDS, []),
        "themes": frame(THEMES, []),
    }
    inputs = Inputs(days=days, closed=closed, **{**empty, **frames})
    found = business_impact(inputs, day=days[-1], as_of=AS_OF, days=days, cafes=CAFES.ids)
    return {(row["cafe"], row["figure"], row["subject"]): row for row in found.iter_rows(named=True)}


def test_what_a_feedback_costs_is_what_was_granted_among_all_feedbacks() -> None:
    feedback = frame(SCORED_FEEDBACK, [scored(FIRST, 80, useful=True), scored(FIRST, 30, useful=False)] * 2)
    paid = frame(
        REWARDS,
        [
            {"day": FIRST, "cafe": "aurora", "outcome": "eligible", "amount_ore": 3000},
            {"day": FIRST, "cafe": "aurora", "outcome": "held", "released": True, "amount_ore": 2000},
            {"day": FIRST, "cafe": "aurora", "outcome": "held", "amount_ore": 4000},
        ],
    )
    rows = impact(DAYS, scored=feedback, rewards=paid)
    cost, useful = rows["aurora", "reward_per_feedback", "all"], rows["all", "reward_per_useful", "all"]
    assert (cost["numerator"], cost["denominator"], cost["value"], cost["unit"]) == (5000, 4, 1250, "öre")
    assert useful["value"] == 2500
    assert rows["aurora", "score", "all"]["value"] == 55
    volume = rows["aurora", "feedbacks_a_day", "all"]
    assert (volume["numerator"], volume["denominator"]) == (4, 14)
    assert rows["all", "feedbacks_a_day", "all"]["denominator"] == 14 * 3


def test_a_share_that_rises_beyond_doubt_rose_and_one_that_wavers_did_not() -> None:
    risen = [kpi(day, "completion", (50 if day < DAYS[7] else 90) + index % 2, 100) for index, day in enumerate(DAYS)]
    row = impact(DAYS, kpis=frame(PILOT_KPIS, risen))["aurora", "completion", "all"]
    assert row["change"] == "rose"
    assert row["difference"] == pytest.approx(row["after"] - row["before"])
    # 700 answers in either week bear no narrower interval, however alike their days are.
    assert 0.35 < row["low"] < 0.37 < row["difference"] < 0.43 < row["high"] < 0.46
    wavering = [kpi(day, "completion", 50 + 30 * (index % 2), 100) for index, day in enumerate(DAYS)]
    assert impact(DAYS, kpis=frame(PILOT_KPIS, wavering))["aurora", "completion", "all"]["change"] == "no_change_seen"


def test_under_two_weeks_it_is_too_early_and_with_a_few_days_too_few() -> None:
    rows = [kpi(day, "completion", 70, 100) for day in DAYS]
    assert impact(DAYS[:13], kpis=frame(PILOT_KPIS, rows))["aurora", "completion", "all"]["change"] == "too_early"
    assert impact(DAYS, kpis=frame(PILOT_KPIS, rows[:6]))["aurora", "completion", "all"]["change"] == "too_few"


def test_complaints_of_a_theme_that_the_cafe_mended_fell() -> None:
    themes = [
        {
            "day": day,
            "cafe": "aurora",
            "theme": "queue",
            "feedbacks": 40,
            "mentions": 20,
            "negative": (18 if day < DAYS[7] else 3) + index % 2,
            "mixed": 1,
        }
        for index, day in enumerate(DAYS)
    ]
    rows = impact(DAYS, themes=frame(THEMES, themes))
    assert rows["aurora", "complaints", "queue"]["change"] == "fell"
    assert rows["aurora", "theme", "queue"]["change"] == "no_change_seen"
    seldom = [row | {"mentions": 0, "negative": 0, "mixed": 0} for row in themes]
    assert impact(DAYS, themes=frame(THEMES, seldom))["aurora", "theme", "queue"]["change"] == "too_few"


def test_a_day_on_which_the_cafe_was_closed_lowers_no_volume() -> None:
    days = list(days_between(FIRST, LAST))
    rows = [scored(day, 70, useful=True) for day in days if day != days[3]]
    given = frame(SCORED_FEEDBACK, rows)
    assert impact(days, scored=given)["aurora", "feedbacks_a_day", "all"]["value"] == pytest.approx(13 / 14)
    closed = impact(days, scored=given, closed={(days[3], "aurora")})
    assert closed["aurora", "feedbacks_a_day", "all"]["value"] == 1.0


def visit(at: datetime, seconds: float, *, cafe: str = "aurora", outcome: str = "completed") -> dict[str, Any]:
    return {
        "day": at.date(),
        "cafe": cafe,
        "outcome": outcome,
        "started_at": at,
        "last_event_at": at + timedelta(seconds=seconds),
    }


NOON = datetime(2026, 12, 6, 11, tzinfo=UTC)
THERE = Resources(
    since=date(2020, 1, 1),
    limits=dict.fromkeys(CAFES.ids, 100),
    used={("aurora", False): 86},
    tests=(),
    bytes_by_day={LAST: 3000, FIRST: 1000},
)


def plan(visits: list[dict[str, Any]], there: Resources = THERE) -> dict[str, dict[str, Any]]:
    found = capacity_plan(frame(SESSIONS, visits), there, day=LAST, as_of=AS_OF, days=DAYS, cafes=CAFES.cafe)
    return {row["cafe"]: row for row in found.iter_rows(named=True)}


def test_the_peak_is_the_fullest_hour_and_moment() -> None:
    visits = [visit(NOON + timedelta(seconds=30 * index), 70) for index in range(5)]
    rows = plan(
        [*visits, visit(NOON + timedelta(seconds=61), 10, cafe="goteborg"), visit(NOON + timedelta(hours=2), 5)]
    )
    assert (rows["aurora"]["sessions"], rows["aurora"]["busiest_hour_sessions"]) == (6, 5)
    assert rows["aurora"]["busiest_hour"] == NOON
    assert (rows["aurora"]["most_at_once"], rows["all"]["most_at_once"]) == (3, 4)
    assert rows["malmohuset"]["most_at_once"] == 0


def test_the_trial_ends_by_last_weeks_volume_and_by_the_expected_volume() -> None:
    rows = plan([visit(NOON + timedelta(minutes=index), 60) for index in range(14)])
    assert rows["aurora"]["feedbacks_a_day"] == 2.0
    assert rows["aurora"]["days_left"] == 7.0
    assert rows["aurora"]["days_left_expected"] == pytest.approx(14 / 75)
    assert rows["malmohuset"]["days_left"] is None
    assert rows["all"]["days_left"] == 7.0
    assert (rows["all"]["bytes_a_day"], rows["all"]["bytes_in_90_days"]) == (2000.0, 180_000.0)
    assert rows["all"]["bytes_a_feedback"] == pytest.approx(4000 / 14)


def test_in_the_pilots_first_days_the_trial_lasts_by_those_days_alone() -> None:
    sent = [visit(NOON + timedelta(minutes=index), 60) for index in range(14)]
    begun = plan(sent, replace(THERE, since=NOON.date()))
    assert (begun["aurora"]["feedbacks_a_day"], begun["aurora"]["days_left"]) == (14.0 / 1, 1.0)
    assert plan([], replace(THERE, since=LAST + timedelta(days=1)))["aurora"]["days_left"] is None


def test_what_a_server_bears_is_measured_and_unknown_before() -> None:
    visits = [visit(NOON + timedelta(seconds=index), 60) for index in range(2)]
    assert plan(visits)["all"]["headroom"] is None
    tests = (LoadTest(6, True, NOON),)
    row = plan(visits, replace(THERE, tests=tests))["all"]
    assert (row["measured_at_once"], row["headroom"], row["cafes_a_server"]) == (6, 3.0, 3)


def test_the_newest_test_of_a_number_counts_and_nothing_above_one_that_failed() -> None:
    later = NOON + timedelta(days=1)
    assert measured_concurrency([]) is None
    assert measured_concurrency([LoadTest(6, True, NOON), LoadTest(10, False, NOON)]) == 6
    assert measured_concurrency([LoadTest(6, True, NOON), LoadTest(4, True, NOON), LoadTest(6, False, later)]) == 4
    assert measured_concurrency([LoadTest(6, False, NOON), LoadTest(6, True, later)]) == 6
    assert measured_concurrency([LoadTest(4, False, NOON), LoadTest(6, True, NOON)]) is None
