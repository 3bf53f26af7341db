"""The decisions as rows of the lake's table `rewards`."""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import select

from pilot.lake_tables.money_tables import REWARDS
from storage.lake_schema import conform, polars_schema
from storage.store.engine import Store
from storage.store.privacy.money_erasure import PSEUDONYM
from storage.store.schemas.core import tombstones
from storage.store.schemas.money import reward_decisions, reward_rulings


def of_day(store: Store, day: date) -> pl.DataFrame:
    """Return the REWARDS rows of a business day, without erased sessions."""
    joined = reward_decisions.outerjoin(reward_rulings, reward_rulings.c.reward_id == reward_decisions.c.reward_id)
    columns = [reward_rulings.c.released if name == "released" else reward_decisions.c[name] for name in REWARDS.names]
    erased = select(tombstones.c.session_id).where(tombstones.c.day == day)
    query = (
        select(*columns)
        .select_from(joined)
        .where(
            reward_decisions.c.day == day,
            reward_decisions.c.session_id.not_in(erased),
            reward_decisions.c.session_id.not_like(f"{PSEUDONYM}%"),
        )
        .order_by(reward_decisions.c.session_id)
    )
    with store.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return conform(REWARDS, pl.DataFrame(rows, schema=polars_schema(REWARDS), orient="row"))
