"""Renders messages: café, value, threshold, links, and the command that acknowledges.

A kind that may hold health data or guests' words is only named, with a link for authorised readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from operations.alerting.catalogue import kind_of
from pilot.business_days import local_time
from pilot.cafes import Cafes
from storage.store.alerts.deliveries import Delivery, Kind
from storage.store.alerts.episodes import Episode

ALERTS_PAGE = "larm"
SMS_CHARACTERS = 300
HEADINGS: dict[Kind, str] = {
    "firing": "ALERT",
    "escalated": "ESCALATED to level {level}",
    "resolved": "RESOLVED",
    "acknowledged": "ACKNOWLEDGED",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel.

    Attributes:
        kind: What it says.
        recipient: Whom it reaches.
        title: The subject line.
        body: The text.
        short: The text of an SMS or a pager's summary.
        key: Identifies the alert at the pager, also when it is over.
        identifier: Identifies this message.
        is_high: Whether it is urgent.
    """

    kind: Kind
    recipient: str
    title: str
    body: str
    short: str
    key: str
    identifier: str
    is_high: bool = True


@dataclass(frozen=True, slots=True)
class Places:
    """Where a message leads, and the cafés' names.

    Attributes:
        cafes: Names of cafés by id.
        pages_url: The address of the dashboards.
        docs_url: The address of the docs; empty for paths in the repository.
    """

    cafes: dict[str, str]
    pages_url: str
    docs_url: str

    @classmethod
    def of(cls, cafes: Cafes, *, pages_url: str, docs_url: str) -> Places:
        """Return the places of an installation."""
        return cls({each.id: each.name for each in cafes.cafe}, pages_url.rstrip("/"), docs_url)

    def runbook(self, name: str) -> str:
        """Return the address of a kind's section of causes and remedies."""
        page = kind_of(name).page
        return f"{self.docs_url}/{page.removeprefix('docs/')}" if self.docs_url else page

    def alerts(self, name: str) -> str:
        """Return the address of the page of alerts, at a kind."""
        return f"{self.pages_url}/{ALERTS_PAGE}?larm={name}"


def message_of(claimed: Sequence[Delivery], episodes: Sequence[Episode], *, places: Places) -> Message:
    """Return the message of a bundle's rows.

    Args:
        claimed: The rows.
        episodes: Their episodes; empty for a text, a note or a test.
        places: Where it leads.
    """
    first = claimed[0]
    if not episodes:
        title = {"text": "Café feedback", "note": "Incident", "test": "TEST of the alerts"}.get(
            first.kind, "TEST is over"
        )
        body = "\n".join(each.body for each in claimed)
        key = first.bundle if first.kind.startswith("test") else first.id
        return Message(first.kind, first.recipient, title, body, body[:SMS_CHARACTERS], key, first.message_id, False)
    heading = HEADINGS[first.kind].format(level=max(each.level for each in episodes))
    worst = next(level for level in ("high", "medium", "low") if level in {each.severity for each in episodes})
    names = ", ".join(dict.fromkeys(each.name for each in episodes))
    count = f"{len(episodes)} alerts: " if len(episodes) > 1 else ""
    lines = [_paragraph(each, kind=first.kind, places=places) for each in episodes]
    short = f"{heading} {count}" + "; ".join(_short(each, places) for each in episodes)
    over = first.kind in ("resolved", "acknowledged")
    if not over:
        short = f"{short[: SMS_CHARACTERS - 60]} Ack: pilot alerts ack {episodes[0].short_id}"
    return Message(
        first.kind,
        first.recipient,
        f"[{heading} {worst}] {count}{names}",
        "\n\n".join(lines),
        short[:SMS_CHARACTERS],
        first.episode_id,
        first.message_id,
        worst == "high",
    )


def _short(episode: Episode, places: Places) -> str:
    place = f" {places.cafes.get(episode.cafe, episode.cafe)}" if episode.cafe else ""
    about = "" if kind_of(episode.name).private else f" {episode.subject}"
    return f"{episode.name}{place}{about} since {_clock(episode.began_at)}"


def _paragraph(episode: Episode, *, kind: Kind, places: Places) -> str:
    about = kind_of(episode.name)
    cafe = places.cafes.get(episode.cafe, episode.cafe) or "all"
    until = f" to {_clock(episode.ended_at)}" if episode.ended_at else ""
    flaps = f", began again {episode.flaps} times" if episode.flaps else ""
    lines = [
        f"{episode.name}: {episode.subject}" if not about.private else episode.name,
        f"Café: {cafe}. Severity: {episode.severity}. Since {_clock(episode.began_at)}{until}{flaps}.",
    ]
    if not about.private and episode.condition:
        lines.append(f"Found: {episode.condition}")
    lines.append(f"Threshold: {about.threshold}.")
    lines.append(f"Causes and remedies: {places.runbook(episode.name)}")
    lines.append(f"Page: {places.alerts(episode.name)}")
    if kind in ("firing", "escalated"):
        lines.append(f"Acknowledge: pilot alerts ack {episode.short_id}")
    return "\n".join(lines)


def _clock(moment: datetime) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M}"
