"""Reports a stopped sensor or schedule: the figures, erasure or backups then stop without an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import structlog

from operations.dagster_page import program_ticket
from operations.system import DAGSTER_FOLDER, LOOPBACK, RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.errors import PilotError
from storage.home import Home

ALERT = "automation_stopped"
RECORDS_NAME = "automation.ndjson"
TIMEOUT_SECONDS = 10.0
QUERY = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  sensors { name defaultStatus sensorState { status } }
  schedules { name defaultStatus scheduleState { status } }
} } } }"""
RUNNING = "RUNNING"

_log = structlog.get_logger("operations.watch")


class StoppedAutomationWatcher:
    """Compares sensors and schedules with their declared state; errors are logged, then tried again."""

    def __init__(
        self, home: Home, *, clock: Callable[[], datetime], transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url = f"http://{LOOPBACK}:{home.settings.dagster_port}/graphql"
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)
        self._transport = transport
        self._dagster_home = home.root / DAGSTER_FOLDER
        self._clock = clock

    def __call__(self) -> None:
        """Run once."""
        try:
            headers = {program_ticket.HEADER: program_ticket.make(self._dagster_home, now=self._clock())}
            with httpx.Client(transport=self._transport, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = client.post(self._url, json={"query": QUERY}, headers=headers).raise_for_status()
            nodes = answer.json()["data"]["repositoriesOrError"].get("nodes")
            if nodes:  # None while the code server is away, which says nothing about the states.
                self._records.report([_alert(kind, name) for kind, name in _stopped(nodes)])
        except (PilotError, OSError, httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError) as error:
            _log.error("the sensors and schedules cannot be read", reason=type(error).__name__)


def _stopped(repositories: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for repository in repositories:
        for kind in ("sensor", "schedule"):
            for each in repository[f"{kind}s"]:
                if each["defaultStatus"] == RUNNING and each[f"{kind}State"]["status"] != RUNNING:
                    yield kind, each["name"]


def _alert(kind: str, name: str) -> Alert:
    return Alert(
        ALERT,
        name,
        "high",
        f"Dagster's {kind} {name} is stopped, and should always run. Sign in to Dagster's page with the link that "
        f"`pilot account link` prints, and start it under Automation.",
    )
