"""Seeding: what a home needs before the first customer comes."""

from __future__ import annotations

from storage.home import Home
from storage.store import codes
from storage.store.codes import Code

FIRST_LABEL = "counter"
ACTOR = "pilot seed"


def seed(home: Home) -> list[Code]:
    """Give every café a code where it has none; return the active codes in the cafés' order. Idempotent.

    Raises:
        InvalidCafes: the cafés' file cannot be used.
        StoreAway: the store does not answer.
    """
    cafes, store = home.cafes(), home.store()
    have = {code.cafe for code in codes.active(store)}
    for cafe in cafes.cafe:
        if cafe.id not in have:
            codes.issue(store, cafe=cafe.id, label=FIRST_LABEL, actor=ACTOR)
    order = {cafe_id: place for place, cafe_id in enumerate(cafes.ids)}
    return sorted(codes.active(store), key=lambda code: (order.get(code.cafe, len(order)), code.label, code.code))
