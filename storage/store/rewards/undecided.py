"""Sent sessions without a decision."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy import select

from storage.store.engine import Store
from storage.store.schemas.core import receipts, tombstones
from storage.store.schemas.money import reward_decisions


def sessions_by_day(store: Store, *, sent_after: datetime, sent_before: datetime) -> dict[date, frozenset[str]]:
    """Return by day the undecided, unerased sessions with a receipt of the period."""
    query = (
        select(receipts.c.day, receipts.c.session_id)
        .outerjoin(reward_decisions, reward_decisions.c.session_id == receipts.c.session_id)
        .outerjoin(tombstones, tombstones.c.session_id == receipts.c.session_id)
        .where(
            receipts.c.created_at > sent_after,
            receipts.c.created_at <= sent_before,
            reward_decisions.c.session_id.is_(None),
            tombstones.c.session_id.is_(None),
        )
    )
    found: dict[date, set[str]] = defaultdict(set)
    with store.reading() as connection:
        for day, session_id in connection.execute(query):
            found[day].add(session_id)
    return {day: frozenset(found[day]) for day in sorted(found)}
