"""The asset `rewards`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by, sum_by
from assets.framework.plots import bars
from assets.framework.sources import store as store_source
from assets.tables.session_signals import session_signals
from payouts.deciding import SCORED_COLUMNS, SESSION_COLUMNS, decide_scored
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS
from pipelines.signals.session_signals import reward_effects
from quality.gate import quarantined
from storage.store.rewards import reward_rows
from storage.store.rewards.decisions import ASSETS


@daily_table(REWARDS, group="money", kinds={"delta", "sql"}, code_version="1", deps=[session_signals, store_source])
def rewards(day: TableDay) -> RebuildResult:
    """Decides on the day's undecided sessions in the store, then copies the day's decisions.

    A decision is final: no rerun, late event or changed scorer rewrites it. A quarantined session waits.
    """
    store = day.home.store()
    new = decide_scored(
        store,
        scored=day.read(SCORED_FEEDBACK, columns=SCORED_COLUMNS),
        sessions=day.read(SESSIONS, columns=SESSION_COLUMNS),
        signals=reward_effects(day.read(SESSION_SIGNALS)),
        quarantined=quarantined(day.home.lake(), days=[day.day]),
        cafes=day.cafes,
        secret=day.home.secret(),
        decided_by=ASSETS,
    )
    frame = reward_rows.of_day(store, day.day)
    return day.write(
        frame,
        outcomes=count_by(frame, "outcome"),
        decided_now=len(new),
        amounts=bars(sum_by(frame, "cafe", "amount_ore"), unit="öre"),
    )
