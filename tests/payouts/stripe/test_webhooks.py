"""The verification of webhooks: signature over the raw bytes, age, mode, shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from payouts.stripe.configured import RailName
from payouts.stripe.webhooks import LiveEvent, OtherMode, RefusedWebhook, parse_secrets, read_webhook

SECRET = "whsec_one"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "transfer.created",
    "created": int(NOW.timestamp()),
    "livemode": False,
    "data": {"object": {"id": "tr_1", "object": "transfer"}},
}


def signed(body: bytes, *, secret: str = SECRET, at: datetime = NOW) -> str:
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))


def read(
    body: bytes,
    signature: str | None = None,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    rail: RailName = "stripe_test",
    now: datetime = NOW,
):
    header = signed(body) if signature is None else signature
    return read_webhook(body, signature=header, secrets=secrets, rail=rail, now=now)


def test_a_signed_event_is_read_without_its_content() -> None:
    event = read(json.dumps(EVENT).encode())
    assert (event.id, event.kind, event.object_id, event.account) == ("evt_1", "transfer.created", "tr_1", "")
    assert event.made_at == NOW
    connected = read(json.dumps({**EVENT, "account": "acct_1"}).encode())
    assert connected.account == "acct_1"


def test_an_event_about_our_own_balance_has_no_object_id() -> None:
    assert read(json.dumps({**EVENT, "data": {"object": {"object": "balance"}}}).encode()).object_id == ""


def test_only_our_secrets_verify_a_signature() -> None:
    body = json.dumps(EVENT).encode()
    assert read(body, secrets=parse_secrets(" whsec_old , whsec_one ,")).id == "evt_1"
    with pytest.raises(RefusedWebhook, match="none of our endpoints"):
        read(body, secrets=("whsec_other",))
    with pytest.raises(RefusedWebhook, match="none of our endpoints"):
        read(body, secrets=())


def test_a_reserialised_body_is_refused() -> None:
    body = json.dumps(EVENT, indent=2).encode()
    header = signed(body)
    with pytest.raises(RefusedWebhook):
        read(json.dumps(json.loads(body)).encode(), header)
    with pytest.raises(RefusedWebhook):
        read(body + b"\xff", header)


@pytest.mark.parametrize(("seconds", "taken"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_old_and_future_events_are_refused(seconds: int, taken: bool) -> None:
    body = json.dumps(EVENT).encode()
    header = signed(body, at=NOW - timedelta(seconds=seconds))
    if taken:
        assert read(body, header).id == "evt_1"
    else:
        with pytest.raises(RefusedWebhook, match="away from now"):
            read(body, header)


@pytest.mark.parametrize("header", ["", "v1=abc", "t=,v1=abc", "t=12x,v1=abc", f"t={10**13},v1=a"])
def test_a_header_without_a_time_is_refused(header: str) -> None:
    with pytest.raises(RefusedWebhook):
        read(json.dumps(EVENT).encode(), header)


@pytest.mark.parametrize(
    "header",
    [
        *("t= {old},t={now},{rest}", "t={old}=,t={now},{rest}", "t={now},t={old},{rest}", " t={old},t={now},{rest}"),
        *("t=+{old},t={now},{rest}", "t= {old},{rest}", "t={now},{rest},t={old}", "t={old},{rest},t={now}"),
    ],
)
def test_a_second_time_in_the_header_does_not_renew_a_signature(header: str) -> None:
    body, old = json.dumps(EVENT).encode(), NOW - timedelta(days=2)
    rest = signed(body, at=old).partition(",")[2]
    forged = header.format(old=int(old.timestamp()), now=int(NOW.timestamp()), rest=rest)
    with pytest.raises(RefusedWebhook):
        read(body, forged)


def test_a_test_event_at_a_live_endpoint_is_ignored() -> None:
    with pytest.raises(OtherMode):
        read(json.dumps(EVENT).encode(), rail="stripe")
    assert read(json.dumps({**EVENT, "livemode": True}).encode(), rail="stripe").rail == "stripe"


@pytest.mark.parametrize("rail", ["stripe_test", "stripe_fake"])
def test_a_live_event_at_a_test_endpoint_is_refused_on_the_live_rail(rail: RailName) -> None:
    with pytest.raises(LiveEvent) as refused:
        read(json.dumps({**EVENT, "livemode": True}).encode(), rail=rail)
    assert (refused.value.event.rail, refused.value.event.id) == ("stripe", "evt_1")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"null",
        b"not json",
        json.dumps({**EVENT, "id": 5}).encode(),
        json.dumps({**EVENT, "id": "evt with a guest's words"}).encode(),
        json.dumps({**EVENT, "created": "yesterday"}).encode(),
        json.dumps({**EVENT, "created": 10**20}).encode(),
        json.dumps({**EVENT, "data": {"object": []}}).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedWebhook, match="no event"):
        read(body)
