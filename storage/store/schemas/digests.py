"""The tables of the Monday digest: who wants it, and one row per café, manager and week."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text, UniqueConstraint

from storage.store.schemas.core import UtcMoment, metadata

# An account without a row gets the digest, in Swedish.
account_preferences = Table(
    "account_preferences",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("language IN ('sv', 'en')", name="language_known"),
)

# Neither an address nor a text: each attempt writes the letter anew, without guests who were erased meanwhile.
digests = Table(
    "digests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("week", Date, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcMoment, nullable=False),
    Column("claimed_at", UtcMoment),
    Column("ended_at", UtcMoment),
    Column("reason", Text, nullable=False),
    Column("code", Integer, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'not_configured', 'sending', 'sent', 'refused', 'unknown', 'expired', 'cancelled')",
        name="state_known",
    ),
    UniqueConstraint("week", "cafe", "account_id"),
    Index(None, "state", "next_at"),
)
