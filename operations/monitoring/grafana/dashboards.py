"""The four dashboards of the pilot's runbook."""

from __future__ import annotations

from operations.monitoring.grafana.panels import Dashboard, Panel, Query, Unit
from operations.monitoring.rules.technical_alerts import CPU, DISK, ERROR_SHARE, MEMORY, PAGE_P95, PENDING, VOICE_P95
from pilot.kpis import KPIS

TITLES = {
    "participation": "Participation",
    "completion": "Completion",
    "voice_response": "Voice response, p95",
    "uptime": "Uptime",
    "payment_success": "Payment success",
}
UNITS: dict[str, Unit] = {"share": "percentunit", "seconds": "s"}
STAGE_P95 = "histogram_quantile(0.95, sum by (stage, le) (rate(edge_response_stage_seconds_bucket[5m])))"


def _kpi(code: str, *, period: str, width: int = 12) -> Panel:
    kpi = KPIS[code]
    compare = "at most" if kpi.smaller_is_better else "at least"
    return Panel(
        f"{TITLES.get(code, code)}, {'yesterday' if period == 'day' else 'the pilot so far'}",
        (
            Query(f'pilot_kpi{{kpi="{code}",period="{period}"}}', "{{cafe}}"),
            Query(f'max(pilot_kpi_target{{kpi="{code}"}})', "target"),
        ),
        kind="bargauge",
        unit=UNITS[kpi.unit],
        description=f"Target: {compare} {kpi.target:g}. By café, from the lake's tables.",
        width=width,
    )


