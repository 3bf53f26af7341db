"""Every frozen reward can be resolved by a person, once the provider's books are known."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from payouts.deciding import issuer
from storage.store.payouts import batches, unclaims
from storage.store.payouts.recovery import RecoveryRefused, book_as_redeemed, release_reward
from storage.store.rewards import freezing, redemptions
from tests.payouts.world import SECRET, World


def in_flight_at_the_backup(tmp_path: Path) -> tuple[World, str, Path]:
    world = World(tmp_path / "store.sqlite")
    reward = world.earn("acct")
    assert reward is not None
    world.pay()
    world.approve_all()
    world.rail.faults.append("never_arrives")
    world.pay()
    copy = tmp_path / "copy"
    world.backup(copy)
    return world, reward, copy


def found_redeemed(world: World, reward: str) -> None:
    book_as_redeemed(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="on the list")


def test_a_refused_booking_keeps_nothing_and_the_reward_can_be_released(tmp_path: Path) -> None:
    world, reward, copy = in_flight_at_the_backup(tmp_path)
    world.restore(copy)
    with pytest.raises(RecoveryRefused, match="may have been"):
        found_redeemed(world, reward)
    assert redemptions.kept_redemptions_of(world.store) == []
    assert release_reward(world.store, reward, actor="anna", reason="a mistake")
    assert freezing.frozen_rewards_of(world.store) == []
    assert world.broken() == []


@pytest.mark.parametrize("resolved", ["booked", "unclaimed"])
def test_a_redeemed_reward_with_an_absent_payout_can_be_resolved(tmp_path: Path, *, resolved: str) -> None:
    world, reward, copy = in_flight_at_the_backup(tmp_path)
    world.rail.unable.add("acct")
    world.pay()
    unclaims.unclaim(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="gone")
    assert world.redeem(reward, number=2) == "redeemed"
    world.export()
    world.restore(copy)
    assert not release_reward(world.store, reward, actor="anna", reason="on no list")
    world.at += timedelta(days=2)  # the key has expired
    world.pay()
    assert [each.state for each in batches.instructions(world.store)] == ["needs_review"]
    if resolved == "booked":
        found_redeemed(world, reward)
    else:
        unclaims.unclaim(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="absent")
    assert world.redeem(reward, number=2) == "already_redeemed"
    assert redemptions.kept_redemptions_of(world.store) == []
    assert freezing.frozen_rewards_of(world.store) == []
    assert world.rail.made == {}
    assert world.broken() == []


def test_a_persons_hold_outlasts_the_restores_hold(tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite")
    reward = world.earn("acct")
    assert reward is not None
    world.pay()
    world.backup(tmp_path / "copy")
    world.restore(tmp_path / "copy")
    (payout,) = batches.instructions(world.store)
    assert payout.code == "restored"
    batches.hold(world.store, payout.id, held=True, actor="anna", reason="suspicious")
    assert release_reward(world.store, reward, actor="bo", reason="on no list")
    (payout,) = batches.instructions(world.store)
    assert (payout.state, payout.code) == ("held", "held_by_person")
    batches.hold(world.store, payout.id, held=False, actor="anna", reason="cleared")
    assert batches.find_instruction(world.store, payout.id).state == "planned"
