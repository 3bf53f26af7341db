"""A world on the fake's rail, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.store.engine import Store
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import World


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path / "store.sqlite", store=store, rail=ByHandRail)
