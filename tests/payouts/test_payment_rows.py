"""The counts of payments by their final outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from payouts.voucher_codes import voucher_code, voucher_hash
from storage.store import outbox
from storage.store.engine import Store
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import batches, payment_facts, payment_rows, payout_rows
from storage.store.rewards import voucher_failures, vouchers
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import SECRET, World


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path / "store.sqlite", store=store, rail=MemoryRail)


def counts(world: World, rail: str) -> dict[str, int]:
    rows = payment_rows.of_day(world.store, world.today).filter(pl.col("rail") == rail)
    assert rows["simulated"].all()  # test clients, and rails that move no money
    return {name: int(rows[name].sum()) for name in payment_rows.COUNTS}


def code(reward_id: str | None) -> str:
    assert reward_id is not None
    return voucher_hash(SECRET, voucher_code(SECRET, reward_id, 1))


def redeem(world: World, reward_id: str | None) -> str:
    cafe = vouchers.of_reward(world.store, str(reward_id))
    assert cafe is not None
    return vouchers.redeem(world.store, code(reward_id), cafe=cafe.cafe, actor="till", request="1").answer


def fail_to_redeem(world: World, reward_id: str | None) -> bool:
    voucher = vouchers.of_reward(world.store, str(reward_id))
    assert voucher is not None
    return voucher_failures.record(world.store, code(reward_id), cafe=voucher.cafe, why="store_away", at=world.at)


def test_a_valid_voucher_failed_unless_it_was_redeemed_later(
    world: World,
) -> None:
    first, second, third = (world.earn(None) for _ in range(3))
    assert counts(world, "voucher")["issued"] == 3
    assert fail_to_redeem(world, first)
    assert fail_to_redeem(world, first)
    assert fail_to_redeem(world, second)
    world.at += timedelta(minutes=1)
    assert redeem(world, second) == "redeemed"
    assert redeem(world, third) == "redeemed"
    found = counts(world, "voucher")
    assert (found["succeeded"], found["failed"], found["succeeded_ore"]) == (2, 1, 6000)
    assert not fail_to_redeem(world, third)  # redeemed before: not a valid voucher
    assert voucher_failures.record(world.store, "unknown", cafe="aurora", why="store_away", at=world.at) is False
    ended = payment_facts.final_outcomes(world.store, since=world.at - timedelta(hours=1))
    assert sorted(each.failed for each in ended) == [False, False, True]


def test_an_expired_voucher_is_neither_success_nor_failure(world: World) -> None:
    reward = world.earn(None)
    voucher = vouchers.of_reward(world.store, str(reward))
    assert voucher is not None
    world.at = voucher.expires_at
    vouchers.expire_due(world.store)
    found = counts(world, "voucher")
    assert (found["succeeded"], found["failed"], found["expired"]) == (0, 0, 1)
    _, days = outbox.touched_days(world.store, after=0)
    assert world.today in days


def test_a_refused_payout_paid_later_is_one_success(world: World) -> None:
    world.earn("acct_1")
    world.earn("acct_2")
    world.pay()
    world.approve_all()
    world.rail.unable.add(batches.instructions(world.store)[0].account)
    world.rail.faults.extend(["none", "never_arrives"])
    world.pay()
    found = counts(world, "memory")
    states = sorted(each.state for each in batches.instructions(world.store))
    assert states == ["in_flight", "refused"]
    assert (found["succeeded"], found["failed"], found["open"], found["issued"]) == (0, 1, 1, 2)
    world.rail.unable.clear()
    from payouts.reconciling import pay_one

    (refused,) = (each for each in batches.instructions(world.store) if each.state == "refused")
    pay_one(world.store, world.rail, refused.id, retry_refused=True, actor="anna")
    world.pay()
    found = counts(world, "memory")
    assert (found["succeeded"], found["failed"], found["open"]) == (2, 0, 0)


def test_batches_payouts_and_audit_are_copied_to_the_ore(world: World) -> None:
    world.earn("acct_1")
    world.earn("acct_2")
    world.pay()
    world.approve_all()
    world.pay()
    (batch,) = payout_rows.batches_of_day(world.store, world.today).to_dicts()
    assert (batch["payouts"], batch["amount_ore"], batch["paid_ore"], batch["unfinished"]) == (2, 6000, 6000, 0)
    payouts = payout_rows.payouts_of_day(world.store, world.today)
    assert payouts.select("state", "attempts", "rewards", "amount_ore").unique().to_dicts() == [
        {"state": "paid", "attempts": 1, "rewards": 1, "amount_ore": 3000}
    ]
    audit = payout_rows.audit_of_day(world.store, world.today, facts=audit_money(world.store))
    assert audit.select("scope", "ours_ore", "theirs_ore", "agrees").sort("scope").rows() == [
        ("batch", 6000, 6000, True),
        ("facts", 0, 0, True),
        ("total", 6000, 6000, True),
    ]
    made = world.rail.made["tr_1"]
    world.rail.made["tr_1"] = replace(made, amount_ore=made.amount_ore - 1)
    world.pay()
    total = payout_rows.audit_of_day(world.store, world.today, facts=audit_money(world.store)).filter(
        pl.col("scope") == "total"
    )
    assert total.select("ours_ore", "theirs_ore", "differences", "agrees").row(0) == (6000, 5999, 1, False)
