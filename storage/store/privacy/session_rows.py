"""Reads all rows of the store that reference a session or its reward."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from storage.store.engine import Store
from storage.store.schemas import cases as cases_schema
from storage.store.schemas import money as money_schema
from storage.store.schemas import payout as payout_schema
from storage.store.schemas import privacy as privacy_schema
from storage.store.schemas import provider as provider_schema
from storage.store.schemas import webhooks as webhooks_schema
from storage.store.schemas.cases import case_sessions, cases
from storage.store.schemas.core import audit_log, metadata
from storage.store.schemas.money import reward_decisions

# Imported, so that `metadata` has their tables.
SCHEMAS = (cases_schema, money_schema, payout_schema, privacy_schema, provider_schema, webhooks_schema)
NOT_EXPORTED = ("code_hash",)  # of a voucher: it would allow guessing the code
# Of a case that the session is linked to: what its guest may read. Owner and note are the café's own.
OF_A_CASE = ("id", "cafe", "subject", "status", "said", "answer", "answer_language", "answered_at")


def about_session(store: Store, session_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows about a session by table, without empty tables.

    Args:
        store: The store.
        session_id: The session.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with store.reading() as connection:
        mine = select(reward_decisions.c.reward_id).where(reward_decisions.c.session_id == session_id)
        rewards = list(connection.execute(mine).scalars())
        for table in metadata.sorted_tables:
            rows = _rows(connection, table, session_id=session_id, rewards=rewards)
            if rows:
                found[table.name] = rows
    return found


def _rows(connection: Connection, table: Table, *, session_id: str, rewards: list[str]) -> list[dict[str, Any]]:
    if "session_id" in table.c:
        condition = table.c.session_id == session_id
    elif "reward_id" in table.c:
        condition = table.c.reward_id.in_(rewards)
    elif table is audit_log:
        condition = table.c.subject.in_([session_id, *rewards])
    elif table is cases:
        linked = select(case_sessions.c.case_id).where(case_sessions.c.session_id == session_id)
        condition = table.c.id.in_(linked)
    else:
        return []
    columns = [
        column
        for column in table.c
        if (column.name in OF_A_CASE if table is cases else column.name not in NOT_EXPORTED)
    ]
    query = select(*columns).where(condition)
    return [dict(row) for row in connection.execute(query).mappings()]
