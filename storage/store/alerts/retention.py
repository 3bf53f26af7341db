"""The time limits of alerts: what is over is deleted, and an old record does not bring it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from storage.store.alerts.deliveries import ENDED
from storage.store.engine import Store, serialise
from storage.store.schemas.alerts import alert_deliveries, alert_episodes, alert_silences

MESSAGE_DAYS = 90
EPISODE_DAYS = 400  # A year's precision of each kind can be compared with the year before.
LOCK = "alerts"


def forgotten_before(now: datetime) -> datetime:
    """Return the moment before which an episode that is over is deleted."""
    return now - timedelta(days=EPISODE_DAYS)


def forget_old(store: Store, *, now: datetime) -> int:
    """Delete messages after 90 days, episodes and silences after 400; return how many rows.

    An episode that fires or is not announced as over is kept with its messages: they are planned by their identifiers,
    and would be sent again. So is one with a message that waits.
    """
    messages, episodes, silences = alert_deliveries, alert_episodes, alert_silences
    before = forgotten_before(now)
    over = (episodes.c.state == "resolved") & episodes.c.closed_at.is_not(None) & (episodes.c.closed_at < before)
    left = exists(select(messages.c.id).where(messages.c.episode_id == episodes.c.id))
    is_open = (episodes.c.state != "resolved") | episodes.c.closed_at.is_(None)
    goes_on = select(episodes.c.id).where((episodes.c.id == messages.c.episode_id) & is_open)
    with store.begin() as connection:
        serialise(connection, LOCK)
        old = messages.c.state.in_(ENDED) & (messages.c.created_at < now - timedelta(days=MESSAGE_DAYS))
        # A manager's text that did not arrive stays: its row alone keeps the notice from being planned again.
        old &= (messages.c.kind != "text") | (messages.c.state == "delivered")
        count = connection.execute(delete(messages).where(old & ~exists(goes_on))).rowcount
        count += connection.execute(delete(episodes).where(over & ~left)).rowcount
        return count + connection.execute(delete(silences).where(silences.c.until < before)).rowcount
