"""The suites of the tables around a session, on a day that the pipelines computed; each expectation is broken once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from pilot.tables import TABLES
from quality.engine import run
from quality.results import SuiteResult
from quality.rules import Evidence
from quality.suites import rules, suite_of, validate
from tests.quality import whole_day as told_day
from tests.quality.breaks import Break, Frames, another_column, of_another_day, put, shift, twice, without

pytestmark = pytest.mark.slow

CAFES = told_day.CAFES


@pytest.fixture(scope="module")
def computed() -> Any:
    return told_day.frames()


@pytest.fixture
def good(computed: Any) -> Iterator[Frames]:
    """Return the day, copied: a test may break it."""
    yield type(computed)(
        **{name: value.copy() if isinstance(value, pd.DataFrame) else value for name, value in vars(computed).items()}
    )


def where(table: str, column: str, value: object, *, puts: dict[str, object]) -> Break:
    """Return what changes the first row of a table whose column has a value."""

    def change(frames: Frames) -> None:
        frame = getattr(frames, table)
        row = int(frame.index[frame[column] == value][0])
        for name, cell in puts.items():
            put(table, name, cell, row=row)(frames)

    return change


def together(*breaks: Break) -> Break:
    def change(frames: Frames) -> None:
        for each in breaks:
            each(frames)

    return change


def _two_in_one_place(frames: Frames) -> None:
    put("raw_events", "seq", int(frames.raw_events["seq"][0]), row=1)(frames)


def _of_two_cafes(frames: Frames) -> None:
    put("raw_events", "cafe", "goteborg", row=1)(frames)


KNOWN = "cafe is a known value"
BREAKS: dict[str, dict[str, Break]] = {
    "raw_events": {
        "event_id is a UUID of version 7": put("raw_events", "event_id", "00000000-0000-4000-8000-000000000000"),
        "session_id is a UUID of version 7": put("raw_events", "session_id", "1"),
        "edge is a replica's name": put("raw_events", "edge", "Kardemumma bulle"),
        "event is a known value": put("raw_events", "event", "sang"),
        "schema_version is between 1 and 1": put("raw_events", "schema_version", 9),
        "epoch is 1 or more": put("raw_events", "epoch", 0),
        "seq is 0 or more": put("raw_events", "seq", -1),
        "the day is the one that the session's identifier carries": put("raw_events", "session_id", of_another_day()),
        "all events of a session are of one café": _of_two_cafes,
        "no two events of a session have the same place in it": _two_in_one_place,
        "no event is older than its session": shift("raw_events", "at", -600),
    },
    "turns": {
        "language is a known value": put("turns", "language", "fi"),
        "mode is a known value": put("turns", "mode", "sung"),
        "failure is a known value": put("turns", "failure", "bored"),
        "reply_author is a known value": put("turns", "reply_author", "a ghost"),
        "reply_purpose is a known value": put("turns", "reply_purpose", "to sell"),
        "turn is 1 or more": put("turns", "turn", 0),
        "confidence is between 0 and 1": put("turns", "confidence", 1.5),
        "speech_s is between 0 and 300": put("turns", "speech_s", 4000.0),
        "revisions is 0 or more": put("turns", "revisions", -1),
        "discarded_speculations is 0 or more": put("turns", "discarded_speculations", -1),
        "no stage takes longer than ten minutes": put("turns", "sent_ms", 700_000.0),
        "the marks of a turn do not run backwards": put("turns", "sent_ms", 100.0),
        "an answer is not shown before it is sent": put("turns", "response_ms", 10.0),
        "what is answered in time was shown within two seconds": put("turns", "response_ms", 2500.0),
        "voice turns, and no others, have a target": put("turns", "mode", "text"),
        "an answer has its author and its purpose, and nothing else has one": put("turns", "reply_author", None),
        "what was committed has words or their absence": put("turns", "transcript", None),
        "what never was committed says why": put("turns", "revisions", 0),
        "what the guest mended is not unsure": together(
            put("turns", "edited", True), put("turns", "low_confidence", True)
        ),
        "café and simulated are the session's own": put("turns", "simulated", True),
    },
    "fingerprints": {
        "words is 0 or more": put("fingerprints", "words", -1),
        "text_hash is a hash, never words": put("fingerprints", "text_hash", "bullen var torr"),
        "pairs is base64, never words": put("fingerprints", "pairs", "bullen var torr"),
        "each is of a completed session, at its moment": shift("fingerprints", "completed_at", 60),
        "café and simulated are the session's own": put("fingerprints", "cafe", "goteborg"),
    },
    "customer_counts": {
        "source is a known value": put("customer_counts", "source", "a guess"),
        "customers is between 0 and 20000": put("customer_counts", "customers", -3),
        "a café has no more sessions than customers": put("customer_counts", "customers", 1),
    },
    "uptime": {
        "target is a known value": put("uptime", "target", "the moon"),
        "probes is 0 or more": put("uptime", "probes", -1),
        "up_s is 0 or more": put("uptime", "up_s", -1.0),
        "down_s is 0 or more": put("uptime", "down_s", -1.0),
        "unknown_s is 0 or more": put("uptime", "unknown_s", -1.0),
        "up, down and unknown add up to the day so far": put("uptime", "down_s", 500.0),
        "what was never probed was never seen up": where("uptime", "probes", 0, puts={"up_s": 30.0}),
        "each café's page has its row": without("uptime"),
    },
    "pilot_kpis": {
        "kpi is a known value": put("pilot_kpis", "kpi", "happiness"),
        "verdict is a known value": put("pilot_kpis", "verdict", "perhaps"),
        "unit is a known value": put("pilot_kpis", "unit", "cups"),
        "numerator is 0 or more": put("pilot_kpis", "numerator", -1.0),
        "denominator is 0 or more": put("pilot_kpis", "denominator", -1.0),
        "each is held against the pilot's own target": put("pilot_kpis", "target", 0.11),
        "a share lies between 0 and 1": where("pilot_kpis", "kpi", "completion", puts={"value": 1.2}),
        "a share is its numerator among its denominator": where(
            "pilot_kpis", "kpi", "completion", puts={"denominator": 900.0}
        ),
        "the value lies in its interval": where("pilot_kpis", "kpi", "completion", puts={"high": 0.0}),
        "what is missing or cannot be told says why": where("pilot_kpis", "verdict", "missing", puts={"why": None}),
        "what is met or missed has a value": where(
            "pilot_kpis", "kpi", "completion", puts={"verdict": "met", "value": None, "why": None}
        ),
        "the verdict is the interval's": where("pilot_kpis", "kpi", "completion", puts={"verdict": "met", "low": 0.1}),
        "completion counts the sessions that were completed": where(
            "pilot_kpis", "kpi", "completion", puts={"numerator": 40.0}
        ),
        "each café has each metric": without("pilot_kpis"),
    },
    "themes": {
        "theme is a theme's name, never words": put("themes", "theme", "Bullen var torr"),
        "trend is a known value": put("themes", "trend", "sideways"),
        "feedbacks is 1 or more": put("themes", "feedbacks", 0),
        "polarity is between -1 and 1": put("themes", "polarity", 1.5),
        "no theme is in more feedbacks than there are": put("themes", "mentions", 900),
        "each mention is positive, negative or mixed": put("themes", "mixed", 900),
        "a period holds at least its last day": put("themes", "recent_feedbacks", 0),
        "a café's feedbacks are those that were scored": without("scored_feedback"),
    },
    "voice_latency": {
        "author is a known value": put("voice_latency", "author", "a ghost"),
        "stage is a known value": put("voice_latency", "stage", "thinking"),
        "turns is 1 or more": put("voice_latency", "turns", 0),
        "p50_ms is 0 or more": put("voice_latency", "p50_ms", -1.0),
        "no more is measured than was said": put("voice_latency", "measured", 900),
        "what is within 2 s is within 3 s": put("voice_latency", "within_2s", 900),
        "quantiles rise to the longest": where("voice_latency", "measured", 2, puts={"p50_ms": 9000.0}),
        "its turns are the voice turns of the table of turns": without("turns"),
    },
    "volume_anomalies": {
        "basis is a known value": put("volume_anomalies", "basis", "a guess"),
        "verdict is a known value": put("volume_anomalies", "verdict", "perhaps"),
        "hour is between 0 and 23": put("volume_anomalies", "hour", 24),
        "open_minutes is between 0 and 60": put("volume_anomalies", "open_minutes", 61.0),
        "feedbacks is 0 or more": put("volume_anomalies", "feedbacks", -1),
        "surprise is between 0 and 1": put("volume_anomalies", "surprise", 1.5),
        "only hours in which the café is open are there": shift("volume_anomalies", "starts_at", -2 * 3600),
        "no minute is away that is not open": put("volume_anomalies", "away_minutes", 60.5),
        "a usable minute weighs once, one of a peak four times": put("volume_anomalies", "weight", 241.0),
        "what is expected lies between its ends": put("volume_anomalies", "expected", 900.0),
        "an hour with too little to go by, and no other, is not judged": where(
            "volume_anomalies", "verdict", "too_little_open", puts={"verdict": "none"}
        ),
        "what is judged has a surprise and its stretch, and nothing else has one": put(
            "volume_anomalies", "surprise", None
        ),
        "a stretch ends with its hour": shift("volume_anomalies", "since", 3600),
        "only what is settled is low": where("volume_anomalies", "verdict", "low", puts={"settled": False}),
        "an anomaly is as surprising as one has to be": where(
            "volume_anomalies", "verdict", "low", puts={"surprise": 0.2}
        ),
        "no more feedback is counted than was completed": put("volume_anomalies", "feedbacks", 40),
    },
    "pilot_report": {
        "kpi is a known value": put("pilot_report", "kpi", "happiness"),
        "verdict is a known value": put("pilot_report", "verdict", "perhaps"),
        "unit is a known value": put("pilot_report", "unit", "cups"),
        "interval is a known value": where("pilot_report", "kpi", "completion", puts={"interval": "a guess"}),
        "days is 1 or more": put("pilot_report", "days", 0),
        "cafe_days is 0 or more": put("pilot_report", "cafe_days", -1),
        "unknown is between 0 and 1": put("pilot_report", "unknown", 1.5),
        "design_effect is 1 or more": where("pilot_report", "kpi", "completion", puts={"design_effect": 0.4}),
        "no more days are left out than there are": put("pilot_report", "days_left_out", 2),
        "each is held against the pilot's own target": put("pilot_report", "target", 0.11),
        "a share lies between 0 and 1": where("pilot_report", "kpi", "completion", puts={"value": 1.2}),
        "a share is its numerator among its denominator": where(
            "pilot_report", "kpi", "completion", puts={"denominator": 900.0}
        ),
        "the value lies in its interval": where("pilot_report", "kpi", "completion", puts={"high": 0.0}),
        "what is missing or cannot be told says why": where("pilot_report", "verdict", "missing", puts={"why": None}),
        "the verdict is the interval's": where(
            "pilot_report", "kpi", "completion", puts={"verdict": "met", "low": 0.1}
        ),
        "all cafés together are their sum": where("pilot_report", "cafe", "aurora", puts={"numerator": 40.0}),
        "each café, and all together, have each metric": without("pilot_report"),
    },
    "business_impact": {
        "figure is a known value": put("business_impact", "figure", "happiness"),
        "unit is a known value": put("business_impact", "unit", "cups"),
        "change is a known value": put("business_impact", "change", "sideways"),
        "subject is a theme's name, never words": put("business_impact", "subject", "Bullen var torr"),
        "cafe_days is 0 or more": put("business_impact", "cafe_days", -1),
        "numerator is 0 or more": put("business_impact", "numerator", -1.0),
        "denominator is 0 or more": put("business_impact", "denominator", -1.0),
        "the value is its numerator by its denominator": where(
            "business_impact", "figure", "score", puts={"value": 900.0}
        ),
        "a difference lies in its interval": together(
            put("business_impact", "difference", 1.0), put("business_impact", "low", 2.0)
        ),
        "what rose or fell did so beyond doubt": together(
            put("business_impact", "change", "rose"), put("business_impact", "low", -2.0)
        ),
        "the first weeks end before the last ones begin": together(
            put("business_impact", "before_to", told_day.DAY), put("business_impact", "after_from", told_day.DAY)
        ),
    },
    "capacity_plan": {
        "days is 1 or more": put("capacity_plan", "days", 0),
        "trial_limit is 0 or more": put("capacity_plan", "trial_limit", -1),
        "trial_used is 0 or more": put("capacity_plan", "trial_used", -1),
        "feedbacks_a_day is 0 or more": put("capacity_plan", "feedbacks_a_day", -1.0),
        "days_left is 0 or more": put("capacity_plan", "days_left", -1.0),
        "days_left_expected is 0 or more": put("capacity_plan", "days_left_expected", -1.0),
        "measured_at_once is 1 or more": put("capacity_plan", "measured_at_once", 0),
        "bytes_a_day is 0 or more": put("capacity_plan", "bytes_a_day", -1.0),
        "no hour holds more sessions than there were": put("capacity_plan", "busiest_hour_sessions", 900),
        "no more are under way at once than there were": put("capacity_plan", "most_at_once", 900),
        "a limit that is reached leaves no days": where("capacity_plan", "cafe", "aurora", puts={"trial_used": 100}),
        "each café, and all together, have a row": without("capacity_plan"),
    },
    "retention": {
        "kind is a known value": put("retention", "kind", "memories"),
        "kept_days is 1 or more": put("retention", "kept_days", 0),
        "landing_lines is 0 or more": put("retention", "landing_lines", -1),
        "lake_rows is 0 or more": put("retention", "lake_rows", -1),
        "store_rows is 0 or more": put("retention", "store_rows", -1),
        "files is 0 or more": put("retention", "files", -1),
        "nothing is removed before its time is over": put("retention", "kept_days", 3650),
        "what is gone was removed before": shift("retention", "gone_at", -90 * 86400, row=1),
    },
}
for name in BREAKS:
    declared = TABLES[name]
    BREAKS[name] |= {
        "the columns are the declared ones, in order": another_column(name),
        (
            f"{declared.key[0]} is unique"
            if len(declared.key) == 1
            else f"{', '.join(declared.key)} are unique together"
        ): twice(name),
        **({KNOWN: put(name, "cafe", "closed-long-ago")} if "cafe" in declared.names else {}),
        **{f"{each.name} is never empty": put(name, each.name, None) for each in declared.columns if each.required},
    }


def judge(table: str, frames: Frames, *, only: str = "") -> SuiteResult:
    references = {other.name: getattr(frames, other.name) for other in suite_of(table).references}
    frame = getattr(frames, table)
    if not only:
        return validate(table, frame, references=references, cafes=CAFES, day=told_day.DAY, settled=True)
    (rule,) = (rule for rule in rules(table, cafes=CAFES) if rule.name == only)
    evidence = Evidence(references=references, cafes=CAFES, day=told_day.DAY)
    return SuiteResult(table=table, expectations=run([rule], frame=frame, evidence=evidence))


@pytest.mark.parametrize("table", [*BREAKS, "scored_feedback"])
def test_what_the_pipelines_compute_passes_every_expectation(good: Frames, table: str) -> None:
    assert judge(table, good).failed == ()


@pytest.mark.parametrize("table", list(BREAKS))
def test_a_day_without_rows_passes(good: Frames, table: str) -> None:
    empty = type(good)(
        **{name: value.head(0) if isinstance(value, pd.DataFrame) else value for name, value in vars(good).items()}
    )
    assert judge(table, empty).failed == ()


@pytest.mark.parametrize("table", list(BREAKS))
def test_every_expectation_has_something_that_breaks_it(table: str) -> None:
    assert set(BREAKS[table]) == {rule.name for rule in rules(table, cafes=CAFES)}


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, breaks in BREAKS.items() for name in breaks])
def test_what_breaks_an_expectation_is_told_by_that_expectation(good: Frames, table: str, name: str) -> None:
    assert judge(table, good, only=name).passed
    BREAKS[table][name](good)
    assert not judge(table, good, only=name).passed


def test_a_quiet_day_is_told_once_it_is_over_and_stops_nothing(good: Frames) -> None:
    (item,) = judge("sessions", good).failed
    assert (item.name, item.severity) == (
        "each café got between 0.2 and 3 times the feedback that it expects",
        "warn",
    )
    assert not judge("sessions", good).stops


def test_a_turn_that_was_never_shown_breaks_nothing(good: Frames) -> None:
    put("turns", "response_ms", None)(good)
    put("turns", "within_target", False)(good)
    assert judge("turns", good).failed == ()


def test_an_event_that_a_newer_edge_knows_is_a_warning(good: Frames) -> None:
    put("raw_events", "event", "sang")(good)
    result = judge("raw_events", good)
    assert not result.passed
    assert not result.stops


def test_two_events_in_one_place_are_a_warning(good: Frames) -> None:
    _two_in_one_place(good)
    result = judge("raw_events", good)
    assert [item.name for item in result.failed] == ["no two events of a session have the same place in it"]
    assert not result.stops
