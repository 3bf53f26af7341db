"""The store's table of managers' answers to the survey; migration 0019 creates it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, Table, Text

from storage.store.schemas.core import UtcMoment, metadata

# One answer of an account in a period. The comment is the manager's own, never a guest's.
survey_answers = Table(
    "survey_answers",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("period", Date, primary_key=True),
    Column("cafes", JSON, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("answered_at", UtcMoment, nullable=False),
)
