"""Each expectation holds on a good day, and each is broken by something that could really happen."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

from pilot.cafes import Cafes, parse_cafes
from pilot.lake_tables.tables import JUDGEMENTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TABLES
from quality.engine import run
from quality.results import SuiteResult
from quality.rules import Evidence
from quality.suites import UnknownSuite, rules, validate
from tests.quality.breaks import Break, Frames, another_column, of_another_day, put, shift, twice, without

pytestmark = pytest.mark.slow

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
WORDS = "Kardemummabullen var torr"
ORDERED = "times_in_order"


def _evidence_of_itself(frames: Frames) -> None:
    frame = frames.session_signals
    frame["related"] = [[session] for session in frame["session_id"]]


def _a_flood(frames: Frames) -> None:
    many = frames.cafes.get("aurora").expected_feedbacks_per_day.high * 3 + 1
    frames.sessions = pd.concat([frames.sessions.head(1)] * many, ignore_index=True)


BREAKS: dict[str, dict[str, Break]] = {
    "sessions": {
        "columns_as_declared": another_column("sessions"),
        "unique:session_id": twice("sessions"),
        "uuid7:session_id": put("sessions", "session_id", "00000000-0000-4000-8000-000000000000"),
        "known_value:cafe": put("sessions", "cafe", "closed-long-ago"),
        "known_value:language": put("sessions", "language", "fi"),
        "known_value:mode": put("sessions", "mode", "telepathy"),
        "known_value:microphone": put("sessions", "microphone", "perhaps"),
        "known_value:outcome": put("sessions", "outcome", "lost"),
        "known_value:abandon_reason": put("sessions", "abandon_reason", "bored", row=1),
        "at_least:turns:0": put("sessions", "turns", -1),
        "at_least:failed_turns:0": put("sessions", "failed_turns", -1),
        "at_least:epochs:1": put("sessions", "epochs", 0),
        "at_least:missing_events:0": put("sessions", "missing_events", -2),
        "between:preliminary_score:0:100": put("sessions", "preliminary_score", 101.0),
        "between:duration_s:0:86400": put("sessions", "duration_s", -3.0),
        "day_of_session_id": put("sessions", "session_id", of_another_day()),
        "completed_iff_completed_at": put("sessions", "outcome", "open"),
        "opened_only_iff_not_started": put("sessions", "outcome", "abandoned", row=2),
        "abandoned_iff_reason": put("sessions", "abandon_reason", None, row=1),
        ORDERED: shift("sessions", "completed_at", 3600),
        "completed_has_receipt": put("sessions", "receipt_hash", None),
        "turns_match_table": without("turns"),
        "session_has_events": without("raw_events", row=3),
        "no_session_missing": without("sessions", row=2),
        "volume_within_band:0.2:3": _a_flood,
    },
    "scored_feedback": {
        "columns_as_declared": another_column("scored_feedback"),
        "unique:session_id": twice("scored_feedback"),
        "known_value:cafe": put("scored_feedback", "cafe", "closed-long-ago"),
        "known_value:language": put("scored_feedback", "language", "fi"),
        "between:score:0:100": put("scored_feedback", "score", 140),
        **{
            f"between:{subscore}:0:1": put("scored_feedback", subscore, 1.2)
            for subscore in ("specificity", "evidence", "breadth", "actionability", "authenticity")
        },
        "at_least:turns_scored:0": put("scored_feedback", "turns_scored", -1),
        "at_least:turns_left_out:0": put("scored_feedback", "turns_left_out", -1),
        "at_least:words:0": put("scored_feedback", "words", -4),
        "eligible_above_first_tier": put("scored_feedback", "score", 60),
        "no_turns_no_points": put("scored_feedback", "turns_scored", 0),
        "words_only_if_turns": put("scored_feedback", "turns_scored", 0),
        "completed_at_matches_session": shift("scored_feedback", "completed_at", 1),
        "session_cafe_and_simulated": put("scored_feedback", "simulated", True),
        "no_completed_session_missing": without("scored_feedback"),
    },
    "session_signals": {
        "columns_as_declared": another_column("session_signals"),
        "unique_together:session_id,signal": twice("session_signals"),
        "known_value:cafe": put("session_signals", "cafe", "closed-long-ago"),
        "known_value:severity": put("session_signals", "severity", "delete"),
        "between:cap:0:100": put("session_signals", "cap", 101.0),
        "hold_iff_held_until": put("session_signals", "held_until", None, row=1),
        "cap_iff_capped_score": put("session_signals", "cap", 45.0, row=2),
        "counts_are_numbers": put("session_signals", "counts", f'{{"said": "{WORDS}"}}'),
        "not_related_to_itself": _evidence_of_itself,
        "of_completed_session_with_cafe": put("session_signals", "simulated", True),
        "signalled_feedback_scored": without("scored_feedback"),
    },
    "judgements": {
        "columns_as_declared": another_column("judgements"),
        "unique:session_id": twice("judgements"),
        "known_value:cafe": put("judgements", "cafe", "closed-long-ago"),
        "between:judged_score:0:100": put("judgements", "judged_score", 101),
        "between:quotes_refused:0:5": put("judgements", "quotes_refused", 6),
        "each_criterion_has_points": put("judgements", "sub_scores", '{"specificity": 80}'),
        "points_have_quote_places": put("judgements", "quotes", f'{{"specificity": "{WORDS}"}}'),
        "of_completed_session": put("sessions", "outcome", "open"),
    },
}
for table in (SESSIONS, SCORED_FEEDBACK, SESSION_SIGNALS, JUDGEMENTS):
    BREAKS[table.name] |= {
        f"required:{column.name}": put(table.name, column.name, None) for column in table.columns if column.required
    }


def judge(table: str, frames: Frames, *, only: str = "") -> SuiteResult:
    references = {
        "sessions": {"raw_events": frames.raw_events, "turns": frames.turns},
        "scored_feedback": {"sessions": frames.sessions},
        "session_signals": {"sessions": frames.sessions, "scored_feedback": frames.scored_feedback},
        "judgements": {"sessions": frames.sessions},
    }
    if not only:
        return validate(table, getattr(frames, table), references=references[table], cafes=frames.cafes)
    (rule,) = (rule for rule in rules(table, cafes=frames.cafes) if rule.code == only)
    evidence = Evidence(references=references[table], cafes=frames.cafes)
    return SuiteResult(table=table, expectations=run([rule], frame=getattr(frames, table), evidence=evidence))


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_a_good_day_passes_every_expectation(good: Frames, table: str) -> None:
    result = judge(table, good)
    assert result.failed == ()
    assert [item.code for item in result.expectations] == [rule.code for rule in rules(table, cafes=good.cafes)]


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_a_day_without_rows_passes(good: Frames, table: str) -> None:
    names = ("sessions", "scored_feedback", "raw_events", "turns", "session_signals", "judgements")
    empty = replace(good, **{name: getattr(good, name).head(0) for name in names})
    assert judge(table, empty).failed == ()


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_every_expectation_has_something_that_breaks_it(table: str) -> None:
    assert set(BREAKS[table]) == {rule.code for rule in rules(table, cafes=CAFES)}


@pytest.mark.parametrize(
    ("table", "name"), [(table, rule.code) for table in sorted(BREAKS) for rule in rules(table, cafes=CAFES)]
)
def test_each_break_fails_its_expectation(good: Frames, table: str, name: str) -> None:
    BREAKS[table][name](good)
    result = judge(table, good, only=name)
    assert not result.passed
    assert [item.code for item in result.failed] == [name]


def test_a_broken_expectation_says_how_many_rows_break_it(good: Frames) -> None:
    good.sessions["cafe"] = ["closed-long-ago", "closed-long-ago", "aurora"]
    (failed,) = (item for item in judge("sessions", good).failed if item.code == "known_value:cafe")
    assert failed.counts == {"rows": 3, "breaking": 2}


@pytest.mark.parametrize("column", ["cafe", "language", "mode", "outcome", "session_id", "code"])
def test_results_never_quote_a_value(good: Frames, column: str) -> None:
    put("sessions", column, WORDS)(good)
    given = json.dumps(asdict(judge("sessions", good)), ensure_ascii=False)
    assert WORDS not in given


@pytest.mark.parametrize(("column", "seconds"), [("started_at", -15), ("opened_at", 290), ("last_event_at", -290)])
def test_a_clock_that_was_set_back_a_little_is_no_fault(good: Frames, column: str, seconds: int) -> None:
    shift("sessions", column, seconds)(good)
    assert ORDERED not in {item.code for item in judge("sessions", good).failed}


@pytest.mark.parametrize(("column", "seconds"), [("started_at", -400), ("completed_at", 400)])
def test_a_clock_set_far_back_warns_and_stops_nothing(good: Frames, column: str, seconds: int) -> None:
    shift("sessions", column, seconds)(good)
    (failed,) = (item for item in judge("sessions", good).failed if item.code == ORDERED)
    assert failed.severity == "warn"


def test_a_missing_column_fails_the_rules_about_it_and_the_rest_goes_on(good: Frames) -> None:
    good.sessions = good.sessions.drop(columns=["completed_at"])
    failed = {item.code for item in judge("sessions", good).failed}
    assert "completed_iff_completed_at" in failed
    assert "known_value:cafe" not in failed


def test_a_table_that_there_is_not_is_refused_with_the_names_of_those_that_there_are(good: Frames) -> None:
    with pytest.raises(UnknownSuite, match="sessions, turns, scored_feedback"):
        validate("nowhere", good.raw_events, references={}, cafes=good.cafes)


def test_every_table_of_the_lake_has_a_suite_that_knows_its_columns_key_and_cafes(cafes: Cafes) -> None:
    for table in TABLES.values():
        names = {rule.code for rule in rules(table.name, cafes=cafes)}
        assert "columns_as_declared" in names
        assert any("unique" in name for name in names)
        assert ("cafe" not in table.names) or ("known_value:cafe" in names)


def test_what_breaks_a_rule_is_found_again_by_its_place(good: Frames) -> None:
    put("sessions", "cafe", "closed-long-ago", row=2)(good)
    put("sessions", "outcome", "open")(good)
    offenders = {item.code: item.offenders for item in judge("sessions", good).failed}
    assert offenders["known_value:cafe"] == (2,)
    assert offenders["completed_iff_completed_at"] == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_of_a_table_without_rows_the_engine_would_say_the_same(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = pd.DataFrame(columns=list(TABLES[table].names))
    frame, given = empty.drop(columns=list(TABLES[table].names)[-1]), rules(table, cafes=CAFES)
    evidence = Evidence(references=dict.fromkeys(TABLES, empty), cafes=CAFES)
    short = [run(given, frame=each, evidence=evidence) for each in (empty, frame)]
    monkeypatch.setattr("quality.engine._is_vacuous", lambda rule, frame: False)
    assert [run(given, frame=each, evidence=evidence) for each in (empty, frame)] == short


def test_importing_the_room_does_not_import_great_expectations() -> None:
    program = "import sys, quality.suites; sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
