"""Samples every process's metrics and this host's, and evaluates the technical alerts on them.

Where a Prometheus evaluates them (`PILOT_PROMETHEUS_URL`), the watch only records the minute's figures for the team's
page.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import httpx
import structlog
from prometheus_client import CollectorRegistry

from operations.hosts.certificates import served_certificate
from operations.hosts.names import PublicHost, public_hosts
from operations.monitoring import targets
from operations.monitoring.expressions.samples import Samples
from operations.monitoring.host_samples import HOST, host_samples
from operations.monitoring.minute_figures import MinuteFiguresLog
from operations.monitoring.rules.declaration import TechnicalAlert
from operations.monitoring.rules.evaluation import AlertEvaluation
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from operations.monitoring.scraping import JOB, TIMEOUT_SECONDS, registry_samples, scrape
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import AlertRecords
from pilot.errors import PilotError
from storage.home import Home

RECORDS_NAME = "technical.ndjson"
WATCH = "watch"
HTTPS = "https://"

HostSamples = Callable[[], Iterable[tuple[str, Mapping[str, str], float]]]

_log = structlog.get_logger("operations.watch")


class TechnicalWatcher:
    """Three jobs: `sample` every 15 s, `evaluate` every minute, `read_certificates` every hour."""

    def __init__(
        self,
        home: Home,
        registry: CollectorRegistry,
        *,
        clock: Callable[[], datetime],
        advise: Callable[[TechnicalAlert], str] | None = None,
        of_host: HostSamples = host_samples,
        trust: ssl.SSLContext | None = None,
        hosts: Callable[[], tuple[PublicHost, ...]] | None = None,
    ) -> None:
        """Initialise without samples.

        Args:
            home: The home.
            registry: The watch's own metrics.
            clock: Returns the current time, aware.
            advise: Returns the advice of a scaling alert.
            of_host: Reads this host's figures.
            trust: The trusted authorities; the system's by default.
            hosts: Returns the hosts whose certificates are read; by default the public ones, if the pilot has HTTPS.
        """
        folder = home.root / RUN_FOLDER
        self._home = home
        self._registry = registry
        self._clock = clock
        self._of_host = of_host
        self._trust = trust
        self._hosts = hosts or self._public_hosts
        self._targets: Path = home.settings.metrics_targets or folder / targets.FOLDER / targets.NAME
        self._evaluation = AlertEvaluation([each for each in TECHNICAL_ALERTS if each.by_watch], advise=advise)
        self._figures = MinuteFiguresLog(folder)
        self._records = AlertRecords(folder / RECORDS_NAME, clock=clock)
        needed = {**self._figures.reads}
        for name, seconds in self._evaluation.reads.items():
            needed[name] = max(seconds, needed.get(name, 0.0))
        self._samples = Samples(needed.get)
        self._expiries: dict[str, float] = {}
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def sample(self) -> None:
        """Read every process's metrics and this host's once."""
        at = self._clock().timestamp()
        known = [each for each in targets.read_targets(self._targets) if each.service != WATCH]
        scrape(known, self._samples, client=self._client, at=at)
        own = {"job": JOB, "service": WATCH, "process": WATCH}
        self._samples.add_scrape(registry_samples(self._registry, labels=own), source=WATCH, at=at)
        self._samples.add("up", {**own, "instance": WATCH}, value=1.0, at=at)
        self._samples.add_scrape(self._of_host(), source=HOST, at=at)
        for host, expiry in self._expiries.items():
            self._samples.add("probe_ssl_earliest_cert_expiry", {"instance": host}, value=expiry, at=at)
        sources = {each.address for each in known} | {WATCH, HOST} | set(self._expiries)
        self._samples.end_sources(sources, at=at)
        self._samples.forget_old(at=at)

    def evaluate(self) -> None:
        """Report the alerts that fire now, and record the minute's figures."""
        now = self._clock()
        try:
            self._figures.append(self._samples, now=now)
            if not self._home.settings.prometheus_url:
                self._records.report(self._evaluation(self._samples, at=now.timestamp()))
        except OSError as error:
            _log.error("technical figures cannot be recorded", reason=type(error).__name__)

    def read_certificates(self) -> None:
        """Read when each host's served certificate expires; one that cannot be read has no date."""
        try:
            found = [served_certificate(host, trust=self._trust) for host in self._hosts()]
        except PilotError as error:
            _log.error("certificates cannot be read", reason=type(error).__name__)
            return
        self._expiries = {each.host: each.ends.timestamp() for each in found if each.ends is not None}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _public_hosts(self) -> tuple[PublicHost, ...]:
        has_https = self._home.settings.public_url.startswith(HTTPS)
        return public_hosts(self._home.cafes()) if has_https else ()
