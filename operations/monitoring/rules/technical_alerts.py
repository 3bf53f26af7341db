"""The declaration of the technical alerts, with the thresholds of the pilot's runbook."""

from __future__ import annotations

from datetime import timedelta

from operations.monitoring.rules.declaration import TechnicalAlert

MINUTE = timedelta(minutes=1)
SERVICES = ("edge", "entrance", "dashboards", "watch")
DISKS = 'fstype!~"tmpfs|devtmpfs|ramfs|squashfs|overlay|iso9660|autofs|fuse.*|9p|nsfs|proc|sysfs|cgroup.*"'

VOICE_P95 = 'histogram_quantile(0.95, sum by (le) (rate(edge_response_stage_seconds_bucket{stage="shown"}[5m])))'
ERROR_SHARE = (
    'sum by (service) (rate(pilot_http_requests_total{code=~"5.."}[1m])) '
    "/ sum by (service) (rate(pilot_http_requests_total[1m]))"
)
PAYOUTS = "sum by (rail) (pilot_payouts_final_24h)"
FAILED_PAYOUTS = 'sum by (rail) (pilot_payouts_final_24h{outcome="failed"})'
PAGE_P95 = "histogram_quantile(0.95, sum by (le) (rate(pilot_page_seconds_bucket[10m])))"
CPU = '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m]))'
MEMORY = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
DISK = f"1 - node_filesystem_avail_bytes{{{DISKS}}} / node_filesystem_size_bytes{{{DISKS}}}"
DISK_FULL_SECONDS = f"node_filesystem_avail_bytes{{{DISKS}}} / (-1 * deriv(node_filesystem_avail_bytes{{{DISKS}}}[6h]))"
PENDING = "sum by (queue) (pilot_queue_pending)"
BACKUP_STORE_SECONDS = 6.5 * 3600
BACKUP_WHOLE_SECONDS = 26 * 3600

SLOW_VOICE_SECONDS = 3
SCALING_VOICE_SECONDS = 2
SLOW_PAGE_SECONDS = 10  # Half a minute is the symptom; people complain earlier.

