"""Plans messages: when an alert begins, is not acknowledged by a level, or is over.

Each step runs in its own transaction under one lock, and a row's identifier follows from what it says: two watches, or
a step that runs again after a crash, plan nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from operations.alerting.catalogue import Level, kind_of
from operations.alerting.deadlines import deadline, first_level, next_level
from operations.alerting.people import TEAM, People
from pilot.support_hours import support_at
from storage.store.alerts import deliveries, marks, silences
from storage.store.alerts import episodes as episode_rows
from storage.store.alerts.deliveries import Channel, Delivery, Kind, planned
from storage.store.alerts.episodes import LOCK, Episode
from storage.store.engine import Store, serialise
from storage.store.schemas.incidents import incident_entries

GROUP_WAIT = {"high": timedelta(seconds=10), "medium": timedelta(seconds=60), "low": timedelta(seconds=60)}
QUIET = timedelta(minutes=5)  # After its end, an alert that fires again is the same episode.
LONGEST_QUIET = timedelta(minutes=60)
EVENT_LASTS = timedelta(days=2)
UNDELIVERED = "alert_undelivered"


class Planner:
    """Plans from the store's episodes; the channels and people are given."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def __call__(self, *, now: datetime, quiet_before: datetime, only_high: bool = False) -> None:
        """Run every step once.

        Args:
            now: The current time.
            quiet_before: Incidents' texts queued before are not sent.
            only_high: Whether alerts of medium and low severity notify nobody, as during the weekly maintenance.
        """
        quiet = silences.active(self._store, at=now)
        for episode in episode_rows.open_episodes(self._store):
            is_quiet = silences.is_silenced(episode, quiet, at=now) or (only_high and episode.severity != "high")
            if is_quiet and episode.state != "resolved":
                continue
            self._follow(episode, now=now)
        self._plan_texts(now=now, quiet_before=quiet_before)
        self._plan_notes(now=now)

    def _follow(self, known: Episode, *, now: datetime) -> None:
        if not _is_due(known, now=now):
            return
        with self._store.begin() as connection:
            serialise(connection, LOCK)
            found = episode_rows.read(connection, known.id)
            if found is None or not _is_due(found, now=now):
                return  # Another watch was first.
            if found.state == "resolved":
                self._conclude(connection, found, now=now)
            elif found.announced_at is None:
                self._announce(connection, found, now=now)
            elif found.is_event and now - found.began_at >= EVENT_LASTS:
                episode_rows.end_event(connection, found, at=now)
            else:
                self._escalate(connection, found, now=now)

    def _announce(self, connection: Connection, episode: Episode, *, now: datetime) -> None:
        level = first_level(kind_of(episode.name), episode.severity, at=now)
        deliveries.add(connection, first_messages(episode, self._people, level=level, now=now))
        due = deadline(episode.severity, level, at=now, pages=1) if episode.state == "firing" else None
        episode_rows.note_announced(connection, episode, level=level, at=now, due=due)

    def _escalate(self, connection: Connection, episode: Episode, *, now: datetime) -> None:
        level = next_level(episode.level, episode.severity, at=now)
        found = messages_to(
            episode, self._people, kind="escalated", level=level, now=now, number=episode.pages, due=now
        )
        deliveries.add(connection, found)
        due = deadline(episode.severity, level, at=now, pages=episode.pages + 1)
        episode_rows.note_announced(connection, episode, level=level, at=now, due=due)

    def _conclude(self, connection: Connection, episode: Episode, *, now: datetime) -> None:
        if episode.announced_at is not None:
            channels: list[Channel] = ["slack", "email"]
            if deliveries.paged(connection, episode.id):
                channels.append("pagerduty")
            deliveries.add(connection, self._to(episode, channels, kind="resolved", now=now))
        episode_rows.note_closed(connection, episode, at=now)

    def _to(self, episode: Episode, channels: Sequence[Channel], *, kind: Kind, now: datetime) -> list[Delivery]:
        return [
            _row(episode, kind, channel, TEAM, now=now, due=now + GROUP_WAIT[episode.severity])
            for channel in channels
            if channel in self._people.channels
        ]

    def _plan_texts(self, *, now: datetime, quiet_before: datetime) -> None:
        if "sms" not in self._people.channels:
            return  # They wait, and are sent once there is a carrier.
        with self._store.reading() as connection:
            found = deliveries.waiting_texts(connection, queued_since=quiet_before)
        rows = [
            planned(
                f"text {incident} {cafe} {kind}", kind="text", channel="sms", recipient=f"cafe:{cafe}", at=now,
                body=message,
            )
            for incident, cafe, kind, message in found
        ]  # fmt: skip
        if rows:
            with self._store.begin() as connection:
                serialise(connection, LOCK)
                deliveries.add(connection, rows)

    def _plan_notes(self, *, now: datetime) -> None:
        """Plan the lines of incidents' timelines that are new, for the incidents' channel."""
        table = incident_entries.c
        with self._store.reading() as connection:
            _, position = marks.read(connection, marks.INCIDENT_NOTES)
            if connection.execute(select(table.id).where(table.id > position).limit(1)).first() is None:
                return
        with self._store.begin() as connection:
            serialise(connection, LOCK)
            _, position = marks.read(connection, marks.INCIDENT_NOTES)
            query = select(table.id, table.incident_id, table.at, table.actor, table.kind, table.note)
            new = connection.execute(query.where(table.id > position).order_by(table.id)).all()
            if not new:
                return
            rows = [
                planned(
                    f"note {each.id}",
                    kind="note",
                    channel="slack_incidents",
                    recipient=TEAM,
                    at=now,
                    bundle=f"notes {each.incident_id}",
                    body=f"{each.incident_id} {each.kind} by {each.actor}: {each.note}",
                )
                for each in new
            ]
            if "slack_incidents" in self._people.channels:
                deliveries.add(connection, rows)
            marks.write(connection, marks.INCIDENT_NOTES, at=now, position=new[-1].id)


