"""Sends a test through every channel at once, and returns what became of each message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from operations.alerting.outbox import Outbox
from operations.alerting.paging_test import messages_of_test
from operations.alerting.people import People
from operations.alerting.router import people_of, places_of, senders_of
from pilot.identifiers import new_identifier
from storage.home import Home
from storage.store import audit
from storage.store.alerts import deliveries
from storage.store.alerts.deliveries import CHANNELS, Channel, Delivery, Outcome
from storage.store.alerts.episodes import LOCK
from storage.store.engine import serialise


@dataclass(frozen=True, slots=True)
class Tested:
    """A message of a test, and what became of it; `not_configured` for a channel without settings."""

    channel: Channel
    recipient: str
    outcome: Outcome


def planned_tests(home: Home, *, now: datetime) -> list[Delivery]:
    """Return the messages that a test would send."""
    return messages_of_test(f"test {new_identifier()[-8:]}", people_of(home), places=places_of(home), now=now)


def send_tests(home: Home, *, actor: str, reason: str, now: datetime) -> list[Tested]:
    """Send a test through every channel, without waiting for the watch; a refusal is not tried again."""
    people, store = people_of(home), home.store()
    rows = planned_tests(home, now=now)
    with store.begin() as connection:
        serialise(connection, LOCK)
        deliveries.add_claimed(connection, rows, at=now)
        audit.record(connection, actor=actor, action="alert.test", subject="channels", reason=reason, at=now)
    outbox = Outbox(store, senders_of(home, people), places=places_of(home))
    sent = [
        Tested(row.channel, row.recipient, _send(outbox, row, now=now)) for row in deliveries.claimed_of(store, rows)
    ]
    return [*sent, *(Tested(each, "", Outcome("not_configured")) for each in missing(people))]


def missing(people: People) -> list[Channel]:
    """Return the channels without settings."""
    return [each for each in CHANNELS if each not in people.channels]


def _send(outbox: Outbox, row: Delivery, *, now: datetime) -> Outcome:
    return outbox.send([row], now=now)
