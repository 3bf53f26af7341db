"""Health checks of a running pilot, each with a remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from operations.system import HEARTBEAT_NAME, RUN_FOLDER, System
from pilot.errors import PilotError
from pilot.lake_tables.tables import PILOT_KPIS
from storage.store.cafes import codes

TIMEOUT_SECONDS = 3.0
MAX_LATE_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        name: The checked part.
        ok: Whether it is healthy.
        found: The result in words.
        remedy: What to do; empty if healthy.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""


def findings(system: System, *, now: datetime) -> list[Finding]:
    """Run every check once; a missing part is a finding, never an error."""
    home = system.home
    return [
        _try("cafés' file", lambda: f"{len(home.cafes().cafe)} cafés"),
        _try("codes", lambda: _codes(system)),
        _try("lake", lambda: f"pilot_kpis at version {home.lake().version(PILOT_KPIS)}"),
        _answers("edge", f"{system.edge_url}/health/ready", log="edge"),
        _answers("Dagster's page", f"{system.dagster_url}/health", log="webserver"),
        _answers("sign-in", f"{system.entrance_url}/health", log="entrance"),
        _answers("dashboards", f"{system.dashboards_url}/_stcore/health", log="dashboards"),
        _watch(system, now=now),
    ]


def _codes(system: System) -> str:
    have = {code.cafe for code in codes.active(system.home.store())}
    missing = [cafe_id for cafe_id in system.home.cafes().ids if cafe_id not in have]
    if missing:
        raise PilotError(f"No code for {', '.join(missing)}.", remedy="`pilot seed` makes them.")
    return f"{len(have)} cafés have one"


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, found=check())
    except PilotError as error:
        return Finding(name=name, ok=False, found=error.what, remedy=error.remedy)


def _answers(name: str, url: str, *, log: str) -> Finding:
    remedy = f"Is `pilot run` up? Its log: .logs/{log}.log."
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(name=name, ok=False, found=f"{url} does not answer ({type(error).__name__})", remedy=remedy)
    if answer.is_success:
        return Finding(name=name, ok=True, found=f"{url} answers")
    return Finding(name=name, ok=False, found=f"{url} answers with status {answer.status_code}", remedy=remedy)


def _watch(system: System, *, now: datetime) -> Finding:
    path = system.home.root / RUN_FOLDER / HEARTBEAT_NAME
    remedy = "Is `pilot run` up? Its log: .logs/watch.log."
    try:
        heartbeat = json.loads(path.read_text(encoding="utf-8"))
        age = (now - datetime.fromisoformat(heartbeat["at"])).total_seconds()
        failed = list(heartbeat["failed"])
    except (OSError, ValueError, KeyError, TypeError):
        return Finding(name="watch", ok=False, found="no heartbeat", remedy=remedy)
    if age > MAX_LATE_ROUNDS * system.settings.probe_seconds:
        return Finding(name="watch", ok=False, found=f"last heartbeat {age:.0f} s ago", remedy=remedy)
    if failed:
        return Finding(
            name="watch", ok=False, found=f"pages that do not answer: {', '.join(failed)}", remedy="See the edge."
        )
    return Finding(name="watch", ok=True, found=f"last round {age:.0f} s ago, {heartbeat['probed']} pages answer")
