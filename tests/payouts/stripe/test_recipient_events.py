"""Events about recipients: accounts, capabilities and banks follow Stripe's current state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from payouts.reconciling import pay_one
from payouts.stripe.events import LISTED_BACK, catch_up, process
from payouts.stripe.recipients import onboarding_link, open_account
from storage.store.payouts import batches, provider_events, recipient_statuses
from storage.store.payouts.payout_codes import SHARED_BANK
from storage.store.payouts.provider_events import ProviderEvent
from storage.store.rewards import vouchers
from tests.payouts import assertions
from tests.payouts.stripe.by_hand_rail import IBAN
from tests.payouts.stripe.event_delivery import all_events, deliver, ready
from tests.payouts.world import World


def test_an_account_gets_the_reward_once_it_is_ready(world: World) -> None:
    reward_id = world.earn(None)
    who = ready(world, reward_id)
    deliver(world)
    assert assertions.claims_in_all(world.store) == 0
    world.at += timedelta(minutes=1)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    deliver(world)
    status = recipient_statuses.find(world.store, who.id)
    assert status is not None
    assert (status.transfers, status.details_submitted, status.due) == ("active", True, 0)
    assert status.bank_last4 == "0003"
    voucher = vouchers.of_reward(world.store, reward_id)
    assert voucher is not None and voucher.state == "cancelled"
    assert assertions.claims_in_all(world.store) == 1
    assert world.broken() == []


def test_an_account_is_opened_once_and_each_click_gets_a_new_link(world: World) -> None:
    reward_id = world.earn(None)
    first, second = (open_account(world.rail, reward_id=reward_id) for _ in range(2))
    assert first == second
    asked = {"account": first, "return_url": "https://a/r/x", "refresh_url": "https://a/r/x/account"}
    assert onboarding_link(world.rail, **asked) != onboarding_link(world.rail, **asked)


def test_a_capability_is_current_whatever_the_order_of_events(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    books.capability(who.account, "inactive")
    lost = all_events(world)
    world.at += timedelta(minutes=1)
    books.capability(who.account, "active")
    provider_events.save(world.store, list(reversed(all_events(world))), way="webhook")
    process(world.store, world.rail)
    found = recipient_statuses.find(world.store, who.id)
    assert found is not None and found.transfers == "active"
    provider_events.replay(world.store, rail=world.rail.name, since=world.at - timedelta(days=1), actor="anna")
    assert process(world.store, world.rail).processed == len(all_events(world)) > len(lost)
    assert recipient_statuses.find(world.store, who.id).transfers == "active"  # type: ignore[union-attr]


def test_a_disconnected_account_is_gone_whatever_the_order_of_events(world: World) -> None:
    who, silent = ready(world, world.earn(None)), ready(world, world.earn(None))
    books = world.rail.fake.books
    for each in (who, silent):
        books.onboard(each.account, iban=f"{IBAN}{each.account}")
    before = all_events(world)
    books.deauthorise(who.account)
    deliver(world, list(reversed(all_events(world))))
    assert recipient_statuses.find(world.store, who.id).transfers == "gone"  # type: ignore[union-attr]
    deliver(world, [replace(each, id=f"{each.id}_again") for each in before])
    assert recipient_statuses.find(world.store, who.id).transfers == "gone"  # type: ignore[union-attr]
    # A disconnection without a webhook is found by listing the account's events.
    books.deauthorise(silent.account)
    catch_up(world.store, world.rail)
    assert recipient_statuses.find(world.store, silent.id).transfers == "gone"  # type: ignore[union-attr]
    assert recipient_statuses.unsettled(world.store, rail=world.rail.name, listed_for=LISTED_BACK) == []


def test_an_old_disconnection_does_not_override_the_current_status(world: World) -> None:
    who = ready(world, world.earn(None))
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    event = ProviderEvent("evt_x", world.rail.name, "account.application.deauthorized", "ca_1", who.account, world.at)
    deliver(world, [event])
    assert recipient_statuses.find(world.store, who.id).transfers == "active"  # type: ignore[union-attr]


def test_payouts_to_a_shared_bank_account_are_held_for_a_person(world: World) -> None:
    who = [ready(world, world.earn(None)) for _ in range(3)]
    books = world.rail.fake.books
    for each, iban in zip(who, (IBAN, IBAN, f"{IBAN}9"), strict=True):
        books.onboard(each.account, iban=iban)
    deliver(world)
    world.pay()
    world.approve_all()
    world.pay()
    by_state = sorted((each.state, each.code) for each in batches.instructions(world.store))
    assert by_state == [("held", SHARED_BANK), ("held", SHARED_BANK), ("paid", "")]
    held = next(each for each in batches.instructions(world.store) if each.state == "held")
    batches.hold(world.store, held.id, held=False, actor="anna", reason="one family, two phones")
    world.pay()
    assert sorted(each.state for each in batches.instructions(world.store)) == ["held", "paid", "paid"]
    assert world.broken() == []


def test_a_manual_payout_does_not_bypass_a_shared_bank_account(world: World) -> None:
    who = [ready(world, world.earn(None)) for _ in range(2)]
    for each in who:
        world.rail.fake.books.onboard(each.account, iban=f"{IBAN}{each.account}")
    deliver(world)
    world.pay()
    world.approve_all()
    world.at += timedelta(minutes=1)
    for each in who:
        world.rail.fake.books.onboard(each.account, iban=IBAN)
    deliver(world)
    for each in batches.instructions(world.store):
        done = pay_one(world.store, world.rail, each.id, retry_refused=True, actor="anna")
        assert (done.state, done.code) == ("held", SHARED_BANK)  # type: ignore[union-attr]
    assert world.rail.made == {}


def test_a_payout_is_sent_again_once_its_capability_is_regained(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    deliver(world)
    world.pay()
    world.approve_all()
    books.capability(who.account, "inactive")
    world.pay()
    assert batches.instructions(world.store)[0].state == "refused"
    world.at += timedelta(minutes=1)
    deliver(world)
    assert recipient_statuses.find(world.store, who.id).transfers == "inactive"  # type: ignore[union-attr]
    world.pay()
    assert batches.instructions(world.store)[0].state == "refused"
    books.capability(who.account, "active")
    world.at += timedelta(minutes=1)
    deliver(world)
    assert batches.instructions(world.store)[0].state == "planned"
    world.pay()
    assert batches.instructions(world.store)[0].state == "paid"
    assert len(world.rail.asked) == 2
    deliver(world, [replace(each, id=f"{each.id}_late") for each in all_events(world)])
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []
