"""Pays: plans the day's batch once its days are known to be good, sends what is approved, reconciles.

The batch's day is the Stockholm day, and it is planned at the first look after the set time, so that neither a clock
change nor a watch that was away skips or doubles one. Nothing here needs Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import structlog

from operations.watch.money.money_gate import MoneyGate
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
RECONCILE_EVERY = timedelta(hours=1)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(minutes=30)

_log = structlog.get_logger("operations.watch")


@dataclass(slots=True)
class Pace:
    """When the unfinished payouts of one kind are sent again: after 1, 2, 4 .. 30 minutes; at once where more came."""

    tried: frozenset[str] = frozenset()
    times: int = 0
    next_at: datetime | None = None

    def due(self, unfinished: frozenset[str], *, now: datetime) -> bool:
        """Return whether it is time, for these."""
        if not unfinished:
            return False
        return self.next_at is None or now >= self.next_at or not unfinished <= self.tried

    def sent(self, unfinished: frozenset[str], left: frozenset[str], *, now: datetime) -> None:
        """Take note of a pass over `unfinished` that left some of them, or of one that could not be made."""
        self.times = self.times + 1 if unfinished <= self.tried else 1
        self.tried = left
        self.next_at = now + min(FIRST_RETRY * 2 ** (self.times - 1), LONGEST_RETRY)


@dataclass(slots=True)
class PayingState:
    """How paying stands, for the alerts.

    Attributes:
        away_since: Since when the provider does not answer.
        gate_closed_since: Since when a batch waits for its days to be good.
        gate_why: What stands in the way.
    """

    away_since: datetime | None = None
    gate_closed_since: datetime | None = None
    gate_why: str = ""
    paces: dict[bool, Pace] = field(default_factory=lambda: {False: Pace(), True: Pace()})


def kinds_paid(rail: str, home_kind: str) -> tuple[bool, ...]:
    """Return whether real and simulated rewards are paid on a rail: money goes only to real guests of a real home."""
    if home_kind != "real" and rail in MONEY_RAILS:
        return ()
    return tuple(simulated for simulated in (False, True) if may_be_paid(rail, simulated=simulated))


class PayoutRunner:
    """Looks what there is to plan, to send and to reconcile."""

    def __init__(self, home: Home, rail: Rail, *, clock: Callable[[], datetime], gate: MoneyGate | None = None) -> None:
        self.standing = PayingState()
        self.rail = rail
        self._home = home
        self._clock = clock
        self._gate = gate or MoneyGate(home)
        self._plan_at = time.fromisoformat(home.settings.payout_at)
        self._reconcile_at: datetime | None = None

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        try:
            self._look(self._clock())
        except (PilotError, OSError) as error:
            _log.error("payouts cannot be looked at", reason=type(error).__name__)

    def _look(self, now: datetime) -> None:
        if not switches.find(self._home.store(), "rewards_stopped").is_on:
            for simulated in kinds_paid(self.rail.name, self._home.kind):
                self._plan(now, simulated=simulated)
                self._send(now, simulated=simulated)
        self._reconcile(now)

    def _plan(self, now: datetime, *, simulated: bool) -> None:
        day, store = business_day(now), self._home.store()
        if local_time(now).time() < self._plan_at or batches.planned(
            store, day=day, rail=self.rail.name, simulated=simulated
        ):
            return
        looked = self._gate.look(self.rail.name, simulated=simulated, now=now)
        if looked.why:
            self.standing.gate_closed_since = self.standing.gate_closed_since or now
            self.standing.gate_why = looked.why
            return
        self.standing.gate_closed_since, self.standing.gate_why = None, ""
        self._asked(now, lambda: self._planned(day, simulated=simulated, passed=looked.days))

    def _planned(self, day: date, *, simulated: bool, passed: Mapping[date, datetime]) -> None:
        batch = plan_day(
            self._home.store(),
            self.rail,
            day,
            simulated=simulated,
            limits=limits(self._home.settings),
            passed=passed,
            actor=ACTOR,
        )
        _log.info("batch planned", batch=batch.id, approval=batch.approval)

    def _send(self, now: datetime, *, simulated: bool) -> None:
        pace, unfinished = self.standing.paces[simulated], self._unfinished(simulated=simulated)
        if not pace.due(unfinished, now=now):
            return
        store = self._home.store()
        self._asked(now, lambda: send_day(store, self.rail, simulated=simulated, actor=ACTOR))
        left = self._unfinished(simulated=simulated)
        pace.sent(unfinished, left, now=now)
        _log.info("payouts sent", rail=self.rail.name, tried=len(unfinished), left=len(left))

    def _unfinished(self, *, simulated: bool) -> frozenset[str]:
        found = rail_payouts.unfinished(self._home.store(), rail=self.rail.name, simulated=simulated, approved=True)
        return frozenset(each.id for each in found)

    def _reconcile(self, now: datetime) -> None:
        last = reconciliations.last(self._home.store(), self.rail.name)
        if last is not None and now - last.at < RECONCILE_EVERY:
            return
        if self._reconcile_at is not None and now < self._reconcile_at:
            return
        self._reconcile_at = now + FIRST_RETRY  # where the provider is away: not at each look
        self._asked(now, lambda: reconcile(self._home.store(), self.rail, actor=ACTOR))

    def _asked(self, now: datetime, ask: Callable[[], object]) -> None:
        """Ask the provider; where it is away that is noted, and nothing of ours has failed."""
        try:
            ask()
        except ProviderError as error:
            self.standing.away_since = self.standing.away_since or now
            _log.warning("the provider does not answer", rail=self.rail.name, reason=type(error).__name__)
        else:
            self.standing.away_since = None
