"""The incidents of a reader's cafés: every open one, the newest closed ones, and what is left to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from storage.store.engine import Store
from storage.store.incidents import actions, incidents
from storage.store.incidents.actions import Action
from storage.store.incidents.incidents import Incident

SHOWN = 20


@dataclass(frozen=True, slots=True)
class IncidentRows:
    """What the page of alerts lists.

    Attributes:
        incidents: Newest first: every open one, and closed ones among the newest.
        left: What is left to do after any incident of the reader's, the most urgent first.
    """

    incidents: tuple[Incident, ...]
    left: tuple[Action, ...]


def incident_rows(store: Store, *, cafes: Collection[str], sees_all: bool) -> IncidentRows:
    """Return the incidents of these cafés.

    Args:
        store: The store.
        cafes: The cafés that the reader may see.
        sees_all: Whether these are all of them.
    """
    mine = [one for one in incidents.latest(store, limit=None) if sees_all or set(one.cafes) & set(cafes)]
    ids = {one.id for one in mine}
    return IncidentRows(
        tuple(one for place, one in enumerate(mine) if one.closed_at is None or place < SHOWN),
        tuple(one for one in actions.unfinished(store) if one.incident_id in ids),
    )
