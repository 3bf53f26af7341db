"""Events are hints: doubled, lost, late or of unknown accounts, they lead to the same books."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from payouts.sending import send_batch
from payouts.stripe.events import catch_up, process
from payouts.stripe.webhooks import read_webhook
from storage.store.payouts import batches, provider_events, recipient_statuses
from storage.store.payouts.provider_events import MOST_TRIES, ProviderEvent
from tests.payouts import assertions
from tests.payouts.stripe.by_hand_rail import IBAN
from tests.payouts.stripe.event_delivery import all_events, deliver, ready
from tests.payouts.world import World


def test_catch_up_fetches_undelivered_events(world: World) -> None:
    reward_id = world.earn(None)
    who = ready(world, reward_id)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    catch_up(world.store, world.rail)
    assert assertions.claims_in_all(world.store) == 1
    world.pay()
    world.approve_all()
    batch = batches.batches(world.store)[0]
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch.id)
    assert batches.instructions(world.store)[0].state == "in_flight"
    assert catch_up(world.store, world.rail) > 0
    assert process(world.store, world.rail).deferred == 0
    assert batches.instructions(world.store)[0].state == "paid"
    assert catch_up(world.store, world.rail) == 0  # Each event once, although the lists overlap.


def test_many_events_about_one_account_cost_one_call(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    events = all_events(world)
    twice = [*events, *(replace(each, id=f"{each.id}_2") for each in events)]
    before = sum(world.rail.fake.answered.values())
    deliver(world, twice)
    assert sum(world.rail.fake.answered.values()) == before + 1
    assert provider_events.lag(world.store, rail=world.rail.name).waiting == 0
    stranger = [ProviderEvent("evt_s", world.rail.name, "person.updated", "person_1", who.account, world.at), *twice]
    provider_events.replay(world.store, rail=world.rail.name, actor="anna")
    deliver(world, stranger)
    assert sum(world.rail.fake.answered.values()) == before + 2


def test_catch_up_lists_bank_payouts_at_the_recipients_account(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    books = world.rail.fake.books
    payout = books.bank_payout("acct_1", 4000)
    books.bank_payout_ends(payout["id"], status="failed", failure="account_closed")
    catch_up(world.store, world.rail, recipients=False)
    process(world.store, world.rail)
    who = recipient_statuses.by_account(world.store, rail=world.rail.name, account="acct_1")
    assert who is not None
    assert assertions.bank_payouts_of(world.store, who.id) == []
    catch_up(world.store, world.rail)
    process(world.store, world.rail)
    assert assertions.bank_payouts_of(world.store, who.id)[0].failure_code == "account_closed"


def test_catch_up_fills_a_gap_before_newer_webhooks(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    (reference,) = world.rail.made
    world.rail.reverse(reference, 500)
    world.at += timedelta(days=2)
    world.rail.reverse(reference, 200)
    newest = all_events(world)[-1]
    undelivered = {each.id for each in all_events(world)} - {newest.id}
    world.rail.fake.books.undelivered = undelivered
    provider_events.save(world.store, [newest], way="webhook")
    assert catch_up(world.store, world.rail, since=world.at, recipients=False) > 0
    assert assertions.event(world.store, all_events(world)[-2].id) is not None


def test_catch_up_lists_nothing_older_than_stripe_does(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    world.at += timedelta(days=31)
    assert catch_up(world.store, world.rail) == 0


def test_events_of_unknown_accounts_and_kinds_change_nothing(world: World) -> None:
    stranger = ProviderEvent("evt_x", world.rail.name, "account.updated", "acct_x", "acct_x", world.at)
    other = ProviderEvent("evt_y", world.rail.name, "customer.created", "cus_1", "", world.at)
    deliver(world, [stranger, other])
    found = provider_events.lag(world.store, rail=world.rail.name)
    assert (found.waiting, found.failed) == (0, 0)


def test_events_wait_during_any_outage_of_stripe(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    provider_events.save(world.store, all_events(world), way="webhook")
    world.rail.fake.away = True
    for _ in range(200):
        assert process(world.store, world.rail).processed == 0
        world.at += timedelta(minutes=5)
    found = provider_events.lag(world.store, rail=world.rail.name)
    assert (found.waiting, found.failed) == (len(all_events(world)), 0)
    world.rail.fake.away = False
    assert process(world.store, world.rail).processed == found.waiting


def test_a_refused_event_fails_without_stopping_the_others(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    lost = ProviderEvent("evt_0", world.rail.name, "transfer.created", "tr_nowhere", "", world.at)
    provider_events.save(world.store, [lost, *all_events(world)], way="webhook")
    result = process(world.store, world.rail)
    assert (result.deferred, result.processed) == (1, len(all_events(world)))
    assert process(world.store, world.rail).deferred == 0  # Not at each pass.
    for _ in range(MOST_TRIES):
        world.at += timedelta(hours=7)
        process(world.store, world.rail)
    assert assertions.event(world.store, "evt_0") == ("failed", "resource_missing")
    assert provider_events.replay(world.store, rail=world.rail.name, failed=True, actor="anna") == 1


def test_webhooks_of_the_fake_are_accepted(world: World) -> None:
    import json

    import stripe

    who = ready(world, world.earn(None))
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    for event in world.rail.fake.books.events.values():
        body = json.dumps(event).encode()
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), "whsec_a", int(world.at.timestamp()))
        read = read_webhook(body, signature=header, secrets=("whsec_a",), rail="stripe_fake", now=world.at)
        assert read.account == who.account
