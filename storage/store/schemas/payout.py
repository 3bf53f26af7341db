"""The tables of payouts to recipients: claims, daily batches, instructions and their attempts.

An instruction is one transfer at a provider; an attempt is one idempotency key for it. The constraints are the last
line against paying twice: a reward is claimed once and is in one instruction, a recipient has one instruction in a
batch, and a new attempt cannot begin while another is open.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, text

from storage.store.schemas.core import UtcMoment, metadata

recipients = Table(
    "recipients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rail", Text, nullable=False),
    # The account at the provider; two recipients with one account would evade the yearly cap.
    Column("account", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("added_at", UtcMoment, nullable=False),
    Index("uq_recipients_rail_account", "rail", "account", unique=True),
)

payout_claims = Table(
    "payout_claims",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column("recipient_id", Text, ForeignKey("recipients.id", name="fk_payout_claims_recipient_id"), nullable=False),
    Column("rail", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("claimed_at", UtcMoment, nullable=False),
    CheckConstraint("amount_ore > 0", name="amount_positive"),
    Index(None, "recipient_id"),
)

payout_batches = Table(
    "payout_batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("rail", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("approval", Text, nullable=False),
    Column("planned_at", UtcMoment, nullable=False),
    CheckConstraint("approval IN ('not_needed', 'waiting', 'given')", name="approval_known"),
    Index("uq_payout_batches_day_rail_simulated", "day", "rail", "simulated", unique=True),
)

payout_instructions = Table(
    "payout_instructions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("payout_batches.id", name="fk_payout_instructions_batch_id"), nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reference", Text),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("amount_ore > 0", name="amount_positive"),
    CheckConstraint(
        "state IN ('planned', 'held', 'in_flight', 'refused', 'paid', 'needs_review', 'reversed')", name="state_known"
    ),
    Index("uq_payout_instructions_batch_id_recipient_id", "batch_id", "recipient_id", unique=True),
    Index("uq_payout_instructions_reference", "reference", unique=True),
    Index(None, "recipient_id"),
    Index(None, "state", "changed_at"),
)

payout_instruction_rewards = Table(
    "payout_instruction_rewards",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column(
        "instruction_id",
        Text,
        ForeignKey("payout_instructions.id", name="fk_payout_instruction_rewards_instruction_id"),
        nullable=False,
    ),
    Index(None, "instruction_id"),
)

payout_attempts = Table(
    "payout_attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("instruction_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("parameters_hash", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("begun_at", UtcMoment, nullable=False),
    Column("ended_at", UtcMoment),
    CheckConstraint("outcome IN ('open', 'accepted', 'refused', 'absent')", name="outcome_known"),
    Index("uq_payout_attempts_instruction_id_number", "instruction_id", "number", unique=True),
    Index(
        "uq_payout_attempts_live",
        "instruction_id",
        unique=True,
        sqlite_where=text("outcome IN ('open', 'accepted')"),
        postgresql_where=text("outcome IN ('open', 'accepted')"),
    ),
)
