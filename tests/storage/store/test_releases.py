"""An earlier release's store is opened and taken back with its rows; migrations only expand."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.errors import StoreUnusable
from storage.store import audit
from storage.store.engine import Store, make_engine
from storage.store.migrate import HEAD, MIGRATIONS, migrate, revision
from storage.store.rollback import ROLLED_BACK, revisions, roll_back

pytestmark = pytest.mark.usefixtures("real_migrations")

NOON = datetime(2026, 11, 30, 11, tzinfo=UTC)
PREVIOUS = revisions()[-2]
CONTRACTS = re.compile(r"drop_table|drop_column|alter_column|rename_table|new_column_name|RENAME|DROP (?:TABLE|COLUMN)")
# Released before the rule; each says in its text what it replaces.
BEFORE_THE_RULE = {"0008", "0012"}


def opened(url: str) -> Store:
    return Store(make_engine(url), now=lambda: NOON)


def shape(store: Store) -> dict[str, set[str]]:
    with store.reading() as connection:
        found = sa.inspect(connection)
        return {name: {each["name"] for each in found.get_columns(name)} for name in found.get_table_names()}


def back(store: Store, to: str = PREVIOUS, *, rehearse: bool = False) -> dict[str, int]:
    return roll_back(store, to, rehearse=rehearse, actor="lo", reason="a drill", at=NOON)


def test_an_earlier_store_is_opened_taken_back_and_opened_again_with_its_rows(store_url: str) -> None:
    store = opened(store_url)
    migrate(store)
    back(store)
    before = shape(store)
    with store.begin() as connection:
        audit.record(connection, actor="earlier", action="note", subject="kept", at=NOON)
    migrate(store)
    assert {name: columns - shape(store)[name] for name, columns in before.items()} == {name: set() for name in before}
    back(store)
    assert shape(store) == before
    actions = [each.action for each in reversed(audit.recent(store, 9))]
    assert actions == [ROLLED_BACK, "note", ROLLED_BACK]
    migrate(store)
    with store.reading() as connection:
        assert revision(connection) == HEAD
    store.close()


def test_a_rehearsal_names_what_would_be_lost_and_changes_nothing(store_url: str) -> None:
    store = opened(store_url)
    migrate(store)
    before = shape(store)
    lost = back(store, rehearse=True)
    assert shape(store) == before
    assert audit.recent(store, 9) == []
    done = back(store)
    assert done == lost
    assert set(lost) == set(before) - set(shape(store))
    store.close()


@pytest.mark.parametrize("to", [HEAD, "9999", "", "../x"])
def test_only_an_earlier_revision_is_accepted(store_url: str, to: str) -> None:
    store = opened(store_url)
    migrate(store)
    with pytest.raises(StoreUnusable, match="is no revision before"):
        back(store, to)
    store.close()


@pytest.mark.parametrize(
    "path", sorted((Path(MIGRATIONS) / "versions").glob("[0-9]*.py")), ids=lambda path: path.name[:4]
)
def test_a_migration_only_expands_and_can_be_taken_back(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    upgrade = text[text.index("def upgrade") : text.index("def downgrade")]
    assert path.name[:4] in BEFORE_THE_RULE or CONTRACTS.findall(upgrade) == []
    body = text[text.index("def downgrade") :]
    assert "op." in body or "_" in body.split(":", 1)[1]
