"""The store's tables of accounts, invitations and sign-ins; migration 0016 creates them."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, Column, Index, Integer, Table, Text

from storage.store.schemas.core import UtcMoment, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("cafes", JSON(none_as_null=True)),  # NULL for all.
    Column("password_hash", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("revoked_at", UtcMoment),
)

# One-time links; the token itself is never stored.
account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("used_at", UtcMoment),
    CheckConstraint("kind IN ('invitation', 'sign_in')", name="kind"),
    Index(None, "account_id"),
)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Column("ended_at", UtcMoment),
    CheckConstraint("method IN ('password', 'link', 'oidc', 'test')", name="method"),
    Index(None, "account_id"),
    Index(None, "seen_at"),
)
