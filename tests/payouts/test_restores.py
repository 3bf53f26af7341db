"""A store restored from a backup of any age pays nothing twice and forgets no unexplained transfer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from payouts.rail import Order
from payouts.reconciling import LISTED_DAYS_BACK, reconcile
from storage.store.engine import Store
from storage.store.payouts import batches, reconciliations
from storage.store.payouts.reconciliations import Reconciliation
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import World

LONG = LISTED_DAYS_BACK + timedelta(days=5)  # backups may be kept for years
RAILS = pytest.mark.parametrize("rail", [MemoryRail, ByHandRail])


def paid(world: World) -> None:
    world.pay()
    world.approve_all()
    world.pay()


@RAILS
@pytest.mark.parametrize("copied", ["before the claim", "after the claim", "after another payment"])
def test_a_backup_older_than_the_listed_period_pays_nothing_twice(tmp_path: Path, copied: str, rail: type) -> None:
    world = World(tmp_path / "store.sqlite", rail=rail)
    if copied == "after another payment":
        world.earn("acct_2")
        paid(world)
        world.at += timedelta(days=1)
    reward = world.earn(None)
    if copied == "before the claim":
        world.backup(tmp_path / "copy")
    world.claim(reward, "acct_1")
    if copied != "before the claim":
        world.backup(tmp_path / "copy")
    paid(world)
    made = len(world.rail.made)
    world.at += LONG
    world.restore(tmp_path / "copy")
    done = world.settle()
    assert len(world.rail.made) == made
    assert [each.state for each in batches.instructions(world.store)] == ["paid"] * made
    assert done.agrees
    assert world.broken() == []


@RAILS
def test_an_unexplained_transfer_is_a_difference_until_it_is_reversed(tmp_path: Path, rail: type) -> None:
    world = World(tmp_path / "store.sqlite", rail=rail)
    world.earn("acct_1")
    paid(world)
    world.backup(tmp_path / "copy")
    world.at += timedelta(days=1)
    world.earn("acct_2")  # decided after the copy
    paid(world)
    lost = next(name for name, each in world.rail.made.items() if each.account == "acct_2")
    world.at += LONG
    world.restore(tmp_path / "copy")
    for _ in range(2):
        (difference,) = reconcile(world.store, world.rail, actor="test").differences
        assert (difference.code, difference.reference) == ("unknown_reward", lost)
        world.at += LONG
    world.rail.reverse(lost, 3000)
    assert reconcile(world.store, world.rail, actor="test").agrees


def test_a_transfer_by_others_is_a_difference_only_while_recent(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite", store=store)
    asked = world.rail.parameters(
        instruction_id="by hand", batch_id="none", account="acct_1", amount_ore=3000, reward_ids=("none",)
    )
    world.rail.send(Order(key="by hand", parameters=asked))
    for _ in range(2):
        (difference,) = reconcile(store, world.rail, actor="test").differences
        assert difference.code == "not_ours"
        world.at += LISTED_DAYS_BACK - timedelta(days=10)
    world.at += timedelta(days=10)
    assert reconcile(store, world.rail, actor="test").agrees


@RAILS
def test_transfers_are_listed_back_to_the_oldest_waiting_claim(store: Store, tmp_path: Path, rail: type) -> None:
    world = World(tmp_path / "store.sqlite", store=store, rail=rail)
    reward = world.earn("acct_1")
    batch = f"{world.rail.name}-{world.today}-simulated"
    world.restored = True
    asked = world.rail.parameters(
        instruction_id=f"{batch}-0123456789ab", batch_id=batch, account="acct_1", amount_ore=3000, reward_ids=(reward,)
    )
    world.rail.send(Order(key="lost", parameters=asked))  # from a store that was lost since
    world.at += LONG
    # A reconciliation of a shorter period missed it.
    reconciliations.save(store, Reconciliation(world.rail.name, world.at, "test", True, 0, [], {}, {}))
    assert reconcile(world.store, world.rail, actor="test").adopted == 1
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []
