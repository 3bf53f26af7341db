"""Events are hints: doubled, lost, late or in any order, they lead to the same books."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from payouts.rail import Order, Outcome
from payouts.reconciling import pay_one, reconcile
from payouts.sending import send_batch
from payouts.stripe.events import LISTED_BACK, catch_up, process
from payouts.stripe.recipients import onboarding_link, open_account
from payouts.stripe.webhooks import read_webhook
from payouts.stripe_fake.requests import Fault
from storage.store import batches, bookkeeping, claims, onboardings, provider_events, standings, vouchers
from storage.store.claims import Recipient
from storage.store.engine import Store
from storage.store.provider_events import MOST_TRIES, ProviderEvent
from storage.store.shared_banks import SHARED_BANK
from tests.payouts import looks
from tests.payouts.stripe.by_hand_rail import IBAN, ByHandRail
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
    assert looks.claims_in_all(world.store) == 0
    world.at += timedelta(minutes=1)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    hear(world)
    standing = standings.find(world.store, who.id)
    assert standing is not None
    assert (standing.transfers, standing.details_submitted, standing.due) == ("active", True, 0)
    assert standing.bank_last4 == "0003"
    voucher = vouchers.of_reward(world.store, reward_id)
    assert voucher is not None and voucher.state == "cancelled"
    assert looks.claims_in_all(world.store) == 1
    assert world.broken() == []


def test_what_no_webhook_told_is_fetched(world: World) -> None:
    reward_id = world.earn(None)
    who = ready(world, reward_id)
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    catch_up(world.store, world.rail)
    assert looks.claims_in_all(world.store) == 1
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
    provider_events.replay(world.store, rail=world.rail.name, since=world.at - timedelta(days=1), actor="anna")
    assert process(world.store, world.rail).done == len(told(world)) > len(lost)
    assert standings.find(world.store, who.id).transfers == "active"  # type: ignore[union-attr]


def test_a_recipient_who_takes_the_account_away_is_gone_whoever_tells_it_and_in_any_order(world: World) -> None:
    who, silent = ready(world, world.earn(None)), ready(world, world.earn(None))
    books = world.rail.fake.books
    for each in (who, silent):
        books.onboard(each.account, iban=f"{IBAN}{each.account}")
    before = told(world)
    books.deauthorise(who.account)
    hear(world, list(reversed(told(world))))
    assert standings.find(world.store, who.id).transfers == "gone"  # type: ignore[union-attr]
    hear(world, [replace(each, id=f"{each.id}_again") for each in before])
    assert standings.find(world.store, who.id).transfers == "gone"  # type: ignore[union-attr]
    # Nobody is told of an account that was taken away while no webhook came: asking for its events finds it out.
    books.deauthorise(silent.account)
    catch_up(world.store, world.rail)
    assert standings.find(world.store, silent.id).transfers == "gone"  # type: ignore[union-attr]
    assert standings.unsettled(world.store, rail=world.rail.name, told_for=LISTED_BACK) == []


def test_an_old_word_of_taking_the_account_away_does_not_outweigh_what_stripe_says_now(world: World) -> None:
    who = ready(world, world.earn(None))
    world.rail.fake.books.onboard(who.account, iban=IBAN)
    event = ProviderEvent("evt_x", world.rail.name, "account.application.deauthorized", "ca_1", who.account, world.at)
    hear(world, [event])
    assert standings.find(world.store, who.id).transfers == "active"  # type: ignore[union-attr]


def test_two_events_of_one_fact_and_many_about_one_account_are_one_question(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    events = told(world)
    twice = [*events, *(replace(each, id=f"{each.id}_2") for each in events)]
    before = sum(world.rail.fake.answered.values())
    hear(world, twice)
    assert sum(world.rail.fake.answered.values()) == before + 1
    assert provider_events.lag(world.store, rail=world.rail.name).waiting == 0
    stranger = [ProviderEvent("evt_s", world.rail.name, "person.updated", "person_1", who.account, world.at), *twice]
    provider_events.replay(world.store, rail=world.rail.name, actor="anna")
    hear(world, stranger)
    assert sum(world.rail.fake.answered.values()) == before + 2


def test_what_was_told_by_no_webhook_of_a_recipients_bank_is_fetched_at_their_account(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    books = world.rail.fake.books
    payout = books.bank_payout("acct_1", 4000)
    books.bank_payout_ends(payout["id"], status="failed", failure="account_closed")
    catch_up(world.store, world.rail, recipients=False)
    process(world.store, world.rail)
    who = standings.by_account(world.store, rail=world.rail.name, account="acct_1")
    assert who is not None
    assert looks.bank_payouts_of(world.store, who.id) == []
    catch_up(world.store, world.rail)
    process(world.store, world.rail)
    assert looks.bank_payouts_of(world.store, who.id)[0].failure_code == "account_closed"


def test_a_gap_is_fetched_although_newer_webhooks_came_through(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    (reference,) = world.rail.made
    world.rail.reverse(reference, 500)
    world.at += timedelta(days=2)
    world.rail.reverse(reference, 200)
    newest = told(world)[-1]
    undelivered = {each.id for each in told(world)} - {newest.id}
    world.rail.fake.books.undelivered = undelivered
    provider_events.keep(world.store, [newest], way="webhook")
    assert catch_up(world.store, world.rail, since=world.at, recipients=False) > 0
    assert looks.event(world.store, told(world)[-2].id) is not None


def test_what_stripe_lists_no_more_is_not_asked_for(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    world.at += timedelta(days=31)
    assert catch_up(world.store, world.rail) == 0


def test_an_event_of_nobody_we_know_and_one_of_another_kind_change_nothing(world: World) -> None:
    stranger = ProviderEvent("evt_x", world.rail.name, "account.updated", "acct_x", "acct_x", world.at)
    other = ProviderEvent("evt_y", world.rail.name, "customer.created", "cus_1", "", world.at)
    hear(world, [stranger, other])
    found = provider_events.lag(world.store, rail=world.rail.name)
    assert (found.waiting, found.failed) == (0, 0)


def test_events_wait_however_long_stripe_is_away(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    provider_events.keep(world.store, told(world), way="webhook")
    world.rail.fake.away = True
    for _ in range(200):
        assert process(world.store, world.rail).done == 0
        world.at += timedelta(minutes=5)
    found = provider_events.lag(world.store, rail=world.rail.name)
    assert (found.waiting, found.failed) == (len(told(world)), 0)
    world.rail.fake.away = False
    assert process(world.store, world.rail).done == found.waiting


def test_what_stripe_refuses_to_tell_does_not_stop_the_rest_and_is_left_to_a_person(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    lost = ProviderEvent("evt_0", world.rail.name, "transfer.created", "tr_nowhere", "", world.at)
    provider_events.keep(world.store, [lost, *told(world)], way="webhook")
    looked = process(world.store, world.rail)
    assert (looked.put_off, looked.done) == (1, len(told(world)))
    assert process(world.store, world.rail).put_off == 0  # Not at each look.
    for _ in range(MOST_TRIES):
        world.at += timedelta(hours=7)
        process(world.store, world.rail)
    assert looks.event(world.store, "evt_0") == ("failed", "resource_missing")
    assert provider_events.replay(world.store, rail=world.rail.name, failed=True, actor="anna") == 1


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
    assert looks.bank_payouts_of(world.store, who.id)[0].state == "paid"
    world.at += timedelta(days=2)
    books.bank_payout_ends(payout["id"], status="failed", failure="no_account")
    hear(world)
    kept = looks.bank_payouts_of(world.store, who.id)[0]
    assert (kept.state, kept.failure_code) == ("failed", "no_account")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


def test_a_bank_account_that_two_recipients_share_holds_both_until_a_person_has_looked(world: World) -> None:
    who = [ready(world, world.earn(None)) for _ in range(3)]
    books = world.rail.fake.books
    for each, iban in zip(who, (IBAN, IBAN, f"{IBAN}9"), strict=True):
        books.onboard(each.account, iban=iban)
    hear(world)
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


def test_a_payout_by_hand_does_not_get_round_a_shared_bank_account(world: World) -> None:
    who = [ready(world, world.earn(None)) for _ in range(2)]
    for each in who:
        world.rail.fake.books.onboard(each.account, iban=f"{IBAN}{each.account}")
    hear(world)
    world.pay()
    world.approve_all()
    world.at += timedelta(minutes=1)
    for each in who:
        world.rail.fake.books.onboard(each.account, iban=IBAN)
    hear(world)
    for each in batches.instructions(world.store):
        done = pay_one(world.store, world.rail, each.id, again=True, actor="anna")
        assert (done.state, done.code) == ("held", SHARED_BANK)  # type: ignore[union-attr]
    assert world.rail.made == {}


def test_a_payout_refused_for_a_lost_capability_goes_out_under_a_new_key_once_it_is_regained(world: World) -> None:
    who = ready(world, world.earn(None))
    books = world.rail.fake.books
    books.onboard(who.account, iban=IBAN)
    hear(world)
    world.pay()
    world.approve_all()
    books.capability(who.account, "inactive")
    world.pay()
    assert batches.instructions(world.store)[0].state == "refused"
    world.at += timedelta(minutes=1)
    hear(world)
    assert standings.find(world.store, who.id).transfers == "inactive"  # type: ignore[union-attr]
    world.pay()
    assert batches.instructions(world.store)[0].state == "refused"
    books.capability(who.account, "active")
    world.at += timedelta(minutes=1)
    hear(world)
    assert batches.instructions(world.store)[0].state == "planned"
    world.pay()
    assert batches.instructions(world.store)[0].state == "paid"
    assert len(world.rail.asked) == 2
    hear(world, [replace(each, id=f"{each.id}_late") for each in told(world)])
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


@pytest.mark.parametrize("steps", [(1500, 2500), (1, 1, 5998), (6000,)])
def test_a_transfer_reversed_in_parts_is_booked_to_the_ore_as_it_comes_back(
    world: World, steps: tuple[int, ...]
) -> None:
    for _ in range(2):
        world.earn("acct_1")
    world.settle()
    (reference,) = world.rail.made
    left = 6000
    for step in steps:
        world.rail.reverse(reference, step)
        left -= step
        assert process(world.store, world.rail).differences == ()
        hear(world)
        balances = bookkeeping.balances(world.store, simulated=True)
        assert balances["provider_balance_test"] == -left
        assert -balances["rewards_owed"] == 6000 - left  # owed to the guest again, until a person has ruled
        assert reconcile(world.store, world.rail, actor="test").agrees
        assert world.broken() == []
    assert batches.instructions(world.store)[0].state == ("reversed" if left == 0 else "paid")
    sent = len(world.rail.made)
    world.pay()
    assert len(world.rail.made) == sent


def test_the_same_sum_that_came_back_is_booked_the_same_way_whatever_steps_were_heard_of(world: World) -> None:
    for account in ("acct_1", "acct_2"):
        for _ in range(2):
            world.earn(account)
    world.settle()
    one, two = sorted(world.rail.made)
    for step in (1000, 2500):
        world.rail.reverse(one, step)
        hear(world)
        world.rail.reverse(two, step)
    hear(world)

    def by_reward(reference: str) -> list[int]:
        with world.store.reading() as connection:
            rows = connection.execute(
                text(
                    "SELECT SUM(l.amount_ore) FROM ledger l JOIN payout_instruction_rewards r ON r.reward_id = l.reward_id "
                    "JOIN payout_instructions i ON i.id = r.instruction_id "
                    "WHERE l.debit = 'provider_balance_test' AND i.reference = :reference "
                    "GROUP BY l.reward_id ORDER BY l.reward_id"
                ),
                {"reference": reference},
            )
            return [int(row[0]) for row in rows]

    assert by_reward(one) == by_reward(two) == [3000, 500]


@pytest.mark.parametrize("fault", ["answer_lost", "error_saved_with_effect"])
def test_a_webhook_that_comes_after_a_timeout_ends_the_doubt_and_nothing_is_sent_again(
    world: World, fault: Fault
) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, batches.batches(world.store)[0].id)
    assert batches.instructions(world.store)[0].state == "in_flight"
    hear(world)
    assert batches.instructions(world.store)[0].state == "paid"
    world.pay()
    assert (len(world.rail.made), sum(world.rail.asked.values())) == (1, 1)
    assert world.broken() == []


def test_a_webhook_that_comes_before_the_answer_books_the_transfer_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    sent = world.rail.send

    def heard_first(order: Order) -> Outcome:
        outcome = sent(order)
        hear(world)
        assert batches.instructions(world.store)[0].state == "paid"
        return outcome

    monkeypatch.setattr(world.rail, "send", heard_first)
    world.pay()
    assert bookkeeping.balances(world.store, simulated=True)["provider_balance_test"] == -3000
    assert reconcile(world.store, world.rail, actor="test").agrees
    assert world.broken() == []


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
