"""Events as a replica records them, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pilot.events import Event, UtteranceCommitted, make_event
from pilot.identifiers import new_identifier

CHECKOUT = Path(__file__).resolve().parents[2]
MONDAY_MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
TUESDAY_MORNING = MONDAY_MORNING + timedelta(days=1)


def utterances(
    count: int, *, at: datetime = MONDAY_MORNING, session_id: str = "", said: str = "Kön var lång."
) -> list[Event]:
    """Return so many turns of one session, recorded a second apart."""
    session = session_id or new_identifier(at=at)
    return [
        make_event(
            UtteranceCommitted(turn=number + 1, revision=1, mode="text", language="sv", transcript=said),
            event_id=new_identifier(at=at + timedelta(seconds=number)),
            at=at + timedelta(seconds=number),
            session_id=session,
            cafe="aurora",
            edge="edge1",
            epoch=1,
            seq=number,
            simulated=True,
        )
        for number in range(count)
    ]


def ids(events: list[Event]) -> list[str]:
    """Return the events' identifiers."""
    return [event.event_id for event in events]
