"""What is to be done after an incident: each with an owner and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update

from storage.store.engine import Store, serialise
from storage.store.incidents.incidents import Entry, add_entry, find_within
from storage.store.incidents.texts import IncidentRefused, plain_note
from storage.store.schemas.incidents import incident_actions


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    id: int
    incident_id: str
    what: str
    owner: str
    due: date
    done_at: datetime | None = None

    def is_late(self, today: date) -> bool:
        """Return whether its date has passed without it."""
        return self.done_at is None and today > self.due


def add_action(store: Store, incident_id: str, *, what: str, owner: str, due: date, actor: str) -> Action:
    """Add an action to an incident, open or closed; return it.

    Raises:
        IncidentRefused: there is no such incident, the owner is missing, or a text is not usable.
    """
    words, name = plain_note(what, "action", most=300), " ".join(owner.split())[:80]
    if not name:
        raise IncidentRefused("The action has no owner.", remedy="Name the person who does it.")
    with store.begin() as connection:
        serialise(connection, "incidents")
        found, at = find_within(connection, incident_id), store.now()
        row = connection.execute(
            insert(incident_actions)
            .values(incident_id=found.id, what=words, owner=name, due=due)
            .returning(incident_actions.c.id)
        ).scalar_one()
        add_entry(connection, found.id, Entry(at, actor, "action", f"{words} ({name}, {due.isoformat()})"))
    return Action(int(row), found.id, words, name, due)


def finish_action(store: Store, action_id: int, *, actor: str) -> None:
    """Mark an action as done.

    Raises:
        IncidentRefused: there is no such action that is not done.
    """
    with store.begin() as connection:
        serialise(connection, "incidents")
        own = incident_actions.c.id == action_id
        row = connection.execute(select(incident_actions).where(own, incident_actions.c.done_at.is_(None))).first()
        if row is None:
            raise IncidentRefused(
                f"There is no open action {action_id}.", remedy="`pilot incident show ID` lists them."
            )
        at = store.now()
        connection.execute(update(incident_actions).where(own).values(done_at=at))
        add_entry(connection, row.incident_id, Entry(at, actor, "action", f"Done: {row.what}"))


def actions_of(store: Store, incident_id: str) -> list[Action]:
    """Return an incident's actions in the order in which they were added."""
    query = (
        select(incident_actions).where(incident_actions.c.incident_id == incident_id).order_by(incident_actions.c.id)
    )
    with store.reading() as connection:
        return [Action(**row._mapping) for row in connection.execute(query)]


def unfinished(store: Store) -> list[Action]:
    """Return the actions of all incidents that are not done, the earliest date first."""
    query = (
        select(incident_actions)
        .where(incident_actions.c.done_at.is_(None))
        .order_by(incident_actions.c.due, incident_actions.c.id)
    )
    with store.reading() as connection:
        return [Action(**row._mapping) for row in connection.execute(query)]
