"""Verifies the data of a home: store, ledger and lake, and the KPIs against their sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from pilot.errors import PilotError
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SESSIONS, TABLES, TURNS, UPTIME
from pipelines.figures.kpis import SESSION_COLUMNS, TURN_COLUMNS, pilot_kpis
from storage.backup.lake_copy import row_count
from storage.home import Home
from storage.inspection.integrity import inspect_integrity
from storage.store.ledger.auditor import audit_money

MOST_HALF_DAYS = 2  # a run that was cut off has touched the newest days; nothing excuses an older one
KPI_INPUTS = (SESSIONS, TURNS, UPTIME, CUSTOMER_COUNTS, PAYMENTS)
KPI_KEY = ("cafe", "simulated", "kpi")
KPI_FIGURES = ("numerator", "denominator", "value")
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class DataCheck:
    """The result of one check.

    Attributes:
        name: What was checked.
        ok: Whether it is as required.
        found: What was found.
        required: What is required.
    """

    name: str
    ok: bool
    found: str
    required: str


def verify_data(home: Home) -> list[DataCheck]:
    """Return the result of every check; what cannot be read is a failed check, never an error."""
    checks: list[DataCheck] = []
    for name, required, check in (
        ("store", "every page, table, key and migration is right", _store),
        ("ledger", "no reward breaks a rule of the money", _ledger),
        ("lake", "every table has the rows of its log, each key once", _lake),
        ("KPIs", "a recomputation from the sessions gives the same", _kpis),
    ):
        checks.append(_checked(name, required, check, home))
    return checks


def _checked(name: str, required: str, check: Callable[[Home], tuple[str, list[str]]], home: Home) -> DataCheck:
    try:
        found, faults = check(home)
    except PilotError as error:
        return DataCheck(name, False, error.what, required)
    return DataCheck(name, not faults, "; ".join(faults[:3]) if faults else found, required)


def _store(home: Home) -> tuple[str, list[str]]:
    state = inspect_integrity(home.store())
    faults = [f"table {name} is missing" for name in state.missing_tables]
    faults += [f"{count} rows of {table} refer to nothing" for table, count in state.broken_references.items()]
    if state.pages != "ok":
        faults.append("a page or index is damaged")
    if state.revision != state.head:
        faults.append(f"the migration is {state.revision or 'none'}, not {state.head}")
    return f"all tables, migration {state.revision}", faults


def _ledger(home: Home) -> tuple[str, list[str]]:
    if missing := inspect_integrity(home.store()).missing_tables:
        return "", [f"the money cannot be audited without the table {missing[0]}"]
    broken = audit_money(home.store())
    return "balanced", [f"{each.fact} (reward {each.reward_id})" for each in broken]


def _lake(home: Home) -> tuple[str, list[str]]:
    lake, faults, rows = home.lake(), [], 0
    for table in TABLES.values():
        if lake.version(table) is None:
            continue
        # A key identifies a row within its day.
        keys = lake.read(table, columns=list(dict.fromkeys(("day", *table.key))))
        logged = row_count(lake, table)
        rows += keys.height
        if keys.height != logged:
            faults.append(f"{table.name} has {keys.height} rows, its log {logged}")
        if keys.is_duplicated().any():
            faults.append(f"{table.name} has a key twice")
    return f"{rows} rows", faults


def _kpis(home: Home) -> tuple[str, list[str]]:
    lake = home.lake()
    if lake.version(PILOT_KPIS) is None:
        return "no figures yet", []
    written = lake.written_by_day(PILOT_KPIS)
    if not written:
        return "no figures yet", []
    inputs = [lake.written_by_day(table) for table in KPI_INPUTS]
    # A run that was cut off, as by the loss of the machine, has written the inputs and not yet the KPIs.
    newest = sorted(written)[-MOST_HALF_DAYS:]
    half = {day for day in newest if any(each.get(day, written[day]) > written[day] for each in inputs)}
    waiting = f"; {', '.join(map(str, sorted(half)))} to be rebuilt, as its inputs are newer" if half else ""
    if not (whole := written.keys() - half):
        return f"none is whole{waiting}", []
    return f"those of {max(whole)}{waiting}", list(recomputation_faults(home, max(whole)))


def recomputation_faults(home: Home, day: date) -> Iterator[str]:
    """Yield each figure of a day's KPIs that a recomputation from the lake's own tables does not give."""
    lake = home.lake()
    stored = lake.read(PILOT_KPIS, days=[day])
    again = pilot_kpis(
        day=day,
        as_of=stored.get_column("as_of")[0],
        cafes=home.cafes(),
        sessions=lake.read(SESSIONS, days=[day], columns=list(SESSION_COLUMNS)),
        turns=lake.read(TURNS, days=[day], columns=list(TURN_COLUMNS)),
        uptime=lake.read(UPTIME, days=[day]),
        customer_counts=lake.read(CUSTOMER_COUNTS, days=[day]),
        payments=lake.read(PAYMENTS, days=[day]),
    )
    pairs = stored.select(*KPI_KEY, *KPI_FIGURES).join(
        again.select(*KPI_KEY, *KPI_FIGURES), on=list(KPI_KEY), how="left", suffix="_again"
    )
    for figure in KPI_FIGURES:
        here, there = pl.col(figure), pl.col(f"{figure}_again")
        differs = (here.is_null() != there.is_null()) | ((here - there).abs() > TOLERANCE)
        for row in pairs.filter(differs).iter_rows(named=True):
            yield f"{row['kpi']} of {row['cafe']} on {day} has another {figure}"
