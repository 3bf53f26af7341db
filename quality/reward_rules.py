"""Expectations of `rewards` and `reward_parity`, copies of the store's decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import SMALLEST_REWARD_ORE, Cafes
from pilot.lake_tables.money_tables import REWARD_PARITY, REWARDS
from pilot.lake_tables.tables import SESSIONS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, one_of, same_session

if TYPE_CHECKING:
    import pandas as pd


def reward_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `rewards`."""
    yield from declaration_rules(REWARDS)
    yield cafe_in_file(cafes)
    yield one_of("outcome", ("eligible", "held", "declined"))
    yield one_of("decided_by", ("assets", "watch"))
    # Not today's tiers: decisions by earlier tiers remain valid.
    yield Rule("amount_zero_or_reward", fact=_an_amount, columns=("amount_ore",))
    yield between("score", 0, 100)
    yield between("counted_score", 0, 100)
    yield Rule("counted_within_score", fact=_counted, columns=("score", "counted_score"))
    yield Rule("declined_iff_no_amount", fact=_worth, columns=("outcome", "amount_ore"))
    yield Rule("reason_iff_not_eligible", fact=_why, columns=("outcome", "reason"))
    yield Rule("held_until_only_if_held", fact=_until, columns=("outcome", "held_until"))
    yield Rule("released_only_if_held", fact=_ruled, columns=("outcome", "released"))
    yield Rule("of_completed_session_with_cafe", fact=_of_session)


def parity_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `reward_parity`."""
    yield from declaration_rules(REWARD_PARITY)
    yield cafe_in_file(cafes)
    for name in ("score", "score_now", "counted_score", "counted_now"):
        yield between(name, 0, 100)
    yield Rule("same_only_if_equal", fact=_really_same, columns=("same", "score", "score_now"))
    # A later hold or a new scorer can explain a difference: a person reviews it, nothing stops.
    yield Rule("watch_matches_assets", fact=_same, columns=("same",), severity="warn")


def _an_amount(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["amount_ore"] == 0) | (frame["amount_ore"] >= SMALLEST_REWARD_ORE)


def _counted(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["counted_score"] <= frame["score"]


def _worth(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["amount_ore"] == 0) == (frame["outcome"] == "declined")


def _why(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["reason"] == "") == (frame["outcome"] == "eligible")


def _until(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["held_until"].isna() | (frame["outcome"] == "held")


def _ruled(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["released"].isna() | (frame["outcome"] == "held")


def _of_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    sessions = evidence.references[SESSIONS.name]
    return same_session(frame, sessions[sessions["outcome"] == "completed"])


def _really_same(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    agree = (frame["score"] == frame["score_now"]) & (frame["counted_score"] == frame["counted_now"])
    return ~frame["same"].astype(bool) | agree


def _same(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["same"].astype(bool)
