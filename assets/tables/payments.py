"""The asset `payments`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.tables.rewards import rewards
from pilot.lake_tables.payout_tables import PAYMENTS
from storage.store.payouts import payment_rows


@daily_table(PAYMENTS, group="money", kinds={"delta", "sql"}, code_version="1", deps=[rewards])
def payments(day: TableDay) -> RebuildResult:
    """Counts the day's payments in the store by result; runs after `rewards`, which issues the vouchers."""
    frame = payment_rows.of_day(day.home.store(), day.day)
    return day.write(frame, succeeded=int(frame["succeeded"].sum()), failed=int(frame["failed"].sum()))
