"""The jobs that rebuild days, judge them with the suites, report on them and apply time limits."""

from __future__ import annotations

import dagster as dg

from assets.framework.suites import GATE, gate_check, suite_checks
from assets.tables.business_impact import business_impact
from assets.tables.capacity_plan import capacity_plan
from assets.tables.customer_counts import customer_counts
from assets.tables.fingerprints import fingerprints
from assets.tables.judgements import judgements
from assets.tables.payments import payments
from assets.tables.payouts import ledger_audit, payout_batches, payouts
from assets.tables.pilot_kpis import pilot_kpis
from assets.tables.pilot_report import pilot_report
from assets.tables.probes import probes
from assets.tables.quality_verdicts import quality_assets
from assets.tables.raw_events import raw_events
from assets.tables.retention import retention
from assets.tables.reward_parity import reward_parity
from assets.tables.rewards import rewards
from assets.tables.satisfaction import satisfaction, theme_dayparts
from assets.tables.scored_feedback import scored_feedback
from assets.tables.session_signals import session_signals
from assets.tables.sessions import sessions
from assets.tables.themes import themes
from assets.tables.turns import turns
from assets.tables.uptime import uptime
from assets.tables.voice_latency import voice_latency
from assets.tables.volume_anomalies import volume_anomalies
from quality.day_verdicts import tables_with_suites

TABLE_ASSETS = [
    raw_events,
    sessions,
    turns,
    scored_feedback,
    fingerprints,
    session_signals,
    rewards,
    reward_parity,
    payments,
    payout_batches,
    payouts,
    ledger_audit,
    customer_counts,
    probes,
    uptime,
    themes,
    satisfaction,
    theme_dayparts,
    voice_latency,
    volume_anomalies,
    pilot_kpis,
]

# Built from probes, every few minutes: they do not change when a guest speaks, and their rows follow cafés, not guests.
SERVICE_ASSETS = [probes, uptime]

# Depend on the verdicts, and are built unless a verdict stops them.
REPORTS = [pilot_report, business_impact, capacity_plan]

# A day takes seconds. A run that lasts longer has lost its process and would block the only slot.
REBUILD_TIMEOUT_SECONDS = 900

# Tables built from the verdicts (reports) are judged too, but cannot be upstream of them.
judge_days = quality_assets([*TABLE_ASSETS, judgements, retention])
SUITES = [*suite_checks(tables_with_suites()), gate_check(tables_with_suites())]

_suites = dg.AssetSelection.checks(*SUITES)

rebuild = dg.define_asset_job(
    "rebuild",
    selection=dg.AssetSelection.assets(*TABLE_ASSETS) - _suites,
    description="Rebuilds every table of some business days from the landing and the store.",
    tags={"dagster/max_runtime": str(REBUILD_TIMEOUT_SECONDS)},
    executor_def=dg.in_process_executor,
)

# A language model takes seconds a session, so it runs at night, never while a page waits.
JUDGING_TIMEOUT_SECONDS = 4 * 3600

judging = dg.define_asset_job(
    "judging",
    selection=dg.AssetSelection.assets(judgements) - _suites,
    description="Judges some business days' sessions with the language model, if that is switched on.",
    tags={"dagster/max_runtime": str(JUDGING_TIMEOUT_SECONDS)},
    executor_def=dg.in_process_executor,
)

quality = dg.define_asset_job(
    "quality",
    selection=dg.AssetSelection.assets(judge_days) | _suites,
    description="Judges some business days with the Great Expectations suites; quarantines rows that break one.",
    executor_def=dg.in_process_executor,
)

keeping_limits = dg.define_asset_job(
    "keeping_limits",
    selection=dg.AssetSelection.assets(retention) - _suites,
    description="Removes guests' data of some business days once its time limit has passed.",
    executor_def=dg.in_process_executor,
)

# Only the gate: the hourly job reports each table's own check.
reports = dg.define_asset_job(
    "reports",
    selection=dg.AssetSelection.assets(judge_days, *REPORTS) - _suites
    | dg.AssetSelection.checks(*(suite for suite in SUITES if suite.check_key.name == GATE)),
    description="Judges a day, and builds the pilot's reports up to it unless a verdict stops them.",
    executor_def=dg.in_process_executor,
)

# The assets that a person may name, by the job that builds them, in order of execution.
BY_HAND: dict[str, list[str]] = {
    job: [key.to_user_string() for definition in assets for key in definition.keys]
    for job, assets in (
        ("rebuild", TABLE_ASSETS),
        ("judging", [judgements]),
        ("quality", [judge_days]),
        ("reports", REPORTS),
    )
}
