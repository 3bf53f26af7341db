"""Stripe's webhooks on a replica: saved once, acknowledged at once, off without a key."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stripe

from payouts.stripe.events import process
from pilot.settings import Settings
from storage.home import Home
from storage.store.payouts import payment_facts, provider_events
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.voice_edge.replicas import Replica, running_replica
from tests.waiting import DEADLINE_SECONDS, POLL_SECONDS

SECRET = "whsec_test"
URL = "/webhooks/stripe"


def with_stripe(home: Home) -> Settings:
    stripe_settings = {"stripe_key": "sk_test_1", "stripe_url": "http://127.0.0.1:1", "stripe_webhook_secret": SECRET}
    return Settings.model_validate({**home.settings.model_dump(), **stripe_settings})


def event(replica: Replica) -> bytes:
    made = int(replica.clock.now().timestamp()) - 3
    fields = {"id": "evt_1", "type": "transfer.created", "created": made, "livemode": False}
    return json.dumps({**fields, "data": {"object": {"id": "tr_1"}}}).encode()


def signed(replica: Replica, body: bytes) -> dict[str, str]:
    at = int(replica.clock.now().timestamp())
    return {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, at)}


async def test_a_repeated_event_is_saved_once_and_acknowledged_each_time(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        body = event(replica)
        answers = [await client.post(replica.url + URL, content=body, headers=signed(replica, body)) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 200]
        assert [each.json()["received"] for each in answers] == ["kept", "known", "known"]
        found = provider_events.lag(home.store(), rail="stripe_fake")
        assert found.waiting == 1
        assert found.last_delivery_seconds is not None and found.last_delivery_seconds >= 2
        metrics = (await client.get(f"{replica.url}/metrics")).text
        assert 'edge_webhooks_total{outcome="known"} 2.0' in metrics
        assert "edge_webhook_delivery_seconds_count 3.0" in metrics


async def test_an_unsigned_event_is_refused_and_not_saved(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        body = event(replica)
        for headers in ({}, signed(replica, body + b" "), {"Stripe-Signature": "t=1,v1=0"}):
            answer = await client.post(replica.url + URL, content=body, headers=headers)
            assert answer.status_code == 400
        large = await client.post(replica.url + URL, content=b"x" * 300_000, headers=signed(replica, body))
        assert large.status_code == 413
        assert provider_events.lag(home.store(), rail="stripe_fake").waiting == 0


async def test_a_live_event_in_test_mode_is_refused_counted_and_never_processed(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        body = numbered(replica, 1, livemode=True)
        for _ in range(2):  # Stripe comes again, and is refused again.
            answer = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
            assert (answer.status_code, "live mode" in answer.json()["received"]) == (400, True)
        assert (
            'edge_webhooks_total{outcome="live_at_test_door"} 2.0' in (await client.get(f"{replica.url}/metrics")).text
        )
    store = home.store()
    rail = ByHandRail(now=store.now)
    assert process(store, rail).processed == 0
    assert sum(rail.fake.answered.values()) == 0
    facts = payment_facts.events(store, rail="stripe_fake", since=store.now() - timedelta(hours=1))
    assert (facts.live, facts.waiting_since) == (1, None)
    assert payment_facts.events(store, rail="stripe", since=store.now() - timedelta(hours=1)).live == 0


async def test_stripe_is_asked_to_retry_while_the_store_is_away(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        body = event(replica)
        replica.store_away = True
        answer = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        replica.store_away = False
        again = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert again.json()["received"] == "kept"


async def test_there_is_no_webhook_route_without_stripe(home: Home) -> None:
    async with running_replica(home) as replica, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        body = event(replica)
        assert (await client.post(replica.url + URL, content=body, headers=signed(replica, body))).status_code == 404


def numbered(replica: Replica, number: int, **more: object) -> bytes:
    fields = {**json.loads(event(replica)), "id": f"evt_{number}", **more}
    return json.dumps(fields, indent=2).encode()


async def test_a_burst_is_saved_completely_and_each_event_once(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        bodies = [numbered(replica, number % 40) for number in range(120)]
        answers = await asyncio.gather(
            *(client.post(replica.url + URL, content=body, headers=signed(replica, body)) for body in bodies)
        )
        assert {each.status_code for each in answers} == {200}
        assert sorted(each.json()["received"] for each in answers) == ["kept"] * 40 + ["known"] * 80
        assert provider_events.lag(home.store(), rail="stripe_fake").waiting == 40


async def test_a_large_account_event_is_accepted_and_its_body_stored_nowhere(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        person = {"object": {"id": "acct_1", "individual": {"first_name": "Gunvor-Testnamn"}, "more": "x" * 60_000}}
        body = numbered(replica, 1, type="account.updated", account="acct_1", data=person)
        answer = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert answer.status_code == 200
        whole = b"".join(each.read_bytes() for each in home.root.rglob("*") if each.is_file())
        assert b"acct_1" in whole
        assert b"Gunvor-Testnamn" not in whole


async def test_unsigned_requests_are_rate_limited_and_signed_ones_are_not(home: Home) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        body = event(replica)
        foreign = {"X-Forwarded-For": "203.0.113.9"}
        codes = [
            (await client.post(replica.url + URL, content=body, headers={"Stripe-Signature": "t=1,v1=0", **foreign}))
            for _ in range(65)
        ]
        assert [each.status_code for each in codes].count(400) == 60
        assert codes[-1].status_code == 429
        assert "Retry-After" in codes[-1].headers
        answer = await client.post(replica.url + URL, content=body, headers={**signed(replica, body), **foreign})
        assert answer.status_code == 200


async def test_unprocessed_events_are_counted_for_prometheus(home: Home) -> None:
    old = provider_events.ProviderEvent("evt_old", "stripe_fake", "transfer.created", "tr_1", "", datetime.now(UTC))
    provider_events.save(home.store(), [old], way="webhook")
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        async with asyncio.timeout(DEADLINE_SECONDS):
            wanted = 'edge_provider_events{state="waiting"} 1.0'
            while wanted not in (await client.get(f"{replica.url}/metrics")).text:  # noqa: ASYNC110 -- no event for it
                await asyncio.sleep(POLL_SECONDS)


@pytest.mark.parametrize("kind", ["list", "object", "in a name", "in the object"])
async def test_deeply_nested_signed_json_is_refused_as_no_event(home: Home, kind: str) -> None:
    async with (
        running_replica(home, settings=with_stripe(home)) as replica,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        lists, objects = "[" * 100_000 + "]" * 100_000, '{"a":' * 40_000 + "1" + "}" * 40_000
        text = {
            "list": lists,
            "object": objects,
            "in a name": f'{{"id": {lists}}}',
            "in the object": event(replica).decode().replace('"tr_1"', objects),
        }[kind]
        body = text.encode()
        answer = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert (answer.status_code, answer.json()["received"]) == (400, "The body is no event of Stripe.")
