"""The suites of payments: a good day passes, and something that could happen breaks each expectation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import TABLES
from quality.engine import run
from quality.rules import Evidence
from quality.suites import rules, suite_of

pytestmark = pytest.mark.slow

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY, AT = datetime(2026, 11, 24, tzinfo=UTC).date(), datetime(2026, 11, 24, 9, tzinfo=UTC)
BATCH = "stripe-2026-11-24"
Tables = dict[str, pd.DataFrame]
Break = Callable[[Tables], None]


def good() -> Tables:
    """Return a day with a batch of two payouts, one paid and one refused."""
    payout: dict[str, Any] = {
        "day": DAY, "payout_id": f"{BATCH}-a", "batch_id": BATCH, "rail": "stripe", "simulated": False,
        "state": "paid", "code": "", "amount_ore": 3000, "rewards": 1, "attempts": 1, "reference": "tr_1",
        "first_at": AT, "last_at": AT, "bank_state": "paid",
    }  # fmt: skip
    refused = payout | {
        "payout_id": f"{BATCH}-b", "state": "refused", "code": "balance", "reference": None, "bank_state": None
    }  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {
        "payouts": [payout, refused],
        "payout_batches": [
            {
                "day": DAY, "batch_id": BATCH, "rail": "stripe", "simulated": False, "approval": "given",
                "planned_at": AT, "payouts": 2, "amount_ore": 6000, "paid_ore": 3000, "unfinished": 0,
                "for_a_person": 1,
            }
        ],
        "payments": [
            {
                "day": DAY, "cafe": "aurora", "simulated": False, "rail": "stripe", "succeeded": 1, "failed": 1,
                "succeeded_ore": 3000, "open": 0, "issued": 2, "expired": 0,
            }
        ],
        "ledger_audit": [
            {
                "day": DAY, "simulated": False, "rail": rail, "scope": scope, "subject": "all", "ours_ore": 3000,
                "theirs_ore": 3000, "differences": 0, "adopted": 0, "agrees": True, "looked_at": AT,
            }
            for rail, scope in (("stripe", "total"), ("books", "facts"))
        ],
    }  # fmt: skip
    return {name: pd.DataFrame(each)[list(TABLES[name].names)] for name, each in rows.items()}


def put(table: str, column: str, value: object, *, row: int = 0) -> Break:
    def change(tables: Tables) -> None:
        frame = tables[table]
        values = frame[column].astype(object).tolist()
        values[row] = value
        frame[column] = pd.Series(values, dtype=object if value is None else None)

    return change


def twice(table: str) -> Break:
    def change(tables: Tables) -> None:
        tables[table] = pd.concat([tables[table], tables[table].head(1)], ignore_index=True)

    return change


def another_column(table: str) -> Break:
    def change(tables: Tables) -> None:
        tables[table]["surprise"] = 1

    return change


BREAKS: dict[str, dict[str, Break]] = {
    "payments": {
        "unique_together:cafe,simulated,rail": twice("payments"),
        "known_value:cafe": put("payments", "cafe", "closed-long-ago"),
        **{
            f"at_least:{name}:0": put("payments", name, -1)
            for name in ("succeeded", "failed", "succeeded_ore", "open", "issued", "expired")
        },
        "succeeded_worth_least_reward": put("payments", "succeeded_ore", 1999),
    },
    "payout_batches": {
        "unique:batch_id": twice("payout_batches"),
        "known_value:approval": put("payout_batches", "approval", "nodded"),
        "unapproved_batch_unpaid": put("payout_batches", "approval", "waiting"),
        "batch_sums_payouts": put("payouts", "amount_ore", 2999),
    },
    "payouts": {
        "unique:payout_id": twice("payouts"),
        "known_value:state": put("payouts", "state", "lost"),
        "at_least:amount_ore:2000": put("payouts", "amount_ore", 1900),
        "at_least:rewards:1": put("payouts", "rewards", 0),
        "at_least:attempts:0": put("payouts", "attempts", -1),
        "paid_has_reference": put("payouts", "reference", None),
        "requested_has_attempt": put("payouts", "attempts", 0),
        "unpaid_has_code": put("payouts", "code", "", row=1),
    },
    "ledger_audit": {
        "unique_together:rail,scope,subject": twice("ledger_audit"),
        "known_value:scope": put("ledger_audit", "scope", "everything"),
        "at_least:differences:0": put("ledger_audit", "differences", -1),
        "books_match_provider": put("ledger_audit", "theirs_ore", 3001),
        "auditor_facts_hold": put("ledger_audit", "differences", 1, row=1),
    },
}
for _table, _breaks in BREAKS.items():
    _breaks["columns_as_declared"] = another_column(_table)
    for _column in TABLES[_table].columns:
        if _column.required:
            _breaks[f"required:{_column.name}"] = put(_table, _column.name, None)


def failed(table: str, tables: Tables, *, only: str = "") -> list[str]:
    wanted = [rule for rule in rules(table, cafes=CAFES) if not only or rule.code == only]
    references = {each.name: tables[each.name] for each in suite_of(table).references}
    evidence = Evidence(references=references, cafes=CAFES, day=DAY, settled=True)
    return [each.code for each in run(wanted, frame=tables[table], evidence=evidence) if not each.passed]


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_a_good_day_and_one_without_payments_pass(table: str) -> None:
    assert failed(table, good()) == []
    assert failed(table, {name: frame.head(0) for name, frame in good().items()}) == []


@pytest.mark.parametrize("table", sorted(BREAKS))
def test_every_expectation_has_something_that_breaks_it(table: str) -> None:
    assert set(BREAKS[table]) == {rule.code for rule in rules(table, cafes=CAFES)}


@pytest.mark.parametrize(("table", "name"), [(table, name) for table in sorted(BREAKS) for name in BREAKS[table]])
def test_each_break_fails_its_expectation(table: str, name: str) -> None:
    tables = good()
    BREAKS[table][name](tables)
    assert failed(table, tables, only=name) == [name]
