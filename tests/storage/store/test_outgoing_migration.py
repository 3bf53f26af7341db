"""Revision 0018 adds letters and webhooks, and takes them away again, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage.store.access import accounts, preferences
from storage.store.engine import Store, make_engine
from storage.store.migrate import MIGRATIONS, migrate

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
TABLES = {"account_preferences", "digests", "webhook_rules", "webhook_deliveries", "webhook_attempts"}


def alembic(store: Store, to: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)


def tables(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(sa.inspect(connection).get_table_names())


def test_an_older_store_keeps_its_accounts_and_loses_what_is_new(store_url: str) -> None:
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, "0017")
    before = tables(store)
    account = accounts.invite(
        store, email="anna@example.se", role="manager", cafes=["aurora"], known_cafes=["aurora"], actor="test"
    )
    migrate(store)
    assert tables(store) - before >= TABLES
    assert preferences.preferences_of(store, account.id) == preferences.Preferences("sv", digest=True)
    preferences.choose(store, account.id, digest=False, reason="page")
    alembic(store, "0017", down=True)
    assert tables(store) == before
    assert accounts.every(store) == [account]
    migrate(store)
    assert preferences.preferences_of(store, account.id).digest
    store.close()
