"""Reads the lake's figures as metrics: KPIs against targets, scores and rewards by café."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, Gauge

from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.kpis import KPIS
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import PILOT_KPIS, REWARDS, SCORED_FEEDBACK
from storage.lake import Lake
from storage.snapshot import Snapshot

TABLES = (PILOT_KPIS, PILOT_REPORT, SCORED_FEEDBACK, REWARDS)
REPORT_DAYS = 3  # The report of yesterday exists some time after midnight.

_log = structlog.get_logger("operations.watch")


class BusinessMetrics:
    """Reads the newest figures; while the lake cannot be read, the last ones stay."""

    def __init__(
        self, lake: Lake, registry: CollectorRegistry, *, simulated: bool, clock: Callable[[], datetime]
    ) -> None:
        """Initialise without figures.

        Args:
            lake: The lake.
            registry: Where the metrics are registered.
            simulated: Whether to read simulated guests, as in a demo.
            clock: Returns the current time, aware.
        """
        self._lake = lake
        self._simulated = simulated
        self._clock = clock
        labels = ["kpi", "cafe", "period"]
        self._kpi = Gauge(
            "pilot_kpi", "A success metric of yesterday (day) or of the pilot up to now (pilot).", labels,
            registry=registry,
        )  # fmt: skip
        self._low = Gauge("pilot_kpi_low", "Lower end of its 95 % interval.", labels, registry=registry)
        self._high = Gauge("pilot_kpi_high", "Upper end of its 95 % interval.", labels, registry=registry)
        self._target = Gauge("pilot_kpi_target", "The target of a success metric.", ["kpi"], registry=registry)
        for kpi in KPIS.values():
            self._target.labels(kpi=kpi.code).set(kpi.target)
        self._feedbacks = Gauge("pilot_feedbacks_today", "Scored feedback of today.", ["cafe"], registry=registry)
        self._score = Gauge("pilot_score_today", "Mean score of today, points.", ["cafe"], registry=registry)
        self._rewards = Gauge(
            "pilot_rewards_today", "Rewards decided today, by outcome.", ["cafe", "outcome"], registry=registry
        )

    def __call__(self) -> None:
        """Read the figures once."""
        today = business_day(self._clock())
        days = [today - timedelta(days=back) for back in range(REPORT_DAYS)]
        try:
            with self._lake.snapshot(*TABLES, days=days) as snapshot:
                self._read(snapshot, today=today.isoformat())
        except (PilotError, OSError) as error:
            _log.error("business metrics cannot be read", reason=type(error).__name__)

    def _read(self, snapshot: Snapshot, *, today: str) -> None:
        for gauge in (self._kpi, self._low, self._high, self._feedbacks, self._score, self._rewards):
            gauge.clear()
        kpis = snapshot.sql(
            """
            with every as (
                select kpi, cafe, 'day' as period, value, low, high, day from pilot_kpis
                where simulated = ? and day < ?::date
                union all
                select kpi, cafe, 'pilot', value, low, high, day from pilot_report where simulated = ?
            )
            select kpi, cafe, period, value, low, high from every
            qualify row_number() over (partition by kpi, cafe, period order by day desc) = 1
            """,
            [self._simulated, today, self._simulated],
        )
        for kpi, cafe, period, *values in kpis.iter_rows():
            for gauge, value in zip((self._kpi, self._low, self._high), values, strict=True):
                if value is not None:
                    gauge.labels(kpi=kpi, cafe=cafe, period=period).set(value)
        scores = snapshot.sql(
            "select cafe, count(*), avg(score) from scored_feedback where simulated = ? and day = ?::date "
            "group by cafe",
            [self._simulated, today],
        )
        for cafe, count, mean in scores.iter_rows():
            self._feedbacks.labels(cafe=cafe).set(count)
            self._score.labels(cafe=cafe).set(mean)
        rewards = snapshot.sql(
            "select cafe, outcome, count(*) from rewards where simulated = ? and day = ?::date group by cafe, outcome",
            [self._simulated, today],
        )
        for cafe, outcome, count in rewards.iter_rows():
            self._rewards.labels(cafe=cafe, outcome=outcome).set(count)
