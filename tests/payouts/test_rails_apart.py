"""Rails are separate: a payout of one is never handled on another, whatever key is set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payouts.rail import Order
from payouts.reconciling import pay_one, reconcile
from payouts.sending import advance
from storage.store.engine import Store
from storage.store.payouts import batches, instruction_rows
from storage.store.payouts.attempts import of_instruction
from storage.store.payouts.instruction_rows import BatchRefused, Instruction
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World


class OtherRail(MemoryRail):
    """Another provider, without transfers."""

    name = "other"


def test_a_payout_of_one_rail_is_not_missing_on_another(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite", store=store)
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    done = reconcile(store, OtherRail(now=lambda: world.at), actor="test")
    assert (done.differences, done.agrees, done.ours_ore) == ((), True, {})


def by_hand(world: World, rail: MemoryRail, payout: Instruction) -> None:
    pay_one(world.store, rail, payout.id, retry_refused=True, actor="anna")


def by_schedule(world: World, rail: MemoryRail, payout: Instruction) -> None:
    advance(world.store, rail, payout)


@pytest.mark.parametrize("step", [by_hand, by_schedule])
def test_a_payout_is_sent_only_on_its_own_rail(
    store: Store, tmp_path: Path, step: Callable[[World, MemoryRail, Instruction], None]
) -> None:
    world = World(tmp_path / "store.sqlite", store=store)
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    (payout,) = batches.instructions(store)
    other = OtherRail(now=lambda: world.at)
    with pytest.raises(BatchRefused, match="is of the rail 'memory', and the key here is of 'other'"):
        step(world, other, payout)
    assert (other.made, of_instruction(store, payout.id)) == ({}, [])
    step(world, world.rail, payout)
    assert [each.state for each in batches.instructions(store)] == ["paid"]


def test_a_transfer_for_a_payout_of_another_rail_is_not_adopted(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite", store=store)
    world.earn("acct_1")
    world.pay()
    (payout,) = batches.instructions(store)
    with store.reading() as connection:
        rewards = tuple(each for each, *_ in instruction_rows.rewards_of(connection, payout.id))
    other = OtherRail(now=lambda: world.at)
    asked = other.parameters(
        instruction_id=payout.id, batch_id=payout.batch_id, account="acct_1", amount_ore=3000, reward_ids=rewards
    )
    other.send(Order(key="by another home", parameters=asked))
    (difference,) = reconcile(store, other, actor="test").differences
    assert difference.code == "not_ours"
    assert [each.state for each in batches.instructions(store)] == ["planned"]
