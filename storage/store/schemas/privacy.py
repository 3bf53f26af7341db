"""The tables of privacy: erasures, the states of days, and expirations."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, Date, Index, Integer, Table, Text

from storage.store.schemas.core import UtcMoment, metadata

erasures = Table(
    "erasures",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("rewritten_at", UtcMoment),
    Column("done_at", UtcMoment),
    Column("places", JSON, nullable=False),
    CheckConstraint("state IN ('asked', 'rewritten', 'done')", name="state_known"),
    Index(None, "state"),
)

day_states = Table(
    "day_states",
    metadata,
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("state IN ('closed', 'redacted')", name="state_known"),
)

expirations = Table(
    "expirations",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("kept_days", Integer, nullable=False),
    Column("removed_at", UtcMoment, nullable=False),
    Column("gone_at", UtcMoment),
    Column("landing_lines", Integer, nullable=False),
    Column("lake_rows", Integer, nullable=False),
    Column("store_rows", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    # The fingerprint of the day's segments; a different one means that a replica published late.
    Column("landing", Text, nullable=False),
    CheckConstraint("kind IN ('audio', 'words', 'devices')", name="kind_known"),
    Index(None, "gone_at"),
)
