"""Expectations of the payment tables: `payments`, `payout_batches`, `payouts`, `ledger_audit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import SMALLEST_REWARD_ORE, Cafes
from pilot.lake_tables.payout_tables import LEDGER_AUDIT, PAYMENTS, PAYOUT_BATCHES, PAYOUTS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, joined_column, one_of

if TYPE_CHECKING:
    import pandas as pd

STATES = ("planned", "held", "in_flight", "refused", "paid", "needs_review", "reversed")


def payment_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `payments`."""
    yield from declaration_rules(PAYMENTS)
    yield cafe_in_file(cafes)
    for name in ("succeeded", "failed", "succeeded_ore", "open", "issued", "expired"):
        yield between(name, 0)
    yield Rule("succeeded_worth_least_reward", fact=_worth, columns=("succeeded", "succeeded_ore"))


def batch_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `payout_batches`."""
    yield from declaration_rules(PAYOUT_BATCHES)
    yield one_of("approval", ("not_needed", "waiting", "given"))
    yield Rule("unapproved_batch_unpaid", fact=_approved, columns=("approval", "paid_ore"))
    yield Rule("batch_sums_payouts", fact=_summed, columns=("amount_ore", "payouts"))


def payout_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `payouts`."""
    yield from declaration_rules(PAYOUTS)
    yield one_of("state", STATES)
    yield between("amount_ore", SMALLEST_REWARD_ORE)
    yield between("rewards", 1)
    yield between("attempts", 0)
    yield Rule("paid_has_reference", fact=_referenced, columns=("state", "reference"))
    yield Rule("requested_has_attempt", fact=_attempted, columns=("state", "attempts"))
    yield Rule("unpaid_has_code", fact=_coded, columns=("state", "code"))


def ledger_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `ledger_audit`."""
    yield from declaration_rules(LEDGER_AUDIT)
    yield one_of("scope", ("batch", "total", "facts"))
    yield between("differences", 0)
    yield Rule("books_match_provider", fact=_agree, columns=("ours_ore", "theirs_ore", "differences"))
    yield Rule("auditor_facts_hold", fact=_facts, columns=("scope", "differences"))


def _worth(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["succeeded_ore"] >= frame["succeeded"] * SMALLEST_REWARD_ORE


def _approved(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["approval"] != "waiting") | (frame["paid_ore"] == 0)


def _summed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    payouts = evidence.references[PAYOUTS.name].groupby("batch_id")["amount_ore"].agg(["sum", "size"]).reset_index()
    total = joined_column(frame, payouts, "sum", on="batch_id").fillna(0)
    count = joined_column(frame, payouts, "size", on="batch_id").fillna(0)
    return (frame["amount_ore"] == total) & (frame["payouts"] == count)


def _referenced(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~frame["state"].isin(["paid", "reversed"]) | frame["reference"].notna()


def _attempted(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["state"].isin(["planned", "held"]) | (frame["attempts"] > 0)


def _coded(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~frame["state"].isin(["held", "refused", "needs_review"]) | (frame["code"] != "")


def _agree(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    same = (frame["ours_ore"] == frame["theirs_ore"]) & (frame["differences"] == 0) & frame["agrees"]
    return (frame["scope"] == "facts") | same


def _facts(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["scope"] != "facts") | (frame["differences"] == 0)
