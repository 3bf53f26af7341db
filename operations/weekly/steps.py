"""The steps of the weekly maintenance, in their order; each gives a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from operations.backup.verify import verify_all
from operations.checks.finding import Finding, judged, not_applicable
from operations.database import optimize_store
from operations.retention.carry_out import due
from operations.weekly.log_bounds import rotate_logs
from operations.weekly.packages import update_packages
from operations.weekly.performance_report import VOICE, keep, measure
from storage.home import Home

REASON = "weekly maintenance"
SLOWEST_VOICE_MS = 2000.0
LATE_AFTER = timedelta(hours=36)  # a night job removes what is due


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: Its name, for `--only`.
        does: What it does, for a dry run.
        run: Runs it; may raise a PilotError or an OSError.
    """

    name: str
    does: str
    run: Callable[[], Finding]


def weekly_steps(home: Home, *, now: datetime, actor: str, apply: bool) -> list[Step]:
    """Return the steps.

    Args:
        home: The home.
        now: The current time, UTC.
        actor: Who runs them, for the audit log.
        apply: Whether updates of the system are installed.
    """
    listed = "installs the updates of the system" if apply else "lists the updates of the system, installs none"
    return [
        Step("packages", listed, partial(update_packages, apply=apply)),
        Step("database", "refreshes the store's statistics", partial(_database, home, now=now, actor=actor)),
        Step("backups", "reads every backup, restores a sample", partial(_backups, home, now=now, actor=actor)),
        Step("logs", "removes log files past their age", partial(rotate_logs, home, now=now)),
        Step("retention", "lists guests' data past its time limit", partial(_retention, home, now=now)),
        Step("performance", "writes the performance report", partial(_performance, home, now=now)),
    ]


def _database(home: Home, *, now: datetime, actor: str) -> Finding:
    before, after = optimize_store(home, vacuum=False, now=now, actor=actor, reason=REASON)
    return judged(
        "database",
        ok=True,
        found=f"timed queries {before.milliseconds:.1f} -> {after.milliseconds:.1f} ms, "
        f"write-ahead log {before.wal_bytes / 1e6:.1f} -> {after.wal_bytes / 1e6:.1f} MB",
    )


def _backups(home: Home, *, now: datetime, actor: str) -> Finding:
    found = verify_all(home, now=now, actor=actor)
    other = f"{len(found.other_key)} are sealed with another PILOT_BACKUP_KEY" if found.other_key else ""
    faults = " ".join((*found.damaged.values(), other)).strip() or "there is no backup"
    return judged(
        "backups",
        ok=found.passed,
        found=f"{len(found.whole)} whole, {found.files} files read, {found.sample} restored"
        if found.passed
        else faults,
        required="at least one, and every byte of all as it was written",
        remedy="`pilot backup verify` says which ones are damaged, and which only need another key.",
    )


def _retention(home: Home, *, now: datetime) -> Finding:
    late = due(home, now=now - LATE_AFTER)
    return judged(
        "retention",
        ok=not late,
        found=f"{len(late)} removals are late, the oldest of {late[0].day}" if late else "no removal is late",
        required=f"none later than {LATE_AFTER / timedelta(hours=1):.0f} h",
        remedy="`pilot retention`.",
    )


def _performance(home: Home, *, now: datetime) -> Finding:
    found = measure(home, now=now)
    path = keep(home, found)
    voice = next((each for each in found.times if each.name == VOICE), None)
    if voice is None or voice.p95_ms is None:
        return not_applicable("performance", f"no voice answer in the week; the report: {path}")
    return judged(
        "performance",
        ok=voice.p95_ms < SLOWEST_VOICE_MS,
        found=f"voice p95 {voice.p95_ms:.0f} ms; the report: {path}",
        required=f"voice p95 under {SLOWEST_VOICE_MS:.0f} ms",
        remedy="Read the report; then `pilot performance status` and docs/voice.md.",
    )
