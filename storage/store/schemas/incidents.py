"""The tables of incidents: their timeline, actions, notices to managers, and the public status."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text, UniqueConstraint

from storage.store.schemas.core import Serial, UtcMoment, metadata

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("cafes", JSON, nullable=False),
    Column("personal_data", Boolean, nullable=False),
    Column("detected_at", UtcMoment, nullable=False),
    Column("opened_at", UtcMoment, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_at", UtcMoment),
    Column("cause", Text, nullable=False),
    CheckConstraint("severity BETWEEN 1 AND 3", name="severity_known"),
    Index(None, "opened_at"),
)

# The timeline; rows are only added (migration 0020).
incident_entries = Table(
    "incident_entries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("incident_id", Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("public_sv", Text, nullable=False),
    Column("public_en", Text, nullable=False),
    Index(None, "incident_id"),
    sqlite_autoincrement=True,
)

incident_actions = Table(
    "incident_actions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("incident_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Date, nullable=False),
    Column("done_at", UtcMoment),
    Index(None, "incident_id"),
    sqlite_autoincrement=True,
)

# Texts for managers that wait for a carrier; one of a kind for each incident and café.
incident_notices = Table(
    "incident_notices",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("incident_id", Text, nullable=False),
    Column("cafe", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("queued_at", UtcMoment, nullable=False),
    Column("queued_by", Text, nullable=False),
    Column("sent_at", UtcMoment),
    UniqueConstraint("incident_id", "cafe", "kind"),
    sqlite_autoincrement=True,
)

# What an operator says on the status page, above what the switches and incidents say; one row at most.
public_status = Table(
    "public_status",
    metadata,
    Column("name", Text, primary_key=True),
    Column("level", Text, nullable=False),
    Column("text_sv", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("level IN ('ok', 'degraded', 'down', 'maintenance')", name="level_known"),
)
