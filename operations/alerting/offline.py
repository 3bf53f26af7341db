"""Sends high alerts while the store is away, from the files of records alone.

Each message is claimed in a file before it leaves, and its outcome is added after. When the store answers again, the
outbox takes these rows over instead of sending them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from operations.alerting.catalogue import kind_of
from operations.alerting.channels import Sender
from operations.alerting.deadlines import first_level
from operations.alerting.messages import Places, message_of
from operations.alerting.outbox import attempt
from operations.alerting.people import People
from operations.alerting.planning import first_messages
from operations.record_lines import append_record, records_of
from pilot.identifiers import new_identifier
from storage.store.alerts.deliveries import Channel, Delivery, Outcome
from storage.store.alerts.episodes import Episode, Transition, episode_id

FILE = "alerts-without-store.jsonl"
LATEST = timedelta(hours=1)  # Older alerts were notified of while the store answered.


class OfflineOutbox:
    """The outbox of a time without a store."""

    def __init__(self, folder: Path, senders: Mapping[Channel, Sender], people: People, *, places: Places) -> None:
        self._path = folder / FILE
        self._senders = senders
        self._people = people
        self._places = places
        self._firing: dict[tuple[str, str], Transition] = {}
        self._due: dict[str, datetime] = {}

    def follow(self, changes: Sequence[Transition]) -> None:
        """Add records that the store has not; those that ended are forgotten."""
        for each in changes:
            if each.is_firing:
                self._firing.setdefault((each.name, each.subject), each)
            else:
                self._firing.pop((each.name, each.subject), None)

    def send_due(self, *, now: datetime) -> int:
        """Send the high alerts that nobody was notified of; return how many messages left or were tried."""
        count, states = 0, self.outcomes()
        for record in self._firing.values():
            if record.severity != "high" or now - record.at > LATEST:
                continue
            episode = _episode(record)
            level = first_level(kind_of(record.name), record.severity, at=now)
            for planned in first_messages(episode, self._people, level=level, now=now):
                known = states.get(planned.id)
                tries = 0 if known is None else known.attempts
                if (known is not None and known.state != "waiting") or self._due.get(planned.id, now) > now:
                    continue
                self._send(replace(planned, attempts=tries + 1), episode, now=now)
                count += 1
        return count

    def outcomes(self) -> dict[str, Delivery]:
        """Return the rows by id; one whose outcome is missing is unknown."""
        found: dict[str, Delivery] = {}
        for line in records_of(self._path):
            try:
                at = datetime.fromisoformat(line["at"])
                row = Delivery(
                    **{name: line[name] for name in ("id", "episode_id", "kind", "channel", "recipient", "bundle")},
                    body="", state=line["state"], attempts=line["attempts"], next_at=at, claimed_at=at,
                    ended_at=None if line["state"] == "waiting" else at, reason=line["reason"], code=line["code"],
                    message_id=line["message_id"], created_at=at,
                )  # fmt: skip
            except (KeyError, TypeError, ValueError):
                continue  # A power cut left half a line.
            found[row.id] = row
        return found

    def forget(self) -> None:
        """Forget everything: the store has taken it over."""
        self._firing.clear()
        self._due.clear()
        self._path.unlink(missing_ok=True)

    def _send(self, row: Delivery, episode: Episode, *, now: datetime) -> None:
        row = replace(row, message_id=new_identifier())
        self._note(row, Outcome("unknown", "crashed"), now=now)
        outcome = attempt(self._senders[row.channel], message_of([row], [episode], places=self._places), row, now=now)
        self._note(row, outcome, now=now)
        if outcome.next_at is not None:
            self._due[row.id] = outcome.next_at

    def _note(self, row: Delivery, outcome: Outcome, *, now: datetime) -> None:
        names = ("id", "episode_id", "kind", "channel", "recipient", "bundle", "attempts", "message_id")
        append_record(
            self._path,
            {
                **{name: getattr(row, name) for name in names},
                "state": outcome.state,
                "reason": outcome.reason,
                "code": outcome.code,
                "at": now.isoformat(),
            },
        )


def _episode(record: Transition) -> Episode:
    return Episode(
        id=episode_id(record.name, record.subject, record.at), name=record.name, subject=record.subject,
        cafe=record.cafe, severity=record.severity, condition=record.condition, state="firing",
        is_event=record.is_event, began_at=record.at, changed_at=record.at, ended_at=None, flaps=0, level=0, pages=0,
        escalate_at=None,
        announced_at=None, closed_at=None, acknowledged_at=None, acknowledged_by="", verdict="", verdict_by="",
    )  # fmt: skip
