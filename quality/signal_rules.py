"""Expectations of `session_signals`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilot.cafes import Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, one_of

if TYPE_CHECKING:
    import pandas as pd


def signal_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `session_signals`."""
    yield from declaration_rules(SESSION_SIGNALS)
    yield cafe_in_file(cafes)
    yield one_of("severity", ("hold", "cap", "note"))
    yield between("cap", 0, 100)
    yield Rule("hold_iff_held_until", fact=_held)
    yield Rule("cap_iff_capped_score", fact=_capped)
    yield Rule("counts_are_numbers", fact=_counts)
    yield Rule("not_related_to_itself", fact=_not_itself)
    yield Rule("of_completed_session_with_cafe", fact=_of_session)
    yield Rule("signalled_feedback_scored", fact=_still_scored)


def _held(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["held_until"].notna() == (frame["severity"] == "hold")


def _capped(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["cap"].notna() == (frame["severity"] == "cap")


def _counts(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["counts"].map(_numbers).astype(bool)


def _numbers(text: Any) -> bool:
    try:
        counts = json.loads(text)
    except (TypeError, ValueError):
        return False
    return isinstance(counts, dict) and all(type(value) is int for value in counts.values())


def _not_itself(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["session_id"].combine(frame["related"], _is_other).astype(bool)


def _is_other(session: str, related: Any) -> bool:
    return related is None or session not in list(related)


def _of_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    sessions = evidence.references[SESSIONS.name]
    completed = sessions[sessions["outcome"] == "completed"].drop_duplicates("session_id").set_index("session_id")
    own = completed[["cafe", "simulated"]].reindex(frame["session_id"]).set_axis(frame.index)
    return (own["cafe"] == frame["cafe"]) & (own["simulated"] == frame["simulated"])


def _still_scored(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["session_id"].isin(evidence.references[SCORED_FEEDBACK.name]["session_id"])
