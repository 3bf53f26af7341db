"""Whether a reward is paid, at each step of its way, without the guest's account or bank."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from payouts.deciding import issuer
from payouts.paid_state import OF_SUPPORT, PaidCode, paid_state
from payouts.payout_status import PAYOUT_STATUSES
from pilot.words import section
from storage.store.migrate import migrate
from storage.store.payouts import batches
from storage.store.rewards import decisions, freezing, vouchers
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import SECRET, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "store.sqlite", rail=MemoryRail)
    migrate(made.store)
    return made


def code(world: World, reward: str | None) -> PaidCode:
    return paid_state(world.store, decisions.find(world.store, world.session_of[str(reward)])).code


def test_a_voucher_is_valid_redeemed_frozen_or_lapsed(world: World) -> None:
    assert paid_state(world.store, None).code == "undecided"
    reward, frozen, lapsed = world.earn(None), world.earn(None), world.earn(None)
    assert code(world, reward) == "voucher"
    world.redeem(str(reward))
    assert code(world, reward) == "redeemed"
    with world.store.begin() as connection:
        freezing.freeze(connection, [str(frozen)], at=world.at)
    assert code(world, frozen) == "frozen"
    world.at += timedelta(days=100)
    assert code(world, lapsed) == "expired"  # before the watch expires it, and after
    vouchers.expire_due(world.store)
    assert code(world, lapsed) == "expired"


def test_a_held_and_a_refused_reward_are_not_paid(world: World) -> None:
    held = world.earn(None, held=True)
    assert code(world, held) == "review"
    session = world.session_of[str(held)]
    decisions.rule(world.store, session, release=False, issuer=issuer(SECRET), actor="anna", reason="copy")
    assert code(world, held) == "no_reward"


def test_a_payout_is_on_its_way_or_waits_for_support_or_the_guest(world: World) -> None:
    reward = world.earn("acct_1")
    world.pay()
    assert code(world, reward) == "on_its_way"
    (payout,) = batches.instructions(world.store)
    batches.hold(world.store, payout.id, held=True, actor="anna", reason="doubt")
    assert code(world, reward) == "support_acts"
    batches.hold(world.store, payout.id, held=False, actor="anna", reason="none")
    world.rail.unable.add("acct_1")
    world.approve_all()
    world.pay()
    assert code(world, reward) == "guest_acts"


def test_every_state_has_words_and_names_known_statuses() -> None:
    words = section("help", "sv")
    assert [each for each in get_args(PaidCode) if f"paid.{each}" not in words] == []
    assert set(PAYOUT_STATUSES) >= OF_SUPPORT
