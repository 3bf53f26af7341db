"""The asset `business_impact`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.freshness import NIGHTLY
from assets.framework.plots import grid
from assets.framework.reporting import basis_metadata, basis_of
from assets.tables.pilot_kpis import pilot_kpis
from assets.tables.rewards import rewards
from assets.tables.scored_feedback import scored_feedback
from assets.tables.themes import themes
from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.report_tables import ALL_CAFES, BUSINESS_IMPACT
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK
from pilot.opening_hours import open_on
from pipelines.reports.business_impact import NO_SUBJECT, REWARD_COLUMNS, SCORED_COLUMNS, THEME_COLUMNS, Inputs
from pipelines.reports.business_impact import business_impact as impact_of


@daily_table(
    BUSINESS_IMPACT,
    group="reports",
    kinds={"delta", "polars"},
    code_version="3",
    deps=[pilot_kpis, scored_feedback, rewards, themes, "quality_verdicts"],
    freshness=NIGHTLY,
    from_figures=True,
)
def business_impact(day: TableDay) -> RebuildResult:
    """Compares the first weeks with the last; no cause is claimed.

    The lake does not record what cafés changed.
    """
    lake, basis = day.home.lake(), basis_of(day)
    frame = impact_of(
        Inputs(
            days=basis.included,
            closed={(each, cafe.id) for each in basis.included for cafe in day.cafes.cafe if not open_on(cafe, each)},
            kpis=lake.read(PILOT_KPIS, days=basis.included),
            scored=lake.read(SCORED_FEEDBACK, days=basis.included, columns=SCORED_COLUMNS),
            rewards=lake.read(REWARDS, days=basis.included, columns=REWARD_COLUMNS),
            themes=lake.read(THEMES, days=basis.included, columns=THEME_COLUMNS),
        ),
        day=day.day,
        as_of=day.as_of,
        days=list(basis.days),
        cafes=basis.cafes,
    )
    together = frame.filter(cafe=ALL_CAFES, subject=NO_SUBJECT, simulated=False)
    return day.write(
        frame,
        changes=count_by(frame, "change"),
        all_cafes=grid(together, down="figure", across="cafe", shown="value"),
        **basis_metadata(basis.days, basis),
    )
