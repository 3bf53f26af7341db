"""The watch's payment jobs: payouts on the configured rail, alerts and metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler
from prometheus_client import CollectorRegistry, write_to_textfile

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import AlertRecords
from operations.watch.alerts.payout_pause import pause_payouts
from operations.watch.money.metrics import payment_metrics
from operations.watch.money.paying import PayoutRunner
from operations.watch.money.payment_alerts import COUNT_OVER, SHARE_OVER, PaymentFacts, payment_alerts
from operations.watch.money.provider import CATCH_UP_SECONDS, POLL_SECONDS, ProviderEvents
from payouts.stripe.configured import open_rail
from pilot.errors import PilotError
from storage.home import Home
from storage.store.payouts import payment_facts, reconciliations
from storage.store.rewards import decisions

PAY_SECONDS = 15
ALERT_SECONDS = 60
RECORDS_NAME = "payments.ndjson"
METRICS_NAME = "payments.prom"

_log = structlog.get_logger("operations.watch")


class PaymentAlerts:
    """Reports payment alerts and writes the metrics file; errors are logged and the next run tries again."""

    def __init__(
        self,
        home: Home,
        runner: PayoutRunner | None,
        *,
        clock: Callable[[], datetime],
        on_metrics: Callable[[CollectorRegistry], None] = lambda _: None,
    ) -> None:
        """Initialise the reporter.

        Args:
            home: The home.
            runner: Pays; None without a provider.
            clock: Returns the current time, aware.
            on_metrics: Called with each new registry of metrics.
        """
        folder = home.root / RUN_FOLDER
        self._home = home
        self._runner = runner
        self._clock = clock
        self._records = AlertRecords(folder / RECORDS_NAME, clock=clock)
        self._metrics = folder / METRICS_NAME
        self._on_metrics = on_metrics

    def __call__(self) -> None:
        """Gather the facts once; report alerts and write metrics."""
        now = self._clock()
        try:
            facts = self.facts(now)
            before = self._records.firing
            self._records.report(payment_alerts(facts, now=now))
            pause_payouts(self._home.store(), self._records.firing - before)
            registry = payment_metrics(facts, now=now)
            write_to_textfile(str(self._metrics), registry)
            self._on_metrics(registry)
        except (PilotError, OSError) as error:
            _log.error("payment alerts cannot be checked", reason=type(error).__name__)

    def facts(self, now: datetime) -> PaymentFacts:
        """Return the current facts; simulated guests count only in a demo, whose guests are all simulated."""
        store, demo = self._home.store(), self._home.kind == "demo"
        runner = self._runner
        state, rail = (runner.state, runner.rail.name) if runner is not None else (None, "")
        last = reconciliations.last(store, rail) if rail else None
        away = state.away_since if state is not None else None
        closed = state.gate_closed_since if state is not None else None
        return PaymentFacts(
            finals=[
                each for each in payment_facts.final_outcomes(store, since=now - SHARE_OVER) if each.simulated <= demo
            ],
            reconciled=[last] if last is not None else [],
            waiting=payment_facts.waiting_batches(store),
            events=payment_facts.events(store, rail=rail, since=now - COUNT_OVER),
            away_since={rail: away} if away is not None else {},
            overdue=decisions.overdue(store, now=now, simulated=demo),
            gate_closed={rail: (closed, state.gate_blocks)} if closed is not None and state is not None else {},
        )


def add_payment_jobs(
    home: Home, scheduler: BaseScheduler, *, on_metrics: Callable[[CollectorRegistry], None] = lambda _: None
) -> None:
    """Add the jobs to a scheduler; without a key only vouchers are monitored.

    Args:
        home: The home.
        scheduler: Runs the jobs.
        on_metrics: Called with each new registry of metrics.
    """

    def clock() -> datetime:
        return datetime.now(UTC)

    rail = open_rail(home.settings)
    runner = None if rail is None else PayoutRunner(home, rail, clock=clock)
    if rail is not None and runner is not None:
        # One rail for both: its limiter keeps the sum of all calls below the provider's limit.
        events = ProviderEvents(home, rail)
        for job, seconds in ((events.process, POLL_SECONDS), (events.fetch, CATCH_UP_SECONDS)):
            scheduler.add_job(
                job, trigger="interval", seconds=seconds, next_run_time=clock(), coalesce=True, max_instances=1
            )
        scheduler.add_job(runner, trigger="interval", seconds=PAY_SECONDS, coalesce=True, max_instances=1)
        _log.info("paying", rail=runner.rail.name, plan_at=home.settings.payout_at)
    alerts = PaymentAlerts(home, runner, clock=clock, on_metrics=on_metrics)
    scheduler.add_job(alerts, trigger="interval", seconds=ALERT_SECONDS, coalesce=True, max_instances=1)
