"""Revision 0021 adds the tables of alerts to an older store and removes them, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage.store.alerts import episodes
from storage.store.alerts.episodes import Transition
from storage.store.engine import Store, make_engine
from storage.store.incidents import incidents
from storage.store.migrate import migrate
from tests.storage.store.test_cases_migration import alembic, tables_and_functions

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
OLD = "0020"


def test_an_older_store_keeps_its_incidents_and_the_step_is_reversible(store_url: str) -> None:
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, OLD)
    before = tables_and_functions(store)
    opened = incidents.open_incident(store, kind="down", severity=1, title="Down", cafes=["aurora"], actor="siv")
    migrate(store)
    assert {"alert_episodes", "alert_deliveries", "alert_silences", "alert_marks"} <= tables_and_functions(store)
    record = Transition("dip", "aurora", "medium", "x", "aurora", True, False, NOON)
    assert episodes.apply(store, [record, record], quiet_before=NOON) == 1
    alembic(store, OLD)
    assert tables_and_functions(store) == before
    assert incidents.latest(store) == [opened]
    migrate(store)
    assert episodes.latest(store) == []
    store.close()
