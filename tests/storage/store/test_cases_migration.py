"""Revision 0017 adds the cases, and takes them away again, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pilot.identifiers import new_identifier
from storage.store.cafes.case_changes import open_case
from storage.store.cafes.cases import cases_of
from storage.store.cafes.feedback_labels import add_label, labels
from storage.store.engine import Store, make_engine
from storage.store.migrate import MIGRATIONS, migrate, revision
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
SESSION = new_identifier(at=NOON)
TABLES = {"cases", "case_history", "case_sessions", "case_verdicts"}


def alembic(store: Store, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        current = revision(connection) or "0000"
        (command.downgrade if to < current else command.upgrade)(config, to)


@pytest.fixture
def old_store(store_url: str) -> Iterator[Store]:
    """Yield a store at revision 0016 with one label."""
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, "0016")
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


def test_an_older_store_gets_cases_and_keeps_its_rows(old_store: Store) -> None:
    migrate(old_store)
    case = open_case(
        old_store, cafe="aurora", subject="queue", origin="manual", week=MONDAY, sessions=[SESSION], by="Anna"
    )
    assert cases_of(old_store, ["aurora"]) == [case]
    assert [each.session_id for each in labels(old_store)] == [SESSION]


def test_a_downgrade_leaves_what_was_there_before(old_store: Store) -> None:
    before = tables_and_functions(old_store)
    migrate(old_store)
    assert tables_and_functions(old_store) - before >= TABLES
    open_case(old_store, cafe="aurora", subject="queue", origin="manual", week=MONDAY, sessions=[SESSION], by="Anna")
    alembic(old_store, "0016")
    assert tables_and_functions(old_store) == before
    assert [each.session_id for each in labels(old_store)] == [SESSION]
    migrate(old_store)
    assert cases_of(old_store, ["aurora"]) == []
