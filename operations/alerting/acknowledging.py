"""Acknowledges an alert for a person: cancels its escalations that wait, and stops the pager."""

from __future__ import annotations

from datetime import datetime

from operations.alerting.planning import acknowledgement
from storage.store.alerts import deliveries, episodes
from storage.store.alerts.episodes import LOCK, Episode, Verdict
from storage.store.engine import Store, serialise


def acknowledge(
    store: Store, identifier: str, *, actor: str, reason: str, verdict: Verdict = "", now: datetime
) -> Episode:
    """Acknowledge or judge an alert; return it.

    Args:
        store: The store.
        identifier: The alert's id, or its first characters.
        actor: Who does it.
        reason: Why, for the audit log.
        verdict: Whether it was right to fire; empty for no judgement.
        now: The current time.

    Raises:
        EpisodeRefused: there is no such alert, or nothing would change.
    """
    found = episodes.acknowledge(store, identifier, actor=actor, reason=reason, verdict=verdict, at=now)
    with store.begin() as connection:
        serialise(connection, LOCK)
        deliveries.cancel_escalations(connection, found.id, at=now)
        if found.acknowledged_at == now and deliveries.paged(connection, found.id):
            deliveries.add(connection, [acknowledgement(found, now=now)])
    return found
