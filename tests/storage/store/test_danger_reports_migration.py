"""Revision 0014 adds the reported dangers, and takes them away again, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pilot.identifiers import new_identifier
from storage.store.cafes.danger_reports import DangerReport, add_report, reports_since
from storage.store.cafes.feedback_labels import add_label, labels
from storage.store.engine import Store, make_engine
from storage.store.migrate import MIGRATIONS, migrate, revision
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
SESSION = new_identifier(at=NOON)
REPORT = DangerReport(SESSION, 1, "aurora", MONDAY, False, "breathing", "now", "companion", NOON)


def alembic(store: Store, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        current = revision(connection) or "0000"
        (command.downgrade if to < current else command.upgrade)(config, to)


@pytest.fixture
def old_store(store_url: str) -> Iterator[Store]:
    """Yield a store at revision 0013 with one label."""
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, "0013")
    receipts.save(store, Receipt("hash", "K7M2QP", SESSION, "aurora", MONDAY, "sv", False, NOON, 71, True, "2026-11"))
    add_label(store, SESSION, useful=True, by="Anna", reason="read")
    yield store
    store.close()


def tables_and_functions(store: Store) -> set[str]:
    with store.reading() as connection:
        names = set(sa.inspect(connection).get_table_names())
        if connection.dialect.name == "postgresql":
            names |= set(
                connection.execute(sa.text("SELECT proname FROM pg_proc WHERE proname LIKE 'pilot_%'")).scalars()
            )
        else:
            names |= set(connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
    return names


def test_an_older_store_gets_reports_and_keeps_its_rows(old_store: Store) -> None:
    migrate(old_store)
    assert add_report(old_store, REPORT) is True
    assert reports_since(old_store, MONDAY) == [REPORT]
    assert [each.session_id for each in labels(old_store)] == [SESSION]


def test_a_downgrade_leaves_what_was_there_before(old_store: Store) -> None:
    before = tables_and_functions(old_store)
    migrate(old_store)
    assert "danger_reports" in tables_and_functions(old_store) - before
    add_report(old_store, REPORT)
    alembic(old_store, "0013")
    assert tables_and_functions(old_store) == before
    assert [each.session_id for each in labels(old_store)] == [SESSION]
    migrate(old_store)
    assert reports_since(old_store, MONDAY) == []
