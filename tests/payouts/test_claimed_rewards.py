"""A reward that was claimed for an account is paid once: no voucher lives beside the claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from payouts.deciding import issuer
from storage.store import vouchers
from storage.store.engine import Store
from storage.store.vouchers import VoucherRefused
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
