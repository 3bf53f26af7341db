"""Shows the plan of an import of a till's file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

import typer

from operations.counts.till_import import ImportPlan
from pipelines.till.headings import ColumnKind
from pipelines.till.rows import Reading, Row

_FORMATS = {
    "zettle": "Zettle's report of receipts",
    "receipts": "receipts",
    "daily": "numbers of customers",
}
_FATES = {
    "counted": "counted",
    "same_receipt": "another line or payment of a counted receipt",
    "same_day": "a repetition of the same day and number",
    "refund": "a refund, or a total of zero",
    "failed": "a payment that failed",
    "cancelled": "cancelled",
    "training": "training",
    "copy": "a copy of a receipt",
    "parked": "parked or not paid",
    "no_sale": "no sale",
    "no_receipt": "without a receipt number",
    "no_number": "a day without a number stays missing",
    "totals": "a line of totals",
    "note": "a note",
    "other_cafe": "of another café",
    "left_out": "left out",
    "open": "waits for an answer",
    "fault": "cannot be used",
}
_LEFT_OUT = {"before_pilot": "before the pilot", "day_not_over": "the café is still open: export again after closing"}
_NOT_COUNTED_SILENTLY = ("counted", "fault", "open")


def show_plan(plan: ImportPlan, *, rows: bool) -> None:
    """Print how each file is read, the change to each day, and the rows that do not count."""
    for name, reading in plan.tally.readings.items():
        typer.echo(f"{name}: {_FORMATS[reading.format]}. {_columns_in_words(reading)}")
    if rows:
        for row in plan.tally.rows:
            where = " ".join(str(part) for part in (row.cafe, row.day) if part)
            typer.echo(f"  {row.file} row {row.number}: {_fate_in_words(row)} {where}".rstrip())
    for planned in plan.days:
        before = planned.before
        change = {
            "new": "new",
            "unchanged": "reported already, unchanged",
            "corrected": f"instead of {before.customers} ({before.source}, {before.actor})" if before else "",
        }[planned.outcome]
        typer.echo(f"{planned.count.day}  {planned.count.cafe:14} {planned.count.customers:6} customers  {change}")
        tills = plan.tally.tills.get((planned.count.cafe, planned.count.day), {})
        if len(tills) > 1:
            each = ", ".join(f"{till or 'no till'}: {count}" for till, count in tills.items())
            typer.echo(f"            {len(tills)} tills: {each}")
    skipped = Counter(_fate_in_words(row) for row in plan.tally.rows if row.fate not in _NOT_COUNTED_SILENTLY)
    for reason, count in skipped.most_common():
        typer.echo(f"{count} rows not counted: {reason}")


def plan_as_data(plan: ImportPlan, *, rows: bool) -> dict[str, object]:
    """Return the plan for a program."""
    return {
        "formats": plan.tally.formats,
        "readings": {name: asdict(reading) for name, reading in plan.tally.readings.items()},
        "days": [asdict(day) for day in plan.days],
        "tills": [{"cafe": cafe, "day": day, "tills": tills} for (cafe, day), tills in plan.tally.tills.items()],
        "faults": [asdict(fault) for fault in plan.tally.faults],
        "questions": [{**asdict(question), "text": str(question)} for question in plan.tally.questions],
        "not_counted": Counter(row.fate for row in plan.tally.rows if row.fate not in ("counted", "fault")),
        **({"rows": [asdict(row) for row in plan.tally.rows]} if rows else {}),
    }


def _columns_in_words(reading: Reading) -> str:
    """Return the columns that decide the counts, and those that are not there."""
    wanted: tuple[ColumnKind, ...] = ("till",) if reading.format == "daily" else ("total", "till")
    found = [f'{_KINDS[kind]} "{reading.columns[kind]}"' for kind in _KINDS if kind in reading.columns]
    absent = [_KINDS[kind] for kind in wanted if kind not in reading.columns]
    if reading.statuses:
        found.append("status " + ", ".join(f'"{heading}"' for heading in reading.statuses))
    elif reading.format != "daily":
        absent.append("status")
    said = f"Columns: {', '.join(found)}."
    return f"{said} Not found: {', '.join(absent)}." if absent else said


def _fate_in_words(row: Row) -> str:
    return _LEFT_OUT.get(row.why, _FATES[row.fate])


_KINDS: Mapping[ColumnKind, str] = {
    "day": "day",
    "time": "time",
    "count": "customers",
    "receipt": "receipt",
    "total": "amount",
    "till": "till",
    "cafe": "café",
}
