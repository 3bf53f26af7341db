"""The money's tables: decisions and rulings on them, vouchers, and the ledger of double entry.

A reward's identifier is derived from its session under the installation's key, so that a restored store decides it
again under the same one; older rewards have random identifiers. The ledger contains no other identifier, so it can be
stored as long as the law requires after a guest's session is erased.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from storage.store.schemas.core import Serial, UtcMoment, metadata

reward_decisions = Table(
    "reward_decisions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("reward_id", Text, nullable=False, unique=True),
    Column("day", Date, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("counted_score", Integer, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("held_until", UtcMoment),
    Column("device", Text),
    Column("rubric_version", Text, nullable=False),
    Column("scorer_version", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", UtcMoment, nullable=False),
    CheckConstraint("outcome IN ('eligible', 'held', 'declined')", name="outcome_known"),
    CheckConstraint("amount_ore >= 0 AND (outcome = 'declined' OR amount_ore > 0)", name="amount_fits_outcome"),
    Index(None, "day"),
    Index(None, "outcome"),
    Index(None, "cafe", "day"),
    Index(None, "device", "day"),
)

reward_rulings = Table(
    "reward_rulings",
    metadata,
    Column("reward_id", Text, ForeignKey("reward_decisions.reward_id", name="fk_reward_rulings_reward_id")),
    Column("released", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ruled_at", UtcMoment, nullable=False),
    # A ruling is final.
    Index("uq_reward_rulings_reward_id", "reward_id", unique=True),
)

vouchers = Table(
    "vouchers",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("reward_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("issued_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("redeemed_at", UtcMoment),
    Column("redeemed_by", Text),
    Column("request", Text),
    CheckConstraint("amount_ore > 0", name="amount_positive"),
    CheckConstraint("state IN ('issued', 'redeemed', 'expired', 'cancelled')", name="state_known"),
    Index("uq_vouchers_reward_id_number", "reward_id", "number", unique=True),
    Index(
        "uq_vouchers_live",
        "reward_id",
        unique=True,
        sqlite_where=Column("state", Text).in_(["issued", "redeemed"]),
        postgresql_where=Column("state", Text).in_(["issued", "redeemed"]),
    ),
    # Without it SQLite scans every valid voucher to find a reward's.
    Index(None, "reward_id", "state"),
    Index(None, "state", "expires_at"),
    Index(None, "state", "redeemed_at"),
    Index(None, "issued_at"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("entry", Text, nullable=False, unique=True),
    Column("reward_id", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("amount_ore", BigInteger, nullable=False),
    Column("booked_at", UtcMoment, nullable=False),
    CheckConstraint("amount_ore > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="two_accounts"),
    Index(None, "reward_id"),
    Index(None, "booked_at"),
    sqlite_autoincrement=True,
)

# Each restore of the store; rewards of sessions begun before the last one may have been paid after the backup.
restores = Table(
    "restores",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("recovered_to", UtcMoment, nullable=False),
    Column("restored_at", UtcMoment, nullable=False),
    Column("actor", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Rewards that may have been paid after the backup; neither redeemed nor sent until a person releases them.
frozen_rewards = Table(
    "frozen_rewards",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column("frozen_at", UtcMoment, nullable=False),
)

# Redemptions newer than the backup that are not booked yet: their reward is decided, released or unclaimed later.
kept_redemptions = Table(
    "kept_redemptions",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("amount_ore", Integer, nullable=False),
    Column("redeemed_at", UtcMoment, nullable=False),
    CheckConstraint("amount_ore > 0", name="amount_positive"),
)

till_pins = Table(
    "till_pins",
    metadata,
    Column("cafe", Text, primary_key=True),
    # Rises with each new PIN, which signs out the tills of older ones.
    Column("number", Integer, nullable=False),
    Column("pin_hash", Text, nullable=False),
    Column("set_at", UtcMoment, nullable=False),
)
