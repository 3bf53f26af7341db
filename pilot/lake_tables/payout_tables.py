"""The lake's tables about payouts: daily copies of the store's payments, batches and reconciliations."""

from __future__ import annotations

from pilot.lake_tables.columns import CAFE, SIMULATED, Column, Table

_MOVES_NO_MONEY = Column(
    "simulated", "boolean", "Whether a test client earned it, or its rail (test mode, fake) moves no money."
)
_BATCH_DAY = Column("day", "day", "The batch's business day (Stockholm).")

PAYMENTS = Table(
    "payments",
    "One café's payments by one rail on one business day, counted by final outcome.",
    ("cafe", "simulated", "rail"),
    (
        Column("day", "day", "Business day (Stockholm) on which the payments ended or were promised."),
        CAFE,
        _MOVES_NO_MONEY,
        Column("rail", "text", "voucher, or the rail of a provider."),
        Column("succeeded", "integer", "Rewards redeemed at the till, or transferred.", "rewards"),
        Column(
            "failed",
            "integer",
            "Valid vouchers that could not be redeemed, then or later, or transfers finally refused or reversed.",
            "rewards",
        ),
        Column("succeeded_ore", "integer", "The sum of the succeeded ones.", "öre"),
        Column(
            "open",
            "integer",
            "Payments of the day's batch that are neither paid nor failed yet, unknown ones included.",
        ),
        Column("issued", "integer", "Vouchers issued, or rewards claimed, on the day.", "rewards"),
        Column("expired", "integer", "Vouchers that lapsed on the day; neither success nor failure.", "vouchers"),
    ),
)

PAYOUT_BATCHES = Table(
    "payout_batches",
    "One day's batch of payouts on one rail.",
    ("batch_id",),
    (
        _BATCH_DAY,
        Column("batch_id", "text", "The batch: rail and day."),
        Column("rail", "text", "The rail."),
        _MOVES_NO_MONEY,
        Column("approval", "text", "not_needed, waiting (for a person) or given."),
        Column("planned_at", "moment", "When it was planned."),
        Column("payouts", "integer", "How many payouts it holds."),
        Column("amount_ore", "integer", "Their sum.", "öre"),
        Column("paid_ore", "integer", "The part that is paid.", "öre"),
        Column("unfinished", "integer", "Payouts that are planned or in flight."),
        Column("for_a_person", "integer", "Payouts that are held, refused or under review."),
    ),
)

PAYOUTS = Table(
    "payouts",
    "One payout: one transfer to one recipient in one batch.",
    ("payout_id",),
    (
        _BATCH_DAY,
        Column("payout_id", "text", "The payout, the same in every copy of the store."),
        Column("batch_id", "text", "Its batch."),
        Column("rail", "text", "The rail."),
        _MOVES_NO_MONEY,
        Column("state", "text", "planned, held, in_flight, refused, paid, needs_review or reversed."),
        Column("code", "text", "Why it is held, refused or under review; empty otherwise."),
        Column("amount_ore", "integer", "The sum of its rewards.", "öre"),
        Column("rewards", "integer", "How many rewards it pays."),
        Column("attempts", "integer", "Number of idempotency keys used with the provider."),
        Column("reference", "text", "The provider's reference for the transfer.", required=False),
        Column("first_at", "moment", "When it was planned."),
        Column("last_at", "moment", "When it last changed."),
        Column(
            "bank_state",
            "text",
            "The provider's latest payout from the recipient's balance to their bank; it is theirs, not ours.",
            required=False,
        ),
    ),
)

LEDGER_AUDIT = Table(
    "ledger_audit",
    "One reconciliation: the books against a provider (one batch, or a rail's total), or against themselves.",
    ("rail", "scope", "subject"),
    (
        Column("day", "day", "The batch's business day; for a rail's total and the facts, the day of the check."),
        SIMULATED,
        Column("rail", "text", "The rail; `books` for the auditor's facts (invariants)."),
        Column("scope", "text", "batch, total or facts."),
        Column("subject", "text", "The batch; `all` otherwise."),
        Column("ours_ore", "integer", "The sum paid according to the books.", "öre"),
        Column("theirs_ore", "integer", "The sum that the provider transferred and did not reverse.", "öre"),
        Column("differences", "integer", "Transfers that need a person; for the facts: broken facts."),
        Column("adopted", "integer", "Transfers that the books lacked and adopted on that day."),
        Column("agrees", "boolean", "Whether both sides agree to the öre."),
        Column(
            "looked_at",
            "moment",
            "When they were last compared; empty for the facts, which hold at any time.",
            required=False,
        ),
    ),
)
