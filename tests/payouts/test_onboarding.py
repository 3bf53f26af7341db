"""A reward goes to an account once that can be paid, and its voucher is valid until then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import pytest

from pilot.identifiers import new_identifier
from storage.store.engine import Store
from storage.store.payouts import claims, guest_payouts, onboardings, recipient_devices, recipient_statuses
from storage.store.payouts.onboardings import OnboardingRefused
from storage.store.payouts.recipient_statuses import RecipientStatus
from storage.store.privacy import erasures, tombstones
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.reward_cases import Candidate, Judgement
from storage.store.rewards.vouchers import Issuer
from tests.payouts import assertions

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RAIL = "stripe_fake"


class Guests:
    """Guests with rewards, and the accounts that they request."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = AT
        store.now = lambda: self.now

    def rewarded(self, *, device: str | None = "d" * 64, simulated: bool = True) -> tuple[str, str]:
        session = new_identifier(at=AT)
        given = Candidate(session, DAY, "aurora", simulated, True, 80, 80, True, None, (), device, "1", "1")
        issuer = Issuer(
            code_hash=lambda reward_id, number: f"{reward_id}:{number}",
            valid=timedelta(days=90),
            reward_id=lambda session_id: str(uuid5(NAMESPACE_OID, session_id)),
        )
        eligible = Judgement("eligible", amount_ore=2000)
        (decision,) = decisions.decide(
            self.store, [given], decision_rule=lambda _candidate, _facts: eligible, issuer=issuer, decided_by="assets"
        )
        return session, decision.reward_id

    def account(self, name: str = "acct_1") -> str:
        return claims.recipient(self.store, rail=RAIL, account=name, simulated=True).id

    def set_status(self, who: str, transfers: str, *, after_s: int = 0, bank: str | None = None) -> None:
        at = AT + timedelta(seconds=after_s)
        recipient_statuses.save(self.store, RecipientStatus(who, transfers, True, 0, "", bank, None, at))  # type: ignore[arg-type]

    def voucher(self, reward_id: str) -> str:
        found = vouchers.of_reward(self.store, reward_id)
        assert found is not None
        return found.state


@pytest.fixture
def guests(store: Store) -> Guests:
    return Guests(store)


def test_the_voucher_is_valid_until_the_account_can_be_paid(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.request(store, reward_id, recipient_id=who)
    for after_s, transfers in enumerate(("inactive", "pending", "gone")):
        guests.set_status(who, transfers, after_s=after_s)
        assert guests.voucher(reward_id) == "issued"
    guests.set_status(who, "active", after_s=9)
    assert guests.voucher(reward_id) == "cancelled"
    found = guest_payouts.of_reward(store, reward_id)
    assert found is not None
    assert (found.claimed, found.onboarding, found.amount_ore) == (True, "claimed", 2000)


@pytest.mark.parametrize("rail", ["stripe", "stripe_test", "stripe_fake", "memory"])
@pytest.mark.parametrize("simulated", [True, False])
def test_only_real_guests_exchange_a_voucher_for_money(store, guests, rail, simulated):
    _, reward_id = guests.rewarded(simulated=simulated)
    who = claims.recipient(store, rail=rail, account="acct_1", simulated=simulated)
    if (rail == "stripe") != simulated:
        claims.claim(store, reward_id, by=who)
        assert guests.voucher(reward_id) == "cancelled"
    else:
        with pytest.raises(claims.ClaimRefused, match="Money goes to real guests only"):
            claims.claim(store, reward_id, by=who)
        assert guests.voucher(reward_id) == "issued"


def test_an_older_status_never_replaces_a_newer_one(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.request(store, reward_id, recipient_id=who)
    guests.set_status(who, "inactive", after_s=5)
    guests.set_status(who, "active", after_s=1)
    assert guests.voucher(reward_id) == "issued"


def test_a_reward_redeemed_during_the_onboarding_is_not_paid_again(store, guests):
    _, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.request(store, reward_id, recipient_id=who)
    vouchers.redeem(store, f"{reward_id}:1", cafe="aurora", actor="till", request="1")
    guests.set_status(who, "active")
    assert assertions.claims_in_all(store) == 0
    assert guests.voucher(reward_id) == "redeemed"
    assert onboardings.of_recipient(store, who, state="lapsed")[0].reward_id == reward_id


def test_another_account_may_replace_the_first_until_the_claim(store, guests):
    _, reward_id = guests.rewarded()
    first, second = guests.account("a"), guests.account("b")
    onboardings.request(store, reward_id, recipient_id=first)
    assert onboardings.request(store, reward_id, recipient_id=second).recipient_id == second
    guests.set_status(first, "active")
    assert assertions.claims_in_all(store) == 0
    guests.set_status(second, "active")
    assert assertions.claims_in_all(store) == 1
    assert onboardings.request(store, reward_id, recipient_id=first).recipient_id == second


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
        guests.set_status(who, "active", bank=bank)
    assert assertions.same_bank(store, first) == {second}
    assert assertions.same_bank(store, third) == frozenset()


def test_erasing_a_guest_without_a_claim_deletes_the_account(store, guests):
    session, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.request(store, reward_id, recipient_id=who)
    recipient_devices.remember(store, device="d" * 64, rail=RAIL, recipient_id=who)
    guests.set_status(who, "inactive", bank="f")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    with pytest.raises(OnboardingRefused):
        onboardings.request(store, reward_id, recipient_id=who)
    erasures.pseudonymise(store, session)
    assert recipient_statuses.recipient(store, who) is None
    assert recipient_statuses.find(store, who) is None
    assert recipient_devices.find(store, device="d" * 64, rail=RAIL, simulated=True) is None
    assert onboardings.find(store, reward_id) is None
    assert guests.voucher(reward_id) == "issued"


def test_an_erased_guests_claim_stays_in_the_books(store, guests):
    session, reward_id = guests.rewarded()
    who = guests.account()
    onboardings.request(store, reward_id, recipient_id=who)
    recipient_devices.remember(store, device="d" * 64, rail=RAIL, recipient_id=who)
    guests.set_status(who, "active")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    erasures.pseudonymise(store, session)
    assert assertions.claims_in_all(store) == 1
    assert recipient_statuses.recipient(store, who) is not None
    assert onboardings.find(store, reward_id) is None
    assert recipient_devices.find(store, device="d" * 64, rail=RAIL, simulated=True) is None


def test_no_onboarding_starts_without_a_reward(store):
    with pytest.raises(OnboardingRefused):
        onboardings.record_intent(store, "unknown")
