"""The door for Stripe's webhooks on a running replica: kept once, answered at once, closed where nothing is set."""

from __future__ import annotations

import json

import httpx
import stripe

from pilot.settings import Settings
from storage.home import Home
from storage.store import provider_events
from tests.voice_edge.server.replicas import Replica, running_replica

SECRET = "whsec_test"
URL = "/webhooks/stripe"


def with_stripe(home: Home) -> Settings:
    told = {"stripe_key": "sk_test_1", "stripe_url": "http://127.0.0.1:1", "stripe_webhook_secret": SECRET}
    return Settings.model_validate({**home.settings.model_dump(), **told})


def event(replica: Replica) -> bytes:
    made = int(replica.clock.now().timestamp()) - 3
    told = {"id": "evt_1", "type": "transfer.created", "created": made, "livemode": False}
    return json.dumps({**told, "data": {"object": {"id": "tr_1"}}}).encode()


def signed(replica: Replica, body: bytes) -> dict[str, str]:
    at = int(replica.clock.now().timestamp())
    return {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, at)}


async def test_an_event_is_kept_once_and_each_time_answered_as_taken(home: Home) -> None:
    async with running_replica(home, settings=with_stripe(home)) as replica, httpx.AsyncClient() as client:
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


async def test_what_stripe_did_not_sign_is_refused_and_not_kept(home: Home) -> None:
    async with running_replica(home, settings=with_stripe(home)) as replica, httpx.AsyncClient() as client:
        body = event(replica)
        for headers in ({}, signed(replica, body + b" "), {"Stripe-Signature": "t=1,v1=0"}):
            answer = await client.post(replica.url + URL, content=body, headers=headers)
            assert answer.status_code == 400
        large = await client.post(replica.url + URL, content=b"x" * 300_000, headers=signed(replica, body))
        assert large.status_code == 413
        assert provider_events.lag(home.store(), rail="stripe_fake").waiting == 0


async def test_stripe_is_told_to_come_again_while_the_store_is_away(home: Home) -> None:
    async with running_replica(home, settings=with_stripe(home)) as replica, httpx.AsyncClient() as client:
        body = event(replica)
        replica.store_away = True
        answer = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        replica.store_away = False
        again = await client.post(replica.url + URL, content=body, headers=signed(replica, body))
        assert again.json()["received"] == "kept"


async def test_there_is_no_door_where_stripe_is_not_set_up(home: Home) -> None:
    async with running_replica(home) as replica, httpx.AsyncClient() as client:
        body = event(replica)
        assert (await client.post(replica.url + URL, content=body, headers=signed(replica, body))).status_code == 404
