"""The gate before a batch and each sending: a day's rewards are paid if it passed its suites.

A batch takes the rewards of days that passed after these were decided. What fails or is quarantined between the plan
and the sending, as while a batch waits for approval, is withheld until it passes again.

Each day is judged by itself: one that fails holds no other. Dagster validates the days every hour. The watch itself
validates a day that is still unvalidated after `PATIENCE`, so payouts do not depend on Dagster; until then the batch
waits for it, because there is only one a day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import structlog

from payouts.deciding import issuer
from quality.gate import GATED_TABLES, Gate, gate, quarantined
from storage.home import Home
from storage.store.payouts import awaiting, rail_payouts

PATIENCE = timedelta(minutes=75)

Validate = Callable[[Home, Collection[date], datetime], None]

_log = structlog.get_logger("operations.watch")


def _validate(home: Home, days: Collection[date], now: datetime) -> None:
    from operations.quality_days import judge_days  # Great Expectations takes seconds to import.

    judge_days(home, sorted(days), now=now)


@dataclass(frozen=True, slots=True)
class GateBlock:
    """One reason why a day's rewards may not be paid.

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
        days: The days that passed, of those with claimed rewards, each with the latest decision time among them.
        blocks: Everything that blocks other days.
        waits: Whether the batch should wait, because a day may still be validated soon.
        quarantined: The sessions of the passed days that are not paid, and their rewards.
    """

    days: Mapping[date, datetime]
    blocks: tuple[GateBlock, ...] = ()
    waits: bool = False
    quarantined: frozenset[str] = frozenset()


class MoneyGate:
    """Checks which days' rewards a batch may contain."""

    def __init__(self, home: Home, *, validate: Validate = _validate) -> None:
        self._home = home
        self._validate = validate
        self._unvalidated_since: dict[date, datetime] = {}
        self._tried: set[date] = set()  # Still unvalidated after the watch's own attempt.

    def withheld(self, rail: str, *, simulated: bool) -> frozenset[str]:
        """Return the payouts not made yet with a reward of a failed day or a quarantined session."""
        rewards = rail_payouts.unpaid_rewards(self._home.store(), rail=rail, simulated=simulated)
        days = {each.day for each in rewards}
        if not days:
            return frozenset()
        failed = {stop.day for stop in gate(self._home.lake(), GATED_TABLES, days=days).stops}
        held = self._quarantined(days)
        return frozenset(
            each.instruction_id for each in rewards if each.day in failed or {each.session_id, each.reward_id} & held
        )

    def failed(self, rail: str, *, simulated: bool) -> tuple[GateBlock, ...]:
        """Return what stops days of the payouts that are planned and not made yet."""
        days = {each.day for each in rail_payouts.unpaid_rewards(self._home.store(), rail=rail, simulated=simulated)}
        if not days:
            return ()
        stops = gate(self._home.lake(), GATED_TABLES, days=days).stops
        return tuple(GateBlock("expectation_failed", stop.day, stop.table, stop.expectation) for stop in stops)

    def blocks(self, rail: str, *, simulated: bool) -> tuple[GateBlock, ...]:
        """Return what holds days back now, from the next batch and from sending; validates nothing."""
        gates = self._gates(awaiting.decided_days(self._home.store(), rail=rail, simulated=simulated))
        return tuple(dict.fromkeys([*_blocks(gates), *self.failed(rail, simulated=simulated)]))

    def check(self, rail: str, *, simulated: bool, now: datetime) -> GateVerdict:
        """Check the days of the rewards claimed by now; rewards claimed later have not passed the gate."""
        days = awaiting.decided_days(self._home.store(), rail=rail, simulated=simulated)
        gates = self._gates(days)
        due = self._due(_unvalidated(gates), now=now)
        if due:
            _log.warning("days validated in place of the assets", days=[day.isoformat() for day in due])
            self._validate(self._home, due, now)
            gates = self._gates(days)
            self._tried = self._tried.union(due).intersection(_unvalidated(gates))
        passed = {day: decided for day, decided in days.items() if gates[day].open}
        return GateVerdict(
            passed,
            _blocks(gates),
            waits=not self._tried.issuperset(_unvalidated(gates)),
            quarantined=self._quarantined(passed) if passed else frozenset(),
        )

    def _quarantined(self, days: Collection[date]) -> frozenset[str]:
        """Return the quarantined sessions, and their rewards: an erasure replaces the session of a decision."""
        sessions = quarantined(self._home.lake(), days=days)
        derive = issuer(self._home.secret()).reward_id
        return sessions.union(derive(each) for each in sessions)

    def _due(self, unvalidated: Collection[date], *, now: datetime) -> list[date]:
        """Return the days that have been unvalidated for `PATIENCE`, since they were first or last tried."""
        self._unvalidated_since = {day: self._unvalidated_since.get(day, now) for day in unvalidated}
        due = [day for day, since in self._unvalidated_since.items() if now - since >= PATIENCE]
        self._unvalidated_since |= dict.fromkeys(due, now)  # If it achieves nothing, wait again.
        return due

    def _gates(self, days: Mapping[date, datetime]) -> dict[date, Gate]:
        return {
            day: gate(self._home.lake(), GATED_TABLES, days=[day], judged_since=decided)
            for day, decided in sorted(days.items())
        }


def _unvalidated(gates: Mapping[date, Gate]) -> list[date]:
    return [day for day, each in gates.items() if each.unjudged]


def _blocks(gates: Mapping[date, Gate]) -> tuple[GateBlock, ...]:
    failed = (
        GateBlock("expectation_failed", stop.day, stop.table, stop.expectation)
        for each in gates.values()
        for stop in each.stops
    )
    return (*failed, *(GateBlock("not_validated", day) for day in _unvalidated(gates)))
