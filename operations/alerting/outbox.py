"""Sends what is due: claimed first, retried with growing intervals, given up with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from operations.alerting.channels import Sender
from operations.alerting.messages import Message, Places, message_of
from storage.store.alerts import deliveries, episodes
from storage.store.alerts.deliveries import Channel, Delivery, Outcome
from storage.store.engine import Store

RETRY_AFTER = tuple(timedelta(seconds=each) for each in (10, 30, 60, 300, 900, 1800, 3600))
MOST_A_ROUND = 30

_log = structlog.get_logger("operations.alerting")


class Outbox:
    """Sends through the configured channels."""

    def __init__(self, store: Store, senders: Mapping[Channel, Sender], *, places: Places) -> None:
        self._store = store
        self._senders = senders
        self._places = places

    def send_due(self, *, now: datetime) -> int:
        """Send the messages that are due; return how many left or were tried."""
        deliveries.lapse_claims(self._store, now=now)
        for count in range(MOST_A_ROUND):
            claimed = deliveries.claim(self._store, now=now)
            if not claimed:
                return count
            self.send(claimed, now=now)
        return MOST_A_ROUND

    def send(self, claimed: list[Delivery], *, now: datetime) -> Outcome:
        """Send one claimed message, and record its outcome."""
        first = claimed[0]
        known = episodes.by_ids(self._store, {each.episode_id for each in claimed if each.episode_id})
        sender = self._senders.get(first.channel)
        if sender is None:
            outcome = Outcome("not_configured")
        else:
            outcome = attempt(sender, message_of(claimed, list(known.values()), places=self._places), first, now=now)
        deliveries.record(self._store, claimed, outcome, now=now)
        return outcome


def attempt(sender: Sender, message: Message, delivery: Delivery, *, now: datetime) -> Outcome:
    """Send a message; return its outcome with the time of the next attempt, if there is one.

    Args:
        sender: The channel's sender.
        message: The message.
        delivery: A claimed row of it.
        now: The current time.
    """
    outcome = sender(message, now=now)
    if outcome.state == "unknown" and delivery.channel == "pagerduty":
        outcome = replace(outcome, state="waiting")  # Its key makes a repetition harmless.
    if outcome.state == "waiting":
        outcome = _again(outcome, tries=delivery.attempts, now=now)
    _log.info(
        "alert message",
        channel=delivery.channel,
        kind=delivery.kind,
        state=outcome.state,
        reason=outcome.reason,
        status=outcome.code,
        attempts=delivery.attempts,
    )
    return outcome


def _again(outcome: Outcome, *, tries: int, now: datetime) -> Outcome:
    if tries > len(RETRY_AFTER):
        return replace(outcome, state="dead", next_at=None)
    own = now + RETRY_AFTER[tries - 1]
    return replace(outcome, next_at=max(own, outcome.next_at) if outcome.next_at else own)
