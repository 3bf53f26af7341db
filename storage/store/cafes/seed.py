"""Seeds a store: every café gets a first code, once."""

from __future__ import annotations

from sqlalchemy import select

from pilot.cafes import Cafes
from storage.store.cafes.codes import Code, issue_within
from storage.store.engine import Store, serialise
from storage.store.schemas.core import codes

FIRST_LABEL = "table"
ACTOR = "seed"


def seed(store: Store, cafes: Cafes, *, actor: str = ACTOR) -> list[Code]:
    """Issue a code labelled `table` to each café that has never had one; repeated, it does nothing.

    A café whose code was retired gets none: a person decides on its next code.

    Returns:
        The newly issued codes.
    """
    with store.begin() as connection:
        serialise(connection, "seed")
        have = set(connection.execute(select(codes.c.cafe).where(codes.c.label == FIRST_LABEL)).scalars())
        return [
            issue_within(connection, cafe=cafe, label=FIRST_LABEL, actor=actor, at=store.now())
            for cafe in cafes.ids
            if cafe not in have
        ]
