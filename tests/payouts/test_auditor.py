"""The auditor on both engines: no finding in any valid history, and one for each broken fact."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from payouts.deciding import issuer
from storage.store.engine import Store
from storage.store.ledger.auditor import FACTS, audit_money
from storage.store.rewards import decisions, vouchers
from tests.payouts.test_deciding import NOON, SECRET, Clock, candidate, code_of, decide
from tests.payouts.world import World

(
    OWED,
    PROVIDER,
    REVERSED,
    MONEY,
    CLAIMED,
    SUM,
    ATTEMPT,
    CAFES,
    PROMISED,
    ONE_LIVES,
    PAID_ONCE,
    VOUCHER_FITS,
    BOOKING_FITS,
    RULED,
) = FACTS


@pytest.fixture
def lived(store: Store) -> Store:
    """A store in which rewards of every kind went through every state."""
    clock = Clock()
    store.now = clock
    held = [candidate(held_until=NOON + timedelta(days=7), reasons=("ring",)) for _ in range(3)]
    redeemed, undone, replaced, issued = decide(store, *(candidate() for _ in range(4)))
    decide(store, *held, candidate(score=40, counted_score=40))
    for each, release in zip(held, (True, False), strict=False):
        decisions.rule(store, each.session_id, release=release, issuer=issuer(SECRET), actor="anna", reason="seen")
    for each in (redeemed, undone):
        vouchers.redeem(store, code_of(store, each), cafe="aurora", actor="till", request="1")
    vouchers.undo(store, code_of(store, undone), cafe="aurora", actor="till")
    vouchers.replace(store, replaced.reward_id, issuer=issuer(SECRET), actor="support", reason="lost")
    clock.at += timedelta(days=91)
    vouchers.expire_due(store)
    vouchers.replace(store, issued.reward_id, issuer=issuer(SECRET), actor="support", reason="was abroad")
    return store


def test_the_auditor_finds_nothing_in_correct_books(lived: Store) -> None:
    assert audit_money(lived) == []


LINES = "reward_id, cafe, simulated, debit, credit, amount_ore, booked_at"
SABOTAGE = {
    "a redemption that was never booked": (
        "UPDATE vouchers SET state = 'redeemed', redeemed_at = issued_at WHERE state = 'issued'",
        {OWED, CAFES},
    ),
    "a booking made twice": (
        f"INSERT INTO ledger (entry, {LINES}) SELECT 'again:' || entry, {LINES} FROM ledger WHERE id = 1",
        {OWED},
    ),
    "a booking of another amount": (
        "INSERT INTO ledger (entry, reward_id, cafe, simulated, debit, credit, amount_ore, booked_at) "
        "SELECT 'less:' || entry, reward_id, cafe, simulated, debit, credit, 1, booked_at FROM ledger WHERE id = 1",
        {OWED, BOOKING_FITS},
    ),
    "a voucher out of nowhere": (
        "INSERT INTO vouchers (code_hash, reward_id, number, cafe, simulated, amount_ore, state, issued_at, expires_at)"
        " SELECT 'x', 'nobody', 1, cafe, simulated, amount_ore, 'issued', issued_at, expires_at FROM vouchers"
        " WHERE number = 2 AND state = 'issued'",
        {VOUCHER_FITS},
    ),
    "a voucher that vanished": ("DELETE FROM vouchers WHERE state = 'redeemed'", {CAFES, PROMISED}),
    "a voucher moved to another café": (
        "UPDATE vouchers SET cafe = 'goteborg' WHERE state = 'redeemed'",
        {VOUCHER_FITS},
    ),
    "a ruling on what was not held": (
        "INSERT INTO reward_rulings (reward_id, released, actor, reason, ruled_at) "
        "SELECT reward_id, false, 'x', 'x', decided_at FROM reward_decisions WHERE outcome = 'declined'",
        {RULED},
    ),
}


@pytest.mark.parametrize("named", SABOTAGE)
def test_the_auditor_reports_each_sabotage_of_vouchers_and_ledger(lived: Store, named: str) -> None:
    statement, facts = SABOTAGE[named]
    with lived.engine.begin() as connection:
        connection.execute(text(statement))
    assert {each.fact for each in audit_money(lived)} == facts


def test_the_auditor_reports_two_live_vouchers_without_the_index(lived: Store) -> None:
    with lived.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_vouchers_live"))
        connection.execute(text("UPDATE vouchers SET state = 'issued' WHERE number = 1 AND state = 'expired'"))
    assert ONE_LIVES in {each.fact for each in audit_money(lived)}


PAYOUT_SABOTAGE = {
    "a transfer forgotten": ("UPDATE payout_instructions SET state = 'planned'", {PROVIDER, OWED, ATTEMPT}),
    "a payout of another amount": ("UPDATE payout_instructions SET amount_ore = amount_ore + 1", {PROVIDER, SUM}),
    "a claimed voucher brought back to life": ("UPDATE vouchers SET state = 'issued'", {CLAIMED, OWED}),
    "an attempt rewritten": ("UPDATE payout_attempts SET outcome = 'refused'", {ATTEMPT}),
    "money that a test moved": (
        "INSERT INTO ledger (entry, reward_id, cafe, simulated, debit, credit, amount_ore, booked_at) "
        "SELECT 'there:' || entry, reward_id, cafe, simulated, 'rewards_owed', 'provider_balance', amount_ore, booked_at "
        "FROM ledger WHERE debit = 'rewards_expense' UNION ALL "
        "SELECT 'back:' || entry, reward_id, cafe, simulated, 'provider_balance', 'rewards_owed', amount_ore, booked_at "
        "FROM ledger WHERE debit = 'rewards_expense'",
        {MONEY},
    ),
    "a reversal that was never booked": (
        "INSERT INTO payout_reversals (instruction_id, reversed_ore, at) "
        "SELECT id, 100, changed_at FROM payout_instructions",
        {PROVIDER},
    ),
    "a reversal of more than there was": (
        "INSERT INTO payout_reversals (instruction_id, reversed_ore, at) "
        "SELECT id, amount_ore + 1, changed_at FROM payout_instructions",
        {PROVIDER, REVERSED},
    ),
    "a payout called reversed of which nothing came back": (
        "UPDATE payout_instructions SET state = 'reversed'",
        {REVERSED},
    ),
    "a reward paid to the bank and at the till": (
        "INSERT INTO ledger (entry, reward_id, cafe, simulated, debit, credit, amount_ore, booked_at) "
        "SELECT 'again:' || entry, reward_id, cafe, simulated, debit, credit, amount_ore, booked_at "
        "FROM ledger WHERE debit = 'rewards_expense' UNION ALL "
        "SELECT 'till:' || entry, reward_id, cafe, simulated, 'rewards_owed', 'owed_to_cafes', amount_ore, booked_at "
        "FROM ledger WHERE debit = 'rewards_expense'",
        {CAFES, PAID_ONCE},
    ),
    "a claim of another recipient": ("UPDATE payout_claims SET recipient_id = (SELECT MAX(id) FROM recipients)", {SUM}),
}


@pytest.mark.parametrize("named", PAYOUT_SABOTAGE)
def test_the_auditor_reports_each_sabotage_of_payouts(store: Store, tmp_path: Path, named: str) -> None:
    world = World(tmp_path / "unused", store=store)
    world.earn("acct_1")
    world.earn("acct_2")
    assert world.settle().agrees
    assert audit_money(store) == []
    statement, facts = PAYOUT_SABOTAGE[named]
    with store.engine.begin() as connection:
        connection.execute(text(statement))
    assert {each.fact for each in audit_money(store)} == facts


def test_a_partial_reversal_is_owed_again_and_must_be_booked(store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "unused", store=store)
    for _ in range(2):
        world.earn("acct_1")
    world.settle()
    world.rail.reverse("tr_1", 4000)
    assert world.pay().agrees
    assert audit_money(store) == []
    with store.engine.begin() as connection:
        owed = connection.execute(
            text("SELECT SUM(amount_ore) FROM ledger WHERE credit = 'rewards_owed' AND debit LIKE 'provider%'")
        )
        assert owed.scalar_one() == 4000
        connection.execute(text("UPDATE payout_reversals SET reversed_ore = 3999"))
    assert {each.fact for each in audit_money(store)} == {PROVIDER}
