"""The fake's server: official client over a socket, onboarding, faults by HTTP, state in a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe
from starlette.testclient import TestClient

from operations.gate import gate
from proving.stripe_fake.bank import FAILING_IBANS, WORKING_IBAN, Bank
from proving.stripe_fake.books import LINK_SECONDS
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.pages import SHARED
from proving.stripe_fake.server import create_server
from proving.stripe_fake.webhooks import Webhooks
from tests.proving.stripe_fake.fake_client import OPEN, FakeClient


@pytest.fixture
def api() -> FakeClient:
    return FakeClient(url="")


@pytest.fixture
def browser(api: FakeClient) -> Iterator[TestClient]:
    hooks = Webhooks(api.fake.books, secret="whsec_test", lock=api.fake.lock)
    server = create_server(api.fake, bank=Bank(api.fake.books), webhooks=hooks)
    yield TestClient(server, follow_redirects=False)


def link(api: FakeClient, account: str) -> str:
    made = api.client.v1.account_links.create(
        {"account": account, "type": "account_onboarding", "return_url": "/back", "refresh_url": "/fresh"}
    )
    return made.url


@pytest.mark.parametrize("iban", [WORKING_IBAN, *FAILING_IBANS])
def test_a_person_finishes_with_a_test_iban(api: FakeClient, browser: TestClient, iban: str) -> None:
    account = api.client.v1.accounts.create(OPEN).id
    visit = browser.get(link(api, account)).headers["location"]
    page = browser.get(visit, headers={"accept-language": "sv-SE"})
    assert "Det här är en låtsas-Stripe, inga pengar flyttas" in page.text
    assert page.headers["pilot-fake"] == "stripe"
    assert "This is a fake Stripe" in browser.get(f"{visit}?language=en").text
    done = browser.post(visit, data={"iban": iban})
    assert (done.status_code, done.headers["location"]) == (303, "/back")
    found = api.client.v1.accounts.retrieve(account)
    assert found.capabilities.transfers == "active"
    assert found.external_accounts.data[0]["last4"] == iban[-4:]


def test_each_choice_is_a_bank_account_of_ones_own_but_the_one_that_is_shared(
    api: FakeClient, browser: TestClient
) -> None:
    def fingerprint(choice: str) -> str:
        account = api.client.v1.accounts.create(OPEN).id
        visit = browser.get(link(api, account)).headers["location"]
        assert browser.post(visit, data={"iban": choice}).status_code == 303
        return api.client.v1.accounts.retrieve(account).external_accounts.data[0]["fingerprint"]

    chosen = [fingerprint(each) for each in (WORKING_IBAN, WORKING_IBAN, SHARED, SHARED)]
    assert len({*chosen[:3]}) == 3
    assert chosen[2] == chosen[3]


def test_a_link_opens_once_and_lapses_and_an_unknown_one_leads_nowhere(api: FakeClient, browser: TestClient) -> None:
    once = link(api, "acct_1")
    assert browser.get(once).headers["location"].startswith("/fake/visits/")
    assert browser.get(once).headers["location"] == "/fresh"
    late = link(api, "acct_1")
    api.at += timedelta(seconds=LINK_SECONDS)
    assert browser.get(late).headers["location"] == "/fresh"
    assert browser.get("/fake/onboarding/nothing").status_code == 404
    assert browser.get("/fake/visits/nothing").status_code == 404


def test_leaving_leads_back_and_changes_nothing_and_another_iban_is_not_taken(
    api: FakeClient, browser: TestClient
) -> None:
    account = api.client.v1.accounts.create(OPEN).id
    visit = browser.get(link(api, account)).headers["location"]
    assert 'href="/back"' in browser.get(visit).text
    assert browser.post(visit, data={"iban": "SE4550000000058398257466"}).status_code == 400
    assert api.client.v1.accounts.retrieve(account).capabilities.transfers == "inactive"


def test_the_overview_lists_accounts_transfers_payouts_and_events(api: FakeClient, browser: TestClient) -> None:
    made = api.transfer()
    api.fake.books.bank_payout("acct_1", 3000)
    for language, amounts in (("sv", ("30,00", "9\xa0999\xa0970,00 kr")), ("en", ("30.00", "SEK 9,999,970.00"))):
        page = browser.get(f"/fake?language={language}").text
        assert all(result in page for result in ("acct_1", made.id, "transfer.created", "po_fake", *amounts))


def test_faults_are_planned_over_http_and_a_broken_plan_changes_nothing(api: FakeClient, browser: TestClient) -> None:
    plan = {"label": "a lost answer", "transfers": ["answer_lost"], "webhooks": ["doubled"], "funds_ore": 5000}
    result = browser.post("/fake/faults", json=plan).json()
    assert (result["label"], result["transfers"], result["webhooks"]) == ("a lost answer", ["answer_lost"], ["doubled"])
    with pytest.raises(stripe.APIConnectionError):
        api.transfer()
    assert browser.get("/fake/faults").json()["funds_ore"] == 2000
    (made,) = api.fake.books.transfers
    browser.post("/fake/faults", json={"reverse": {made: 1000}, "capabilities": {"acct_1": "inactive"}})
    assert api.fake.books.transfers[made]["amount_reversed"] == 1000
    for broken in (
        {"transfers": ["burnt"]},
        {"webhooks": ["burnt"]},
        {"nothing": 1},
        [],
        {"funds_ore": -1},
        {"away": "yes"},
        {"reverse": {made: 2001}},
        {"capabilities": {"acct_9": "active"}},
        {"transfers": "answer_lost"},
    ):
        answer = browser.post("/fake/faults", json=broken)
        assert answer.status_code == 400, broken
        assert answer.json()["error"]
    assert browser.post("/fake/faults", content=b"{").status_code == 400
    assert list(api.fake.faults) == []


def test_the_api_answers_as_the_fake_does_and_a_fault_breaks_the_line(api: FakeClient, browser: TestClient) -> None:
    key = {"authorization": "Bearer sk_test_fake", "idempotency-key": "k"}
    asked = {"amount": "3000", "currency": "sek", "destination": "acct_1"}
    first = browser.post("/v1/transfers", data=asked, headers=key)
    again = browser.post("/v1/transfers", data=asked, headers=key)
    assert (first.status_code, again.json()["id"], again.headers["idempotent-replayed"]) == (
        200,
        first.json()["id"],
        "true",
    )
    assert browser.get("/v1/transfers?limit=1", headers=key).json()["data"][0]["id"] == first.json()["id"]
    assert browser.get("/v1/nothing", headers=key).headers["pilot-fake"] == "stripe"


def test_a_fake_that_starts_again_knows_what_it_knew_keys_included(tmp_path: Path) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    first = FakeClient(file=tmp_path / "fake.json")
    made = first.pay("k1").body["id"]
    second = FakeClient(file=tmp_path / "fake.json")
    replayed = second.pay("k1")
    assert (replayed.body["id"], replayed.headers["Idempotent-Replayed"]) == (made, "true")
    assert second.fake.books.undelivered >= first.fake.books.undelivered
    assert second.transfer(group="g2").id != made
    assert FakeStripe(now=lambda: at, file=tmp_path / "fake.json").books.funds_ore == 10**9 - 6000


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8000"])
def test_another_sites_page_cannot_plan_faults_or_finish_a_visit(api: FakeClient, origin: str) -> None:
    guarded = create_server(api.fake, bank=Bank(api.fake.books), middleware=gate(hosts=("fake.example",)))
    browser = TestClient(guarded, base_url="http://fake.example")
    for path in ("/fake/faults", "/fake/visits/unknown", "/v1/accounts"):
        assert browser.post(path, headers={"Origin": origin}).status_code == 403
    assert browser.post("/fake/visits/unknown", headers={"Origin": "http://fake.example"}).status_code == 404
    assert TestClient(guarded, base_url="http://evil.example").get("/fake").status_code == 400
