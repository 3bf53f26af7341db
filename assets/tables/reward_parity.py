"""The asset `reward_parity`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.tables.rewards import rewards
from pilot.lake_tables.money_tables import REWARD_PARITY, REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS
from pipelines.figures.reward_parity import reward_parity as parity_of
from pipelines.signals.session_signals import reward_effects


@daily_table(REWARD_PARITY, group="money", kinds={"delta", "polars"}, code_version="1", deps=[rewards])
def reward_parity(day: TableDay) -> RebuildResult:
    """Compares decisions of the watch, made when the assets were late, with those of the assets."""
    frame = parity_of(day.read(REWARDS), day.read(SCORED_FEEDBACK), reward_effects(day.read(SESSION_SIGNALS)))
    return day.write(frame, different=frame.height - int(frame["same"].sum()))
