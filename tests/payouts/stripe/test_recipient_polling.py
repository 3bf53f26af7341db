"""Recipients are polled while their money is unsettled, less often with time, each independently."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payouts.deciding import issuer
from payouts.stripe import events
from payouts.stripe.calling import ProviderAway, ProviderRefuses
from payouts.stripe.events import LISTED_BACK, catch_up, process
from payouts.stripe.recipients import refresh_status
from storage.store.engine import Store
from storage.store.payouts import onboardings, recipient_statuses, unclaims
from storage.store.payouts.claims import Recipient
from storage.store.payouts.recipient_statuses import RETURNED_WITHIN, RecipientStatus
from storage.store.rewards import vouchers
from tests.payouts.stripe.by_hand_rail import IBAN, ByHandRail
from tests.payouts.stripe.event_delivery import ready
from tests.payouts.world import SECRET, World


def polled(world: World) -> list[str]:
    found = recipient_statuses.unsettled(world.store, rail=world.rail.name, listed_for=LISTED_BACK)
    return [each.account for each in found]


@pytest.mark.parametrize("way", ["redeemed", "lapsed", "lapsed at the till"])
def test_an_onboarding_ends_with_its_voucher(world: World, way: str) -> None:
    reward = world.earn(None)
    ready(world, reward)
    voucher = vouchers.of_reward(world.store, reward)
    assert voucher is not None
    if way != "redeemed":
        world.at = voucher.expires_at
    if way == "lapsed":
        assert vouchers.expire_due(world.store) == 1
    else:
        vouchers.redeem(world.store, voucher.code_hash, cafe=voucher.cafe, actor="till", request="1")
    wish = onboardings.find(world.store, reward)
    assert wish is not None
    assert (wish.state, onboardings.requested_at(world.store), polled(world)) == ("lapsed", {}, [])


@pytest.mark.parametrize(
    ("waited", "soon", "due"),
    [
        (timedelta(0), timedelta(minutes=9), timedelta(minutes=10)),
        (timedelta(days=5), timedelta(hours=12), timedelta(hours=14)),
        (timedelta(days=60), timedelta(hours=23), timedelta(days=1)),
    ],
)
def test_an_older_onboarding_is_polled_less_often(
    world: World, waited: timedelta, soon: timedelta, due: timedelta
) -> None:
    who = ready(world, world.earn(None))
    world.at += waited
    catch_up(world.store, world.rail, recipients=False)
    checked = world.at

    def asked_after(pause: timedelta) -> bool:
        world.at = checked + pause
        catch_up(world.store, world.rail, recipients=False)
        status = recipient_statuses.find(world.store, who.id)
        return status is not None and status.checked_at > checked

    assert not asked_after(soon)
    assert asked_after(due)


def test_only_recipients_with_unsettled_money_are_polled(world: World) -> None:
    world.earn("acct_1")
    assert polled(world) == ["acct_1"]  # claimed, in no batch yet
    world.settle()
    assert polled(world) == ["acct_1"]  # with Stripe, on its way to the bank
    books = world.rail.fake.books
    world.at += timedelta(minutes=1)
    payout = books.bank_payout("acct_1", 3000)
    catch_up(world.store, world.rail)
    process(world.store, world.rail)
    world.at += timedelta(minutes=1)
    books.bank_payout_ends(payout["id"], status="paid")
    catch_up(world.store, world.rail)
    process(world.store, world.rail)
    assert polled(world) == ["acct_1"]  # a bank may still give it back
    world.at += RETURNED_WITHIN + timedelta(minutes=1)
    assert polled(world) == []
    world.earn("acct_1")
    assert polled(world) == ["acct_1"]


def test_a_refused_payout_is_polled_until_its_claim_is_withdrawn(world: World) -> None:
    reward = world.earn("acct_1")
    world.rail.unable.add("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    world.at += LISTED_BACK + timedelta(days=1)
    assert polled(world) == ["acct_1"]
    unclaims.unclaim(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="the account is gone")
    assert polled(world) == []


def test_a_payout_without_a_bank_leg_is_polled_while_stripe_lists_it(world: World) -> None:
    world.earn("acct_1")
    world.settle()
    world.at += LISTED_BACK - timedelta(days=2)
    assert polled(world) == ["acct_1"]
    world.at += timedelta(days=3)
    assert polled(world) == []


@pytest.mark.parametrize("error", [ProviderRefuses, ProviderAway])
def test_a_failed_poll_of_one_recipient_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[ProviderRefuses | ProviderAway]
) -> None:
    both = [ready(world, world.earn(None)) for _ in range(2)]
    for each in both:
        world.rail.fake.books.onboard(each.account, iban=f"{IBAN}{each.account}")
    first, second = sorted(both, key=lambda who: who.id)

    def refresh(store: Store, rail: ByHandRail, who: Recipient) -> RecipientStatus:
        if who.id == first.id:
            raise error("Stripe does not answer.", remedy="Try again.")
        return refresh_status(store, rail, who)

    monkeypatch.setattr(events, "refresh_status", refresh)
    if error is ProviderAway:  # the same period is listed again after an outage
        with pytest.raises(ProviderAway):
            catch_up(world.store, world.rail)
    else:
        assert catch_up(world.store, world.rail) > 0
    found = recipient_statuses.find(world.store, second.id)
    assert found is not None
    assert found.transfers == "active"
    monkeypatch.undo()
    catch_up(world.store, world.rail)
    assert recipient_statuses.find(world.store, first.id) is not None
