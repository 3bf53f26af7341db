"""From the voucher to a bank account: the voucher is good until Stripe reports the account ready."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from pydantic import SecretStr

from payouts.stripe.configured import rail_name
from payouts.stripe.recipients import open_account, refresh_status
from pilot.words import section
from storage.store.payouts import (
    attempts,
    batches,
    guest_payouts,
    instruction_rows,
    onboardings,
    recipient_devices,
    recipient_statuses,
)
from storage.store.payouts.batches import Limits
from storage.store.payouts.recipient_statuses import BankPayout
from storage.store.privacy import tombstones
from storage.store.rewards import vouchers
from tests.voice_edge.replicas import eventually
from voice_edge.receipts.bank_onboarding import BankOnboarding

LIMITS = Limits(approval_ore=10**6, yearly_ore=99_900)


def status_title(language: str, name: str) -> str:
    return section("payout", language)[f"{name}.title"]  # type: ignore[arg-type]


@pytest.fixture
async def chosen(guest, stripe, sent, reward):
    """Send a guest to Stripe's questions; return the receipt's path, the decision and the voucher's code."""
    path, session = sent
    decision, _, code = reward(session_id=session)
    answer = await guest.post(f"{path}/bank", data={"account": "new"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{stripe.url}/fake/onboarding/")
    return path, decision, code


def state_of(home, decision) -> str:
    return vouchers.of_reward(home.store(), decision.reward_id).state


async def test_an_answered_onboarding_claims_the_reward(guest, stripe, home, chosen):
    path, decision, code = chosen
    text = (await guest.get(path)).text
    assert code in text
    assert status_title("sv", "asked") in text
    assert "LÅTSAS" in text
    stripe.answered(stripe.accounts[0])
    back = await guest.get(f"{path}/bank/back?lang=sv")
    assert (back.status_code, back.headers["location"]) == (303, f"{path}?lang=sv")
    text = (await guest.get(path)).text
    assert code not in text
    assert status_title("sv", "waiting") in text
    assert "30\u00a0kr till ditt bankkonto" in text
    assert state_of(home, decision) == "cancelled"
    assert (await guest.get(f"{path}/state")).json()["state"] == "kept.bank.0.waiting"


async def test_returning_without_an_answer_changes_nothing(guest, home, chosen):
    path, decision, code = chosen
    assert (await guest.get(f"{path}/bank/back")).status_code == 303
    assert code in (await guest.get(path)).text
    assert state_of(home, decision) == "issued"


async def test_each_click_makes_a_new_link_for_the_same_account(guest, stripe, chosen):
    path, _, _ = chosen
    again = await guest.get(f"{path}/bank/again")
    more = await guest.post(f"{path}/bank", data={})
    assert again.status_code == more.status_code == 303
    assert len({again.headers["location"], more.headers["location"]}) == 2
    assert len(stripe.accounts) == 1
    assert len(stripe.fake.books.links) == 3


async def test_nobody_is_redirected_without_a_click(guest, stripe, sent, reward):
    path, session = sent
    reward(session_id=session)
    assert (await guest.get(f"{path}/bank")).status_code == 200
    assert (await guest.get(f"{path}/bank/again")).headers["location"].startswith(path)
    foreign = await guest.post(f"{path}/bank", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert stripe.accounts == []


async def test_while_stripe_is_away_the_voucher_stays_good(guest, stripe, home, sent, reward):
    path, session = sent
    decision, _, code = reward(session_id=session)
    stripe.fake.away = True
    for _ in range(2):
        answer = await guest.post(f"{path}/bank", data={"account": "new"})
        assert answer.status_code == 503
        assert "Stripe svarar inte just nu" in answer.text
        assert "Kupongen gäller som förut" in answer.text
    assert code in (await guest.get(path)).text
    assert state_of(home, decision) == "issued"


async def test_a_claimed_rewards_page_needs_no_provider(guest, stripe, chosen):
    path, _, _ = chosen
    stripe.answered(stripe.accounts[0])
    await guest.get(f"{path}/bank/back")
    stripe.fake.away = True
    text = (await guest.get(path)).text
    assert status_title("sv", "waiting") in text
    assert (await guest.get(f"{path}/bank/back")).status_code == 303


async def test_the_receipt_refreshes_the_account_by_itself(guest, stripe, home, replica, chosen):
    path, decision, _ = chosen
    stripe.answered(stripe.accounts[0])
    replica.clock.jump(20)
    await guest.get(f"{path}/state")
    await eventually(lambda: state_of(home, decision) == "cancelled")
    assert (await guest.get(f"{path}/state")).json()["state"] == "kept.bank.0.waiting"


async def test_a_remembered_device_need_not_answer_again(guest, stripe, home, sent, reward):
    path, session = sent
    decision, _, _ = reward(session_id=session, device="d" * 64)
    await guest.post(f"{path}/bank", data={"account": "new"})
    stripe.answered(stripe.accounts[0])
    await guest.get(f"{path}/bank/back")
    found = guest_payouts.of_reward(home.store(), decision.reward_id)
    known = recipient_devices.find(home.store(), device="d" * 64, rail="stripe_fake", simulated=True)
    assert known == found.recipient_id


async def test_a_known_guest_sees_the_last_four_and_is_not_asked_again(guest, stripe, home, sent, reward, replica):
    path, session = sent
    store = home.store()
    reward(session_id=session, device="d" * 64)
    account = open_account(replica.edge.bank._open_provider(), reward_id="before")
    stripe.answered(account)
    from storage.store.payouts import claims

    who = claims.recipient(store, rail="stripe_fake", account=account, simulated=True)
    recipient_devices.remember(store, device="d" * 64, rail="stripe_fake", recipient_id=who.id)
    refresh_status(store, replica.edge.bank._open_provider(), who)
    page = (await guest.get(f"{path}/bank")).text
    assert "slutar på 0003" in page
    answer = await guest.post(f"{path}/bank", data={"account": "known"})
    assert answer.headers["location"].endswith(f"{path}/bank/back?lang=sv")
    assert status_title("sv", "waiting") in (await guest.get(path)).text
    assert len(stripe.accounts) == 1


async def test_a_claimed_reward_with_a_deleted_account_promises_no_voucher(guest, stripe, home, replica, chosen):
    path, decision, _ = chosen
    stripe.answered(stripe.accounts[0])
    await guest.get(f"{path}/bank/back")
    who = guest_payouts.of_reward(home.store(), decision.reward_id).recipient_id
    del stripe.fake.books.accounts[stripe.accounts[0]]
    refused = await guest.post(f"{path}/bank", data={})
    assert refused.status_code == 503
    assert "pengarna är kvar, precis som det står på kvittot" in refused.text
    assert "Kupongen gäller" not in refused.text
    refresh_status(home.store(), replica.edge.bank._open_provider(), recipient_statuses.recipient(home.store(), who))
    text = (await guest.get(path)).text
    assert status_title("sv", "gone_claimed") in text
    assert "så får du en ny kupong" in text
    assert section("bank", "sv")["offer.continue"] not in text


async def test_a_guest_can_switch_to_another_account_during_onboarding(guest, stripe, home, chosen):
    path, decision, _ = chosen
    answer = await guest.post(f"{path}/bank", data={"account": "new"})
    assert answer.status_code == 303
    first, second = stripe.accounts
    stripe.answered(first)
    await guest.get(f"{path}/bank/back")
    assert state_of(home, decision) == "issued"
    stripe.answered(second)
    await guest.get(f"{path}/bank/back")
    assert guest_payouts.of_reward(home.store(), decision.reward_id).account == second


async def test_a_guest_can_choose_another_account_after_a_lapsed_onboarding(guest, stripe, home, chosen):
    path, decision, _ = chosen
    onboardings.end(home.store(), decision.reward_id, "lapsed")
    await guest.post(f"{path}/bank", data={"account": "new"})
    assert len(stripe.accounts) == 2
    assert guest_payouts.of_reward(home.store(), decision.reward_id).account == stripe.accounts[1]


async def test_an_unknown_guest_is_not_offered_a_second_account(guest, stripe, chosen):
    path, _, _ = chosen
    page = (await guest.get(f"{path}/bank")).text
    assert 'value="new"' not in page
    await guest.post(f"{path}/bank", data={})
    assert len(stripe.accounts) == 1


async def test_a_deleted_account_can_be_replaced(guest, stripe, home, chosen):
    path, decision, _ = chosen
    del stripe.fake.books.accounts[stripe.accounts[0]]
    await guest.get(f"{path}/bank/back")
    assert status_title("sv", "gone") in (await guest.get(path)).text
    assert (await guest.post(f"{path}/bank", data={})).status_code == 303
    assert len(stripe.accounts) == 1
    assert state_of(home, decision) == "issued"


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_the_receipt_shows_each_status_of_the_payout(guest, stripe, home, replica, chosen, language):
    path, _, _ = chosen
    store = home.store()
    stripe.answered(stripe.accounts[0])
    await guest.get(f"{path}/bank/back")
    replica.clock.jump(timedelta(days=7).total_seconds())
    batch = batches.plan(store, day=store.now().date(), rail="stripe_fake", simulated=True, limits=LIMITS)
    (one,) = batches.instructions(store, batch.id)
    url = f"{path}?lang={language}"
    assert status_title(language, "approval") in (await guest.get(url)).text
    with store.begin() as connection:
        instruction_rows.set_state(
            connection, one.id, "refused", code="insufficient_capabilities_for_transfer", at=store.now()
        )
    text = (await guest.get(url)).text
    assert status_title(language, "mend") in text
    assert section("bank", language)["offer.continue"] in text
    batches.approve(store, batch.id, actor="test", reason="seen")
    attempt = attempts.begin_attempt(store, one.id, rail="stripe_fake", parameters="", retry_refused=True)
    attempts.record_accepted(store, attempt.key, reference="tr_1")
    assert status_title(language, "sent") in (await guest.get(url)).text
    for state, code, name in (
        ("in_transit", "", "in_bank"),
        ("paid", "", "paid"),
        ("failed", "account_closed", "bank_closed"),
    ):
        replica.clock.jump(60)
        recipient_statuses.save_bank_payout(
            store, BankPayout("po_1", one.recipient_id, 3000, state, code, None, store.now(), store.now())
        )
        assert status_title(language, name) in (await guest.get(url)).text


async def test_an_erased_receipt_offers_no_account(guest, stripe, home, sent, reward):
    path, session = sent
    decision, _, _ = reward(session_id=session)
    tombstones.add(home.store(), session_id=session, actor="guest", reason="asked")
    assert (await guest.get(f"{path}/bank")).status_code == 303
    assert (await guest.post(f"{path}/bank", data={"account": "new"})).status_code == 409
    assert "bankkonto" not in (await guest.get(path)).text
    assert stripe.accounts == []
    assert onboardings.find(home.store(), decision.reward_id) is None


async def test_a_declined_reward_offers_no_account(guest, stripe, home, sent, reward):
    path, session = sent
    reward(session_id=session, score=10, counted_score=10)
    assert "bankkonto" not in (await guest.get(path)).text
    assert (await guest.post(f"{path}/bank", data={"account": "new"})).status_code == 409
    assert stripe.accounts == []


def test_simulated_rewards_never_use_a_real_rail_and_real_ones_only_that(replica):
    from types import SimpleNamespace

    bank = replica.edge.bank

    def offered(rail: str) -> list[bool]:
        bank.rail = rail
        return [bank.offered(SimpleNamespace(receipt=SimpleNamespace(simulated=each))) for each in (True, False)]

    assert offered("stripe") == [False, True]
    assert bank.note("sv") == ""
    assert offered("stripe_test") == offered("stripe_fake") == [True, False]
    bank.rail = "stripe_test"
    assert "TESTLÄGE" in bank.note("sv")


def test_forms_may_redirect_only_to_the_providers_pages(home, replica):
    def leads_to(**changes: str) -> str:
        typed = {name: SecretStr(value) if name == "stripe_key" else value for name, value in changes.items()}
        settings = home.settings.model_copy(update=typed)
        return BankOnboarding(settings, open_store=home.store, clock=replica.clock).origin

    assert leads_to(stripe_key="sk_live_x", stripe_url="") == "https://*.stripe.com"
    assert leads_to(stripe_key="sk_test_x", stripe_url="") == "https://*.stripe.com"
    assert leads_to(stripe_key="") == ""
    assert leads_to(stripe_key="sk_test_fake") == "http: https:"


def test_without_a_key_no_account_is_offered(home):
    assert rail_name(home.settings) == "stripe_fake"
    assert rail_name(home.settings.model_copy(update={"stripe_key": type(home.settings.stripe_key)("")})) is None


def test_the_edge_starts_without_stripes_package():
    code = "import sys, voice_edge.http.app, voice_edge.edge; print('stripe' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
