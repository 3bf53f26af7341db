"""The suites of a day that the pipelines computed; each expectation is broken once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

from pilot.lake_tables.tables import TABLES
from quality.engine import run
from quality.results import SuiteResult
from quality.rules import Evidence
from quality.set_apart import set_apart
from quality.suites import rules, suite_of, validate
from tests.quality import whole_day
from tests.quality.breaks import Break, Frames, another_column, of_another_day, put, shift, twice, without

pytestmark = pytest.mark.slow

CAFES = whole_day.CAFES


@pytest.fixture(scope="module")
def computed() -> Any:
    return whole_day.frames()


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


KNOWN = "known_value:cafe"
BREAKS: dict[str, dict[str, Break]] = {
    "raw_events": {
        "uuid7:event_id": put("raw_events", "event_id", "00000000-0000-4000-8000-000000000000"),
        "uuid7:session_id": put("raw_events", "session_id", "1"),
        "replica_name:edge": put("raw_events", "edge", "Kardemumma bulle"),
        "known_value:event": put("raw_events", "event", "sang"),
        "between:schema_version:1:1": put("raw_events", "schema_version", 9),
        "at_least:epoch:1": put("raw_events", "epoch", 0),
        "at_least:seq:0": put("raw_events", "seq", -1),
        "day_of_session_id": put("raw_events", "session_id", of_another_day()),
        "one_cafe_per_session": _of_two_cafes,
        "unique_event_position": _two_in_one_place,
        "not_before_session": shift("raw_events", "at", -600),
    },
    "turns": {
        "known_value:language": put("turns", "language", "fi"),
        "known_value:mode": put("turns", "mode", "sung"),
        "known_value:failure": put("turns", "failure", "bored"),
        "known_value:reply_author": put("turns", "reply_author", "a ghost"),
        "known_value:reply_purpose": put("turns", "reply_purpose", "to sell"),
        "at_least:turn:1": put("turns", "turn", 0),
        "between:confidence:0:1": put("turns", "confidence", 1.5),
        "between:speech_s:0:300": put("turns", "speech_s", 4000.0),
        "at_least:revisions:0": put("turns", "revisions", -1),
        "at_least:discarded_speculations:0": put("turns", "discarded_speculations", -1),
        "stages_within_ten_minutes": put("turns", "sent_ms", 700_000.0),
        "stages_in_order": put("turns", "sent_ms", 100.0),
        "response_plausible": put("turns", "implausible", True),
        "shown_after_sent": put("turns", "response_ms", 10.0),
        "within_target_shown_in_time": put("turns", "response_ms", 2500.0),
        "target_iff_voice": put("turns", "mode", "text"),
        "reply_iff_author_and_purpose": put("turns", "reply_author", None),
        "committed_has_text": put("turns", "transcript", None),
        "uncommitted_has_failure": put("turns", "revisions", 0),
        "edited_not_low_confidence": together(put("turns", "edited", True), put("turns", "low_confidence", True)),
        "session_cafe_and_simulated": put("turns", "simulated", True),
    },
    "fingerprints": {
        "at_least:words:0": put("fingerprints", "words", -1),
        "hash:text_hash": put("fingerprints", "text_hash", "bullen var torr"),
        "base64:pairs": put("fingerprints", "pairs", "bullen var torr"),
        "completed_at_matches_session": shift("fingerprints", "completed_at", 60),
        "session_cafe_and_simulated": put("fingerprints", "cafe", "goteborg"),
    },
    "customer_counts": {
        "known_value:source": put("customer_counts", "source", "a guess"),
        "between:customers:0:20000": put("customer_counts", "customers", -3),
        "sessions_within_customers": put("customer_counts", "customers", 1),
    },
    "probes": {
        "known_value:target": put("probes", "target", "the moon"),
        "known_value:failure": put("probes", "failure", "tired"),
        "at_least:duration_ms:0": put("probes", "duration_ms", -1.0),
        "at_least:every_seconds:1": put("probes", "every_seconds", 0),
    },
    "uptime": {
        "known_value:target": put("uptime", "target", "the moon"),
        "at_least:probes:0": put("uptime", "probes", -1),
        "at_least:up_s:0": put("uptime", "up_s", -1.0),
        "at_least:down_s:0": put("uptime", "down_s", -1.0),
        "at_least:unknown_s:0": put("uptime", "unknown_s", -1.0),
        "seconds_add_up": put("uptime", "down_s", 500.0),
        "unprobed_never_up": where("uptime", "probes", 0, puts={"up_s": 30.0}),
        "each_cafe_probed": without("uptime"),
    },
    "pilot_kpis": {
        "known_value:kpi": put("pilot_kpis", "kpi", "happiness"),
        "known_value:verdict": put("pilot_kpis", "verdict", "perhaps"),
        "known_value:unit": put("pilot_kpis", "unit", "cups"),
        "at_least:numerator:0": put("pilot_kpis", "numerator", -1.0),
        "at_least:denominator:0": put("pilot_kpis", "denominator", -1.0),
        "target_is_registered": put("pilot_kpis", "target", 0.11),
        "share_between_0_and_1": where("pilot_kpis", "kpi", "completion", puts={"value": 1.2}),
        "share_is_ratio": where("pilot_kpis", "kpi", "completion", puts={"denominator": 900.0}),
        "value_within_interval": where("pilot_kpis", "kpi", "completion", puts={"high": 0.0}),
        "unjudged_has_reason": where("pilot_kpis", "verdict", "missing", puts={"why": None}),
        "judged_has_value": where(
            "pilot_kpis", "kpi", "completion", puts={"verdict": "met", "value": None, "why": None}
        ),
        "verdict_matches_interval": where("pilot_kpis", "kpi", "completion", puts={"verdict": "met", "low": 0.1}),
        "completion_counts_completed": where("pilot_kpis", "kpi", "completion", puts={"numerator": 40.0}),
        "each_cafe_has_each_kpi": without("pilot_kpis"),
    },
    "themes": {
        "theme_name:theme": put("themes", "theme", "Bullen var torr"),
        "known_value:trend": put("themes", "trend", "sideways"),
        "at_least:feedbacks:1": put("themes", "feedbacks", 0),
        "between:polarity:-1:1": put("themes", "polarity", 1.5),
        "mentions_within_feedbacks": put("themes", "mentions", 900),
        "polarities_add_up": put("themes", "mixed", 900),
        "period_includes_day": put("themes", "recent_feedbacks", 0),
        "feedbacks_match_scored": without("scored_feedback"),
    },
    "satisfaction": {
        "known_value:daypart": put("satisfaction", "daypart", "midnight"),
        "at_least:feedbacks:1": put("satisfaction", "feedbacks", 0),
        "at_least:positive:0": put("satisfaction", "positive", -1),
        "at_least:mixed:0": put("satisfaction", "mixed", -1),
        "at_least:negative:0": put("satisfaction", "negative", -1),
        "at_least:neutral:0": put("satisfaction", "neutral", -1),
        "usable_within_feedbacks": put("satisfaction", "usable", 900),
        "satisfactions_add_up": put("satisfaction", "neutral", 900),
        "feedbacks_match_scored": without("scored_feedback"),
    },
    "theme_dayparts": {
        "known_value:daypart": put("theme_dayparts", "daypart", "midnight"),
        "theme_name:theme": put("theme_dayparts", "theme", "Bullen var torr"),
        "at_least:mentions:1": put("theme_dayparts", "mentions", 0),
        "polarities_add_up": put("theme_dayparts", "mixed", 900),
        "mentions_within_scored": without("scored_feedback"),
    },
    "voice_latency": {
        "known_value:author": put("voice_latency", "author", "a ghost"),
        "known_value:stage": put("voice_latency", "stage", "thinking"),
        "at_least:turns:1": put("voice_latency", "turns", 0),
        "at_least:p50_ms:0": put("voice_latency", "p50_ms", -1.0),
        "measured_within_turns": put("voice_latency", "measured", 900),
        "within_2s_within_3s": put("voice_latency", "within_2s", 900),
        "quantiles_ascend": where("voice_latency", "measured", 2, puts={"p50_ms": 9000.0}),
        "turns_match_voice_turns": without("turns"),
    },
    "volume_anomalies": {
        "known_value:basis": put("volume_anomalies", "basis", "a guess"),
        "known_value:verdict": put("volume_anomalies", "verdict", "perhaps"),
        "between:hour:0:23": put("volume_anomalies", "hour", 24),
        "between:open_minutes:0:60": put("volume_anomalies", "open_minutes", 61.0),
        "at_least:feedbacks:0": put("volume_anomalies", "feedbacks", -1),
        "between:surprise:0:1": put("volume_anomalies", "surprise", 1.5),
        "hour_within_opening": shift("volume_anomalies", "starts_at", -2 * 3600),
        "away_within_open": put("volume_anomalies", "away_minutes", 60.5),
        "weight_within_peak": put("volume_anomalies", "weight", 241.0),
        "expected_within_bounds": put("volume_anomalies", "expected", 900.0),
        "judged_iff_open_long_enough": where(
            "volume_anomalies", "verdict", "too_little_open", puts={"verdict": "none"}
        ),
        "judged_iff_surprise": put("volume_anomalies", "surprise", None),
        "stretch_ends_with_hour": shift("volume_anomalies", "since", 3600),
        "low_only_if_settled": where("volume_anomalies", "verdict", "low", puts={"settled": False}),
        "anomaly_surprising_enough": where("volume_anomalies", "verdict", "low", puts={"surprise": 0.2}),
        "feedbacks_within_completed": put("volume_anomalies", "feedbacks", 40),
    },
    "pilot_report": {
        "known_value:kpi": put("pilot_report", "kpi", "happiness"),
        "known_value:verdict": put("pilot_report", "verdict", "perhaps"),
        "known_value:unit": put("pilot_report", "unit", "cups"),
        "known_value:interval": where("pilot_report", "kpi", "completion", puts={"interval": "a guess"}),
        "at_least:days:1": put("pilot_report", "days", 0),
        "at_least:cafe_days:0": put("pilot_report", "cafe_days", -1),
        "between:unknown:0:1": put("pilot_report", "unknown", 1.5),
        "at_least:design_effect:1": where("pilot_report", "kpi", "completion", puts={"design_effect": 0.4}),
        "left_out_within_days": put("pilot_report", "days_left_out", 2),
        "target_is_registered": put("pilot_report", "target", 0.11),
        "share_between_0_and_1": where("pilot_report", "kpi", "completion", puts={"value": 1.2}),
        "share_is_ratio": where("pilot_report", "kpi", "completion", puts={"denominator": 900.0}),
        "value_within_interval": where("pilot_report", "kpi", "completion", puts={"high": 0.0}),
        "unjudged_has_reason": where("pilot_report", "verdict", "missing", puts={"why": None}),
        "verdict_matches_interval": where("pilot_report", "kpi", "completion", puts={"verdict": "met", "low": 0.1}),
        "all_is_sum_of_cafes": where("pilot_report", "cafe", "aurora", puts={"numerator": 40.0}),
        "each_cafe_and_all_have_each_kpi": without("pilot_report"),
    },
    "business_impact": {
        "known_value:figure": put("business_impact", "figure", "happiness"),
        "known_value:unit": put("business_impact", "unit", "cups"),
        "known_value:change": put("business_impact", "change", "sideways"),
        "theme_name:subject": put("business_impact", "subject", "Bullen var torr"),
        "at_least:cafe_days:0": put("business_impact", "cafe_days", -1),
        "at_least:numerator:0": put("business_impact", "numerator", -1.0),
        "at_least:denominator:0": put("business_impact", "denominator", -1.0),
        "value_is_ratio": where("business_impact", "figure", "score", puts={"value": 900.0}),
        "difference_within_interval": together(
            put("business_impact", "difference", 1.0), put("business_impact", "low", 2.0)
        ),
        "change_beyond_interval": together(
            put("business_impact", "change", "rose"), put("business_impact", "low", -2.0)
        ),
        "periods_do_not_overlap": together(
            put("business_impact", "before_to", whole_day.DAY), put("business_impact", "after_from", whole_day.DAY)
        ),
    },
    "capacity_plan": {
        "at_least:days:1": put("capacity_plan", "days", 0),
        "at_least:trial_limit:0": put("capacity_plan", "trial_limit", -1),
        "at_least:trial_used:0": put("capacity_plan", "trial_used", -1),
        "at_least:feedbacks_a_day:0": put("capacity_plan", "feedbacks_a_day", -1.0),
        "at_least:days_left:0": put("capacity_plan", "days_left", -1.0),
        "at_least:days_left_expected:0": put("capacity_plan", "days_left_expected", -1.0),
        "at_least:measured_at_once:1": put("capacity_plan", "measured_at_once", 0),
        "at_least:bytes_a_day:0": put("capacity_plan", "bytes_a_day", -1.0),
        "busiest_hour_within_sessions": put("capacity_plan", "busiest_hour_sessions", 900),
        "concurrent_within_sessions": put("capacity_plan", "most_at_once", 900),
        "reached_limit_leaves_no_days": where("capacity_plan", "cafe", "aurora", puts={"trial_used": 100}),
        "each_cafe_and_all_have_a_row": without("capacity_plan"),
    },
    "retention": {
        "known_value:kind": put("retention", "kind", "memories"),
        "at_least:kept_days:1": put("retention", "kept_days", 0),
        "at_least:landing_lines:0": put("retention", "landing_lines", -1),
        "at_least:lake_rows:0": put("retention", "lake_rows", -1),
        "at_least:store_rows:0": put("retention", "store_rows", -1),
        "at_least:files:0": put("retention", "files", -1),
        "removed_after_retention": put("retention", "kept_days", 3650),
        "removed_before_gone": shift("retention", "gone_at", -90 * 86400, row=1),
    },
}
for name in BREAKS:
    declared = TABLES[name]
    BREAKS[name] |= {
        "columns_as_declared": another_column(name),
        (f"unique:{declared.key[0]}" if len(declared.key) == 1 else f"unique_together:{','.join(declared.key)}"): twice(
            name
        ),
        **({KNOWN: put(name, "cafe", "closed-long-ago")} if "cafe" in declared.names else {}),
        **{f"required:{each.name}": put(name, each.name, None) for each in declared.columns if each.required},
    }


def judge(table: str, frames: Frames, *, only: str = "") -> SuiteResult:
    references = {other.name: getattr(frames, other.name) for other in suite_of(table).references}
    frame = getattr(frames, table)
    if not only:
        return validate(table, frame, references=references, cafes=CAFES, day=whole_day.DAY, settled=True)
    (rule,) = (rule for rule in rules(table, cafes=CAFES) if rule.code == only)
    evidence = Evidence(references=references, cafes=CAFES, day=whole_day.DAY)
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
    assert set(BREAKS[table]) == {rule.code for rule in rules(table, cafes=CAFES)}


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, breaks in BREAKS.items() for name in breaks])
def test_each_break_fails_its_expectation(good: Frames, table: str, name: str) -> None:
    BREAKS[table][name](good)
    assert not judge(table, good, only=name).passed


OF_SESSIONS = [name for name in BREAKS if "session_id" in TABLES[name].names]
OF_THE_TABLE = ("columns_as_declared", "unique", "no_session_missing", "volume_within_band")
NAMELESS = ("uuid7:session_id", "required:session_id")  # Its session cannot be left out of the payments.


@pytest.mark.parametrize(("table", "name"), [(table, name) for table in OF_SESSIONS for name in BREAKS[table]])
def test_one_broken_row_is_set_apart_and_a_fault_of_the_table_stops_the_day(
    good: Frames, table: str, name: str
) -> None:
    BREAKS[table][name](good)
    result = judge(table, good, only=name)
    (rule,) = (rule for rule in rules(table, cafes=CAFES) if rule.code == name)
    stopping = name.startswith(OF_THE_TABLE) or name in NAMELESS or rule.by_todays_file
    if result.stops:
        sessions = pl.DataFrame({"session_id": getattr(good, table)["session_id"].tolist()}, schema={"session_id": str})
        (found,) = set_apart([result], frames={result.table: sessions})
        assert found.stops is stopping


def test_a_quiet_day_warns_once_it_is_over_and_stops_nothing(good: Frames) -> None:
    (item,) = judge("sessions", good).failed
    assert (item.code, item.severity) == (
        "volume_within_band:0.2:3",
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
    assert [item.code for item in result.failed] == ["unique_event_position"]
    assert not result.stops
