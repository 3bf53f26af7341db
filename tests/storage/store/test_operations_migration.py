"""Revision 0020 keeps an older store's switches and paused cafés, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from storage.store.cafes import cafe_states, switches
from storage.store.engine import Store, make_engine
from storage.store.incidents import incidents
from storage.store.migrate import migrate
from tests.storage.store.test_cases_migration import alembic, tables_and_functions

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
OLD = "0019"


def test_an_older_stores_switches_and_pauses_are_kept_and_the_step_is_reversible(store_url: str) -> None:
    store = Store(make_engine(store_url), now=lambda: NOON)
    alembic(store, OLD)
    with store.begin() as connection:
        values = "true, 'new disk', 'siv', '2026-11-23 11:00:00.000000+00:00'"
        if connection.dialect.name == "sqlite":
            values = values.replace("+00:00", "")
        connection.execute(sa.text(f"INSERT INTO switches VALUES ('maintenance', {values})"))
        columns = "(paused, reason, actor, changed_at, cafe)"
        connection.execute(sa.text(f"INSERT INTO cafe_states {columns} VALUES ({values}, 'aurora')"))
    before = tables_and_functions(store)
    migrate(store)
    found = switches.find(store, "maintenance")
    assert (found.is_on, found.reason, found.changed_at, found.until) == (True, "new disk", NOON, None)
    state = cafe_states.find(store, "aurora")
    assert (state.paused, state.reason, state.shown_sv) == (True, "new disk", None)
    incidents.open_incident(store, kind="down", severity=1, title="Down", cafes=["aurora"], actor="siv")
    assert {"incidents", "incident_entries", "incident_notices"} <= tables_and_functions(store)
    alembic(store, OLD)
    assert tables_and_functions(store) == before
    with store.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM switches")).scalar_one() == 1
    migrate(store)
    assert switches.find(store, "maintenance").is_on and incidents.latest(store) == []
    store.close()
