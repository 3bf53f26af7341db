"""The tables of rules and outgoing webhooks: what is sent where, each delivery and each attempt."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text, UniqueConstraint

from storage.store.schemas.core import Serial, UtcMoment, metadata

# The secret is derived from the installation's key and the generation: it is in no column.
webhook_rules = Table(
    "webhook_rules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cafe", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("theme", Text, nullable=False),  # Empty for any.
    Column("polarity", Text, nullable=False),  # Empty for any.
    Column("with_urgent", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("previous_until", UtcMoment),
    Column("since", UtcMoment, nullable=False),
    Column("failing_since", UtcMoment),
    Column("created_at", UtcMoment, nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint("state IN ('on', 'off', 'disabled', 'removed')", name="state_known"),
    CheckConstraint("polarity IN ('', 'positive', 'mixed', 'negative')", name="polarity_known"),
    Index(None, "cafe"),
)

# Deleted with an erased session, or with the words of its day; a test delivery has no session.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule_id", Text, nullable=False),
    Column("session_id", Text),
    Column("day", Date),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcMoment, nullable=False),
    Column("claimed_at", UtcMoment),
    Column("created_at", UtcMoment, nullable=False),
    CheckConstraint("state IN ('waiting', 'sending', 'delivered', 'failed', 'cancelled')", name="state_known"),
    UniqueConstraint("rule_id", "session_id"),
    Index(None, "state", "next_at"),
    Index(None, "session_id"),
    Index(None, "day"),
)

# Neither what was sent nor what was answered: only when, how long, and the status.
webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("delivery_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Index(None, "delivery_id"),
    sqlite_autoincrement=True,
)
