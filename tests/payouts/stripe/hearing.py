"""The fake's events, told to a world as the door tells them."""

from __future__ import annotations

from payouts.stripe.events import process
from payouts.stripe.recipients import open_account
from storage.store.payouts import claims, onboardings, provider_events
from storage.store.payouts.claims import Recipient
from storage.store.payouts.provider_events import ProviderEvent
from tests.payouts.world import World


def told(world: World) -> list[ProviderEvent]:
    """Return every event that the fake made, as the door would read it."""
    from payouts.stripe.events import _named

    return [_named(each, rail=world.rail.name) for each in world.rail.fake.books.events.values()]


def hear(world: World, events: list[ProviderEvent] | None = None) -> None:
    provider_events.keep(world.store, told(world) if events is None else events, way="webhook")
    process(world.store, world.rail)


def ready(world: World, reward_id: str) -> Recipient:
    """Let the guest of a reward open an account, and ask for the reward on it."""
    account = open_account(world.rail, reward_id=reward_id)
    who = claims.recipient(world.store, rail=world.rail.name, account=account, simulated=True)
    onboardings.ask(world.store, reward_id, recipient_id=who.id)
    return who
