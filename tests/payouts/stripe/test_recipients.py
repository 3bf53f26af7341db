"""Recipients through the official client, on the fake: opened once, links that are good once, standings by what they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import stripe

from payouts.stripe.calling import ProviderAway, make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.recipients import Recipients
from payouts.stripe_fake.by_hand import ByHand
from payouts.stripe_fake.fake import FakeStripe

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IBAN = "SE3550000000054910000003"


@pytest.fixture
def fake() -> FakeStripe:
    return FakeStripe(now=lambda: AT, calls_per_second=None)


@pytest.fixture
def recipients(fake: FakeStripe) -> Recipients:
    client = make_client("sk_test_fake", url="http://fake", http_client=ByHand(fake))
    return Recipients(client, name="stripe_fake", limiter=CallLimiter(1e9, sleep=lambda _: None))


def test_the_same_reward_opens_one_account_however_often_it_is_asked(fake, recipients):
    first = recipients.open_account(reward_id="r1")
    assert recipients.open_account(reward_id="r1") == first
    other = recipients.open_account(reward_id="r1", instead_of="gone")
    assert set(fake.books.accounts) == {first, other}
    assert fake.books.accounts[first]["metadata"] == {"reward": "r1"}
    assert fake.books.accounts[first]["email"] is None


def test_each_click_makes_a_link_of_its_own(recipients):
    account = recipients.open_account(reward_id="r1")
    links = {recipients.onboarding_link(account, return_url="https://a/b", refresh_url="https://a/c") for _ in range(3)}
    assert len(links) == 3


def test_a_standing_tells_what_the_account_is(fake, recipients):
    account = recipients.open_account(reward_id="r1")
    before = recipients.standing(account, recipient_id="i", at=AT)
    assert (before.transfers, before.details_submitted, before.bank_last4) == ("inactive", False, None)
    assert before.due == 3
    fake.books.onboard(account, iban=IBAN)
    after = recipients.standing(account, recipient_id="i", at=AT)
    assert (after.transfers, after.details_submitted, after.due, after.bank_last4) == ("active", True, 0, IBAN[-4:])
    assert after.bank_fingerprint
    fake.books.accounts[account]["capabilities"]["transfers"] = "pending"
    assert recipients.standing(account, recipient_id="i", at=AT).transfers == "pending"
    del fake.books.accounts[account]
    assert recipients.standing(account, recipient_id="i", at=AT).transfers == "gone"


def test_a_provider_that_is_away_is_said_to_be(fake, recipients):
    fake.away = True
    with pytest.raises(ProviderAway) as refused:
        recipients.open_account(reward_id="r1")
    assert refused.value.retryable
    assert "r1" not in str(refused.value)
    assert not isinstance(refused.value, stripe.StripeError)
