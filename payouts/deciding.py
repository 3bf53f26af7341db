"""Decides the reward of a scored session, once: eligible, held or declined, with the reason.

The order of the reasons is part of the contract with guests: the answer comes first, then the trial, then signals
for a person's review, then the caps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

import polars as pl

from payouts.rewards import VOUCHER_DAYS, reward_id
from payouts.voucher_codes import voucher_code, voucher_hash
from pilot.cafes import Cafes
from storage.store.engine import Store
from storage.store.rewards import decisions
from storage.store.rewards.decisions import Decision
from storage.store.rewards.reward_cases import Candidate, CaseFacts, DecisionRule, Judgement
from storage.store.rewards.vouchers import Issuer

SCORED_COLUMNS = ("day", "session_id", "cafe", "simulated", "score", "eligible", "rubric_version", "scorer_version")
SESSION_COLUMNS = ("session_id", "consent", "device_token_hash")
REWARDS_PER_DEVICE = 1  # a remembered device, at one café on one business day
BUDGET_FACTOR = 2  # multiple of the café's highest expected feedbacks a day; further rewards are held


def decide_sessions(
    store: Store, candidates: Collection[Candidate], *, cafes: Cafes, secret: bytes, decided_by: str
) -> list[Decision]:
    """Decide on the sessions without a decision; return the new decisions.

    Args:
        store: The store.
        candidates: Scored sessions; decided ones are skipped.
        cafes: The cafés, with the reward tiers.
        secret: The installation's key, from which voucher codes are derived.
        decided_by: assets or watch.
    """
    return decisions.decide(
        store, candidates, decision_rule=decision_rule(cafes), issuer=issuer(secret), decided_by=decided_by
    )


def decide_scored(
    store: Store,
    *,
    scored: pl.DataFrame,
    sessions: pl.DataFrame,
    signals: pl.DataFrame,
    quarantined: Collection[str],
    cafes: Cafes,
    secret: bytes,
    decided_by: str,
) -> list[Decision]:
    """Decide on a day's scored sessions, except quarantined ones; return the new decisions.

    The assets and the watch both decide through this function, so that their decisions are equal.

    Args:
        store: The store.
        scored: SCORED_COLUMNS of SCORED_FEEDBACK.
        sessions: SESSION_COLUMNS of SESSIONS of the same day.
        signals: Held-until, cap and reasons by session: `pipelines.signals.session_signals.reward_effects`.
        quarantined: Ids of sessions whose scored row failed a suite; they wait.
        cafes: The cafés, with the reward tiers.
        secret: The installation's key, from which voucher codes are derived.
        decided_by: assets or watch.
    """
    candidates = _candidates(scored=scored, sessions=sessions, signals=signals)
    due = [candidate for candidate in candidates if candidate.session_id not in quarantined]
    return decide_sessions(store, due, cafes=cafes, secret=secret, decided_by=decided_by)


def issuer(secret: bytes) -> Issuer:
    """Return the installation's issuer of vouchers."""
    return Issuer(
        code_hash=lambda reward_id, number: voucher_hash(secret, voucher_code(secret, reward_id, number)),
        valid=timedelta(days=VOUCHER_DAYS),
        reward_id=lambda session_id: reward_id(secret, session_id),
    )


def decision_rule(cafes: Cafes) -> DecisionRule:
    """Return the rule that the store applies within its transaction."""

    def decide(candidate: Candidate, facts: CaseFacts) -> Judgement | None:
        if facts.erased:
            return Judgement("declined", "erased")
        if not candidate.consent:
            return Judgement("declined", "no_consent")
        ore = cafes.pilot.reward_ore(candidate.counted_score) if candidate.clear else 0
        if ore == 0:
            return Judgement("declined", _decline_reason(candidate, cafes=cafes))
        if not candidate.simulated:
            if facts.slot == "unknown":
                return None
            if facts.slot == "beyond_trial":
                return Judgement("declined", "beyond_trial")
        if candidate.held_until is not None:
            return Judgement("held", ",".join(candidate.reasons), ore, candidate.held_until)
        if facts.device_rewards >= REWARDS_PER_DEVICE:
            return Judgement("declined", "device_had_reward")
        expected = cafes.get(candidate.cafe).expected_feedbacks_per_day.high
        if facts.cafe_rewards >= BUDGET_FACTOR * expected:
            return Judgement("held", "daily_budget", ore)
        return Judgement("eligible", amount_ore=ore)

    return decide


def _decline_reason(candidate: Candidate, *, cafes: Cafes) -> str:
    if not candidate.clear and cafes.pilot.reward_ore(candidate.score) > 0:
        return "score_not_trusted"
    if candidate.counted_score < candidate.score and cafes.pilot.reward_ore(candidate.score) > 0:
        return "capped"
    return "score_below_first_tier"


def _candidates(*, scored: pl.DataFrame, sessions: pl.DataFrame, signals: pl.DataFrame) -> Iterator[Candidate]:
    frame = scored.join(
        sessions.select("session_id", "consent", "device_token_hash"), on="session_id", how="left"
    ).join(signals, on="session_id", how="left")
    for row in frame.sort("session_id").iter_rows(named=True):
        cap = row["cap"]
        yield Candidate(
            session_id=row["session_id"],
            day=row["day"],
            cafe=row["cafe"],
            simulated=row["simulated"],
            consent=bool(row["consent"]),
            score=row["score"],
            counted_score=row["score"] if cap is None else min(row["score"], cap),
            clear=row["eligible"],
            held_until=row["held_until"],
            reasons=tuple(row["reasons"] or ()),
            device=row["device_token_hash"],
            rubric_version=row["rubric_version"],
            scorer_version=row["scorer_version"],
        )
