"""The clockwork: runs the watch's jobs at fixed intervals until a signal stops it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from operations.alerting.alertmanager import AlertmanagerServer, Receiver
from operations.alerting.router import AlertRouter
from operations.backup.redemptions import RedemptionExport
from operations.backup.schedule import COPY_SECONDS, DAILY_SECONDS, CarriedBackups, DailyBackups, StoreCopies
from operations.incidents.outage import OutageWatcher
from operations.monitoring.exposition import serve_metrics
from operations.monitoring.scaling_advice import scaling_advice
from operations.status_page.build import rebuild
from operations.switches.scaling import measure
from operations.system import HEARTBEAT_NAME, RUN_FOLDER, make_system
from operations.watch.alerts.backups import BackupWatcher
from operations.watch.alerts.business import ParticipationWatcher, QualityWatcher
from operations.watch.alerts.codes import CodeWatcher
from operations.watch.alerts.data_check import DataCheckWatcher
from operations.watch.alerts.digests import DigestWatcher
from operations.watch.alerts.dip import DipRule, DipWatcher
from operations.watch.alerts.monitoring_silence import MonitoringWatcher
from operations.watch.alerts.open_incidents import IncidentWatcher
from operations.watch.alerts.stale_figures import StaleFiguresWatcher
from operations.watch.alerts.stopped_automation import StoppedAutomationWatcher
from operations.watch.alerts.technical import TechnicalWatcher
from operations.watch.alerts.undelivered import UndeliveredWatcher
from operations.watch.alerts.urgent import UrgentWatcher
from operations.watch.alerts.volume import VolumeWatcher
from operations.watch.alerts.webhooks import WebhookWatcher
from operations.watch.business_metrics import BusinessMetrics
from operations.watch.measuring import Measuring
from operations.watch.metrics import WatchMetrics
from operations.watch.money.overdue_rewards import OverdueRewards, VoucherExpiry
from operations.watch.money.payments import add_payment_jobs
from operations.watch.probes.pages import Pages
from operations.watch.probes.prober import REPLICA, Prober
from operations.watch.probes.probing import open_client
from operations.watch.probes.round import ProbeRound
from operations.watch.probes.targets import Target, local_targets, public_targets
from storage.home import Home
from storage.store.access import sign_ins
from storage.store.alerts import retention

URGENT_SECONDS = 15  # As often as the figures are refreshed.
REWARD_SECONDS = 10
EXPIRY_SECONDS = 3600
REDEMPTION_SECONDS = 5
VOLUME_SECONDS = 60
DIP_SECONDS = 60
BUSINESS_SECONDS = 60
FORGETTING_SECONDS = 3600
DIGEST_SECONDS = 60
CODES_SECONDS = 600
WEBHOOK_SECONDS = 5
FIGURES_SECONDS = 60
AUTOMATION_SECONDS = 60
OUTAGE_SECONDS = 15
BACKUP_WATCH_SECONDS = 300
STATUS_SECONDS = 60
ROUTER_SECONDS = 5
INCIDENT_SECONDS = 15
UNDELIVERED_SECONDS = 60
DATA_CHECK_SECONDS = 600
SAMPLE_SECONDS = 15
EVALUATION_SECONDS = 60
SERVICES_SECONDS = 30
RUNS_SECONDS = 60
FIGURES_METRICS_SECONDS = 300
CERTIFICATE_SECONDS = 3600

_log = structlog.get_logger("operations.watch")


def keep_watching(home: Home, *, stop: threading.Event) -> None:
    """Probe every `probe_seconds` and run the other jobs until `stop` is set; then publish the probes.

    Raises:
        PilotError: the landing cannot be used, or another watch runs on this home.
    """
    every = home.settings.probe_seconds
    pages = Pages(home)
    with home.append_log(REPLICA) as log, open_client() as client, _alertmanager(home):

        def targets() -> list[Target]:
            known = pages.current()
            return [*public_targets(known, client=client), *local_targets(known, settings=home.settings, client=client)]

        def now() -> datetime:
            return datetime.now(UTC)

        prober = Prober(targets, every_seconds=every, clock=now, simulated=home.kind == "demo")
        rounds = ProbeRound(prober, log=log, heartbeat=home.root / RUN_FOLDER / HEARTBEAT_NAME, clock=now)
        scheduler = BackgroundScheduler(timezone=UTC)
        # A late round runs once, not once per missed round; rounds never overlap.
        scheduler.add_job(
            rounds,
            trigger="interval",
            seconds=every,
            next_run_time=now(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=every,
        )
        urgent = UrgentWatcher(
            home.lake(),
            open_store=home.store,
            folder=home.root / RUN_FOLDER,
            pages_url=home.settings.pages_url,
            simulated=home.kind == "demo",
            clock=now,
        )
        scheduler.add_job(urgent, trigger="interval", seconds=URGENT_SECONDS, coalesce=True, max_instances=1)
        volume = VolumeWatcher(
            home.lake(),
            cafes=home.cafes(),
            folder=home.root / RUN_FOLDER,
            pages_url=home.settings.pages_url,
            simulated=home.kind == "demo",
            clock=now,
        )
        scheduler.add_job(volume, trigger="interval", seconds=VOLUME_SECONDS, coalesce=True, max_instances=1)
        dip = DipWatcher(
            home.lake(),
            cafes=home.cafes(),
            rule=DipRule.of(home.settings),
            folder=home.root / RUN_FOLDER,
            pages_url=home.settings.pages_url,
            simulated=home.kind == "demo",
            clock=now,
        )
        scheduler.add_job(dip, trigger="interval", seconds=DIP_SECONDS, coalesce=True, max_instances=1)
        for watcher in (QualityWatcher, ParticipationWatcher):
            business = watcher(
                home.lake(),
                cafes=home.cafes(),
                folder=home.root / RUN_FOLDER,
                pages_url=home.settings.pages_url,
                simulated=home.kind == "demo",
                clock=now,
            )
            scheduler.add_job(business, trigger="interval", seconds=BUSINESS_SECONDS, coalesce=True, max_instances=1)
        digest = DigestWatcher(home, clock=now)
        scheduler.add_job(digest, trigger="interval", seconds=DIGEST_SECONDS, coalesce=True, max_instances=1)
        scanned = CodeWatcher(home, clock=now)
        scheduler.add_job(scanned, trigger="interval", seconds=CODES_SECONDS, coalesce=True, max_instances=1)
        webhooks = WebhookWatcher(home, clock=now)
        scheduler.add_job(webhooks, trigger="interval", seconds=WEBHOOK_SECONDS, coalesce=True, max_instances=1)
        figures = StaleFiguresWatcher(home, clock=now)
        scheduler.add_job(figures, trigger="interval", seconds=FIGURES_SECONDS, coalesce=True, max_instances=1)
        stopped = StoppedAutomationWatcher(home, clock=now)
        scheduler.add_job(stopped, trigger="interval", seconds=AUTOMATION_SECONDS, coalesce=True, max_instances=1)
        overdue = OverdueRewards(home, clock=now)
        scheduler.add_job(overdue, trigger="interval", seconds=REWARD_SECONDS, coalesce=True, max_instances=1)
        expiry = VoucherExpiry(home)
        scheduler.add_job(expiry, trigger="interval", seconds=EXPIRY_SECONDS, coalesce=True, max_instances=1)
        outage = OutageWatcher(home, clock=now)
        scheduler.add_job(outage, trigger="interval", seconds=OUTAGE_SECONDS, coalesce=True, max_instances=1)
        # Also without a change: a page that was written long ago shows that the host is down.
        scheduler.add_job(
            lambda: rebuild(home), trigger="interval", seconds=STATUS_SECONDS, coalesce=True, max_instances=1
        )
        redeemed = RedemptionExport(home)
        scheduler.add_job(redeemed, trigger="interval", seconds=REDEMPTION_SECONDS, coalesce=True, max_instances=1)
        for job, seconds in (
            (StoreCopies(home, clock=now), COPY_SECONDS),
            (DailyBackups(home, clock=now), DAILY_SECONDS),
            (CarriedBackups(home, clock=now), COPY_SECONDS),
            (BackupWatcher(home, clock=now), BACKUP_WATCH_SECONDS),
            (AlertRouter(home, clock=now), ROUTER_SECONDS),
            (IncidentWatcher(home, clock=now), INCIDENT_SECONDS),
            (UndeliveredWatcher(home, clock=now), UNDELIVERED_SECONDS),
            (DataCheckWatcher(home, clock=now), DATA_CHECK_SECONDS),
            (MonitoringWatcher(home, clock=now), UNDELIVERED_SECONDS),
        ):
            scheduler.add_job(job, trigger="interval", seconds=seconds, coalesce=True, max_instances=1)
        for forget in (
            lambda: sign_ins.forget_old(home.store()),
            lambda: retention.forget_old(home.store(), now=now()),
        ):
            scheduler.add_job(forget, trigger="interval", seconds=FORGETTING_SECONDS, coalesce=True, max_instances=1)
        metrics = WatchMetrics()
        technical = _add_monitoring(home, scheduler, metrics=metrics, clock=now)
        add_payment_jobs(home, scheduler, on_metrics=metrics.set_payments)
        scheduler.start()
        _log.info("watching", every_seconds=every)
        try:
            stop.wait()
        finally:
            scheduler.shutdown(wait=True)
            technical.close()
    _log.info("stopped watching")


@contextlib.contextmanager
def _alertmanager(home: Home) -> Iterator[None]:
    """Receive Alertmanager's webhook if it has a token; a port in use is logged, and the watch goes on."""
    token = home.settings.alertmanager_token.get_secret_value()
    if not token:
        yield
        return
    receiver = Receiver(home.root / RUN_FOLDER, clock=lambda: datetime.now(UTC))
    try:
        server = AlertmanagerServer(receiver, token=token, port=home.settings.alertmanager_port)
    except OSError as error:
        _log.error("Alertmanager's port cannot be opened", port=home.settings.alertmanager_port, code=error.errno)
        yield
        return
    with server:
        yield


