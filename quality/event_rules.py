"""Expectations of `raw_events`; events' fields were already validated against the contract on arrival."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.business_days import session_day
from pilot.cafes import Cafes
from pilot.events import EVENTS, SCHEMA_VERSION
from pilot.identifiers import identifier_time
from pilot.lake_tables.tables import RAW_EVENTS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches, one_of
from quality.session_rules import CLOCKS_APART, UUID7

if TYPE_CHECKING:
    import pandas as pd

PROBE = "probe"


def event_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `raw_events`."""
    yield from declaration_rules(RAW_EVENTS)
    yield matches("event_id", UUID7, code="uuid7")
    yield matches("session_id", UUID7, code="uuid7")
    yield matches("edge", r"^[a-z0-9-]+$", code="replica_name")
    # A newer edge may record events that this version does not know: they are kept, with a warning.
    yield one_of("event", tuple(EVENTS), severity="warn")
    yield between("schema_version", 1, SCHEMA_VERSION)
    yield cafe_in_file(cafes)
    yield between("epoch", 1)
    yield between("seq", 0)
    yield Rule("day_of_session_id", fact=_day, columns=("day", "session_id"))
    yield Rule("one_cafe_per_session", fact=_one_cafe, columns=("session_id", "cafe"))
    # Two replicas resumed the session at once after a broken connection: all events exist, but their order is
    # uncertain.
    yield Rule(
        "unique_event_position",
        fact=_one_place,
        columns=("epoch", "seq"),
        severity="warn",
    )
    yield Rule("not_before_session", fact=_not_older, columns=("at", "session_id"), severity="warn")


def _day(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    carried = frame["session_id"].map(lambda session: session_day(session).isoformat())
    return carried == frame["day"].astype(str).str.slice(0, 10)


def _one_cafe(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame.groupby("session_id")["cafe"].transform("nunique") == 1


def _one_place(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    doubled = frame.duplicated(["session_id", "epoch", "seq"], keep=False)
    return ~doubled | (frame["event"] == PROBE)


def _not_older(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    import pandas as pd

    began = pd.to_datetime(frame["session_id"].map(identifier_time), utc=True)
    return frame["at"] >= began - CLOCKS_APART
