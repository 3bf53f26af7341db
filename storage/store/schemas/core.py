"""The store's core tables; the migrations create them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

# Autoincrement on SQLite needs exactly INTEGER.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class UtcMoment(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a moment for the driver."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("moment has no time zone; expected an aware datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert the driver's value to an aware moment."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

codes = Table(
    "codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("cafe", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("retired_at", UtcMoment),
    Index(None, "cafe"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("receipt_hash", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("language", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("preliminary_score", Integer),
    Column("preliminary_eligible", Boolean),
    Column("rubric_version", Text, nullable=False),
    Index(None, "reference"),
    Index(None, "created_at"),
    Index(None, "session_id"),
)

customer_counts = Table(
    "customer_counts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("cafe", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reported_at", UtcMoment, nullable=False),
    CheckConstraint("customers >= 0", name="customers_not_negative"),
    Index(None, "day", "cafe"),
)

# A manager's label of one feedback; append-only, and deleted with the words that it is about (migration 0013).
feedback_labels = Table(
    "feedback_labels",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("session_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("useful", Boolean),
    Column("corrections", JSON, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("labelled_at", UtcMoment, nullable=False),
    Index(None, "session_id"),
    Index(None, "day"),
    sqlite_autoincrement=True,  # The latest id counts, even after rows were deleted.
)

# A danger that a guest reports; append-only, and deleted with the words of its turn (migration 0014).
danger_reports = Table(
    "danger_reports",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("cafe", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("happens", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reported_at", UtcMoment, nullable=False),
    CheckConstraint("happens IN ('now', 'earlier')", name="happens"),
    Index(None, "day"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Index(None, "day"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("day", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    sqlite_autoincrement=True,  # A cursor must never see an id again, even after rows were deleted.
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", UtcMoment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "subject"),
    Index(None, "action", "subject"),
    sqlite_autoincrement=True,
)

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("until", UtcMoment),
)

cafe_states = Table(
    "cafe_states",
    metadata,
    Column("cafe", Text, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("trial_limit", Integer),
    Column("actor", Text, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("shown_sv", Text),
    Column("shown_en", Text),
    CheckConstraint("trial_limit > 0", name="trial_limit_positive"),
)

trial_slots = Table(
    "trial_slots",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("cafe", Text, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("rewarded", Boolean, nullable=False),
    Column("reserved_at", UtcMoment, nullable=False),
    Column("lease_until", UtcMoment, nullable=False),
    Column("used_at", UtcMoment),
    Index(None, "cafe", "used", "rewarded"),
)
