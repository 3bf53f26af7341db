"""The watch's jobs about payments: paying on the rail that the settings ask for, its alerts, its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import AlertRecords
from operations.watch.money.paying import PayoutRunner
from operations.watch.money.payment_alerts import COUNT_OVER, SHARE_OVER, Facts, payment_alerts
from operations.watch.money.provider import CATCH_UP_SECONDS, POLL_SECONDS, ProviderEvents
from payouts.stripe.configured import open_rail
from pilot.errors import PilotError
from storage.folders import write_atomically
from storage.home import Home
from storage.store.payouts import payment_facts, reconciliations
from storage.store.rewards import decisions

PAY_SECONDS = 15
ALERT_SECONDS = 60
RECORDS_NAME = "payments.ndjson"
FIGURES_NAME = "payments.prom"

_log = structlog.get_logger("operations.watch")


class PaymentAlerts:
    """Looks at the facts, tells what is the matter, and leaves the figures for whatever scrapes text files."""

    def __init__(self, home: Home, desk: PayoutRunner | None, *, clock: Callable[[], datetime]) -> None:
        folder = home.root / RUN_FOLDER
        self._home = home
        self._desk = desk
        self._clock = clock
        self._records = AlertRecords(folder / RECORDS_NAME, clock=clock)
        self._figures = folder / FIGURES_NAME

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        now = self._clock()
        try:
            facts = self.facts(now)
            self._records.tell(payment_alerts(facts, now=now))
            write_atomically(self._figures, figures(facts, now=now))
        except (PilotError, OSError) as error:
            _log.error("payments cannot be looked at", reason=type(error).__name__)

    def facts(self, now: datetime) -> Facts:
        """Return what is known; test clients are counted in a demo only, where every guest is one."""
        store, demo = self._home.store(), self._home.kind == "demo"
        desk = self._desk
        standing, rail = (desk.standing, desk.rail.name) if desk is not None else (None, "")
        last = reconciliations.last(store, rail) if rail else None
        away = standing.away_since if standing is not None else None
        closed = standing.gate_closed_since if standing is not None else None
        return Facts(
            finals=[each for each in payment_facts.finals(store, since=now - SHARE_OVER) if each.simulated <= demo],
            reconciled=[last] if last is not None else [],
            waiting=payment_facts.waiting_batches(store),
            events=payment_facts.events(store, rail=rail, since=now - COUNT_OVER),
            away_since={rail: away} if away is not None else {},
            overdue=decisions.overdue(store, now=now, simulated=demo),
            gate_closed={rail: (closed, standing.gate_why)} if closed is not None and standing is not None else {},
        )


def figures(facts: Facts, *, now: datetime) -> str:
    """Return the facts in Prometheus' text format."""
    ended = Counter((each.rail, "failed" if each.failed else "paid") for each in facts.finals)
    lines = ["# TYPE pilot_payouts_final_24h gauge"]
    lines += [
        f'pilot_payouts_final_24h{{rail="{rail}",outcome="{outcome}"}} {count}'
        for (rail, outcome), count in sorted(ended.items())
    ]
    lines.append("# TYPE pilot_payout_difference_ore gauge")
    lines += [f'pilot_payout_difference_ore{{rail="{each.rail}"}} {each.off_ore}' for each in facts.reconciled]
    lines.append("# TYPE pilot_payout_unexplained_transfers gauge")
    lines += [
        f'pilot_payout_unexplained_transfers{{rail="{each.rail}"}} {len(each.differences)}' for each in facts.reconciled
    ]
    waited = 0.0 if facts.events.waiting_since is None else (now - facts.events.waiting_since).total_seconds()
    lines += [
        "# TYPE pilot_payment_events_oldest_waiting_seconds gauge",
        f"pilot_payment_events_oldest_waiting_seconds {waited:g}",
        "# TYPE pilot_payment_events_failed gauge",
        f"pilot_payment_events_failed {facts.events.failed}",
        "# TYPE pilot_payment_webhook_slowest_seconds gauge",
        f"pilot_payment_webhook_slowest_seconds {facts.events.slowest_seconds or 0:g}",
        "# TYPE pilot_payout_batches_waiting gauge",
        f"pilot_payout_batches_waiting {len(facts.waiting)}",
        "# TYPE pilot_payout_rail_away gauge",
        *(f'pilot_payout_rail_away{{rail="{rail}"}} 1' for rail in facts.away_since or {}),
    ]
    return "\n".join(lines) + "\n"


def start_paying(home: Home, scheduler: BaseScheduler) -> None:
    """Add the jobs; without a key only the vouchers are looked at."""

    def clock() -> datetime:
        return datetime.now(UTC)

    rail = open_rail(home.settings)
    desk = None if rail is None else PayoutRunner(home, rail, clock=clock)
    if rail is not None and desk is not None:
        # One rail for both: its limiter keeps all of their calls below the provider's limit.
        events = ProviderEvents(home, rail)
        for job, seconds in ((events.look, POLL_SECONDS), (events.fetch, CATCH_UP_SECONDS)):
            scheduler.add_job(
                job, trigger="interval", seconds=seconds, next_run_time=clock(), coalesce=True, max_instances=1
            )
        scheduler.add_job(desk, trigger="interval", seconds=PAY_SECONDS, coalesce=True, max_instances=1)
        _log.info("paying", rail=desk.rail.name, plan_at=home.settings.payout_at)
    alerts = PaymentAlerts(home, desk, clock=clock)
    scheduler.add_job(alerts, trigger="interval", seconds=ALERT_SECONDS, coalesce=True, max_instances=1)
