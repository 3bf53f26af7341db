"""Reads what the watch's metrics show: services, backups, alerts, probes and Dagster's runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import structlog

from operations.backup.ages import ages
from operations.checks.running import choose, run_checks
from operations.dagster_page import program_ticket
from operations.health import checks
from operations.record_lines import records_of
from operations.supervisor.claims import is_claimed
from operations.system import DAGSTER_FOLDER, HEARTBEAT_NAME, LOOPBACK, RUN_FOLDER, System
from operations.watch.metrics import WatchMetrics
from pilot.errors import PilotError
from storage.home import LOG_FOLDER, Home
from storage.landing.publisher import LOG_SUFFIX
from storage.store.cafes import switches

CHECKED = ("code-server", "webserver", "daemon", "ollama", "redis")  # Services without metrics of their own.
STORE = "store"
RUNS_TIMEOUT_SECONDS = 10.0
FAILED_WITHIN = timedelta(hours=1)
RUNS_QUERY = """query($since: Float) {
  queued: runsOrError(filter: {statuses: [QUEUED, NOT_STARTED]}) { ... on Runs { count } }
  running: runsOrError(filter: {statuses: [STARTING, STARTED]}) { ... on Runs { count } }
  failed: runsOrError(filter: {statuses: [FAILURE], updatedAfter: $since}) { ... on Runs { count } }
}"""

_log = structlog.get_logger("operations.watch")


class Measuring:
    """Refreshes the watch's metrics; what cannot be read keeps its last value, and is logged."""

    def __init__(
        self,
        home: Home,
        metrics: WatchMetrics,
        *,
        system: System | None,
        clock: Callable[[], datetime],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Initialise the reader.

        Args:
            home: The home.
            metrics: Where the values go.
            system: This host's processes; None if each runs elsewhere, as in containers.
            clock: Returns the current time, aware.
            transport: For requests to Dagster; for tests.
        """
        self._home = home
        self._metrics = metrics
        self._system = system
        self._clock = clock
        self._transport = transport

    def services(self) -> None:
        """Check the services that have no metrics, and the store."""
        states = {STORE: self._store_answers()}
        if self._system is not None and is_claimed(self._system.run_folder):
            found = run_checks(choose(checks(self._system, now=self._clock()), CHECKED))
            states |= {each.name: each.ok for each in found if each.state != "not_applicable"}
        self._metrics.set_services(states)
        folder = self._home.root / RUN_FOLDER
        try:
            beat = json.loads((folder / HEARTBEAT_NAME).read_text(encoding="utf-8"))
            failed = len(beat["failed"])
            self._metrics.set_probes(good=int(beat["probed"]) - failed, failed=failed)
        except (OSError, ValueError, KeyError, TypeError):
            _log.info("no round of probes yet")
        logs = sum(1 for _ in (self._home.root / LOG_FOLDER).glob(f"*/*{LOG_SUFFIX}"))
        self._metrics.set_pending("unpublished_logs", logs)
        self._metrics.set_alerts(self._firing())

    def backups(self) -> None:
        """Read the ages of the newest backups from their places."""
        now, found = self._clock(), {}
        try:
            for place in ages(self._home):
                for kind, made in (("store", place.store_at), ("whole home", place.whole_at)):
                    if made is not None:
                        found[place.place, kind] = (now - made).total_seconds()
        except (PilotError, OSError) as error:
            _log.error("the age of the backups cannot be read", reason=type(error).__name__)
            return
        self._metrics.set_backups(found)

    def runs(self) -> None:
        """Count Dagster's runs, as its storage has them."""
        url = f"http://{LOOPBACK}:{self._home.settings.dagster_port}/graphql"
        body = {"query": RUNS_QUERY, "variables": {"since": (self._clock() - FAILED_WITHIN).timestamp()}}
        try:
            ticket = program_ticket.make(self._home.root / DAGSTER_FOLDER, now=self._clock())
            headers = {program_ticket.HEADER: ticket}
            with httpx.Client(transport=self._transport, timeout=RUNS_TIMEOUT_SECONDS, trust_env=False) as client:
                data = client.post(url, json=body, headers=headers).raise_for_status().json()["data"]
            self._metrics.set_runs({state: int(data[state]["count"]) for state in ("queued", "running", "failed")})
        except (PilotError, OSError, httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            _log.error("the runs cannot be counted", reason=type(error).__name__)

    def _store_answers(self) -> bool:
        try:
            self._metrics.set_maintenance(is_on=switches.find(self._home.store(), "maintenance").is_on)
        except PilotError:
            return False
        return True

    def _firing(self) -> Counter[tuple[str, str]]:
        """Count the alerts that were reported and not resolved."""
        latest: dict[tuple[str, str, str], dict[str, object]] = {}
        for path in sorted((self._home.root / RUN_FOLDER).glob("*.ndjson")):
            for record in records_of(path):
                if {"name", "subject", "state", "severity"} <= record.keys():
                    latest[path.name, str(record["name"]), str(record["subject"])] = record
        with_an_end = [each for each in latest.values() if each["state"] == "firing" and "assets" not in each]
        return Counter((str(each["name"]), str(each["severity"])) for each in with_an_end)
