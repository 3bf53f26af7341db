"""Cases of the technical alerts: series in promtool's notation, a time, and what fires then.

One table drives `promtool test rules` and the watch's own evaluator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

INTERVAL_SECONDS = 15
LE = (0.5, 1, 2, 3, 5)
STEPS_A_MINUTE = 60 // INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class RuleCase:
    """One case: at `minute`, exactly `subjects` of the alert `name` fire.

    Attributes:
        name: The alert.
        what: What the case shows, for the test's name.
        series: Values by series, in promtool's notation, a value each 15 s.
        minute: When it is evaluated.
        subjects: The subjects that fire.
    """

    name: str
    what: str
    series: Mapping[str, str]
    minute: int
    subjects: tuple[str, ...] = field(default=())


def latency(metric: str, labels: str, *, quick: float, slow: float, over: float, steps: int = 120) -> dict[str, str]:
    """Return a histogram's series: each 15 s some values below half a second, and some around `over`."""
    comma = "," if labels else ""
    series = {}
    for edge in (*LE, 10, 30):
        gain = quick + (slow if edge >= over else 0)
        series[f'{metric}_bucket{{{labels}{comma}le="{edge}"}}'] = f"0+{gain}x{steps}"
    series[f'{metric}_bucket{{{labels}{comma}le="+Inf"}}'] = f"0+{quick + slow}x{steps}"
    series[f"{metric}_count{{{labels}}}"] = f"0+{quick + slow}x{steps}"
    return series


def _voice(*, over: float, steps: int = 120) -> dict[str, str]:
    return latency("edge_response_stage_seconds", 'stage="shown"', quick=0, slow=10, over=over, steps=steps)


GOOD_VOICE = _voice(over=2)
SLOW_VOICE = _voice(over=5)  # p95 by interpolation between 3 and 5 s
NO_TRAFFIC = latency("edge_response_stage_seconds", 'stage="shown"', quick=0, slow=0, over=5)


def _requests(ok: float, failed: float) -> dict[str, str]:
    labels = 'service="edge",method="GET"'
    return {
        f'pilot_http_requests_total{{{labels},code="200"}}': f"0+{ok}x120",
        f'pilot_http_requests_total{{{labels},code="500"}}': f"0+{failed}x120",
    }


def _payouts(paid: int, failed: int, *, failed_1h: int = 0) -> dict[str, str]:
    return {
        'pilot_payouts_final_24h{rail="voucher",outcome="paid"}': f"{paid}x120",
        'pilot_payouts_final_24h{rail="voucher",outcome="failed"}': f"{failed}x120",
        'pilot_payouts_failed_1h{rail="voucher"}': f"{failed_1h}x120",
    }


def _memory(available: float) -> dict[str, str]:
    return {
        'node_memory_MemAvailable_bytes{instance="host"}': f"{available}x120",
        'node_memory_MemTotal_bytes{instance="host"}': "100x120",
    }


def _disk(available: str) -> dict[str, str]:
    labels = 'instance="host",mountpoint="/srv",fstype="ext4"'
    ram = 'instance="host",mountpoint="/run",fstype="tmpfs"'
    return {
        f"node_filesystem_avail_bytes{{{labels}}}": available,
        f"node_filesystem_size_bytes{{{labels}}}": "1000x120",
        f"node_filesystem_avail_bytes{{{ram}}}": "0x120",
        f"node_filesystem_size_bytes{{{ram}}}": "1000x120",
    }


def _processor(idle: float) -> dict[str, str]:
    return {
        f'node_cpu_seconds_total{{instance="host",cpu="{core}",mode="{mode}"}}': f"0+{gain * INTERVAL_SECONDS}x120"
        for core in (0, 1)
        for mode, gain in (("idle", idle), ("user", 1 - idle))
    }


EDGE_UP = 'up{job="pilot",service="edge",process="edge",instance="a:1"}'
DAY = 86_400
PROBED = 'probe_ssl_earliest_cert_expiry{instance="https://aurora.feedbackai.se/"}'
TROUBLE = 'pilot_store_troubles_total{service="edge",kind="locked",instance="a:1"}'

