"""Expectations of `sessions`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from pilot.business_days import session_day
from pilot.cafes import Cafes
from pilot.events import MicrophoneResult, SessionAbandoned
from pilot.lake_tables.tables import RAW_EVENTS, SESSIONS, TURNS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches, one_of
from quality.volume_rules import volume_rule

if TYPE_CHECKING:
    import pandas as pd

CLOCKS_APART = timedelta(minutes=5)  # between two replicas' hosts; more means an unsynchronised clock
UUID7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
OUTCOMES = ("completed", "abandoned", "open", "opened_only")
SILENT = "silent"  # the reason of an abandonment without an event
LONGEST_SESSION_SECONDS = 86_400


def session_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `sessions`."""
    yield from declaration_rules(SESSIONS)
    yield matches("session_id", UUID7, code="uuid7")
    yield cafe_in_file(cafes)
    yield one_of("language", ("sv", "en"))
    yield one_of("mode", ("voice", "text", "mixed"))
    yield one_of("microphone", get_args(MicrophoneResult.model_fields["result"].annotation))
    yield one_of("outcome", OUTCOMES)
    yield one_of("abandon_reason", (*get_args(SessionAbandoned.model_fields["reason"].annotation), SILENT))
    yield between("turns", 0)
    yield between("failed_turns", 0)
    yield between("epochs", 1)
    yield between("missing_events", 0)
    yield between("preliminary_score", 0, 100)
    yield between("duration_s", 0, LONGEST_SESSION_SECONDS)
    yield Rule("day_of_session_id", fact=_day)
    yield Rule("completed_iff_completed_at", fact=_completed)
    yield Rule("opened_only_iff_not_started", fact=_started)
    yield Rule("abandoned_iff_reason", fact=_reason)
    # A clock that was set back is a warning, not a reason to stop payments.
    yield Rule("times_in_order", fact=_ordered, severity="warn")
    yield Rule("completed_has_receipt", fact=_receipt)
    yield Rule("turns_match_table", fact=_turns)
    yield Rule("session_has_events", fact=_has_events)
    yield Rule("no_session_missing", fact=_none_left_out, of_rows=False)
    yield volume_rule()


def _day(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    carried = frame["session_id"].map(lambda session: session_day(session).isoformat())
    return carried == frame["day"].astype(str).str.slice(0, 10)


def _completed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["outcome"] == "completed") == frame["completed_at"].notna()


def _started(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["outcome"] == "opened_only") == frame["started_at"].isna()


def _reason(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["outcome"] == "abandoned") == frame["abandon_reason"].notna()


def _ordered(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    inner = frame[["started_at", "first_turn_at", "completed_at"]]
    late = inner.gt(frame["last_event_at"] + CLOCKS_APART, axis=0).any(axis=1)
    early = inner.lt(frame["opened_at"] - CLOCKS_APART, axis=0).any(axis=1)
    return ~(late | early)


def _receipt(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["outcome"] != "completed") | (frame["receipt_hash"].notna() & frame["reference"].notna())


def _turns(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    rows = evidence.references[TURNS.name]
    committed = rows[rows["revisions"] > 0].groupby("session_id").size()
    return committed.reindex(frame["session_id"], fill_value=0).set_axis(frame.index) == frame["turns"]


def _has_events(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["session_id"].isin(_sessions_with_events(evidence))


def _none_left_out(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    expected = _sessions_with_events(evidence)
    return expected.isin(frame["session_id"])


def _sessions_with_events(evidence: Evidence) -> pd.Series[str]:
    events = evidence.references[RAW_EVENTS.name]
    return events.loc[events["event"] != "probe", "session_id"].drop_duplicates()
