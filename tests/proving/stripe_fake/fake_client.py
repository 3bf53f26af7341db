"""A fake, its clock and the official client on it, for tests of the fake itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import stripe

from payouts.stripe.calling import make_client
from proving.stripe_fake.bank import WORKING_IBAN
from proving.stripe_fake.by_hand import InProcessClient
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.requests import Answer, ApiRequest

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPEN = {
    "country": "SE",
    "controller": {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "stripe_dashboard": {"type": "express"},
    },
    "capabilities": {"transfers": {"requested": True}},
}
ASK = "amount=3000&currency=sek&destination=acct_1&transfer_group=g1&metadata[instruction]=i1"


class FakeClient:
    """One fake with one account that may be paid."""

    def __init__(self, **changes: Any) -> None:
        self.at = START
        self.fake = FakeStripe(now=lambda: self.at, **{"calls_per_second": None, **changes})
        self.client = make_client("sk_test_fake", url="http://fake", http_client=InProcessClient(self.fake))
        self.account("acct_1")

    def account(self, name: str, *, iban: str = WORKING_IBAN) -> None:
        self.fake.books.open_account(metadata={}, email=None, account_id=name)
        self.fake.books.onboard(name, iban=iban)

    def post(self, path: str, text: str = "", *, key: str = "", **headers: str) -> Answer:
        given = {"authorization": "Bearer sk_test_fake"} | ({"idempotency-key": key} if key else {})
        return self.fake.answer(ApiRequest("POST", path, text, given | headers))

    def get(self, path: str, text: str = "", **headers: str) -> Answer:
        return self.fake.answer(ApiRequest("GET", path, text, {"authorization": "Bearer sk_test_fake", **headers}))

    def pay(self, key: str = "", text: str = ASK) -> Answer:
        return self.post("/v1/transfers", text, key=key)

    def transfer(self, ore: int = 3000, *, group: str = "g1", account: str = "acct_1") -> stripe.Transfer:
        return self.client.v1.transfers.create(
            {"amount": ore, "currency": "sek", "destination": account, "transfer_group": group}
        )
