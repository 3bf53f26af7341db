"""A reward goes to an account once that can be paid, and its voucher is good until then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pilot.identifiers import new_identifier
from storage.store.engine import Store
from storage.store.payouts import claims, guest_payouts, onboardings, recipient_devices
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.onboardings import OnboardingRefused
from storage.store.payouts.recipient_statuses import RecipientStatus
from storage.store.privacy import erasures, tombstones
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.reward_cases import Candidate, Judgement
from storage.store.rewards.vouchers import Issuer
from tests.payouts import assertions as looks

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RAIL = "stripe_fake"


class Guests:
    """Guests of a store with rewards, and the accounts they want them on."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = AT
        store.now = lambda: self.now

    def rewarded(self, *, device: str | None = "d" * 64, simulated: bool = True) -> tuple[str, str]:
        session = new_identifier(at=AT)
        given = Candidate(session, DAY, "aurora", simulated, True, 80, 80, True, None, (), device, "1", "1")
        issuer = Issuer(code_hash=lambda reward_id, number: f"{reward_id}:{number}", valid=timedelta(days=90))
        eligible = Judgement("eligible", amount_ore=2000)
        (decision,) = decisions.decide(
            self.store, [given], judge=lambda _case, _standing: eligible, issuer=issuer, decided_by="assets"
        )
        return session, decision.reward_id

    def account(self, name: str = "acct_1") -> str:
        return claims.recipient(self.store, rail=RAIL, account=name, simulated=True).id

    def stands(self, who: str, transfers: str, *, after_s: int = 0, bank: str | None = None) -> None:
        at = AT + timedelta(seconds=after_s)
        standings.save(self.store, RecipientStatus(who, transfers, True, 0, "", bank, None, at))  # type: ignore[arg-type]

    def voucher(self, reward_id: str) -> str:
        found = vouchers.of_reward(self.store, reward_id)
        assert found is not None
        return found.state


@pytest.fixture
def guests(store: Store) -> Guests:
    return Guests(store)


def test_the_voucher_is_good_until_the_account_can_be_paid(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.ask(store, reward_id, recipient_id=who)
    for after_s, transfers in enumerate(("inactive", "pending", "gone")):
        guests.stands(who, transfers, after_s=after_s)
        assert guests.voucher(reward_id) == "issued"
    guests.stands(who, "active", after_s=9)
    assert guests.voucher(reward_id) == "cancelled"
    found = guest_payouts.of_reward(store, reward_id)
    assert found is not None
    assert (found.claimed, found.onboarding, found.amount_ore) == (True, "claimed", 2000)


@pytest.mark.parametrize("rail", ["stripe", "stripe_test", "stripe_fake", "memory"])
@pytest.mark.parametrize("simulated", [True, False])
def test_a_voucher_is_given_back_for_money_exactly_where_a_real_guest_holds_it(store, guests, rail, simulated):
    _, reward_id = guests.rewarded(simulated=simulated)
    who = claims.recipient(store, rail=rail, account="acct_1", simulated=simulated)
    if (rail == "stripe") != simulated:
        claims.claim(store, reward_id, by=who)
        assert guests.voucher(reward_id) == "cancelled"
    else:
        with pytest.raises(claims.ClaimRefused, match="Money goes to real guests only"):
            claims.claim(store, reward_id, by=who)
        assert guests.voucher(reward_id) == "issued"


def test_what_the_provider_said_earlier_never_outweighs_what_it_said_later(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.ask(store, reward_id, recipient_id=who)
    guests.stands(who, "inactive", after_s=5)
    guests.stands(who, "active", after_s=1)
    assert guests.voucher(reward_id) == "issued"


def test_a_voucher_that_was_redeemed_meanwhile_is_not_paid_again(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.ask(store, reward_id, recipient_id=who)
    vouchers.redeem(store, f"{reward_id}:1", cafe="aurora", actor="till", request="1")
    guests.stands(who, "active")
    assert looks.claims_in_all(store) == 0
    assert guests.voucher(reward_id) == "redeemed"
    assert onboardings.of_recipient(store, who, state="lapsed")[0].reward_id == reward_id


def test_another_account_may_take_the_first_ones_place_until_the_claim(store, guests):
    _, reward_id = guests.rewarded()
    first, second = guests.account("a"), guests.account("b")
    onboardings.ask(store, reward_id, recipient_id=first)
    assert onboardings.ask(store, reward_id, recipient_id=second).recipient_id == second
    guests.stands(first, "active")
    assert looks.claims_in_all(store) == 0
    guests.stands(second, "active")
    assert looks.claims_in_all(store) == 1
    assert onboardings.ask(store, reward_id, recipient_id=first).recipient_id == second


def test_a_device_is_remembered_for_thirty_days(store, guests):
    who = guests.account()
    recipient_devices.remember(store, device="d", rail=RAIL, recipient_id=who)
    guests.now += timedelta(days=29)
    assert recipient_devices.find(store, device="d", rail=RAIL, simulated=True) == who
    assert recipient_devices.find(store, device="d", rail=RAIL, simulated=False) is None
    assert recipient_devices.forget_old(store) == 0
    recipient_devices.remember(store, device="d", rail=RAIL, recipient_id=who)
    guests.now += timedelta(days=30)
    assert recipient_devices.find(store, device="d", rail=RAIL, simulated=True) is None
    assert recipient_devices.forget_old(store) == 1


def test_recipients_with_one_bank_account_are_found(store, guests):
    first, second, third = guests.account("a"), guests.account("b"), guests.account("c")
    for who, bank in ((first, "f"), (second, "f"), (third, None)):
        guests.stands(who, "active", bank=bank)
    assert standings.same_bank(store, first) == {second}
    assert standings.same_bank(store, third) == frozenset()


def test_an_erased_guest_who_claimed_nothing_leaves_no_account_behind(store, guests):
    session, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.ask(store, reward_id, recipient_id=who)
    recipient_devices.remember(store, device="d" * 64, rail=RAIL, recipient_id=who)
    guests.stands(who, "inactive", bank="f")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    with pytest.raises(OnboardingRefused):
        onboardings.ask(store, reward_id, recipient_id=who)
    erasures.pseudonymise(store, session)
    assert standings.recipient(store, who) is None
    assert standings.find(store, who) is None
    assert recipient_devices.find(store, device="d" * 64, rail=RAIL, simulated=True) is None
    assert onboardings.find(store, reward_id) is None
    assert guests.voucher(reward_id) == "issued"


def test_an_erased_guests_claim_stays_in_the_books_and_is_paid(store, guests):
    session, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.ask(store, reward_id, recipient_id=who)
    recipient_devices.remember(store, device="d" * 64, rail=RAIL, recipient_id=who)
    guests.stands(who, "active")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    assert looks.claims_in_all(store) == 1
    assert standings.recipient(store, who) is not None
    assert onboardings.find(store, reward_id) is None
    assert recipient_devices.find(store, device="d" * 64, rail=RAIL, simulated=True) is None


def test_nobody_is_sent_to_the_provider_for_a_reward_that_is_not_there(store):
    with pytest.raises(OnboardingRefused):
        onboardings.intend(store, "unknown")