PILOT_OVERVIEW = Dashboard(
    "pilot-overview",
    "Pilot overview",
    (
        *(_kpi(code, period=period) for code in KPIS for period in ("day", "pilot")),
        Panel(
            "Alerts that fire",
            (Query("sum by (name, severity) (pilot_alerts_firing)", "{{name}} ({{severity}})"),),
            kind="table",
        ),
        Panel("Feedback today", (Query("sum by (cafe) (pilot_feedbacks_today)", "{{cafe}}"),), kind="bargauge"),
    ),
)
BUSINESS_KPIS = Dashboard(
    "business-kpis",
    "Business KPIs",
    (
        *(
            Panel(
                f"{TITLES[code]} by day",
                (Query(f'pilot_kpi{{kpi="{code}",period="day"}}', "{{cafe}}"),),
                unit="percentunit",
                limit=KPIS[code].target,
                description="The value of the last complete day, as it changes from day to day.",
            )
            for code in ("participation", "completion")
        ),
        Panel(
            "Mean score today",
            (Query("pilot_score_today", "{{cafe}}"),),
            limit=65,
            description="Points. Below 65 over a rolling day an alert fires.",
        ),
        Panel("Feedback today", (Query("pilot_feedbacks_today", "{{cafe}}"),)),
        Panel(
            "Rewards decided today", (Query("sum by (cafe, outcome) (pilot_rewards_today)", "{{cafe}} {{outcome}}"),)
        ),
        Panel(
            "Payouts that ended within 24 hours",
            (Query("sum by (rail, outcome) (pilot_payouts_final_24h)", "{{rail}} {{outcome}}"),),
        ),
    ),
)
SYSTEM_METRICS = Dashboard(
    "system-metrics",
    "Technical performance",
    (
        Panel(
            "Requests", (Query("sum by (service) (rate(pilot_http_requests_total[5m]))", "{{service}}"),), unit="reqps"
        ),
        Panel(
            "Errors",
            (Query(ERROR_SHARE, "{{service}}"),),
            unit="percentunit",
            limit=0.05,
            description="Share of the requests with a status of 500 or above within a minute.",
        ),
        Panel(
            "Duration, p95",
            (
                Query(
                    "histogram_quantile(0.95, sum by (service, le) (rate(pilot_http_request_seconds_bucket[5m])))",
                    "{{service}}",
                ),
                Query(PAGE_P95, "pages of the dashboards"),
            ),
            unit="s",
        ),
        Panel(
            "Services",
            (Query("max by (service, process) (up)", "{{service}} {{process}}"), Query("pilot_service_up", "{{name}}")),
            kind="bargauge",
            unit="none",
        ),
        Panel("Processor", (Query(CPU, "{{instance}}"),), unit="percentunit", limit=0.8),
        Panel("Memory", (Query(MEMORY, "{{instance}}"),), unit="percentunit", limit=0.85),
        Panel("Disk", (Query(DISK, "{{instance}} {{mountpoint}}"),), unit="percentunit", limit=0.8),
        Panel("Queues", (Query(PENDING, "{{queue}}"),), limit=100),
        Panel(
            "The store",
            (Query("sum by (service, kind) (increase(pilot_store_troubles_total[5m]))", "{{service}} {{kind}}"),),
        ),
        Panel("Dagster's runs", (Query("max by (state) (pilot_dagster_runs)", "{{state}}"),)),
        Panel(
            "Days until certificates expire",
            (Query("(probe_ssl_earliest_cert_expiry - time()) / 86400", "{{instance}}"),),
            kind="bargauge",
        ),
        Panel("Age of backups", (Query("pilot_backup_age_seconds", "{{place}}: {{kind}}"),), unit="s"),
        Panel(
            "Memory of the processes",
            (Query("process_resident_memory_bytes", "{{service}} {{process}}"),),
            unit="bytes",
        ),
        Panel("Probes from outside", (Query("probe_success", "{{probe}} {{instance}}"),), kind="bargauge", unit="none"),
    ),
)
VOICE_ANALYTICS = Dashboard(
    "voice-analytics",
    "Voice quality",
    (
        Panel(
            "Voice response, p95",
            (Query(VOICE_P95, "p95"),),
            unit="s",
            limit=2,
            description="From the guest's silence to the first words on the page. Target 2 s; above 3 s an alert.",
        ),
        Panel(
            "Latency by stage, p95",
            (Query(STAGE_P95, "{{stage}}"),),
            unit="s",
            description="End of speech, recognition, first word of the reply, shown.",
        ),
        Panel(
            "Recognition",
            (
                Query("histogram_quantile(0.95, sum by (le) (rate(edge_recognition_seconds_bucket[5m])))", "p95"),
                Query(
                    "histogram_quantile(0.95, sum by (le) (rate(edge_recognition_queue_seconds_bucket[5m])))",
                    "p95 of its queue",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Turns by outcome",
            (Query("sum by (outcome) (increase(edge_turns_total[1h]))", "{{outcome}}"),),
            description="no_speech: nothing was heard; asked_again: the recognition was unsure.",
        ),
        Panel(
            "Unsure or silent turns",
            (
                Query(
                    'sum(rate(edge_turns_total{outcome="no_speech",mode="voice"}[1h])) '
                    '/ (sum(rate(edge_turns_total{mode="voice"}[1h])) > 0)',
                    "nothing heard",
                ),
                Query(
                    'sum(rate(edge_turns_total{outcome="asked_again",mode="voice"}[1h])) '
                    '/ (sum(rate(edge_turns_total{mode="voice"}[1h])) > 0)',
                    "recognition unsure",
                ),
            ),
            unit="percentunit",
        ),
        Panel("Replies by author", (Query("sum by (author) (increase(edge_replies_total[1h]))", "{{author}}"),)),
        Panel(
            "Why the script replied",
            (Query("sum by (reason) (increase(edge_model_passed_over_total[1h]))", "{{reason}}"),),
        ),
        Panel(
            "Load of the language model",
            (Query("max by (process) (edge_model_load_seconds)", "{{process}}"),),
            unit="s",
            description="Duration of the last load. It stays loaded; a load in the day is a restart.",
        ),
        Panel("Sessions", (Query("sum(edge_sessions_open)", "open"), Query("sum(edge_sessions_talking)", "talking"))),
        Panel("Closed connections", (Query("sum by (code) (increase(edge_closes_total[1h]))", "{{code}}"),)),
    ),
)
DASHBOARDS = (PILOT_OVERVIEW, BUSINESS_KPIS, SYSTEM_METRICS, VOICE_ANALYTICS)
