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
from pilot.tables import JUDGEMENTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TABLES
from quality.engine import run
from quality.results import SuiteResult
from quality.rules import Evidence
from quality.suites import UnknownSuite, rules, validate
from tests.quality.breaks import Break, Frames, another_column, of_another_day, put, shift, twice, without

pytestmark = pytest.mark.slow

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
WORDS = "Kardemummabullen var torr"
ORDERED = "nothing happens before the page is opened or after the last event"


def _evidence_of_itself(frames: Frames) -> None:
    frame = frames.session_signals
    frame["related"] = [[session] for session in frame["session_id"]]


def _a_flood(frames: Frames) -> None:
    many = frames.cafes.get("aurora").expected_feedbacks_per_day.high * 3 + 1
    frames.sessions = pd.concat([frames.sessions.head(1)] * many, ignore_index=True)


BREAKS: dict[str, dict[str, Break]] = {
    "sessions": {
        "the columns are the declared ones, in order": another_column("sessions"),
        "session_id is unique": twice("sessions"),
        "session_id is a UUID of version 7": put("sessions", "session_id", "00000000-0000-4000-8000-000000000000"),
        "cafe is a known value": put("sessions", "cafe", "closed-long-ago"),
        "language is a known value": put("sessions", "language", "fi"),
        "mode is a known value": put("sessions", "mode", "telepathy"),
        "microphone is a known value": put("sessions", "microphone", "perhaps"),
        "outcome is a known value": put("sessions", "outcome", "lost"),
        "abandon_reason is a known value": put("sessions", "abandon_reason", "bored", row=1),
        "turns is 0 or more": put("sessions", "turns", -1),
        "failed_turns is 0 or more": put("sessions", "failed_turns", -1),
        "epochs is 1 or more": put("sessions", "epochs", 0),
        "missing_events is 0 or more": put("sessions", "missing_events", -2),
        "preliminary_score is between 0 and 100": put("sessions", "preliminary_score", 101.0),
        "duration_s is between 0 and 86400": put("sessions", "duration_s", -3.0),
        "the day is the one that the identifier carries": put("sessions", "session_id", of_another_day()),
        "a session is completed exactly when it has a time of completion": put("sessions", "outcome", "open"),
        "a session that was opened only was never started, and every other one was": put(
            "sessions", "outcome", "abandoned", row=2
        ),
        "only an abandoned session has a reason for it, and each has one": put(
            "sessions", "abandon_reason", None, row=1
        ),
        ORDERED: shift("sessions", "completed_at", 3600),
        "a completed session has a receipt": put("sessions", "receipt_hash", None),
        "each session's turns are those of the table of turns": without("turns"),
        "each session has events": without("raw_events", row=3),
        "no session with events is left out": without("sessions", row=2),
        "each café got between 0.2 and 3 times the feedback that it expects": _a_flood,
    },
    "scored_feedback": {
        "the columns are the declared ones, in order": another_column("scored_feedback"),
        "session_id is unique": twice("scored_feedback"),
        "cafe is a known value": put("scored_feedback", "cafe", "closed-long-ago"),
        "language is a known value": put("scored_feedback", "language", "fi"),
        "score is between 0 and 100": put("scored_feedback", "score", 140),
        **{
            f"{subscore} is between 0 and 1": put("scored_feedback", subscore, 1.2)
            for subscore in ("specificity", "evidence", "breadth", "actionability", "authenticity")
        },
        "turns_scored is 0 or more": put("scored_feedback", "turns_scored", -1),
        "turns_left_out is 0 or more": put("scored_feedback", "turns_left_out", -1),
        "words is 0 or more": put("scored_feedback", "words", -4),
        "what is eligible scores above the first tier": put("scored_feedback", "score", 60),
        "nothing scored gives no points": put("scored_feedback", "turns_scored", 0),
        "words are scored exactly where turns are": put("scored_feedback", "turns_scored", 0),
        "each scored session was completed, at the same moment": shift("scored_feedback", "completed_at", 1),
        "café and simulated are the session's own": put("scored_feedback", "simulated", True),
        "no completed session is left out": without("scored_feedback"),
    },
    "session_signals": {
        "the columns are the declared ones, in order": another_column("session_signals"),
        "session_id, signal are unique together": twice("session_signals"),
        "cafe is a known value": put("session_signals", "cafe", "closed-long-ago"),
        "severity is a known value": put("session_signals", "severity", "delete"),
        "cap is between 0 and 100": put("session_signals", "cap", 101.0),
        "a hold, and nothing else, has a day by which the guest has an answer": put(
            "session_signals", "held_until", None, row=1
        ),
        "a cap, and nothing else, says what it caps the score at": put("session_signals", "cap", 45.0, row=2),
        "counts are numbers by name, never words": put("session_signals", "counts", f'{{"said": "{WORDS}"}}'),
        "no session is its own evidence": _evidence_of_itself,
        "each signal's session was completed, and café and simulated are the session's own": put(
            "session_signals", "simulated", True
        ),
        "each signal's feedback was scored all the same": without("scored_feedback"),
    },
    "judgements": {
        "the columns are the declared ones, in order": another_column("judgements"),
        "session_id is unique": twice("judgements"),
        "cafe is a known value": put("judgements", "cafe", "closed-long-ago"),
        "judged_score is between 0 and 100": put("judgements", "judged_score", 101),
        "quotes_refused is between 0 and 5": put("judgements", "quotes_refused", 6),
        "every criterion has points, 0-100": put("judgements", "sub_scores", '{"specificity": 80}'),
        "points have a quote that was said, and quotes are places, never words": put(
            "judgements", "quotes", f'{{"specificity": "{WORDS}"}}'
        ),
        "each judgement is of a completed session": put("sessions", "outcome", "open"),
    },
}
for table in (SESSIONS, SCORED_FEEDBACK, SESSION_SIGNALS, JUDGEMENTS):
    BREAKS[table.name] |= {
        f"{column.name} is never empty": put(table.name, column.name, None)
        for column in table.columns
        if column.required
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
    (rule,) = (rule for rule in rules(table, cafes=frames.cafes) if rule.name == only)
    evidence = Evidence(references=references[table], cafes=frames.cafes)
    return SuiteResult(table=table, expectations=run([rule], frame=getattr(frames, table), evidence=evidence))


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_a_good_day_passes_every_expectation(good: Frames, table: str) -> None:
    result = judge(table, good)
    assert result.failed == ()
    assert [item.name for item in result.expectations] == [rule.name for rule in rules(table, cafes=good.cafes)]


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_a_day_without_rows_passes(good: Frames, table: str) -> None:
    names = ("sessions", "scored_feedback", "raw_events", "turns", "session_signals", "judgements")
    empty = replace(good, **{name: getattr(good, name).head(0) for name in names})
    assert judge(table, empty).failed == ()


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_every_expectation_has_something_that_breaks_it(table: str) -> None:
    assert set(BREAKS[table]) == {rule.name for rule in rules(table, cafes=CAFES)}


@pytest.mark.parametrize(
    ("table", "name"), [(table, rule.name) for table in sorted(BREAKS) for rule in rules(table, cafes=CAFES)]
)
def test_what_breaks_an_expectation_is_told_by_that_expectation(good: Frames, table: str, name: str) -> None:
    BREAKS[table][name](good)
    result = judge(table, good, only=name)
    assert not result.passed
    assert [item.name for item in result.failed] == [name]


def test_a_broken_expectation_says_how_many_rows_break_it(good: Frames) -> None:
    good.sessions["cafe"] = ["closed-long-ago", "closed-long-ago", "aurora"]
    (failed,) = (item for item in judge("sessions", good).failed if item.name == "cafe is a known value")
    assert failed.counts == {"rows": 3, "breaking": 2}


@pytest.mark.parametrize("column", ["cafe", "language", "mode", "outcome", "session_id", "code"])
def test_results_never_quote_a_value(good: Frames, column: str) -> None:
    put("sessions", column, WORDS)(good)
    told = json.dumps(asdict(judge("sessions", good)), ensure_ascii=False)
    assert WORDS not in told


@pytest.mark.parametrize(("column", "seconds"), [("started_at", -15), ("opened_at", 290), ("last_event_at", -290)])
def test_a_clock_that_was_set_back_a_little_is_no_fault(good: Frames, column: str, seconds: int) -> None:
    shift("sessions", column, seconds)(good)
    assert ORDERED not in {item.name for item in judge("sessions", good).failed}


@pytest.mark.parametrize(("column", "seconds"), [("started_at", -400), ("completed_at", 400)])
def test_a_clock_that_was_set_back_far_is_told_and_stops_nothing(good: Frames, column: str, seconds: int) -> None:
    shift("sessions", column, seconds)(good)
    (failed,) = (item for item in judge("sessions", good).failed if item.name == ORDERED)
    assert failed.severity == "warn"


def test_a_missing_column_fails_the_rules_about_it_and_the_rest_goes_on(good: Frames) -> None:
    good.sessions = good.sessions.drop(columns=["completed_at"])
    failed = {item.name for item in judge("sessions", good).failed}
    assert "a session is completed exactly when it has a time of completion" in failed
    assert "cafe is a known value" not in failed


def test_a_table_that_there_is_not_is_refused_with_the_names_of_those_that_there_are(good: Frames) -> None:
    with pytest.raises(UnknownSuite, match="sessions, turns, scored_feedback"):
        validate("nowhere", good.raw_events, references={}, cafes=good.cafes)


def test_every_table_of_the_lake_has_a_suite_that_knows_its_columns_key_and_cafes(cafes: Cafes) -> None:
    for table in TABLES.values():
        names = {rule.name for rule in rules(table.name, cafes=cafes)}
        assert "the columns are the declared ones, in order" in names
        assert any("unique" in name for name in names)
        assert ("cafe" not in table.names) or ("cafe is a known value" in names)


def test_what_breaks_a_rule_is_found_again_by_its_place(good: Frames) -> None:
    put("sessions", "cafe", "closed-long-ago", row=2)(good)
    put("sessions", "outcome", "open")(good)
    offenders = {item.name: item.offenders for item in judge("sessions", good).failed}
    assert offenders["cafe is a known value"] == (2,)
    assert offenders["a session is completed exactly when it has a time of completion"] == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_of_a_table_without_rows_the_engine_would_say_the_same(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = pd.DataFrame(columns=list(TABLES[table].names))
    frame, given = empty.drop(columns=list(TABLES[table].names)[-1]), rules(table, cafes=CAFES)
    evidence = Evidence(references=dict.fromkeys(TABLES, empty), cafes=CAFES)
    short = [run(given, frame=each, evidence=evidence) for each in (empty, frame)]
    monkeypatch.setattr("quality.engine._holds_of_nothing", lambda rule, frame: False)
    assert [run(given, frame=each, evidence=evidence) for each in (empty, frame)] == short


def test_importing_the_room_does_not_import_great_expectations() -> None:
    program = "import sys, quality.suites; sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