def _add_monitoring(
    home: Home, scheduler: BackgroundScheduler, *, metrics: WatchMetrics, clock: Callable[[], datetime]
) -> TechnicalWatcher:
    """Add the jobs that measure and that evaluate the technical alerts; serve the watch's own metrics."""
    system = make_system(home, environment=os.environ)
    measuring = Measuring(home, metrics, system=system, clock=clock)
    technical = TechnicalWatcher(
        home,
        metrics.registry,
        clock=clock,
        advise=lambda alert: scaling_advice(alert.name, measure(system)),
    )
    figures = BusinessMetrics(home.lake(), metrics.registry, simulated=home.kind == "demo", clock=clock)
    serve_metrics(home.settings, metrics.registry)
    for job, seconds in (
        (measuring.services, SERVICES_SECONDS),
        (measuring.backups, BACKUP_WATCH_SECONDS),
        (measuring.runs, RUNS_SECONDS),
        (figures, FIGURES_METRICS_SECONDS),
        (technical.read_certificates, CERTIFICATE_SECONDS),
        (technical.sample, SAMPLE_SECONDS),
    ):
        scheduler.add_job(
            job, trigger="interval", seconds=seconds, next_run_time=clock(), coalesce=True, max_instances=1
        )
    scheduler.add_job(
        technical.evaluate, trigger="interval", seconds=EVALUATION_SECONDS, coalesce=True, max_instances=1
    )
    return technical


def watch(home: Home) -> None:
    """Watch until SIGTERM or SIGINT."""
    _log_as_json_lines(home.settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    keep_watching(home, stop=stop)


def _log_as_json_lines(level: str) -> None:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
