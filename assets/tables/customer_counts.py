"""The asset `customer_counts`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, sum_by
from assets.framework.plots import bars
from assets.framework.sources import store
from pilot.lake_tables.tables import CUSTOMER_COUNTS
from storage.store.cafes import customer_counts as reported


@daily_table(CUSTOMER_COUNTS, group="figures", kinds={"delta", "sql"}, code_version="1", deps=[store])
def customer_counts(day: TableDay) -> RebuildResult:
    """Copies the store's latest reports; a café without a report has no row."""
    frame = reported.current(day.home.store(), [day.day])
    return day.write(
        frame,
        cafes_that_reported=frame["cafe"].n_unique(),
        customers=bars(sum_by(frame, "cafe", "customers"), unit="customers"),
    )
