"""Opens a store: creates its engine and migrates it to this program's version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import URL

from storage.store.engine import Store, make_engine, now_utc
from storage.store.migrate import migrate


def open_store(url: str | URL, *, now: Callable[[], datetime] = now_utc) -> Store:
    """Open the store at `url` and migrate it to this program's version.

    Args:
        url: SQLite or PostgreSQL; `postgresql://` uses psycopg2.
        now: The clock.

    Raises:
        StoreAway: it does not answer.
        StoreUnusable: it is damaged, of a newer version, or another kind of database.
    """
    store = Store(make_engine(url), now=now)
    migrate(store)
    return store
