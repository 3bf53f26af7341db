"""What events tell of a recipient: the account, what it may do, its bank; what holds is what Stripe says now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from payouts.reconciling import pay_one
from payouts.stripe.events import LISTED_BACK, catch_up, process
from payouts.stripe.recipients import onboarding_link, open_account
from storage.store.payouts import batches, provider_events
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.payout_codes import SHARED_BANK
from storage.store.payouts.provider_events import ProviderEvent
from storage.store.rewards import vouchers
from tests.payouts import assertions as looks
from tests.payouts.stripe.by_hand_rail import IBAN
from tests.payouts.stripe.hearing import hear, ready, told
from tests.payouts.world import World


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
