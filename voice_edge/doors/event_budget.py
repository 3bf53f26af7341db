"""The event budgets of a replica's sessions: how much one session may write, over all its connections."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST_EVENTS = 300  # A talk of twelve turns, resumed ten times and edited throughout, writes about 150.
MOST_BYTES = 256 * 1024
MOST_EDITS = 60
REMEMBERED_SESSIONS = 4_096


@dataclass(slots=True)
class _Spent:
    events: int = 0
    bytes: int = 0
    edits: int = 0


class EventBudgets:
    """Counts the events of each session.

    The counts are of this replica, not of the snapshot: an older snapshot, resumed again, does not restore a budget.
    """

    def __init__(
        self, *, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES, most_edits: int = MOST_EDITS
    ) -> None:
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._most_edits = most_edits
        self._spent: OrderedDict[str, _Spent] = OrderedDict()

    def spend(self, session_id: str, *, size: int) -> bool:
        """Count one event of `size` bytes; return False, and count nothing, if the budget does not suffice."""
        spent = self._of(session_id)
        if spent.events >= self._most_events or spent.bytes + size > self._most_bytes:
            spent.events = self._most_events  # One refusal ends the session: smaller events do not follow.
            return False
        spent.events += 1
        spent.bytes += size
        return True

    def spend_edit(self, session_id: str) -> bool:
        """Count one edit, beside its event; return False if there were too many."""
        spent = self._of(session_id)
        if spent.edits >= self._most_edits:
            return False
        spent.edits += 1
        return True

    def is_spent(self, session_id: str) -> bool:
        """Return whether the session may write no further event."""
        spent = self._spent.get(session_id)
        return spent is not None and spent.events >= self._most_events

    def _of(self, session_id: str) -> _Spent:
        spent = self._spent.setdefault(session_id, _Spent())
        self._spent.move_to_end(session_id)
        while len(self._spent) > REMEMBERED_SESSIONS:
            self._spent.popitem(last=False)
        return spent
