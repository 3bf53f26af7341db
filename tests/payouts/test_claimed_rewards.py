"""A reward that was claimed for an account is paid once: no voucher lives beside the claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from payouts.deciding import issuer
from payouts.reconciling import pay_one
from payouts.sending import send_batch
from payouts.unclaiming import unclaim
from storage.store import audit
from storage.store.engine import Store
from storage.store.payouts import batches, guest_payouts
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.payout_codes import CLAIM_WITHDRAWN
from storage.store.rewards import vouchers
from storage.store.rewards.vouchers import VoucherRefused
from tests.payouts.world import SECRET, World


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path / "store.sqlite", store=store)


@pytest.mark.parametrize("paid", [False, True])
def test_a_claimed_reward_gets_no_new_voucher_whether_it_is_paid_or_not(world: World, paid: bool) -> None:
    reward = world.earn("acct_1")
    assert reward is not None
    if paid:
        world.settle()
    with pytest.raises(VoucherRefused, match="claimed for a bank account"):
        vouchers.replace(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="the guest asked")
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    assert voucher.state == "cancelled"
    assert world.broken() == []


def take_back(world: World, reward: str) -> list[str]:
    return unclaim(world.store, world.rail, reward, secret=SECRET, actor="anna", reason="the account is gone")


def lives(world: World, reward: str) -> str:
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    return voucher.state


def earned(world: World, account: str = "acct_1") -> str:
    reward = world.earn(account)
    assert reward is not None
    return reward


def test_a_claim_that_no_batch_holds_is_taken_back_and_the_voucher_is_as_good_as_any(world: World) -> None:
    reward = earned(world)
    assert take_back(world, reward) == [reward]
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    assert (voucher.state, voucher.number, voucher.amount_ore) == ("issued", 2, 3000)
    assert guest_payouts.of_reward(world.store, reward) is None
    told = vouchers.redeem(world.store, voucher.code_hash, cafe=voucher.cafe, actor="till", request="1").answer
    assert told == "redeemed"
    world.settle()
    assert world.rail.made == {}
    assert world.broken() == []
    (entry,) = [each for each in audit.recent(world.store, 20) if each.action == "reward.unclaim"]
    assert (entry.actor, entry.subject, entry.reason) == ("anna", reward, "the account is gone")


def test_a_payout_that_was_never_tried_is_taken_back_whole_and_nothing_of_it_is_sent(world: World) -> None:
    first, second = earned(world), earned(world)
    other = earned(world, "acct_2")
    world.pay()
    assert sorted(take_back(world, first)) == sorted([first, second])
    assert [lives(world, each) for each in (first, second, other)] == ["issued", "issued", "cancelled"]
    world.settle()
    assert [each.account for each in world.rail.made.values()] == ["acct_2"]
    assert [each.account for each in batches.instructions(world.store)] == ["acct_2"]
    assert world.broken() == []


def test_a_payout_that_was_refused_is_taken_back_and_cannot_be_tried_again(world: World) -> None:
    reward = earned(world)
    world.pay()
    world.approve_all()
    world.rail.unable.add("acct_1")
    world.pay()
    take_back(world, reward)
    world.rail.unable.clear()
    (payout,) = batches.instructions(world.store)
    assert (payout.state, payout.code) == ("refused", CLAIM_WITHDRAWN)
    pay_one(world.store, world.rail, payout.id, again=True, actor="anna")
    world.settle()
    assert world.rail.made == {}
    assert lives(world, reward) == "issued"
    assert world.broken() == []


@pytest.mark.parametrize(("reversed_ore", "given"), [(3000, True), (2999, False), (0, False)])
def test_what_was_sent_is_taken_back_only_where_all_of_it_came_back(
    world: World, reversed_ore: int, given: bool
) -> None:
    reward = earned(world)
    world.settle()
    if reversed_ore:
        world.rail.reverse("tr_1", reversed_ore)
    if given:
        take_back(world, reward)
    else:
        with pytest.raises(ClaimRefused, match="money was sent, or may have been"):
            take_back(world, reward)
    assert lives(world, reward) == ("issued" if given else "cancelled")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


@pytest.mark.parametrize("fault", ["answer_lost", "never_arrives"])
def test_what_may_have_come_through_is_not_taken_back(world: World, fault: str) -> None:
    reward = earned(world)
    world.pay()
    world.approve_all()
    (payout,) = batches.instructions(world.store)
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, payout.batch_id)
    with pytest.raises(ClaimRefused, match="may have been"):
        take_back(world, reward)
    assert lives(world, reward) == "cancelled"
    world.settle()
    assert world.broken() == []


def test_a_store_that_was_put_back_takes_nothing_back_that_was_paid_since(tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite")
    reward = earned(world)
    world.backup(tmp_path / "copy.sqlite")
    world.settle()
    world.restore(tmp_path / "copy.sqlite")
    with pytest.raises(ClaimRefused, match="money was sent"):
        take_back(world, reward)
    assert world.broken() == []


def test_only_what_is_claimed_on_this_rail_is_taken_back(world: World) -> None:
    unclaimed = world.earn(None)
    assert unclaimed is not None
    with pytest.raises(ClaimRefused, match="Nobody has claimed"):
        take_back(world, unclaimed)
    reward = earned(world)
    world.rail.name = "another"
    with pytest.raises(ClaimRefused, match="goes through memory"):
        take_back(world, reward)
    assert lives(world, reward) == "cancelled"
