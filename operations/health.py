"""Health checks of a running pilot: every service, with a remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx

from operations import dagster_storage
from operations.checks.finding import Finding, judged, not_applicable
from operations.checks.running import Check
from operations.doctor.dependencies import redis_server
from operations.doctor.ollama import ollama
from operations.service_usage import ServiceUsage, running_services
from operations.supervisor import SocketOpen
from operations.system import HEARTBEAT_NAME, RUN_FOLDER, System
from pilot.errors import PilotError
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import service_urls
from storage.store.cafes import codes

TIMEOUT_SECONDS = 3.0
LATE_DAEMON_SECONDS = 180.0
CONTAINER_REMEDY = "See `docker compose -f docker-compose.staging.yml ps`, and `logs SERVICE`."
LIMIT_SECONDS = 8.0  # The whole table is shown within 10 s.
MAX_LATE_ROUNDS = 3
# The names that the pilot's runbook uses.
ALIASES: Mapping[str, str] = {"api-gateway": "edge", "business-dashboard": "dashboards"}


def checks(system: System, *, now: datetime) -> list[Check]:
    """Return the check of each service; a missing service is a finding, never an error."""
    home = system.home
    every: dict[str, Callable[[], Finding]] = {
        "edge": partial(_answers, "edge", f"{system.edge_url}/health/ready"),
        "code-server": partial(_code_server, system),
        "webserver": partial(_answers, "webserver", f"{system.dagster_url}/health"),
        "daemon": partial(_daemon, system, now=now),
        "entrance": partial(_answers, "entrance", f"{system.entrance_url}/health"),
        "dashboards": partial(_answers, "dashboards", f"{system.dashboards_url}/_stcore/health"),
        "watch": partial(_watch, system, now=now),
        "ollama": lambda: _ollama(system),
        "redis": partial(redis_server, system.settings),
        "cafes": lambda: _found("cafes", f"{len(home.cafes().cafe)} cafés in the file"),
        "codes": partial(_codes, system),
        "lake": lambda: _found("lake", f"pilot_kpis at version {home.lake().version(PILOT_KPIS)}"),
    }
    return [Check(name, check, LIMIT_SECONDS) for name, check in every.items()]


def with_usage(finding: Finding, usage: Mapping[str, ServiceUsage]) -> Finding:
    """Return a service's finding with its memory and CPU."""
    if (used := usage.get(finding.name)) is None:
        return finding
    shown = f"{finding.found}; {used.memory_mib:.0f} MiB, {used.cpu_percent:.0f} % of a core"
    return Finding(finding.name, finding.state, shown, finding.required, finding.remedy)


def _found(name: str, found: str) -> Finding:
    return judged(name, ok=True, found=found)


def _codes(system: System) -> Finding:
    have = {code.cafe for code in codes.active(system.home.store())}
    missing = [cafe_id for cafe_id in system.home.cafes().ids if cafe_id not in have]
    if missing:
        raise PilotError(f"No code for {', '.join(missing)}.", remedy="`pilot qr verify` says how each café gets one.")
    return _found("codes", f"{len(have)} cafés have one")


def _ollama(system: System) -> Finding:
    """Check the model; without Ollama, a pilot that chooses by itself uses the script."""
    finding = ollama(system.settings)
    if finding.state == "not_ok" and system.settings.interviewer == "auto":
        return not_applicable("ollama", f"{finding.found}: the scripted interviewer asks")
    return finding


def _runs(system: System, name: str) -> Finding:
    running = name in running_services(system.run_folder)
    return judged(name, ok=running, found="runs" if running else "does not run", remedy=_log_remedy(name))


def _code_server(system: System) -> Finding:
    if not service_urls(system.settings):
        return _runs(system, "code-server")
    ok = asyncio.run(SocketOpen(system.code_server_socket).check(started_at=0.0, log=Path()))
    return judged("code-server", ok=ok, found="answers" if ok else "its socket is closed", remedy=CONTAINER_REMEDY)


def _daemon(system: System, *, now: datetime) -> Finding:
    """Check that the daemon runs; in a container of its own, that it writes its heartbeats."""
    if not service_urls(system.settings):
        return _runs(system, "daemon")
    ago = dagster_storage.heartbeat_age(system.dagster_home, now=now)
    ok = ago is not None and ago < LATE_DAEMON_SECONDS
    found = "no heartbeat" if ago is None else f"last heartbeat {ago:.0f} s ago"
    return judged("daemon", ok=ok, found=found, remedy=CONTAINER_REMEDY)


def _answers(name: str, url: str) -> Finding:
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        found = f"{url} does not answer ({type(error).__name__})"
        return judged(name, ok=False, found=found, remedy=_log_remedy(name))
    found = f"{url} answers" if answer.is_success else f"{url} answers with status {answer.status_code}"
    return judged(name, ok=answer.is_success, found=found, remedy=_log_remedy(name))


def _log_remedy(name: str) -> str:
    return f"Is `pilot run` up? Its log: `pilot logs --service {name}`."


def _watch(system: System, *, now: datetime) -> Finding:
    path = system.home.root / RUN_FOLDER / HEARTBEAT_NAME
    unwell = partial(judged, "watch", ok=False, remedy=_log_remedy("watch"))
    try:
        heartbeat = json.loads(path.read_text(encoding="utf-8"))
        age = (now - datetime.fromisoformat(heartbeat["at"])).total_seconds()
        failed = list(heartbeat["failed"])
    except (OSError, ValueError, KeyError, TypeError):
        return unwell(found="no heartbeat")
    if age > MAX_LATE_ROUNDS * system.settings.probe_seconds:
        return unwell(found=f"last heartbeat {age:.0f} s ago")
    if failed:
        return judged("watch", ok=False, found=f"pages that do not answer: {', '.join(failed)}", remedy="See the edge.")
    return _found("watch", f"last round {age:.0f} s ago, {heartbeat['probed']} pages answer")
