"""Records of load tests for the capacity plan, one line a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from operations.record_lines import append_record, records_of

RECORDS_NAME = "load-tests.ndjson"
MIN_SECONDS = 60.0  # A shorter test is not representative.


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One load test.

    Attributes:
        at: Start of the test.
        guests: Number of concurrent guests.
        seconds: Duration.
        p95_ms: 95th percentile of the response times; None without any answer.
        failures: Number of failures that guests experienced.
        passed: Whether response times met the target and no guest experienced a failure.
    """

    at: datetime
    guests: int
    seconds: float
    p95_ms: float | None
    failures: int
    passed: bool


def record_load_test(folder: Path, figures: Mapping[str, Any]) -> bool:
    """Append a test to the records in `folder`; return False if it was too short to count.

    Args:
        folder: The home's run folder.
        figures: From `proving.load.figures`.
    """
    if figures["seconds"] < MIN_SECONDS:
        return False
    response = figures["response_ms"]
    line = {
        "at": figures["began_at"],
        "guests": figures["plan"]["guests"],
        "seconds": figures["seconds"],
        "p95_ms": response["p95"] if response else None,
        "failures": sum(figures["failures"].values()),
        "passed": bool(figures["goal_met"]),
    }
    append_record(folder / RECORDS_NAME, line)
    return True


def read_load_tests(folder: Path) -> list[LoadRecord]:
    """Return the recorded tests, oldest first."""
    tests = []
    for record in records_of(folder / RECORDS_NAME):
        try:
            tests.append(LoadRecord(**{**record, "at": datetime.fromisoformat(record["at"])}))
        except (ValueError, TypeError, KeyError):
            continue  # Written by another version.
    return tests
