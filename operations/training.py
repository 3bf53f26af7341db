"""The training log: who took which drill, on which day; kept in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pilot.errors import PilotError
from storage.store import audit
from storage.store.engine import Store

ACTION = "training.record"
DRILLS = ("level-1", "level-2", "level-3", "restore", "incident", "paging", "access")
MOST_ENTRIES = 10_000


class NotADrill(PilotError):
    """There is no such drill, or its day has not come."""


@dataclass(frozen=True, slots=True)
class Training:
    """One person's drill."""

    name: str
    drill: str
    day: date
    recorded_by: str


def record_training(store: Store, *, name: str, drill: str, day: date, today: date, actor: str) -> None:
    """Record that a person took a drill.

    Raises:
        NotADrill: the drill is unknown, the name is empty, or the day is in the future.
    """
    if drill not in DRILLS:
        raise NotADrill(f"There is no drill {drill!r}.", remedy=f"The drills are: {', '.join(DRILLS)}.")
    if not name.strip():
        raise NotADrill("The name is empty.", remedy="Give the person's name.")
    if day > today:
        raise NotADrill(f"{day} has not come yet.", remedy="Give the day on which the drill was taken.")
    with store.begin() as connection:
        details = {"name": name.strip(), "day": day.isoformat()}
        audit.record(connection, actor=actor, action=ACTION, subject=drill, details=details)


def trainings(store: Store) -> list[Training]:
    """Return every recorded drill, newest first."""
    entries, _ = audit.page(store, audit.Filter(action=ACTION), offset=0, limit=MOST_ENTRIES)
    return [
        Training(str(each.details["name"]), each.subject, date.fromisoformat(each.details["day"]), each.actor)
        for each in entries
    ]
