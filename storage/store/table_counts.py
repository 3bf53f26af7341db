"""The number of rows of each of the store's tables."""

from __future__ import annotations

from sqlalchemy import func, inspect, select, table

from storage.store.engine import Store


def table_counts(store: Store) -> dict[str, int]:
    """Return the rows of each table that the store has, by name.

    Raises:
        StoreAway: the store does not answer.
    """
    with store.reading() as connection:
        names = sorted(inspect(connection).get_table_names())
        return {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}
