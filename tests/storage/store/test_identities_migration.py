"""Revision 0022 adds the identities of accounts, and takes them away again, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage.store.access import accounts
from storage.store.access.identities import recognise
from storage.store.engine import Store, make_engine
from storage.store.migrate import migrate
from tests.storage.store.test_outgoing_migration import alembic, tables

pytestmark = pytest.mark.usefixtures("real_migrations")
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


def test_an_older_store_keeps_its_accounts(store_url: str) -> None:
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, "0020")
    before = tables(store)
    account = accounts.invite(
        store, email="anna@example.se", role="admin", cafes=None, known_cafes=["aurora"], actor="test"
    )
    migrate(store)
    assert "account_identities" in tables(store) - before
    assert recognise(store, issuer="https://a.example", subject="1", verified_email=account.email) == account
    alembic(store, "0020", down=True)
    assert tables(store) == before and accounts.every(store) == [account]
    store.close()
