"""The meaning of each error of the official client for a transfer and for a query."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from payouts.rail import Accepted, Order, Refused, Unknown
from payouts.stripe.calling import ProviderAway, ProviderRefuses, call_stripe, error_code, make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail

ORDER = Order("k1", '{"amount": 3000, "currency": "sek", "destination": "acct_1", "transfer_group": "g"}')


class Answers(stripe.HTTPClient):
    """Answers every request with one status and body, as the wire would."""

    name = "one answer"

    def __init__(self, status: int, error: dict[str, Any] | None) -> None:
        super().__init__()
        self.status, self.error, self.calls = status, error, 0

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> tuple[str, int, Any]:
        self.calls += 1
        if self.status == 0:
            raise stripe.APIConnectionError("refused, reset or timed out", should_retry=True)
        return json.dumps({"error": self.error}), self.status, {"stripe-should-retry": "true"}

    def close(self) -> None:
        pass


def error(kind: str, code: str = "") -> dict[str, Any]:
    return {"type": kind, "message": "x"} | ({"code": code} if code else {})


INVALID, API = "invalid_request_error", "api_error"
TABLE = [
    (400, error(INVALID, "balance_insufficient"), Refused("balance_insufficient", curable=True), ProviderRefuses, 20),
    (
        400,
        error(INVALID, "insufficient_capabilities_for_transfer"),
        Refused("insufficient_capabilities_for_transfer"),
        ProviderRefuses,
        20,
    ),
    (400, error(INVALID, "a_code_of_next_year"), Refused("a_code_of_next_year"), ProviderRefuses, 20),
    (400, error(INVALID), Refused(INVALID), ProviderRefuses, 20),
    (404, error(INVALID, "resource_missing"), Refused("resource_missing"), ProviderRefuses, 20),
    (400, error("idempotency_error"), Unknown("idempotency_error"), ProviderAway, 20),
    (401, error(INVALID), Unknown(INVALID), ProviderRefuses, 20),
    (402, error("card_error", "card_declined"), Refused("card_declined"), ProviderAway, 20),
    (403, error(INVALID, "account_invalid"), Refused("account_invalid"), ProviderRefuses, 20),
    (409, error(INVALID, "idempotency_key_in_use"), Unknown("idempotency_key_in_use"), ProviderAway, 20),
    (429, error(INVALID, "rate_limit"), Unknown("rate_limit"), ProviderAway, 10),
    (429, error(INVALID, "lock_timeout"), Unknown("lock_timeout"), ProviderAway, 20),
    (500, error(API), Unknown(API), ProviderAway, 20),
    (503, error(API, "a_code"), Unknown("a_code"), ProviderAway, 20),
    (0, None, Unknown("connection"), ProviderAway, 20),
]


@pytest.mark.parametrize(("status", "body", "outcome", "raised", "rate"), TABLE)
def test_an_error_has_one_meaning_and_no_hidden_retry(
    status: int, body: dict[str, Any] | None, outcome: object, raised: type[Exception], rate: float
) -> None:
    wire = Answers(status, body)
    limiter = CallLimiter(20.0, sleep=lambda _: None)
    client = make_client("sk_test_x", url="http://fake", http_client=wire)
    assert StripeRail(client, name="stripe_fake", limiter=limiter).send(ORDER) == outcome
    assert (wire.calls, limiter.per_second) == (1, rate)
    with pytest.raises(raised):
        call_stripe(CallLimiter(20.0, sleep=lambda _: None), lambda: client.v1.transfers.list({"transfer_group": "g"}))
    assert wire.calls == 2
    assert isinstance(StripeRail(client, name="stripe_fake", limiter=limiter).find_transfer("g"), Unknown)


def test_an_outage_is_retryable_and_a_refusal_is_not() -> None:
    for status, body, expected in ((500, error(API), True), (429, error(INVALID), True), (400, error(INVALID), False)):
        client = make_client("sk_test_x", url="http://fake", http_client=Answers(status, body))
        with pytest.raises((ProviderAway, ProviderRefuses)) as raised:
            call_stripe(CallLimiter(1e9), lambda client=client: client.v1.balance.retrieve())
        assert raised.value.retryable is expected


def test_an_error_without_a_code_gets_its_status_as_code() -> None:
    assert error_code(stripe.APIError("x", http_status=502)) == "http_502"
    assert error_code(stripe.APIConnectionError("x")) == "connection"


def test_a_live_key_is_never_sent_to_another_address() -> None:
    with pytest.raises(ProviderRefuses, match="live key"):
        make_client("sk_live_x", url="http://127.0.0.1:1")
    with pytest.raises(ProviderRefuses, match="live key"):
        make_client("rk_live_x", url="http://127.0.0.1:1")


def test_a_lost_answer_is_unknown_and_the_same_key_finds_it() -> None:
    from tests.payouts.stripe.by_hand_rail import ByHandRail
    from tests.payouts.world import START

    rail = ByHandRail(now=lambda: START)
    text = rail.parameters(instruction_id="i", batch_id="b", account="acct_1", amount_ore=3000, reward_ids=("r",))
    rail.faults.append("answer_lost")
    assert rail.send(Order("k", text)) == Unknown("connection")
    assert rail.send(Order("k", text)) == Accepted(next(iter(rail.made)))
