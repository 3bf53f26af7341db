"""The assets `payouts`, `payout_batches` and `ledger_audit`: copies of the store by the batch's day."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.sources import store
from pilot.lake_tables.payout_tables import LEDGER_AUDIT, PAYOUT_BATCHES, PAYOUTS
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import payout_rows

KINDS = {"delta", "sql"}


@daily_table(PAYOUT_BATCHES, group="money", kinds=KINDS, code_version="1", deps=[store])
def payout_batches(day: TableDay) -> RebuildResult:
    """Copies the day's batches, whatever the gate's state: the watch planned them behind it."""
    frame = payout_rows.batches_of_day(day.home.store(), day.day)
    return day.write(frame, approvals=count_by(frame, "approval"), paid_ore=int(frame["paid_ore"].sum()))


@daily_table(PAYOUTS, group="money", kinds=KINDS, code_version="2", deps=[payout_batches])
def payouts(day: TableDay) -> RebuildResult:
    """Copies the payouts of the day's batches in their current state."""
    frame = payout_rows.payouts_of_day(day.home.store(), day.day)
    return day.write(frame, states=count_by(frame, "state"))


@daily_table(LEDGER_AUDIT, group="money", kinds=KINDS, code_version="1", deps=[payouts])
def ledger_audit(day: TableDay) -> RebuildResult:
    """Compares the books with the provider, by batch and in total, and with the auditor's facts."""
    books = day.home.store()
    facts = day.once("facts", lambda: audit_money(books))
    frame = payout_rows.audit_of_day(books, day.day, facts=facts)
    return day.write(frame, disagreeing=int((~frame["agrees"]).sum()))