CASES: tuple[RuleCase, ...] = (
    RuleCase("voice_response_slow", "silent in the fourth bad minute", SLOW_VOICE, 4),
    RuleCase("voice_response_slow", "fires in the fifth bad minute", SLOW_VOICE, 5, ("voice",)),
    RuleCase("voice_response_slow", "silent below three seconds", _voice(over=3), 12),
    RuleCase("voice_response_slow", "silent without traffic", NO_TRAFFIC, 12),
    RuleCase("voice_response_scaling", "silent below two seconds", GOOD_VOICE, 12),
    RuleCase("voice_response_scaling", "fires above two seconds", _voice(over=3), 12, ("voice",)),
    RuleCase("voice_response_scaling", "silent before five minutes", _voice(over=3), 5),
    RuleCase("error_rate_high", "fires above five per cent", _requests(94, 6), 5, ("edge",)),
    RuleCase("error_rate_high", "silent at five per cent", _requests(95, 5), 5),
    RuleCase("error_rate_high", "silent without traffic", _requests(0, 0), 5),
    RuleCase("error_rate_high", "silent in maintenance", {**_requests(0, 100), "pilot_maintenance": "1x120"}, 5),
    RuleCase("payment_failures", "fires above two per cent", _payouts(97, 3), 5, ("voucher",)),
    RuleCase("payment_failures", "silent at two per cent", _payouts(98, 2), 5),
    RuleCase("payment_failures", "silent with few payouts", _payouts(17, 2), 5),
    RuleCase("payment_failures", "fires at three failures in an hour", _payouts(2, 3, failed_1h=3), 5, ("voucher",)),
    RuleCase("service_down", "silent before two minutes", {EDGE_UP: "1x3 0x116"}, 2),
    RuleCase("service_down", "fires after two minutes", {EDGE_UP: "1x3 0x116"}, 3, ("edge",)),
    RuleCase("service_down", "silent for a short stop", {EDGE_UP: "1x3 0x6 1x100"}, 4),
    RuleCase(
        "service_down",
        "fires for a service without metrics",
        {'pilot_service_up{name="daemon"}': "0x120"},
        2,
        ("daemon",),
    ),
    RuleCase(
        "service_down",
        "fires for a page that cannot be reached",
        {'probe_success{probe="host",instance="https://aurora.feedbackai.se/"}': "0x120"},
        2,
        ("host https://aurora.feedbackai.se/",),
    ),
    RuleCase(
        "service_absent",
        "fires for a service that is not listed",
        {EDGE_UP: "1x120"},
        3,
        ("dashboards", "entrance", "watch"),
    ),
    RuleCase("service_absent", "silent before two minutes", {EDGE_UP: "1x120"}, 1),
    RuleCase(
        "metrics_absent",
        "fires after ten minutes",
        {
            "edge_sessions_open": "0x120",
            "pilot_pages_drawing": "0x120",
            'pilot_queue_pending{queue="receipts"}': "0x120",
        },
        10,
        ("node_memory_MemAvailable_bytes",),
    ),
    RuleCase("metrics_absent", "silent before ten minutes", {"edge_sessions_open": "0x120"}, 9),
    RuleCase("database_trouble", "fires at three lock errors", {TROUBLE: "0x20 1 2 3 3x97"}, 8, ("edge locked",)),
    RuleCase("database_trouble", "silent at two lock errors", {TROUBLE: "0x20 1 2 2x97"}, 8),
    RuleCase(
        "certificate_expiring",
        "fires below seven days",
        {PROBED: f"{7 * DAY + 299}x120"},
        5,
        ("https://aurora.feedbackai.se/",),
    ),
    RuleCase("certificate_expiring", "silent at seven days", {PROBED: f"{7 * DAY + 300}x120"}, 5),
    RuleCase("disk_filling", "fires above 80 per cent, per mount", _disk("199x120"), 5, ("/srv",)),
    RuleCase("disk_filling", "silent at 80 per cent", _disk("200x120"), 5),
    RuleCase("disk_filling", "silent before five minutes", _disk("199x120"), 4),
    RuleCase("memory_high", "fires above 85 per cent", _memory(14.9), 5, ("memory",)),
    RuleCase("memory_high", "silent at 85 per cent", _memory(15.1), 20),
    RuleCase("memory_high", "silent before five minutes", _memory(14.9), 4),
    RuleCase(
        "dashboard_slow",
        "fires above ten seconds",
        latency("pilot_page_seconds", "", quick=1, slow=1, over=30),
        12,
        ("dashboards",),
    ),
    RuleCase(
        "dashboard_slow", "silent below ten seconds", latency("pilot_page_seconds", "", quick=1, slow=1, over=10), 12
    ),
    RuleCase(
        "dashboard_slow", "silent with few pages", latency("pilot_page_seconds", "", quick=0, slow=0.1, over=30), 12
    ),
    RuleCase("cpu_high", "fires above 80 per cent", _processor(0.19), 7, ("processor",)),
    RuleCase("cpu_high", "silent at 80 per cent", _processor(0.21), 7),
    RuleCase("cpu_high", "silent before five minutes", _processor(0.19), 5),
    RuleCase(
        "queue_long", "fires above 100", {'pilot_queue_pending{queue="dagster_runs"}': "101x120"}, 1, ("dagster_runs",)
    ),
    RuleCase("queue_long", "silent at 100", {'pilot_queue_pending{queue="dagster_runs"}': "100x120"}, 1),
    RuleCase(
        "backup_old",
        "fires after six and a half hours",
        {'pilot_backup_age_seconds{place="folder",kind="store"}': f"{6.5 * 3600 - 150}+15x60"},
        5,
        ("folder, store",),
    ),
    RuleCase(
        "backup_old",
        "silent at six and a half hours",
        {'pilot_backup_age_seconds{place="folder",kind="store"}': f"{6.5 * 3600 - 900}+15x60"},
        5,
    ),
    RuleCase("backup_absent", "fires without the metric", {"unrelated": "1x120"}, 15, ("metric",)),
    RuleCase(
        "backup_absent",
        "silent with the metric",
        {'pilot_backup_age_seconds{place="folder",kind="store"}': "60x120"},
        15,
    ),
    RuleCase("watchdog", "always fires", {"unrelated": "1x120"}, 1, ("monitoring",)),
)

_SERIES = re.compile(r"(\w+)(?:\{(.*)\})?")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_VALUES = re.compile(r"(-?[\d.]+)(?:([+-][\d.]+))?(?:x(\d+))?")


def parsed_series(text: str) -> tuple[str, dict[str, str]]:
    """Return the name and labels of a series."""
    found = _SERIES.fullmatch(text)
    assert found, text
    return found[1], dict(_LABEL.findall(found[2] or ""))


def expanded(values: str) -> Iterator[float]:
    """Yield the values of promtool's notation: `1x3` is four ones, `0+2x3` is 0 2 4 6."""
    for each in values.split():
        found = _VALUES.fullmatch(each)
        assert found, each
        first, step, times = float(found[1]), float(found[2] or 0), int(found[3] or 0)
        yield from (first + step * number for number in range(times + 1))
