"""Runs payouts: plans the day's batch behind the quality gate, sends approved payouts, reconciles.

A batch belongs to a Stockholm day and is planned on the first run after the set time, so neither a clock change nor an
outage of the watch skips or doubles one. Nothing here needs Dagster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

import structlog

from operations.watch.money.money_gate import GateBlock, GateVerdict, MoneyGate
from payouts.limits import limits
from payouts.rail import ProviderError, Rail
from payouts.reconciling import plan_day, reconcile, send_day
from pilot.business_days import business_day, local_time
from pilot.errors import PilotError
from storage.home import Home
from storage.store.cafes import switches
from storage.store.payouts import batches, rail_payouts, reconciliations
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.claims import may_be_paid

ACTOR = "watch"
CHECK_PLANNED_EVERY = timedelta(minutes=10)
RECONCILE_EVERY = timedelta(hours=1)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(minutes=30)

_log = structlog.get_logger("operations.watch")


@dataclass(slots=True)
class Pace:
    """The retry schedule of unfinished payouts: after 1, 2, 4 .. 30 minutes, at once for new ones.

    Attributes:
        tried: Payouts left unfinished by the last pass.
        times: Passes in a row without new payouts.
        next_at: Time of the next pass; None before the first.
    """

    tried: frozenset[str] = frozenset()
    times: int = 0
    next_at: datetime | None = None

    def due(self, unfinished: frozenset[str], *, now: datetime) -> bool:
        """Return whether these payouts are due to be sent."""
        if not unfinished:
            return False
        return self.next_at is None or now >= self.next_at or not unfinished <= self.tried

    def record_pass(self, unfinished: frozenset[str], left: frozenset[str], *, now: datetime) -> None:
        """Record a pass over `unfinished` that left `left`, and schedule the next one."""
        self.times = self.times + 1 if unfinished <= self.tried else 1
        self.tried = left
        self.next_at = now + min(FIRST_RETRY * 2 ** (self.times - 1), LONGEST_RETRY)


@dataclass(slots=True)
class PayingState:
    """The state of payouts, for the alerts.

    Attributes:
        away_since: Start of the provider's current outage.
        gate_closed_since: When the quality gate began to hold days back from the batch, or from its sending.
        held_back: What holds them back from the batch, and from its sending; of real (False) and simulated (True) ones.
        paces: Retry schedules of real (False) and simulated (True) payouts.
    """

    away_since: datetime | None = None
    gate_closed_since: datetime | None = None
    held_back: dict[tuple[Literal["plan", "send"], bool], tuple[GateBlock, ...]] = field(default_factory=dict)
    paces: dict[bool, Pace] = field(default_factory=lambda: {False: Pace(), True: Pace()})

    @property
    def gate_blocks(self) -> tuple[GateBlock, ...]:
        """Return everything that holds days back, each reason once."""
        return tuple(dict.fromkeys(block for blocks in self.held_back.values() for block in blocks))

    def hold_back(
        self, step: Literal["plan", "send"], blocks: tuple[GateBlock, ...], *, simulated: bool, now: datetime
    ) -> None:
        """Record what holds days back from a step."""
        self.held_back[step, simulated] = blocks
        self.gate_closed_since = (self.gate_closed_since or now) if self.gate_blocks else None


def kinds_paid(rail: str, home_kind: str) -> tuple[bool, ...]:
    """Return the values of `simulated` that a rail pays; money goes only to real guests of a real home."""
    if home_kind != "real" and rail in MONEY_RAILS:
        return ()
    return tuple(simulated for simulated in (False, True) if may_be_paid(rail, simulated=simulated))


class PayoutRunner:
    """Plans, sends and reconciles on one rail; errors are logged and the next run tries again."""

    def __init__(self, home: Home, rail: Rail, *, clock: Callable[[], datetime], gate: MoneyGate | None = None) -> None:
        self.state = PayingState()
        self.rail = rail
        self._home = home
        self._clock = clock
        self._gate = gate or MoneyGate(home)
        self._plan_at = time.fromisoformat(home.settings.payout_at)
        self._reconcile_at: datetime | None = None
        self._checked: dict[bool, datetime] = {}

    def __call__(self) -> None:
        """Run once."""
        try:
            self._run(self._clock())
        except (PilotError, OSError) as error:
            _log.error("payouts cannot be run", reason=type(error).__name__)

    def _run(self, now: datetime) -> None:
        if not switches.find(self._home.store(), "rewards_stopped").is_on:
            for simulated in kinds_paid(self.rail.name, self._home.kind):
                self._plan(now, simulated=simulated)
                self._check_planned(now, simulated=simulated)
                self._send(now, simulated=simulated)
        self._reconcile(now)

    def _plan(self, now: datetime, *, simulated: bool) -> None:
        day, store = business_day(now), self._home.store()
        if local_time(now).time() < self._plan_at or batches.planned(
            store, day=day, rail=self.rail.name, simulated=simulated
        ):
            return
        verdict = self._gate.check(self.rail.name, simulated=simulated, now=now)
        self.state.hold_back("plan", verdict.blocks, simulated=simulated, now=now)
        if verdict.waits or (verdict.blocks and not verdict.days):
            return
        self._call_provider(now, lambda: self._plan_batch(day, simulated=simulated, verdict=verdict))

    def _check_planned(self, now: datetime, *, simulated: bool) -> None:
        """Record the days that failed after their payouts were planned, approved or not."""
        last = self._checked.get(simulated)
        if last is None or now - last >= CHECK_PLANNED_EVERY:
            self._checked[simulated] = now
            blocks = self._gate.failed(self.rail.name, simulated=simulated)
            self.state.hold_back("send", blocks, simulated=simulated, now=now)

    def _plan_batch(self, day: date, *, simulated: bool, verdict: GateVerdict) -> None:
        batch = plan_day(
            self._home.store(),
            self.rail,
            day,
            simulated=simulated,
            limits=limits(self._home.settings),
            decided_until=verdict.days,
            without=verdict.quarantined,
            actor=ACTOR,
        )
        _log.info("batch planned", batch=batch.id, approval=batch.approval)

    def _send(self, now: datetime, *, simulated: bool) -> None:
        pace, unfinished = self.state.paces[simulated], self._unfinished(simulated=simulated)
        if not pace.due(unfinished, now=now):
            return
        store = self._home.store()
        withheld = self._gate.withheld(self.rail.name, simulated=simulated)
        self._call_provider(
            now, lambda: send_day(store, self.rail, simulated=simulated, withheld=withheld, actor=ACTOR)
        )
        left = self._unfinished(simulated=simulated)
        pace.record_pass(unfinished, left, now=now)
        _log.info("payouts sent", rail=self.rail.name, tried=len(unfinished), left=len(left), withheld=len(withheld))

    def _unfinished(self, *, simulated: bool) -> frozenset[str]:
        found = rail_payouts.unfinished(self._home.store(), rail=self.rail.name, simulated=simulated, approved=True)
        return frozenset(each.id for each in found)

    def _reconcile(self, now: datetime) -> None:
        last = reconciliations.last(self._home.store(), self.rail.name)
        if last is not None and now - last.at < RECONCILE_EVERY:
            return
        if self._reconcile_at is not None and now < self._reconcile_at:
            return
        self._reconcile_at = now + FIRST_RETRY  # During an outage, not on every run.
        self._call_provider(now, lambda: reconcile(self._home.store(), self.rail, actor=ACTOR))

    def _call_provider(self, now: datetime, call: Callable[[], object]) -> None:
        """Call the provider; record an outage without failing."""
        try:
            call()
        except ProviderError as error:
            self.state.away_since = self.state.away_since or now
            _log.warning("the provider does not answer", rail=self.rail.name, reason=type(error).__name__)
        else:
            self.state.away_since = None
