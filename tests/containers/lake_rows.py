"""Reads the stack's home from inside one of its containers."""

from __future__ import annotations

import json
from typing import Any

from tests.containers.stack import Stack

OPENED = """
import json, os, sys
from pilot.business_days import session_day
from pilot.settings import read_settings
from storage.home import open_existing_home
home, session = open_existing_home(read_settings(os.environ)), sys.argv[1]
day = session_day(session)
"""
LANDED = """
from storage.landing.days import read_day
rows = read_day(home.segments(), day).frame
rows = rows.filter(rows["session_id"] == session)
print(json.dumps([list(each) for each in zip(rows["epoch"], rows["seq"])]))
"""
SCORED = """
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.store.rewards import decisions
lake, scored = home.lake(), None
if lake.version(SCORED_FEEDBACK) is not None:
    rows = lake.read(SCORED_FEEDBACK)
    rows = rows.filter(rows["session_id"] == session)
    scored = rows["score"].to_list()[0] if len(rows) else None
decided = decisions.find(home.store(), session)
print(json.dumps({"score": scored, "outcome": decided and decided.outcome}))
"""


def landed(stack: Stack, session: str) -> list[tuple[int, int]]:
    """Return the epoch and number of each landed event of a session."""
    return [(epoch, seq) for epoch, seq in _run(stack, LANDED, session)]


def result(stack: Stack, session: str) -> dict[str, Any]:
    """Return a session's score and the outcome of its reward, None while they are not known."""
    found: dict[str, Any] = _run(stack, SCORED, session)
    return found


def _run(stack: Stack, program: str, session: str) -> Any:
    return json.loads(stack.inside("watch", "python", "-c", OPENED + program, session).strip().splitlines()[-1])
