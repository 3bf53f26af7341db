"""A claimed reward is paid once: no voucher is valid beside its claim."""

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
def test_a_claimed_reward_gets_no_new_voucher_paid_or_not(world: World, paid: bool) -> None:
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


def withdraw(world: World, reward: str) -> list[str]:
    return unclaim(world.store, world.rail, reward, secret=SECRET, actor="anna", reason="the account is gone")


def voucher_state(world: World, reward: str) -> str:
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    return voucher.state


def earned(world: World, account: str = "acct_1") -> str:
    reward = world.earn(account)
    assert reward is not None
    return reward


def test_withdrawing_a_claim_without_a_batch_issues_a_valid_voucher(world: World) -> None:
    reward = earned(world)
    assert withdraw(world, reward) == [reward]
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    assert (voucher.state, voucher.number, voucher.amount_ore) == ("issued", 2, 3000)
    assert guest_payouts.of_reward(world.store, reward) is None
    answer = vouchers.redeem(world.store, voucher.code_hash, cafe=voucher.cafe, actor="till", request="1").answer
    assert answer == "redeemed"
    world.settle()
    assert world.rail.made == {}
    assert world.broken() == []
    (entry,) = [each for each in audit.recent(world.store, 20) if each.action == "reward.unclaim"]
    assert (entry.actor, entry.subject, entry.reason) == ("anna", reward, "the account is gone")


def test_withdrawing_an_untried_payout_withdraws_all_its_claims(world: World) -> None:
    first, second = earned(world), earned(world)
    other = earned(world, "acct_2")
    world.pay()
    assert sorted(withdraw(world, first)) == sorted([first, second])
    assert [voucher_state(world, each) for each in (first, second, other)] == ["issued", "issued", "cancelled"]
    world.settle()
    assert [each.account for each in world.rail.made.values()] == ["acct_2"]
    assert [each.account for each in batches.instructions(world.store)] == ["acct_2"]
    assert world.broken() == []


def test_a_withdrawn_refused_payout_cannot_be_retried(world: World) -> None:
    reward = earned(world)
    world.pay()
    world.approve_all()
    world.rail.unable.add("acct_1")
    world.pay()
    withdraw(world, reward)
    world.rail.unable.clear()
    (payout,) = batches.instructions(world.store)
    assert (payout.state, payout.code) == ("refused", CLAIM_WITHDRAWN)
    pay_one(world.store, world.rail, payout.id, retry_refused=True, actor="anna")
    world.settle()
    assert world.rail.made == {}
    assert voucher_state(world, reward) == "issued"
    assert world.broken() == []


@pytest.mark.parametrize(("reversed_ore", "given"), [(3000, True), (2999, False), (0, False)])
def test_a_sent_claim_is_withdrawn_only_after_a_full_reversal(world: World, reversed_ore: int, given: bool) -> None:
    reward = earned(world)
    world.settle()
    if reversed_ore:
        world.rail.reverse("tr_1", reversed_ore)
    if given:
        withdraw(world, reward)
    else:
        with pytest.raises(ClaimRefused, match="money was sent, or may have been"):
            withdraw(world, reward)
    assert voucher_state(world, reward) == ("issued" if given else "cancelled")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


@pytest.mark.parametrize("fault", ["answer_lost", "never_arrives"])
def test_a_payout_of_unknown_outcome_is_not_withdrawn(world: World, fault: str) -> None:
    reward = earned(world)
    world.pay()
    world.approve_all()
    (payout,) = batches.instructions(world.store)
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, payout.batch_id)
    with pytest.raises(ClaimRefused, match="may have been"):
        withdraw(world, reward)
    assert voucher_state(world, reward) == "cancelled"
    world.settle()
    assert world.broken() == []


def test_a_restored_store_withdraws_nothing_paid_since_the_backup(tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite")
    reward = earned(world)
    world.backup(tmp_path / "copy.sqlite")
    world.settle()
    world.restore(tmp_path / "copy.sqlite")
    with pytest.raises(ClaimRefused, match="money was sent"):
        withdraw(world, reward)
    assert world.broken() == []


def test_only_claims_of_the_same_rail_are_withdrawn(world: World) -> None:
    unclaimed = world.earn(None)
    assert unclaimed is not None
    with pytest.raises(ClaimRefused, match="Nobody has claimed"):
        withdraw(world, unclaimed)
    reward = earned(world)
    world.rail.name = "another"
    with pytest.raises(ClaimRefused, match="goes through memory"):
        withdraw(world, reward)
    assert voucher_state(world, reward) == "cancelled"