def first_messages(episode: Episode, people: People, *, level: Level, now: datetime) -> list[Delivery]:
    """Return the messages of an alert that begins."""
    due = now + GROUP_WAIT[episode.severity]
    return messages_to(episode, people, kind="firing", level=level, now=now, number=0, due=due)


def messages_to(
    episode: Episode, people: People, *, kind: Kind, level: Level, now: datetime, number: int, due: datetime
) -> list[Delivery]:
    """Return the messages to a level.

    Slack and the team's mail always; a person's mail from the first escalation; texts for critical kinds only; the
    pager for high alerts after hours only.

    Args:
        episode: The episode.
        people: The people and channels.
        kind: firing or escalated.
        level: The level.
        now: The current time.
        number: How many times levels were notified before.
        due: When the messages may leave.
    """
    wanted: list[tuple[Channel, str]] = [("slack", TEAM), ("email", TEAM)]
    persons = people.persons(level)
    if kind == "escalated":
        wanted += [("email", each) for each, person in persons.items() if person.email]
    if kind_of(episode.name).sms:
        wanted += [("sms", each) for each in persons]
    if episode.severity == "high" and not support_at(now).open:
        wanted.append(("pagerduty", TEAM))
    return [
        _row(episode, kind, channel, recipient, now=now, due=due, number=number)
        for channel, recipient in wanted
        if channel in people.channels and not _is_about(episode, channel)
    ]


def acknowledgement(episode: Episode, *, now: datetime) -> Delivery:
    """Return the message that stops the pager: a person has acknowledged in the pilot."""
    return _row(episode, "acknowledged", "pagerduty", TEAM, now=now, due=now)


def _is_about(episode: Episode, channel: Channel) -> bool:
    return episode.name == UNDELIVERED and episode.subject == channel


def _is_due(episode: Episode, *, now: datetime) -> bool:
    if episode.state == "resolved":
        assert episode.ended_at is not None
        quiet = min(QUIET * 2 ** min(episode.flaps, 10), LONGEST_QUIET)
        return episode.closed_at is None and (episode.announced_at is None or now - episode.ended_at >= quiet)
    if episode.announced_at is None:
        return episode.closed_at is None  # One that was taken over is closed to messages.
    if episode.is_event and now - episode.began_at >= EVENT_LASTS:
        return True
    return episode.state == "firing" and episode.escalate_at is not None and now >= episode.escalate_at


def _row(
    episode: Episode, kind: Kind, channel: Channel, recipient: str, *, now: datetime, due: datetime, number: int = 0
) -> Delivery:
    identifier = f"{episode.id} {kind}{number or ''} {channel}{f' {recipient}' if recipient else ''}"
    # The pager has one incident for each alert.
    bundle = identifier if channel == "pagerduty" else f"{kind} {kind_of(episode.name).bundle}"
    return planned(
        identifier,
        kind=kind,
        channel=channel,
        recipient=recipient,
        at=now,
        due=due,
        episode_id=episode.id,
        bundle=bundle,
    )
