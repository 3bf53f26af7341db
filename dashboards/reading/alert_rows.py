"""The alerts of the store as rows: open ones first, then the latest, with what was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.store.alerts import deliveries, episodes, silences
from storage.store.alerts.deliveries import Delivery
from storage.store.alerts.episodes import Episode
from storage.store.engine import Store

State = Literal["open", "acknowledged", "event", "resolved"]
ORDER: dict[State, int] = {"open": 0, "acknowledged": 1, "event": 2, "resolved": 2}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert.

    Attributes:
        id: Its identifier.
        state: open, acknowledged, event (it happened and has no end) or resolved.
        name: Its kind.
        subject: The rail, batch, table, run or café that it is about.
        severity: high, medium or low.
        at: When it began.
        ended_at: When it ended; None if it has not, or has no end.
        cafe: The café, empty if it is about none.
        flaps: How often it began again soon after its end.
        level: The support level that was notified last; 0 if none was.
        acknowledged_by: Who acknowledged it; empty if nobody did.
        acknowledged_at: When.
        verdict: Whether it was right to fire; empty if unjudged.
        delivered: Messages that were delivered.
        undelivered: Messages that were given up, or of which nobody knows.
    """

    id: str
    state: State
    name: str
    subject: str
    severity: str
    at: datetime
    ended_at: datetime | None
    cafe: str
    flaps: int
    level: int
    acknowledged_by: str
    acknowledged_at: datetime | None
    verdict: str
    delivered: int
    undelivered: int


@dataclass(frozen=True, slots=True)
class AlertKindRow:
    """How often one kind of alert fired, and how often it was right to.

    Attributes:
        name: The kind.
        fired: Its alerts.
        judged_true: Those that a person judged right.
        judged_false: Those judged wrong.
        unjudged: Those that nobody judged.
    """

    name: str
    fired: int
    judged_true: int
    judged_false: int
    unjudged: int


def alert_rows(store: Store, *, cafes: Collection[str], sees_all: bool) -> list[AlertRow]:
    """Return the alerts of these cafés; those about no café only for a reader of every café.

    Args:
        store: The store.
        cafes: The cafés that the reader may see.
        sees_all: Whether these are all of them.
    """
    found = [each for each in episodes.latest(store) if _is_visible(each, cafes, sees_all=sees_all)]
    sent = deliveries.of_episodes(store, [each.id for each in found])
    rows = [_row(each, sent.get(each.id, ())) for each in found]
    return sorted(rows, key=lambda one: (ORDER[one.state], -one.at.timestamp(), one.name, one.subject))


def alert_kinds(rows: Sequence[AlertRow]) -> list[AlertKindRow]:
    """Return how often each kind fired and was right to, by name."""
    found = []
    for name in sorted({one.name for one in rows}):
        mine = [one for one in rows if one.name == name]
        right, wrong = (sum(one.verdict == verdict for one in mine) for verdict in ("true", "false"))
        found.append(AlertKindRow(name, len(mine), right, wrong, len(mine) - right - wrong))
    return found


def alert_messages(store: Store, identifier: str) -> list[Delivery]:
    """Return the messages of an alert, oldest first."""
    return deliveries.of_episodes(store, [identifier]).get(identifier, [])


def active_silences(store: Store, *, at: datetime, cafes: Collection[str], sees_all: bool) -> list[silences.Silence]:
    """Return the active silences of these cafés; those of no café only for a reader of every café."""
    return [each for each in silences.active(store, at=at) if (each.cafe in cafes if each.cafe else sees_all)]


def _is_visible(episode: Episode, cafes: Collection[str], *, sees_all: bool) -> bool:
    return episode.cafe in cafes if episode.cafe else sees_all


def _row(episode: Episode, sent: Sequence[Delivery]) -> AlertRow:
    state: State = "open"
    if episode.state != "firing":
        state = "acknowledged" if episode.state == "acknowledged" else "event" if episode.is_event else "resolved"
    return AlertRow(
        id=episode.id,
        state=state,
        name=episode.name,
        subject=episode.subject,
        severity=episode.severity,
        at=episode.began_at,
        ended_at=None if episode.is_event else episode.ended_at,
        cafe=episode.cafe,
        flaps=episode.flaps,
        level=episode.level,
        acknowledged_by=episode.acknowledged_by,
        acknowledged_at=episode.acknowledged_at,
        verdict=episode.verdict,
        delivered=sum(one.state == "delivered" for one in sent),
        undelivered=sum(one.state in ("dead", "unknown") for one in sent),
    )
