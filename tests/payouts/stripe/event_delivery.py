"""Delivers the fake's events to a world as the webhook endpoint does."""

from __future__ import annotations

from payouts.stripe.events import process
from payouts.stripe.recipients import open_account
from storage.store.payouts import claims, onboardings, provider_events
from storage.store.payouts.claims import Recipient
from storage.store.payouts.provider_events import ProviderEvent
from tests.payouts.world import World


def all_events(world: World) -> list[ProviderEvent]:
    """Return every event of the fake, as the endpoint parses it."""
    from payouts.stripe.events import _parse

    return [_parse(each, rail=world.rail.name) for each in world.rail.fake.books.events.values()]


def deliver(world: World, events: list[ProviderEvent] | None = None) -> None:
    provider_events.save(world.store, all_events(world) if events is None else events, way="webhook")
    process(world.store, world.rail)


def ready(world: World, reward_id: str) -> Recipient:
    """Open an account for a reward's guest and request the reward on it."""
    account = open_account(world.rail, reward_id=reward_id)
    who = claims.recipient(world.store, rail=world.rail.name, account=account, simulated=True)
    onboardings.request(world.store, reward_id, recipient_id=who.id)
    return who
