"""The tables of cases: what a café does about its guests' feedback, and its answer to them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Index, Table, Text

from storage.store.schemas.core import Serial, UtcMoment, metadata

# No column holds a guest's words: the texts are the manager's own.
cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cafe", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("subject", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("week", Date, nullable=False),
    Column("owner", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", UtcMoment, nullable=False),
    Column("first_action_at", UtcMoment),
    Column("closed_at", UtcMoment),
    Column("note", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answer_language", Text, nullable=False),
    Column("answered_at", UtcMoment),
    CheckConstraint("origin IN ('proposal', 'urgent', 'manual')", name="origin_known"),
    CheckConstraint("status IN ('open', 'doing', 'done', 'dropped')", name="status_known"),
    Index(None, "cafe", "opened_at"),
)

# Append-only (migration 0017), and without texts: only what was changed, by whom and when.
case_history = Table(
    "case_history",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "case_id"),
    sqlite_autoincrement=True,
)

# Both are only added to, and deleted with an erased session or with the words of its day (migration 0017).
case_sessions = Table(
    "case_sessions",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("session_id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("linked_at", UtcMoment, nullable=False),
    Index(None, "session_id"),
    Index(None, "day"),
)

case_verdicts = Table(
    "case_verdicts",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("session_id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("given_at", UtcMoment, nullable=False),
    CheckConstraint("verdict IN ('better', 'not_yet')", name="verdict_known"),
    Index(None, "session_id"),
    Index(None, "day"),
)
