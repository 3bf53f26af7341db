"""The store's tables of accounts, invitations and sign-ins; migrations 0016 and 0022 create them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

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

# The identity at a provider that an account was first signed in with; an address can be given to another person.
account_identities = Table(
    "account_identities",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("bound_at", UtcMoment, nullable=False),
    PrimaryKeyConstraint("issuer", "subject"),
    UniqueConstraint("account_id", "issuer"),
)
