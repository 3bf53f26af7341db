"""Keeps what each load test came to, for the capacity plan: one line a test, beside the watch's sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from operations.record_lines import append_record, records_of

RECORDS_NAME = "load-tests.ndjson"
SHORTEST_SECONDS = 60.0  # a shorter test bears no figure


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One load test.

    Attributes:
        at: When it began.
        guests: How many talked at once.
        seconds: For how long.
        p95_ms: Of the answers; None where there was none.
        failures: What guests suffered.
        passed: Whether the answers came within the target and nobody suffered anything.
    """

    at: datetime
    guests: int
    seconds: float
    p95_ms: float | None
    failures: int
    passed: bool


def append_load(folder: Path, found: Mapping[str, Any]) -> bool:
    """Append a test's line to the records in `folder`; False for one that was too short to count.

    Args:
        folder: The home's run folder.
        found: From `proving.load.figures`.
    """
    if found["seconds"] < SHORTEST_SECONDS:
        return False
    response = found["response_ms"]
    line = {
        "at": found["began_at"],
        "guests": found["plan"]["guests"],
        "seconds": found["seconds"],
        "p95_ms": response["p95"] if response else None,
        "failures": sum(found["failures"].values()),
        "passed": bool(found["goal_met"]),
    }
    append_record(folder / RECORDS_NAME, line)
    return True


def load_records(folder: Path) -> list[LoadRecord]:
    """Return the tests that were kept, oldest first."""
    tests = []
    for told in records_of(folder / RECORDS_NAME):
        try:
            tests.append(LoadRecord(**{**told, "at": datetime.fromisoformat(told["at"])}))
        except (ValueError, TypeError, KeyError):
            continue  # of another version
    return tests
