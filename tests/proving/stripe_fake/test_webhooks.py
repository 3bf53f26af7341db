"""The fake's webhooks in virtual time: signatures, retries, and faults on demand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import stripe

from proving.stripe_fake.webhooks import FIRST_RETRY_SECONDS, GIVES_UP_AFTER_SECONDS, Webhooks, known_faults
from tests.proving.stripe_fake.fake_client import FakeClient

SECRET = "whsec_test"


class Endpoint:
    """Verifies as our door does, remembers, and fails on demand."""

    def __init__(self, api: FakeClient) -> None:
        self.api = api
        self.answers: list[int | Exception] = []
        self.taken: list[stripe.Event] = []
        self.refused = 0

    def __call__(self, body: bytes, signature: str) -> int:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, SECRET, tolerance=None)
            at = int(signature.split(",")[0].removeprefix("t="))
            if abs(self.api.fake.books.seconds() - at) > 300:
                raise stripe.SignatureVerificationError("old", signature)
        except stripe.SignatureVerificationError:
            self.refused += 1
            return 400
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            if answer >= 300:
                return answer
        self.taken.append(stripe.Event.construct_from(json.loads(body), "sk_test_fake"))
        return 200

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.taken]


@pytest.fixture
def api() -> FakeClient:
    made = FakeClient()
    made.fake.books.undelivered.clear()
    return made


@pytest.fixture
def webhooks(api: FakeClient) -> Webhooks:
    return Webhooks(api.fake.books, secret=SECRET, lock=api.fake.lock)


@pytest.fixture
def endpoint(api: FakeClient) -> Endpoint:
    return Endpoint(api)


def undelivered(api: FakeClient) -> list[str]:
    return [each.id for each in api.client.v1.events.list({"delivery_success": False}).data]


def test_an_event_is_sent_once_and_then_counts_as_delivered(
    api: FakeClient, webhooks: Webhooks, endpoint: Endpoint
) -> None:
    made = api.transfer()
    assert len(undelivered(api)) == 1
    assert webhooks.deliver(endpoint) == 1
    assert webhooks.deliver(endpoint) == 0
    (event,) = endpoint.taken
    assert (event.type, event.data.object["id"], event.livemode) == ("transfer.created", made.id, False)
    assert undelivered(api) == []
    assert api.client.v1.events.retrieve(event.id).pending_webhooks == 0


def test_what_is_not_taken_is_tried_again_at_growing_distances_until_it_is(
    api: FakeClient, webhooks: Webhooks, endpoint: Endpoint
) -> None:
    endpoint.answers = [500, TimeoutError(), 301]
    api.transfer()
    tried_at = []
    for second in range(60):
        if webhooks.deliver(endpoint):
            tried_at.append(second)
        api.at += timedelta(seconds=1)
    assert tried_at == [0, FIRST_RETRY_SECONDS, 3 * FIRST_RETRY_SECONDS, 7 * FIRST_RETRY_SECONDS]
    assert len(endpoint.taken) == 1
    assert (webhooks.tried, webhooks.taken) == (4, 1)


def test_after_three_days_delivery_ends_and_only_the_list_has_the_event(
    api: FakeClient, webhooks: Webhooks, endpoint: Endpoint
) -> None:
    webhooks.faults.append("never")
    api.transfer()
    for _ in range(GIVES_UP_AFTER_SECONDS // 3600 + 20):
        webhooks.deliver(endpoint)
        api.at += timedelta(hours=1)
    assert webhooks.next_due() is None
    assert endpoint.taken == []
    assert len(undelivered(api)) == 1


@pytest.mark.parametrize(
    ("fault", "taken", "refused", "first_second"),
    [
        ("doubled", 2, 0, 2),
        ("two_ids", 2, 0, 2),
        ("wrong_livemode", 2, 0, 2),
        ("delayed", 1, 0, 0),
        ("lost", 1, 0, 0),
        ("wrong_secret", 1, 1, 0),
        ("old_timestamp", 1, 1, 0),
    ],
)
def test_each_fault_is_what_its_name_says(
    api: FakeClient, webhooks: Webhooks, endpoint: Endpoint, fault: str, taken: int, refused: int, first_second: int
) -> None:
    webhooks.faults.extend(known_faults([fault]))
    made = api.transfer()
    webhooks.deliver(endpoint)
    assert len(endpoint.taken) == first_second
    api.at += timedelta(hours=2)
    webhooks.deliver(endpoint)
    assert len(endpoint.taken) == taken
    assert endpoint.refused == refused
    assert {each.data.object["id"] for each in endpoint.taken} == {made.id}
    assert len(set(endpoint.ids)) == (1 if fault == "doubled" else taken)
    assert {each.livemode for each in endpoint.taken} == ({False, True} if fault == "wrong_livemode" else {False})
    assert undelivered(api) == []


def test_an_event_may_come_after_the_one_that_follows(api: FakeClient, webhooks: Webhooks, endpoint: Endpoint) -> None:
    webhooks.faults.append("reordered")
    made = api.transfer()
    api.client.v1.transfers.reversals.create(made.id, {})
    webhooks.deliver(endpoint)
    api.at += timedelta(seconds=2)
    webhooks.deliver(endpoint)
    assert [each.type for each in endpoint.taken] == ["transfer.reversed", "transfer.created"]


def test_the_endpoint_may_ask_the_fake_while_it_takes_an_event(api: FakeClient, webhooks: Webhooks) -> None:
    made = api.transfer()
    seen = []

    def asks_back(body: bytes, signature: str) -> int:
        seen.append(api.client.v1.transfers.retrieve(made.id).amount)
        return 200

    webhooks.deliver(asks_back)
    assert seen == [3000]


def test_a_fault_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="'burnt'"):
        known_faults(["burnt"])
