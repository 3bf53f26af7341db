"""The tables of a payment provider's facts: statuses, events, bank payouts and reconciliations.

No body of a provider's message is stored: it can contain a person's name. An event names its object, which is fetched
when it is processed.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from storage.store.schemas.core import Serial, UtcMoment, metadata

recipient_statuses = Table(
    "recipient_statuses",
    metadata,
    Column(
        "recipient_id",
        Text,
        ForeignKey("recipients.id", name="fk_recipient_statuses_recipient_id"),
        primary_key=True,
    ),
    Column("transfers", Text, nullable=False),
    Column("details_submitted", Boolean, nullable=False),
    Column("due", Integer, nullable=False),
    Column("disabled_reason", Text, nullable=False),
    # The provider's one-way fingerprint of the bank account: recipients who share one may be one person.
    Column("bank_fingerprint", Text),
    Column("bank_last4", Text),
    Column("checked_at", UtcMoment, nullable=False),
    CheckConstraint("transfers IN ('inactive', 'pending', 'active', 'gone')", name="transfers_known"),
    CheckConstraint("due >= 0", name="due_not_negative"),
    Index(None, "bank_fingerprint"),
)

# A guest wants a reward on an account; the voucher is valid until the provider's onboarding is complete.
onboardings = Table(
    "onboardings",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column("recipient_id", Text, ForeignKey("recipients.id", name="fk_onboardings_recipient_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("state IN ('asked', 'claimed', 'lapsed')", name="state_known"),
    Index(None, "recipient_id"),
    Index(None, "state", "asked_at"),
)

# With the guest's consent: a returning guest skips the onboarding.
recipient_devices = Table(
    "recipient_devices",
    metadata,
    Column("device", Text, primary_key=True),
    Column("rail", Text, primary_key=True),
    Column("recipient_id", Text, ForeignKey("recipients.id", name="fk_recipient_devices_recipient_id"), nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Index(None, "recipient_id"),
    Index(None, "seen_at"),
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rail", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("made_at", UtcMoment, nullable=False),
    Column("received_at", UtcMoment, nullable=False),
    Column("way", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    # The result: the state of its object, a difference, or a code of ours or of the provider.
    Column("code", Text, nullable=False),
    Column("done_at", UtcMoment),
    CheckConstraint("way IN ('webhook', 'listed')", name="way_known"),
    CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state_known"),
    Index(None, "state", "received_at"),
    Index(None, "received_at"),
    Index(None, "made_at"),
)

# The provider's payouts from recipients' balances to their banks, as opposed to our transfers.
bank_payouts = Table(
    "bank_payouts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("recipient_id", Text, ForeignKey("recipients.id", name="fk_bank_payouts_recipient_id"), nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure_code", Text, nullable=False),
    Column("arrives_on", Date),
    Column("changed_at", UtcMoment, nullable=False),
    Column("made_at", UtcMoment),
    CheckConstraint("state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')", name="state_known"),
    Index(None, "recipient_id"),
)

# The cumulative reversed sums of a transfer; the largest counts.
payout_reversals = Table(
    "payout_reversals",
    metadata,
    Column(
        "instruction_id",
        Text,
        ForeignKey("payout_instructions.id", name="fk_payout_reversals_instruction_id"),
        primary_key=True,
    ),
    Column("reversed_ore", Integer, primary_key=True),
    Column("at", UtcMoment, nullable=False),
    CheckConstraint("reversed_ore > 0", name="reversed_positive"),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("rail", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("agrees", Boolean, nullable=False),
    Column("adopted", Integer, nullable=False),
    Column("differences", JSON, nullable=False),
    Column("ours_ore", JSON, nullable=False),
    Column("theirs_ore", JSON, nullable=False),
    Index(None, "rail", "at"),
    sqlite_autoincrement=True,
)

# Valid vouchers that could not be redeemed at the till: failures in the payment success rate.
voucher_failures = Table(
    "voucher_failures",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("reward_id", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Index(None, "reward_id"),
    sqlite_autoincrement=True,
)
