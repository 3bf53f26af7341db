"""The morning's checks beside the services: the last backup, certificates, waiting work, disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from operations.backup.catalog import backup_folder, list_backups
from operations.checks.finding import Finding, judged
from operations.checks.running import Check
from operations.hosts.certificates import check_certificate
from operations.hosts.names import public_hosts
from operations.system import System

OLDEST_BACKUP = timedelta(hours=26)  # A daily backup, and time to make it.
MOST_USED_DISK = 80.0  # percent
MOST_WAITING = 100  # The number from which the runbook speaks of a queue.
WAITING_METRICS = ("edge_receipts_waiting", "edge_provider_events")
TIMEOUT_SECONDS = 3.0


def daily_checks(system: System, *, now: datetime) -> list[Check]:
    """Return the checks that the morning adds to those of the services."""
    hosts = public_hosts(system.home.cafes())
    return [
        Check("backup", partial(_backup, system, now=now)),
        *(Check(f"certificate {host.name}", partial(check_certificate, host, now=now)) for host in hosts),
        Check("queue", partial(_queue, system)),
        Check("disk", partial(_disk, system)),
    ]


def _backup(system: System, *, now: datetime) -> Finding:
    found = list_backups(backup_folder(system.settings))
    required = f"at most {OLDEST_BACKUP.total_seconds() / 3600:.0f} h old"
    if not found:
        return judged("backup", ok=False, found="there is none", required=required, remedy="`pilot backup now`.")
    age = now - found[-1].manifest.made_at
    shown = f"{found[-1].path.name}, {age.total_seconds() / 3600:.1f} h old"
    return judged("backup", ok=age <= OLDEST_BACKUP, found=shown, required=required, remedy="`pilot backup now`.")


def _queue(system: System) -> Finding:
    answer = httpx.get(f"{system.edge_url}/metrics", timeout=TIMEOUT_SECONDS, trust_env=False).raise_for_status()
    waiting = dict.fromkeys(WAITING_METRICS, 0.0)
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name in waiting:
                waiting[sample.name] += sample.value
    total = sum(waiting.values())
    return judged(
        "queue",
        ok=total <= MOST_WAITING,
        found=f"{total:.0f} waiting",
        required=f"at most {MOST_WAITING}",
        remedy="Is the store reachable? `pilot logs --service edge`.",
    )


def _disk(system: System) -> Finding:
    used = psutil.disk_usage(str(system.home.root)).percent
    return judged(
        "disk",
        ok=used <= MOST_USED_DISK,
        found=f"{used:.0f} % used",
        required=f"at most {MOST_USED_DISK:.0f} %",
        remedy="Free space, or enlarge the disk.",
    )