TECHNICAL_ALERTS: tuple[TechnicalAlert, ...] = (
    TechnicalAlert(
        "voice_response_slow",
        "high",
        f"{VOICE_P95} > {SLOW_VOICE_SECONDS}",
        subject="voice",
        hold=4 * MINUTE,  # Evaluated each minute, so the fifth bad minute fires.
        unit="seconds",
        text="95 of 100 replies take {value} or less, for five minutes; the limit is 3 s. Look at the latency by stage "
        "on the page Voice quality; pilot fallback on lets guests write meanwhile.",
    ),
    TechnicalAlert(
        "error_rate_high",
        "high",
        f"{ERROR_SHARE} > 0.05 unless on () (pilot_maintenance == 1)",
        subject="{service}",
        unit="share",
        text="{value} of the requests to {service} failed with a status of 500 or above within a minute; the limit is "
        "5 %. See pilot logs --service {service}.",
    ),
    TechnicalAlert(
        "payment_failures",
        "high",
        f"{FAILED_PAYOUTS} / {PAYOUTS} > 0.02 and {PAYOUTS} >= 20 or sum by (rail) (pilot_payouts_failed_1h) >= 3",
        subject="{rail}",
        by_watch=False,
        text="More than 2 % of the payouts by {rail} failed for good in 24 hours, or three within an hour. See pilot "
        "payout list --state refused.",
    ),
    TechnicalAlert(
        "service_down",
        "high",
        "up == 0",
        subject="{process}",
        hold=2 * MINUTE,
        text="{process} ({instance}) has not answered for two minutes. See pilot health; pilot restart {process}.",
    ),
    TechnicalAlert(
        "service_down",
        "high",
        "pilot_service_up == 0",
        subject="{name}",
        hold=2 * MINUTE,
        text="The check of {name} has failed for two minutes. See pilot health --service {name}.",
    ),
    TechnicalAlert(
        "service_down",
        "high",
        "probe_success == 0",
        subject="{probe} {instance}",
        hold=2 * MINUTE,
        text="The probe of {instance} from outside has failed for two minutes. See pilot domains.",
    ),
    *(
        TechnicalAlert(
            "service_absent",
            "high",
            f'absent(up{{job="pilot",service="{service}"}})',
            subject=service,
            hold=2 * MINUTE,
            text="No process of {service} is listed, so nobody would notice that it is down. Does pilot run run?",
        )
        for service in SERVICES
    ),
    *(
        TechnicalAlert(
            "metrics_absent",
            "medium",
            f"absent({metric})",
            subject=metric,
            hold=10 * MINUTE,
            text=f"The metric {metric} has been missing for ten minutes, so alerts on it cannot fire. Do the targets "
            "answer? See docs/operations/monitoring.md.",
        )
        for metric in (
            "edge_sessions_open",
            "pilot_pages_drawing",
            "pilot_queue_pending",
            "node_memory_MemAvailable_bytes",
        )
    ),
    TechnicalAlert(
        "database_trouble",
        "medium",
        "sum by (service, kind) (increase(pilot_store_troubles_total[5m])) > 2.5",
        subject="{service} {kind}",
        text="The store's connections in {service} had trouble of the kind {kind}, three times or more in "
        "five minutes. See pilot db status.",
    ),
    TechnicalAlert(
        "certificate_expiring",
        "medium",
        "(probe_ssl_earliest_cert_expiry - time()) / 86400 < 7",
        subject="{instance}",
        unit="days",
        text="The certificate of {instance} expires in {value}. The proxy renews it by itself a month before: its log "
        "gives the reason. See pilot certs.",
    ),
    TechnicalAlert(
        "disk_filling",
        "low",
        f"{DISK} > 0.80",
        subject="{mountpoint}",
        hold=5 * MINUTE,
        unit="share",
        forecast=DISK_FULL_SECONDS,
        text="{value} of the disk at {mountpoint} is used; the limit is 80 %. See pilot retention --dry-run and "
        "pilot backup list.",
    ),
    TechnicalAlert(
        "memory_high",
        "low",
        f"{MEMORY} > 0.85",
        subject="memory",
        hold=5 * MINUTE,
        unit="share",
        scaling="pilot restart, or a host with more memory",
        text="{value} of the memory is used, for five minutes; the limit is 85 %.",
    ),
    TechnicalAlert(
        "dashboard_slow",
        "low",
        f"{PAGE_P95} > {SLOW_PAGE_SECONDS} and on () sum(increase(pilot_page_seconds_count[10m])) >= 5",
        subject="dashboards",
        unit="seconds",
        text="95 of 100 pages of the dashboards take {value} or less; the limit is 10 s. pilot performance on, then "
        "pilot restart dashboards.",
    ),
    TechnicalAlert(
        "cpu_high",
        "low",
        f"{CPU} > 0.80",
        subject="processor",
        hold=5 * MINUTE,
        unit="share",
        scaling="pilot scale edge=2",
        text="{value} of the processors is used, for five minutes; the limit is 80 %.",
    ),
    TechnicalAlert(
        "voice_response_scaling",
        "low",
        f"{VOICE_P95} > {SCALING_VOICE_SECONDS}",
        subject="voice",
        hold=5 * MINUTE,
        unit="seconds",
        scaling="pilot scale edge=2",
        text="95 of 100 replies take {value} or less, for five minutes; above 2 s more capacity is advised.",
    ),
    TechnicalAlert(
        "queue_long",
        "low",
        f"{PENDING} > 100",
        subject="{queue}",
        scaling="pilot scale edge=2",
        text="{value} pieces of work wait in the queue {queue}; the limit is 100.",
    ),
    TechnicalAlert(
        "backup_old",
        "high",
        f'pilot_backup_age_seconds{{kind="store"}} > {BACKUP_STORE_SECONDS:.0f} '
        f'or pilot_backup_age_seconds{{kind="whole home"}} > {BACKUP_WHOLE_SECONDS}',
        subject="{place}, {kind}",
        hold=MINUTE,
        by_watch=False,
        unit="seconds",
        text="The newest backup of the {kind} in {place} is {value} old. See pilot backup list.",
    ),
    TechnicalAlert(
        "backup_absent",
        "high",
        'absent(pilot_backup_age_seconds{kind="store"})',
        subject="metric",
        hold=15 * MINUTE,
        by_watch=False,
        text="The age of the newest backup is unknown. See pilot backup list.",
    ),
    TechnicalAlert(
        "watchdog",
        "none",
        "vector(1)",
        subject="monitoring",
        by_watch=False,
        text="This alert always fires: its absence shows that alerts do not arrive.",
    ),
)
