"""The gate before a batch: the days must pass their suites after their rewards were decided.

Dagster validates the days every hour. The watch itself validates a day that is still unvalidated after `PATIENCE`, so
payouts do not depend on Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import structlog

from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from quality.gate import Gate, gate
from storage.home import Home
from storage.store.payouts import awaiting

GATED_TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK, SESSION_SIGNALS, REWARDS)
PATIENCE = timedelta(minutes=75)

Validate = Callable[[Home, Collection[date], datetime], None]

_log = structlog.get_logger("operations.watch")


def _validate(home: Home, days: Collection[date], now: datetime) -> None:
    from operations.quality_days import judge_days  # Great Expectations takes seconds to import.

    judge_days(home, sorted(days), now=now)


@dataclass(frozen=True, slots=True)
class GateBlock:
    """One reason why a batch may not be planned.

    Attributes:
        code: `expectation_failed`, or `not_validated` since the day's rewards were decided.
        day: The business day.
        table: The table with the failed expectation; empty for `not_validated`.
        expectation: The failed expectation; empty for `not_validated`.
    """

    code: Literal["expectation_failed", "not_validated"]
    day: date
    table: str = ""
    expectation: str = ""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The result of one check of the gate.

    Attributes:
        days: The days of the claimed rewards, each with the latest decision time among them.
        blocks: Everything that blocks the batch; empty if the gate is open.
    """

    days: Mapping[date, datetime]
    blocks: tuple[GateBlock, ...] = ()


class MoneyGate:
    """Checks whether a batch may be planned."""

    def __init__(self, home: Home, *, validate: Validate = _validate) -> None:
        self._home = home
        self._validate = validate
        self._unvalidated_since: datetime | None = None

    def check(self, rail: str, *, simulated: bool, now: datetime) -> GateVerdict:
        """Check the days of the rewards claimed by now; rewards claimed later have not passed the gate."""
        days = awaiting.decided_days(self._home.store(), rail=rail, simulated=simulated)
        gates = self._gates(days)
        unvalidated = [day for each in gates for day in each.unjudged]
        if not unvalidated:
            self._unvalidated_since = None
        else:
            self._unvalidated_since = self._unvalidated_since or now
            if now - self._unvalidated_since >= PATIENCE:
                _log.warning("days validated in place of the assets", days=[day.isoformat() for day in unvalidated])
                self._unvalidated_since = now  # If validation achieves nothing, wait again before the next attempt.
                self._validate(self._home, unvalidated, now)
                gates = self._gates(days)
                unvalidated = [day for each in gates for day in each.unjudged]
        failed = [
            GateBlock("expectation_failed", stop.day, stop.table, stop.expectation)
            for each in gates
            for stop in each.stops
        ]
        return GateVerdict(days, (*failed, *(GateBlock("not_validated", day) for day in unvalidated)))

    def _gates(self, days: dict[date, datetime]) -> list[Gate]:
        return [
            gate(self._home.lake(), GATED_TABLES, days=[day], judged_since=decided)
            for day, decided in sorted(days.items())
        ]
