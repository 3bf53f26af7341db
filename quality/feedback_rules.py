"""Expectations of `scored_feedback`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, joined_column, one_of, same_session

if TYPE_CHECKING:
    import pandas as pd

SUBSCORES = ("specificity", "evidence", "breadth", "actionability", "authenticity")


def feedback_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `scored_feedback`."""
    yield from declaration_rules(SCORED_FEEDBACK)
    yield cafe_in_file(cafes)
    yield one_of("language", ("sv", "en"))
    yield between("score", 0, 100)
    for subscore in SUBSCORES:
        yield between(subscore, 0, 1)
    yield between("turns_scored", 0)
    yield between("turns_left_out", 0)
    yield between("words", 0)
    yield Rule("eligible_above_first_tier", fact=_above_first_tier, by_todays_file=True)
    yield Rule("no_turns_no_points", fact=_nothing_scored)
    yield Rule("words_only_if_turns", fact=_words)
    yield Rule("completed_at_matches_session", fact=_of_completed)
    yield Rule("session_cafe_and_simulated", fact=_same_session)
    yield Rule("no_completed_session_missing", fact=_none_left_out, of_rows=False)


def _above_first_tier(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~frame["eligible"].astype(bool) | (frame["score"] > evidence.cafes.pilot.reward_tiers[0].score_above)


def _nothing_scored(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["turns_scored"] > 0) | ((frame["score"] == 0) & ~frame["eligible"].astype(bool))


def _words(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["turns_scored"] > 0) | (frame["words"] == 0)


def _of_completed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return joined_column(frame, _completed(evidence), "completed_at") == frame["completed_at"]


def _same_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return same_session(frame, evidence.references[SESSIONS.name])


def _none_left_out(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return _completed(evidence)["session_id"].isin(frame["session_id"])


def _completed(evidence: Evidence) -> pd.DataFrame:
    sessions = evidence.references[SESSIONS.name]
    return sessions[sessions["outcome"] == "completed"]
