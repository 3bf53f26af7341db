"""The provider's tables: events once, the newest status, onboardings that are claimed or lapse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pilot.business_days import business_day
from storage.store.engine import Store
from storage.store.payouts import (
    claims,
    onboardings,
    payment_facts,
    provider_events,
    recipient_devices,
    recipient_statuses,
)
from storage.store.payouts.provider_events import MOST_TRIES, ProviderEvent
from storage.store.payouts.recipient_statuses import BankPayout, RecipientStatus
from storage.store.rewards import vouchers
from tests.payouts import assertions
from tests.payouts.test_deciding import NOON, Clock, candidate, code_of, decide


@pytest.fixture
def clocked(store: Store) -> Store:
    store.now = Clock()
    return store


def event(name: str, *, made_at=NOON) -> ProviderEvent:
    return ProviderEvent(name, "stripe_fake", "transfer.created", "tr_1", "", made_at)


def recipient(store: Store, account: str = "acct_1") -> claims.Recipient:
    return claims.recipient(store, rail="stripe_fake", account=account, simulated=True)


def status(
    who: claims.Recipient, *, at=NOON, transfers: recipient_statuses.Transfers = "active", bank="f1"
) -> RecipientStatus:
    return RecipientStatus(who.id, transfers, True, 0, "", bank, "0003", at)


def test_an_event_is_saved_once_however_often_it_arrives(clocked: Store) -> None:
    assert provider_events.save(clocked, [event("evt_1"), event("evt_2")], way="webhook") == {"evt_1", "evt_2"}
    for way in ("listed", "webhook"):
        assert provider_events.save(clocked, [event("evt_1"), event("evt_3")], way=way) <= {"evt_3"}
    assert provider_events.save(clocked, [], way="listed") == frozenset()
    assert [each.id for each in provider_events.waiting(clocked, rail="stripe_fake", limit=9)] == [
        "evt_1",
        "evt_2",
        "evt_3",
    ]
    assert provider_events.waiting(clocked, rail="stripe", limit=9) == []


def test_an_event_is_processed_once_or_fails_after_many_tries(clocked: Store) -> None:
    provider_events.save(clocked, [event("evt_1"), event("evt_2")], way="webhook")
    provider_events.finish(clocked, "evt_1", code="known")
    for _ in range(MOST_TRIES):
        provider_events.defer(clocked, "evt_2", code="away")
    found = provider_events.lag(clocked, rail="stripe_fake")
    assert (found.waiting, found.failed, found.oldest_received_at) == (0, 1, None)
    assert provider_events.replay(clocked, rail="stripe_fake", since=NOON, actor="anna") == 2
    assert provider_events.lag(clocked, rail="stripe_fake").waiting == 2


def test_a_replayed_event_affects_no_delivery_or_waiting_time(
    clocked: Store,
) -> None:
    provider_events.save(clocked, [event("evt_1")], way="webhook")
    provider_events.finish(clocked, "evt_1", code="known")
    later = NOON + timedelta(days=3)
    clocked.now.at = later  # type: ignore[attr-defined]
    provider_events.replay(clocked, rail="stripe_fake", actor="anna")
    found = payment_facts.events(clocked, rail="stripe_fake", since=later - timedelta(hours=1))
    assert (found.waiting_since, found.slowest_seconds) == (later, None)


def test_the_lag_is_from_an_events_creation_to_its_arrival(clocked: Store) -> None:
    provider_events.save(clocked, [event("evt_1", made_at=clocked.now() - timedelta(seconds=40))], way="webhook")
    found = provider_events.lag(clocked, rail="stripe_fake")
    assert found.last_delivery_seconds == 40
    assert found.oldest_received_at == clocked.now()


def test_an_older_status_does_not_replace_a_newer_one(clocked: Store) -> None:
    who = recipient(clocked)
    recipient_statuses.save(clocked, status(who, at=NOON, transfers="active"))
    recipient_statuses.save(clocked, status(who, at=NOON - timedelta(seconds=1), transfers="inactive"))
    found = recipient_statuses.find(clocked, who.id)
    assert found is not None and found.transfers == "active"


def test_the_reward_is_claimed_once_the_account_is_ready(clocked: Store) -> None:
    (decision,) = decide(clocked, candidate())
    who = recipient(clocked)
    onboardings.request(clocked, decision.reward_id, recipient_id=who.id)
    recipient_statuses.save(clocked, status(who, transfers="pending"))
    voucher = vouchers.of_reward(clocked, decision.reward_id)
    assert voucher is not None and voucher.state == "issued"
    recipient_statuses.save(clocked, status(who, at=NOON + timedelta(hours=1)))
    voucher = vouchers.of_reward(clocked, decision.reward_id)
    assert voucher is not None and voucher.state == "cancelled"
    assert assertions.claims_in_all(clocked) == 1
    wish = onboardings.find(clocked, decision.reward_id)
    assert wish is not None and wish.state == "claimed"
    assert recipient_statuses.claim_ready(clocked, who.id) == 0


def test_a_redeemed_voucher_is_not_paid_again(clocked: Store) -> None:
    (decision,) = decide(clocked, candidate())
    who = recipient(clocked)
    onboardings.request(clocked, decision.reward_id, recipient_id=who.id)
    vouchers.redeem(clocked, code_of(clocked, decision), cafe=decision.cafe, actor="till", request="1")
    recipient_statuses.save(clocked, status(who))
    wish = onboardings.find(clocked, decision.reward_id)
    assert wish is not None and wish.state == "lapsed"
    assert assertions.claims_in_all(clocked) == 0


def test_two_recipients_with_one_bank_account_are_found(clocked: Store) -> None:
    one, two, other = (recipient(clocked, f"acct_{number}") for number in range(3))
    recipient_statuses.save(clocked, status(one))
    recipient_statuses.save(clocked, status(two))
    recipient_statuses.save(clocked, status(other, bank="f2"))
    assert assertions.same_bank(clocked, one.id) == {two.id}
    assert assertions.same_bank(clocked, other.id) == frozenset()


def test_the_latest_state_of_a_bank_payout_is_saved(clocked: Store) -> None:
    who = recipient(clocked)
    paid = BankPayout("po_1", who.id, 4000, "paid", "", business_day(NOON), NOON, NOON)
    failed = replace(paid, state="failed", failure_code="no_account", changed_at=NOON + timedelta(days=2))
    for each in (failed, paid):
        recipient_statuses.save_bank_payout(clocked, each)
    assert assertions.bank_payouts_of(clocked, who.id) == [failed]


def test_a_device_is_remembered_only_for_its_rail_and_kind(clocked: Store) -> None:
    who = recipient(clocked)
    recipient_devices.remember(clocked, device="d", rail="stripe_fake", recipient_id=who.id)
    assert recipient_devices.find(clocked, device="d", rail="stripe_fake", simulated=True) == who.id
    assert recipient_devices.find(clocked, device="d", rail="stripe_fake", simulated=False) is None
    assert recipient_devices.find(clocked, device="d", rail="stripe", simulated=True) is None
    clocked.now.at += timedelta(days=30)
    assert recipient_devices.find(clocked, device="d", rail="stripe_fake", simulated=True) is None
    assert recipient_devices.forget_old(clocked) == 1
