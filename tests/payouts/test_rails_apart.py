"""Rails are kept apart: what was paid on one is no business of another, whichever key a shell has."""

from __future__ import annotations

from pathlib import Path

from payouts.memory_rail import MemoryRail
from payouts.reconciling import reconcile
from storage.store.engine import Store
from tests.payouts.world import World


class OtherRail(MemoryRail):
    """Another provider, that has nothing."""

    name = "other"


def test_what_was_paid_on_one_rail_is_not_missed_on_another(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite", store=store)
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    done = reconcile(store, OtherRail(now=lambda: world.at), actor="test")
    assert (done.differences, done.agrees, done.ours_ore) == ((), True, {})
