"""Seeds a home with each café's first code."""

from __future__ import annotations

from storage.home import Home
from storage.store.cafes import codes
from storage.store.cafes import seed as store_seed
from storage.store.cafes.codes import Code


def seed(home: Home) -> list[Code]:
    """Create a code for each café that never had one; return the active codes in the cafés' order.

    Raises:
        InvalidCafes: the cafés' file cannot be used.
        StoreAway: the store does not answer.
    """
    cafes, store = home.cafes(), home.store()
    store_seed.seed(store, cafes, actor="pilot seed")
    order = {cafe_id: place for place, cafe_id in enumerate(cafes.ids)}
    return sorted(codes.active(store), key=lambda code: (order.get(code.cafe, len(order)), code.label, code.code))
