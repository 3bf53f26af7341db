"""The fake: capabilities, balance, reversals, lists, links, events, limits; it is never live."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from proving.stripe_fake.bank import FAILING_IBANS, SMALLEST_PAYOUT_ORE, WORKING_IBAN, Bank
from proving.stripe_fake.books import LINK_SECONDS
from tests.proving.stripe_fake.fake_client import OPEN, FakeClient

LINK = {"account": "acct_1", "type": "account_onboarding", "return_url": "http://x/b", "refresh_url": "http://x/f"}


@pytest.fixture
def api() -> FakeClient:
    return FakeClient()


def test_a_transfer_is_made_and_leaves_the_balance(api: FakeClient) -> None:
    made = api.transfer(3000)
    assert (made.amount, made.currency, made.destination, made.livemode) == (3000, "sek", "acct_1", False)
    assert api.client.v1.balance.retrieve().available[0].amount == 10**9 - 3000
    assert api.client.v1.transfers.retrieve(made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError, match="No such transfer"):
        api.client.v1.transfers.retrieve("tr_nothing")


@pytest.mark.parametrize("state", ["inactive", "pending"])
def test_an_account_without_the_capability_gets_nothing(api: FakeClient, state: str) -> None:
    api.fake.books.capability("acct_1", state)
    with pytest.raises(stripe.InvalidRequestError) as result:
        api.transfer()
    assert result.value.code == "insufficient_capabilities_for_transfer"
    new = api.client.v1.accounts.create(OPEN).id
    with pytest.raises(stripe.InvalidRequestError):
        api.transfer(account=new)


def test_more_than_the_balance_is_refused_and_all_of_it_is_not() -> None:
    api = FakeClient(funds_ore=3000)
    with pytest.raises(stripe.InvalidRequestError) as result:
        api.transfer(3001)
    assert result.value.code == "balance_insufficient"
    api.transfer(3000)
    assert api.fake.books.funds_ore == 0


def test_a_transfer_comes_back_in_parts_until_nothing_is_left(api: FakeClient) -> None:
    made = api.transfer(3000)
    reversals = api.client.v1.transfers.reversals
    reversals.create(made.id, {"amount": 1000})
    part = api.client.v1.transfers.retrieve(made.id)
    assert (part.amount_reversed, part.reversed) == (1000, False)
    with pytest.raises(stripe.InvalidRequestError, match="unreversed amount of 2000"):
        reversals.create(made.id, {"amount": 2001})
    reversals.create(made.id)
    whole = api.client.v1.transfers.retrieve(made.id)
    assert (whole.amount_reversed, whole.reversed, len(whole.reversals.data)) == (3000, True, 2)
    assert api.fake.books.funds_ore == 10**9
    with pytest.raises(stripe.InvalidRequestError):
        reversals.create(made.id, {"amount": 1})
    with pytest.raises(stripe.InvalidRequestError):
        reversals.create("tr_nothing")


def test_lists_are_filtered_and_paged_the_newest_first(api: FakeClient) -> None:
    api.account("acct_2")
    made = []
    for number in range(25):
        api.at += timedelta(minutes=1)
        made.append(api.transfer(group=f"g{number % 2}", account=f"acct_{1 + number % 5 // 4}").id)
    newest = made[::-1]
    transfers = api.client.v1.transfers
    first = transfers.list()
    assert ([each.id for each in first.data], first.has_more) == (newest[:10], True)
    assert [each.id for each in transfers.list({"limit": 7}).auto_paging_iter()] == newest
    last = transfers.list({"limit": 5, "starting_after": newest[19]})
    assert ([each.id for each in last.data], last.has_more) == (newest[20:], False)
    assert [each.id for each in transfers.list({"transfer_group": "g1", "limit": 100}).data] == newest[1::2]
    assert len(transfers.list({"destination": "acct_2"}).data) == 5
    since = {"gte": int(api.at.timestamp()) - 120}
    assert [each.id for each in transfers.list({"created": since}).data] == newest[:3]
    with pytest.raises(stripe.InvalidRequestError):
        transfers.list({"starting_after": "tr_nothing"})


def test_events_are_listed_by_type_and_by_whether_they_were_taken(api: FakeClient) -> None:
    made = api.transfer()
    api.client.v1.transfers.reversals.create(made.id)
    events = api.client.v1.events
    kinds = [each.type for each in events.list({"types": ["transfer.created", "transfer.reversed"]}).data]
    assert kinds == ["transfer.reversed", "transfer.created"]
    (one,) = events.list({"type": "transfer.created"}).data
    assert (one.data.object["id"], one.livemode, one.pending_webhooks) == (made.id, False, 1)
    assert one.data.object["amount_reversed"] == 0
    api.fake.books.delivered(one.id)
    assert one.id not in [each.id for each in events.list({"delivery_success": False}).data]
    assert [each.id for each in events.list({"delivery_success": True}).data] == [one.id]
    assert events.retrieve(one.id).pending_webhooks == 0
    assert events.list({"type": "account.updated"}).data == []  # Our own account's only,
    account = events.list({"type": "account.updated"}, {"stripe_account": "acct_1"}).data[0]  # or one connected one's.
    assert account.account == "acct_1"


def test_an_account_is_opened_as_we_open_ours_and_in_no_other_way(api: FakeClient) -> None:
    made = api.client.v1.accounts.create(OPEN)
    assert (made.capabilities.transfers, made.details_submitted) == ("inactive", False)
    for change in ({"country": "NO"}, {"capabilities": {}}, {"controller": {}}, {"type": "express"}):
        with pytest.raises(stripe.InvalidRequestError):
            api.client.v1.accounts.create({**OPEN, **change})


def test_a_link_names_its_end_and_needs_an_account_and_both_ways_back(api: FakeClient) -> None:
    made = api.client.v1.account_links.create(LINK)
    assert made.expires_at - made.created == LINK_SECONDS
    for change in ({"account": "acct_9"}, {"type": "account_update"}, {"return_url": ""}):
        with pytest.raises(stripe.InvalidRequestError):
            api.client.v1.account_links.create({**LINK, **change})


def test_nothing_of_the_fake_is_live_and_every_answer_says_that_it_is_one(api: FakeClient) -> None:
    answers = [
        api.pay("k"),
        api.get("/v1/transfers"),
        api.get("/v1/balance"),
        api.get("/v1/nothing"),
        api.post("/v1/transfers", authorization="Bearer sk_live_x"),
    ]
    assert {each.headers["Pilot-Fake"] for each in answers} == {"stripe"}
    assert '"livemode": true' not in "".join(each.text for each in answers)
    assert [each.status for each in answers] == [200, 200, 200, 404, 401]


def test_more_calls_in_a_second_than_the_limit_are_refused_before_anything_else() -> None:
    api = FakeClient(calls_per_second=3)
    assert [api.pay().status for _ in range(5)] == [200, 200, 200, 429, 429]
    api.at += timedelta(seconds=1)
    assert api.pay().status == 200
    assert len(api.fake.books.transfers) == 4


def test_a_fake_that_is_away_takes_nothing(api: FakeClient) -> None:
    api.fake.away = True
    with pytest.raises(stripe.APIConnectionError):
        api.transfer()
    api.fake.away = False
    assert api.fake.books.transfers == {}


def result(api: FakeClient) -> list[str]:
    return [each["type"] for each in api.fake.books.events.values() if each["type"].startswith("payout.")]


def step(api: FakeClient, bank: Bank) -> None:
    api.at += timedelta(days=1)
    bank.settle()


def test_a_working_account_is_paid_out_by_itself_from_the_smallest_payout_on(api: FakeClient) -> None:
    bank = Bank(api.fake.books)
    api.transfer(SMALLEST_PAYOUT_ORE - 1)
    step(api, bank)
    assert result(api) == []
    assert bank.balance_ore("acct_1") == SMALLEST_PAYOUT_ORE - 1
    api.transfer(1)
    step(api, bank)
    step(api, bank)
    assert result(api) == ["payout.created", "payout.paid"]
    assert bank.balance_ore("acct_1") == 0
    (payout,) = api.client.v1.payouts.list({}, {"stripe_account": "acct_1"}).data
    assert (payout.status, payout.amount) == ("paid", SMALLEST_PAYOUT_ORE)
    assert api.client.v1.payouts.list().data == []


@pytest.mark.parametrize("iban", FAILING_IBANS)
def test_a_failing_account_gets_its_money_back_on_its_balance_and_never_to_us(api: FakeClient, iban: str) -> None:
    bank = Bank(api.fake.books)
    api.account("acct_2", iban=iban)
    api.transfer(3000, account="acct_2")
    for _ in range(4):
        step(api, bank)
    late = FAILING_IBANS[iban] == "account_closed"
    assert result(api) == ["payout.created", *(["payout.paid"] if late else []), "payout.failed"]
    (payout,) = api.client.v1.payouts.list({}, {"stripe_account": "acct_2"}).data
    assert (payout.status, payout.failure_code) == ("failed", FAILING_IBANS[iban])
    assert bank.balance_ore("acct_2") == 3000
    assert api.fake.books.funds_ore == 10**9 - 3000
    assert api.client.v1.accounts.retrieve("acct_2").external_accounts.data[0]["status"] == "errored"


def test_equal_bank_accounts_have_equal_fingerprints(api: FakeClient) -> None:
    api.account("acct_2", iban=f" {WORKING_IBAN} ")
    api.account("acct_3", iban=next(iter(FAILING_IBANS)))
    prints = [api.client.v1.accounts.retrieve(f"acct_{n}").external_accounts.data[0]["fingerprint"] for n in (1, 2, 3)]
    assert prints[0] == prints[1] != prints[2]
