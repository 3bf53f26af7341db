"""The five metrics of small days, read as stories."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pilot.kpis import KPIS, DayFacts, ServiceSeconds
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import figure_of, pilot_kpis
from pipelines.figures.uptime import uptime
from pipelines.shapes import schema
from pipelines.statistics.intervals import wilson
from tests.events import MORNING, Story, probes, raw_events, whole_visit

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = date(2026, 11, 23)
START, END = day_bounds(DAY)


def kpis(*stories: Any, counts: dict[tuple[str, bool], int] | None = None, as_of: datetime = END, **more: Any) -> Any:
    raw = raw_events(*stories)
    rows = [
        {
            "day": DAY,
            "cafe": cafe,
            "simulated": simulated,
            "customers": customers,
            "source": "manager",
            "reported_at": END,
        }
        for (cafe, simulated), customers in (counts or {}).items()
    ]
    return pilot_kpis(
        day=DAY,
        as_of=as_of,
        cafes=CAFES,
        sessions=sessions(raw, as_of=as_of),
        turns=turns(raw),
        uptime=uptime(raw, day=DAY, as_of=as_of, cafes=CAFES),
        customer_counts=pl.DataFrame(rows, schema=schema(CUSTOMER_COUNTS)),
        **more,
    )


def of(frame: pl.DataFrame, kpi: str, *, cafe: str = "aurora", simulated: bool = False) -> dict[str, Any]:
    wanted = (pl.col("kpi") == kpi) & (pl.col("cafe") == cafe) & (pl.col("simulated") == simulated)
    return frame.filter(wanted).row(0, named=True)


def voices(milliseconds: list[float | None]) -> Story:
    story = Story().opens().starts().consents()
    for each in milliseconds:
        story.says("Kön var lång.", shown_after_ms=each, sent_after_ms=0.0)
    return story


def test_a_day_with_nothing_in_it_has_a_row_for_each_metric_and_cafe() -> None:
    frame = kpis()
    assert tuple(frame.columns) == PILOT_KPIS.names
    assert frame.height == len(KPIS) * len(CAFES.ids)
    assert not frame["simulated"].any()
    for cafe in CAFES.ids:
        said = {kpi: (of(frame, kpi, cafe=cafe)["verdict"], of(frame, kpi, cafe=cafe)["why"]) for kpi in KPIS}
        assert said == {
            "participation": ("missing", "no_count"),
            "completion": ("missing", "not_started"),
            "voice_response": ("missing", "no_voice"),
            "uptime": ("missing", "no_probes"),
            "payment_success": ("missing", "no_payouts"),
        }
    assert frame["value"].null_count() == frame.height


def test_participation_is_sessions_started_among_customers() -> None:
    given = [whole_visit() for _ in range(20)] + [Story().opens() for _ in range(7)]
    row = of(kpis(*given, counts={("aurora", False): 120}), "participation")
    assert (row["numerator"], row["denominator"], row["value"]) == (20, 120, 20 / 120)
    assert (row["low"], row["high"]) == wilson(20, 120)
    assert row["verdict"] == "met"


def test_participation_without_a_count_is_missing_and_never_nought() -> None:
    row = of(kpis(whole_visit()), "participation")
    assert (row["numerator"], row["denominator"], row["value"], row["verdict"]) == (1, None, None, "missing")


@pytest.mark.parametrize(
    ("given", "customers", "verdict", "why"),
    [
        ([], 0, "missing", "no_customers"),
        ([whole_visit(), whole_visit()], 1, "cannot_tell", "more_than_customers"),
        ([whole_visit()], 0, "cannot_tell", "more_than_customers"),
    ],
)
def test_a_count_that_cannot_be_right_gives_no_share(
    given: list[Story], customers: int, verdict: str, why: str
) -> None:
    row = of(kpis(*given, counts={("aurora", False): customers}), "participation")
    assert (row["value"], row["verdict"], row["why"]) == (None, verdict, why)


def test_no_session_among_many_customers_is_a_target_missed() -> None:
    row = of(kpis(counts={("aurora", False): 200}), "participation")
    assert (row["value"], row["verdict"]) == (0.0, "missed")


def test_a_session_still_open_is_left_out_of_completion_until_it_is_decided() -> None:
    open_one = Story(at=MORNING).opens().starts()
    given = [whole_visit(), Story().opens().starts().leaves(), Story().opens(), open_one]
    early = of(kpis(*given, as_of=open_one.now + timedelta(minutes=5)), "completion")
    assert (early["numerator"], early["denominator"]) == (1, 2)
    late = of(kpis(*given), "completion")
    assert (late["numerator"], late["denominator"]) == (1, 3)
    assert late["why"] == "on_both_sides"


def test_completion_with_only_open_sessions_is_missing() -> None:
    story = Story().opens().starts()
    row = of(kpis(story, as_of=story.now), "completion")
    assert (row["denominator"], row["value"], row["why"]) == (0, None, "still_open")
    assert row["verdict"] == "missing"


@pytest.mark.parametrize(
    ("kpi", "facts", "verdict", "why"),
    [
        ("participation", DayFacts(), "missing", "no_count"),
        ("participation", DayFacts(customers=0), "missing", "no_customers"),
        ("participation", DayFacts(customers=1, started=2), "cannot_tell", "more_than_customers"),
        ("completion", DayFacts(), "missing", "not_started"),
        ("completion", DayFacts(started=1, open=1), "missing", "still_open"),
        ("voice_response", DayFacts(), "missing", "no_voice"),
        ("uptime", DayFacts(), "missing", "no_probes"),
        ("uptime", DayFacts(service=ServiceSeconds(0, 0, 0, 0)), "missing", "no_probes"),
        ("uptime", DayFacts(service=ServiceSeconds(3, 0, 0, 90)), "missing", "no_probes"),
        ("payment_success", DayFacts(), "missing", "no_payouts"),
    ],
)
def test_a_metric_that_nothing_was_measured_for_is_missing_and_not_a_warning(
    kpi: str, facts: DayFacts, verdict: str, why: str
) -> None:
    figure = figure_of(KPIS[kpi], facts)
    assert (figure.value, figure.verdict, figure.reasons) == (None, verdict, (why,))


def test_a_refused_microphone_counts_against_completion() -> None:
    given = [Story().opens().starts().consents().microphone("denied").leaves() for _ in range(12)]
    row = of(kpis(*given), "completion")
    assert (row["value"], row["verdict"]) == (0.0, "missed")


def test_the_voice_response_is_the_exact_p95_in_seconds() -> None:
    row = of(kpis(voices([10.0 * place for place in range(1, 101)])), "voice_response")
    assert (row["numerator"], row["denominator"], row["value"]) == (100, 100, 0.95)
    # binomial(100, 0.95): 2.8 % lie at or below 90, 1.1 % at or below 89; 3.7 % at or above 99, 0.6 % at 100
    assert (row["low"], row["high"], row["unit"]) == (0.90, 1.00, "seconds")
    assert row["verdict"] == "met"


def test_a_few_quick_answers_do_not_yet_meet_the_target() -> None:
    row = of(kpis(voices([500.0] * 71)), "voice_response")
    assert (row["value"], row["high"], row["verdict"], row["why"]) == (0.5, None, "cannot_tell", "too_few_turns")
    assert of(kpis(voices([500.0] * 72)), "voice_response")["verdict"] == "met"


def test_answers_never_shown_are_infinitely_late() -> None:
    row = of(kpis(voices([500.0] * 80 + [None] * 20)), "voice_response")
    assert (row["numerator"], row["denominator"]) == (80, 100)
    assert (row["value"], row["low"], row["high"], row["verdict"]) == (None, None, None, "missed")
    assert row["why"] == "never_came"


def test_two_reasons_at_once_are_two_codes() -> None:
    row = of(kpis(voices([500.0] * 9 + [None])), "voice_response")
    assert (row["value"], row["verdict"], row["why"]) == (None, "cannot_tell", "never_came,too_few_turns")


def test_failed_turns_count_and_typed_turns_do_not() -> None:
    story = voices([500.0]).fails().says("Jag skriver.", mode="text")
    row = of(kpis(story), "voice_response")
    assert (row["numerator"], row["denominator"]) == (1, 2)


def test_uptime_is_a_census_met_only_when_the_whole_day_is_known() -> None:
    day_long = [True] * 2870 + [False] * 10
    row = of(kpis(probes(start=START, outcomes=day_long)), "uptime")
    assert row["value"] == row["low"] == row["high"] == pytest.approx(2870 / 2880)
    assert row["verdict"] == "met"
    down = of(kpis(probes(start=START, outcomes=[True] * 2860 + [False] * 20)), "uptime")
    assert down["verdict"] == "missed"
    gap = of(kpis(probes(start=START, outcomes=[True] * 2800)), "uptime")
    assert (gap["value"], gap["verdict"]) == (1.0, "cannot_tell")
    assert gap["why"] == "unprobed"
    assert json.loads(gap["why_details"]) == {"unprobed_share": pytest.approx(80 / 2880), "allowed_share": 0.001}


def test_uptime_is_judged_by_the_day_so_far() -> None:
    row = of(kpis(probes(start=START, outcomes=[True] * 120), as_of=START + timedelta(hours=1)), "uptime")
    assert (row["value"], row["verdict"]) == (1.0, "met")


def test_payment_success_is_payouts_arrived_among_those_decided() -> None:
    paid = pl.DataFrame({"cafe": ["aurora"], "simulated": [False], "succeeded": [400], "failed": [1]})
    frame = kpis(payments=paid)
    row = of(frame, "payment_success")
    assert (row["value"], row["verdict"]) == (400 / 401, "met")
    assert of(frame, "payment_success", cafe="goteborg")["why"] == "no_payouts"


def test_simulated_sessions_have_rows_of_their_own_and_never_meet_real_ones() -> None:
    given = [whole_visit(simulated=True) for _ in range(3)] + [whole_visit()]
    frame = kpis(*given, counts={("aurora", True): 30, ("aurora", False): 10})
    assert frame.height == len(KPIS) * (len(CAFES.ids) + 1)
    assert of(frame, "participation", simulated=True)["numerator"] == 3
    assert of(frame, "participation")["numerator"] == 1
    assert of(frame, "completion")["denominator"] == 1


def test_a_cafe_that_left_the_file_keeps_its_figures() -> None:
    assert of(kpis(whole_visit("closed-cafe")), "completion", cafe="closed-cafe")["numerator"] == 1


def test_a_session_of_another_day_never_counts() -> None:
    yesterday = whole_visit(at=MORNING - timedelta(days=1))
    assert of(kpis(yesterday), "completion")["denominator"] == 0


def test_as_of_is_kept_in_every_row() -> None:
    moment = datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert set(kpis(as_of=moment)["as_of"]) == {moment}
