"""The tables of alerts: episodes, the outbox of their messages, silences, and marks of the router."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, text

from storage.store.schemas.core import Serial, UtcMoment, metadata

OPEN = text("state <> 'resolved'")

# One alert from its first firing until its resolution was announced; at most one open episode of a name and subject.
alert_episodes = Table(
    "alert_episodes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_event", Boolean, nullable=False),
    Column("began_at", UtcMoment, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("ended_at", UtcMoment),
    Column("flaps", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("escalate_at", UtcMoment),
    Column("announced_at", UtcMoment),
    Column("closed_at", UtcMoment),
    Column("acknowledged_at", UtcMoment),
    Column("acknowledged_by", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("verdict_by", Text, nullable=False),
    CheckConstraint("state IN ('firing', 'acknowledged', 'resolved')", name="state_known"),
    CheckConstraint("severity IN ('high', 'medium', 'low')", name="severity_known"),
    CheckConstraint("verdict IN ('', 'true', 'false')", name="verdict_known"),
    Index("uq_alert_episodes_open", "name", "subject", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    Index(None, "began_at"),
    Index(None, "name", "subject", "began_at"),
)

# The outbox: one row for each message's part, channel and recipient. Neither addresses nor secrets.
alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("episode_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("bundle", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcMoment, nullable=False),
    Column("claimed_at", UtcMoment),
    Column("ended_at", UtcMoment),
    Column("reason", Text, nullable=False),
    Column("code", Integer, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'sending', 'delivered', 'unknown', 'dead', 'cancelled', 'not_configured')",
        name="state_known",
    ),
    Index(None, "state", "next_at"),
    Index(None, "episode_id"),
    Index(None, "created_at"),
)

alert_silences = Table(
    "alert_silences",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("until", UtcMoment, nullable=False),
    Column("ended_at", UtcMoment),
    sqlite_autoincrement=True,
)

# Named moments and positions: when old records were taken over, the last incident note that was planned.
alert_marks = Table(
    "alert_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcMoment, nullable=False),
    Column("position", Integer, nullable=False),
)
