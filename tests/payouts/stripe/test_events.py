"""Events are hints: doubled, lost, late or in any order, they lead to the same books."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from payouts.reconciling import reconcile
from payouts.sending import send_batch
from payouts.stripe.events import catch_up, process
from payouts.stripe.recipients import onboarding_link, open_account, refresh_standing
from payouts.stripe.webhooks import read_webhook
from storage.store import batches, bookkeeping, claims, onboardings, provider_events, standings, vouchers
from storage.store.claims import Recipient
from storage.store.engine import Store
from storage.store.provider_events import ProviderEvent
from tests.payouts.stripe.by_hand_rail import IBAN, ByHandRail
from tests.payouts.test_machine import template
from tests.payouts.world import World


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path / "store.sqlite", store=store, rail=ByHandRail)


def told(world: World) -> list[ProviderEvent]:
    """Return every event that the fake made, as the door would read it."""
    from payouts.stripe.events import _named

    return [_named(each, rail=world.rail.name) for each in world.rail.fake.books.events.values()]


def hear(world: World, events: list[ProviderEvent] | None = None) -> None:
    provider_events.keep(world.store, told(world) if events is None else events, way="webhook")
    process(world.store, world.rail)


def ready(world: World, reward_id: str) -> Recipient:
    """Let the guest of a reward open an account, and ask for the reward on it."""
    account = open_account(world.rail, reward_id=reward_id)
    who = claims.recipient(world.store, rail=world.rail.name, account=account, simulated=True)
    onboardings.ask(world.store, reward_id, recipient_id=who.id)
    return who


def test_an_account_that_is_ready_gets_the_reward_when_stripe_tells(world: World) -> None:
    reward_id = world.earn(None)
    who = ready(world, reward_id)
    hear(world)
    assert claims.total(world.store) == 0
    world.at += timedelta(minutes=1)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    hear(world)
    standing = standings.find(world.store, who.id)
    assert standing is not None
    assert (standing.transfers, standing.details_submitted, standing.due) == ("active", True, 0)
    assert standing.bank_last4 == "0003"
    voucher = vouchers.of_reward(world.store, reward_id)
    assert voucher is not None and voucher.state == "cancelled"
    assert claims.total(world.store) == 1
    assert world.broken() == []


def test_what_no_webhook_told_is_fetched(world: World) -> None:
    reward_id = world.earn(None)
    who = ready(world, reward_id)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    catch_up(world.store, world.rail)
    assert claims.total(world.store) == 1
    world.pay()
    world.approve_all()
    batch = batches.batches(world.store)[0]
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch.id)
    assert batches.instructions(world.store)[0].state == "in_flight"
    assert catch_up(world.store, world.rail) > 0
    assert process(world.store, world.rail).put_off == 0
    assert batches.instructions(world.store)[0].state == "paid"
    assert catch_up(world.store, world.rail) == 0  # Each event once, although the lists overlap.


def test_the_same_account_is_opened_once_and_its_link_is_made_for_each_click(world: World) -> None:
    reward_id = world.earn(None)
    first, second = (open_account(world.rail, reward_id=reward_id) for _ in range(2))
    assert first == second
    asked = {"account": first, "return_url": "https://a/r/x", "refresh_url": "https://a/r/x/account"}
    assert onboarding_link(world.rail, **asked) != onboarding_link(world.rail, **asked)


def test_a_lost_and_regained_capability_is_what_it_is_now_whatever_came_first(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    books.capability(who.account, "inactive")
    lost = told(world)
    world.at += timedelta(minutes=1)
    books.capability(who.account, "active")
    provider_events.keep(world.store, list(reversed(told(world))), way="webhook")
    process(world.store, world.rail)
    found = standings.find(world.store, who.id)
    assert found is not None and found.transfers == "active"
    provider_events.replay(world.store, rail=world.rail.name, since=world.at - timedelta(days=1))
    assert process(world.store, world.rail).done == len(told(world)) > len(lost)
    assert standings.find(world.store, who.id).transfers == "active"  # type: ignore[union-attr]


def test_a_recipient_who_takes_the_account_away_is_gone(world: World) -> None:
    who = ready(world, world.earn(None))
    event = ProviderEvent("evt_x", world.rail.name, "account.application.deauthorized", "ca_1", who.account, world.at)
    hear(world, [event])
    found = standings.find(world.store, who.id)
    assert found is not None and found.transfers == "gone"
    del world.rail.fake.books.accounts[who.account]
    assert refresh_standing(world.store, world.rail, who).transfers == "gone"


def test_an_event_of_nobody_we_know_and_one_of_another_kind_change_nothing(world: World) -> None:
    stranger = ProviderEvent("evt_x", world.rail.name, "account.updated", "acct_x", "acct_x", world.at)
    other = ProviderEvent("evt_y", world.rail.name, "customer.created", "cus_1", "", world.at)
    hear(world, [stranger, other])
    found = provider_events.lag(world.store, rail=world.rail.name)
    assert (found.waiting, found.failed) == (0, 0)


def test_events_wait_while_stripe_is_away(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    provider_events.keep(world.store, told(world), way="webhook")
    world.rail.fake.away = True
    assert process(world.store, world.rail).done == 0
    waiting = provider_events.lag(world.store, rail=world.rail.name).waiting
    assert waiting == len(told(world))
    world.rail.fake.away = False
    assert process(world.store, world.rail).done == waiting


def test_a_failed_bank_payout_is_kept_and_nothing_is_sent_again(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    books = world.rail.fake.books
    who = standings.by_account(world.store, rail=world.rail.name, account="acct_1")
    assert who is not None
    payout = books.bank_payout("acct_1", 4000)
    books.bank_payout_ends(payout["id"], status="paid")
    hear(world)
    assert standings.bank_payouts_of(world.store, who.id)[0].state == "paid"
    world.at += timedelta(days=2)
    books.bank_payout_ends(payout["id"], status="failed", failure="no_account")
    hear(world)
    kept = standings.bank_payouts_of(world.store, who.id)[0]
    assert (kept.state, kept.failure_code) == ("failed", "no_account")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


def test_a_transfer_reversed_in_parts_is_for_a_person_until_all_of_it_is_back(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    (reference,) = world.rail.made
    world.rail.reverse(reference, 1500)
    provider_events.keep(world.store, told(world), way="webhook")
    assert process(world.store, world.rail).differences == (f"{reference}: partly reversed",) * 2
    assert batches.instructions(world.store)[0].state == "paid"
    world.rail.reverse(reference, 2500)
    hear(world)
    assert batches.instructions(world.store)[0].state == "reversed"
    assert bookkeeping.balances(world.store, simulated=True)["provider_balance_test"] == 0
    assert reconcile(world.store, world.rail, actor="test").agrees
    assert world.broken() == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_order_number_and_delay_of_events_leads_to_the_same_books(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(tmp_path_factory.mktemp("events") / "store.sqlite", template=template(), rail=ByHandRail)
    luck = random.Random(seed)
    wishes = [world.earn(None) for _ in range(3)]
    who = [ready(world, each) for each in wishes]
    books = world.rail.fake.books

    def some_arrive() -> None:
        events = told(world)
        chosen = luck.choices(events, k=luck.randrange(0, 2 * len(events))) if events else []
        provider_events.keep(world.store, chosen, way="webhook")
        if luck.random() < 0.5:
            process(world.store, world.rail)
        world.at += timedelta(seconds=luck.choice([1, 60, 4000]))

    for each in who:
        books.onboard(each.account, iban=f"{IBAN}{each.account}")
        some_arrive()
    books.capability(who[0].account, "inactive")
    some_arrive()
    books.capability(who[0].account, "active")
    hear(world)
    world.pay()
    world.approve_all()
    world.rail.faults.extend(luck.choices(["none", "answer_lost", "error_saved_with_effect"], k=3))
    send_batch(world.store, world.rail, batches.batches(world.store)[0].id)
    some_arrive()
    made = sorted(books.transfers)
    books.reverse(made[0], 1000)
    some_arrive()
    books.reverse(made[0], books.transfers[made[0]]["amount"] - 1000)
    everything = told(world)
    luck.shuffle(everything)
    hear(world, everything)
    assert claims.total(world.store) == 3
    assert sorted(each.state for each in batches.instructions(world.store)) == ["paid", "paid", "reversed"]
    assert reconcile(world.store, world.rail, actor="test").agrees
    assert world.broken() == []
    world.store.close()


def test_the_door_reads_what_the_fake_tells(world: World) -> None:
    import json

    import stripe

    who = ready(world, world.earn(None))
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    for event in world.rail.fake.books.events.values():
        body = json.dumps(event).encode()
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), "whsec_a", int(world.at.timestamp()))
        read = read_webhook(body, signature=header, secrets=("whsec_a",), rail="stripe_fake", now=world.at)
        assert read.account == who.account
