"""The money gate blocks days that failed validation or were not validated since their decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from operations.erasure.carry_out import carry_out
from operations.watch.money.money_gate import PATIENCE, GateBlock, GateVerdict, MoneyGate
from operations.watch.money.paying import PayoutRunner
from payouts.rewards import reward_id
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.tables import SESSIONS
from quality.gate import GATED_TABLES
from storage.home import Home
from storage.lake import empty_frame, polars_schema
from storage.store.payouts import batches
from storage.store.privacy import erasures, tombstones
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import SECRET, START, World

DAY = START.date()


@pytest.fixture
def claimed(home: Home) -> Home:
    """A home with one claimed reward, decided at START, and a lake that holds its day."""
    world = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
    world.earn("acct_1")
    home.lake().replace_partition(SESSIONS, DAY, empty_frame(SESSIONS), commit={})
    return home


def validate(home: Home, *, at: datetime, passed: bool = True, day: date = DAY) -> None:
    values: dict[str, Any] = {
        "day": day,
        "table_name": SESSIONS.name,
        "expectation": "sessions end after they begin",
        "passed": passed,
        "severity": "stop",
        "judged_at": at,
    }
    filler = {"text": "", "integer": 0, "boolean": False, "real": 0.0}
    row = {
        column.name: values.get(column.name, filler.get(column.kind) if column.required else None)
        for column in QUALITY_VERDICTS.columns
    }
    frame = pl.DataFrame([row], schema=polars_schema(QUALITY_VERDICTS))
    home.lake().replace_partition(QUALITY_VERDICTS, day, frame, commit={})


def blocks(gate: MoneyGate, *, at: datetime = START + timedelta(hours=1)) -> list[str]:
    return [each.code for each in gate.check("memory", simulated=True, now=at).blocks]


def test_the_gate_opens_once_days_are_validated_after_the_decision(claimed: Home) -> None:
    gate = MoneyGate(claimed)
    assert blocks(gate) == ["not_validated"]
    validate(claimed, at=START - timedelta(minutes=1))
    assert blocks(gate) == ["not_validated"]
    validate(claimed, at=START + timedelta(minutes=1))
    assert blocks(gate) == []


def test_the_blocks_are_read_without_validating_a_day(claimed: Home) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    gate = MoneyGate(claimed, validate=never)

    def read() -> list[str]:
        return [each.code for each in gate.blocks("memory", simulated=True)]

    assert read() == ["not_validated"]
    validate(claimed, at=START + timedelta(minutes=1), passed=False)
    assert read() == ["expectation_failed"]
    validate(claimed, at=START + timedelta(minutes=1))
    assert read() == []
    assert gate.blocks("another rail", simulated=True) == ()


def test_the_gate_is_open_if_nothing_is_claimed(claimed: Home) -> None:
    assert MoneyGate(claimed).check("another rail", simulated=True, now=START) == GateVerdict({})


def test_a_failed_expectation_blocks_the_gate_by_name(claimed: Home) -> None:
    validate(claimed, at=START + timedelta(minutes=1), passed=False)
    verdict = MoneyGate(claimed).check("memory", simulated=True, now=START + timedelta(hours=1))
    assert verdict.blocks == (GateBlock("expectation_failed", DAY, "sessions", "sessions end after they begin"),)


NEXT = DAY + timedelta(days=1)


@pytest.fixture
def two_days(home: Home) -> Home:
    """A home with a claimed reward of each of two days."""
    world = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
    world.earn("acct_1")
    world.at = START + timedelta(days=1)
    world.earn("acct_2")
    for day in (DAY, NEXT):
        home.lake().replace_partition(SESSIONS, day, empty_frame(SESSIONS), commit={})
    return home


def test_a_day_that_fails_holds_no_other_day(two_days: Home) -> None:
    validate(two_days, at=START + timedelta(days=2), passed=False)
    validate(two_days, at=START + timedelta(days=2), day=NEXT)
    verdict = MoneyGate(two_days).check("memory", simulated=True, now=START + timedelta(days=2))
    assert set(verdict.days) == {NEXT}
    assert [each.day for each in verdict.blocks] == [DAY]
    assert not verdict.waits


def test_a_day_that_cannot_be_validated_holds_no_other_day_for_long(two_days: Home) -> None:
    tried: list[Collection[date]] = []
    validate(two_days, at=START + timedelta(days=2), day=NEXT)
    gate = MoneyGate(two_days, validate=lambda home, days, now: tried.append(days))
    now = START + timedelta(days=2)
    assert gate.check("memory", simulated=True, now=now).waits
    verdict = gate.check("memory", simulated=True, now=now + PATIENCE)
    assert (tried, verdict.waits, set(verdict.days)) == ([[DAY]], False, {NEXT})
    # The next day's batch does not wait for it again, and it is tried again.
    assert not gate.check("memory", simulated=True, now=now + timedelta(minutes=80)).waits
    gate.check("memory", simulated=True, now=now + 2 * PATIENCE)
    assert tried == [[DAY], [DAY]]
    validate(two_days, at=now)
    assert set(gate.check("memory", simulated=True, now=now + 2 * PATIENCE).days) == {DAY, NEXT}


def sessions_and_rewards(home: Home, *sessions: str) -> frozenset[str]:
    return frozenset(sessions).union(reward_id(home.secret(), each) for each in sessions)


def quarantine(home: Home, session: str, *, day: date = DAY) -> None:
    row = {"table_name": "sessions", "row_key": session, "expectation": "x", "reason": "x", "session_id": session}
    rows = [row | {"day": day, "judged_at": START, "severity": "stop"}]
    home.lake().replace_partition(QUARANTINE, day, pl.DataFrame(rows, schema=polars_schema(QUARANTINE)), commit={})


class Paid:
    """Two guests' rewards of one day that passed, behind the real gate."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.world = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
        rewards = [self.world.earn("acct_1"), self.world.earn("acct_2")]
        self.sessions = [self.world.session_of[each] for each in rewards if each is not None]
        home.lake().replace_partition(SESSIONS, DAY, empty_frame(SESSIONS), commit={})
        validate(home, at=START + timedelta(minutes=1))
        self.runner = PayoutRunner(home, self.world.rail, clock=lambda: self.world.at)

    def run(self, *, hours: int) -> list[str]:
        """Run hours after the start; return the accounts with a transfer at the provider."""
        self.world.at = START + timedelta(hours=hours)
        self.runner()
        self.world.approve_all()
        return sorted(each.account for each in self.world.rail.made.values())


@pytest.fixture
def paid(home: Home, monkeypatch: pytest.MonkeyPatch) -> Paid:
    monkeypatch.setattr(Home, "secret", lambda _: SECRET)
    return Paid(home)


def fail_the_day(paid: Paid) -> None:
    validate(paid.home, at=START + timedelta(hours=2), passed=False)


def quarantine_the_first(paid: Paid) -> None:
    quarantine(paid.home, paid.sessions[0])


def quarantine_and_rewrite_the_first(paid: Paid) -> None:
    quarantine(paid.home, paid.sessions[0])
    tombstones.add(paid.home.store(), session_id=paid.sessions[0], actor="guest", reason="asked_on_receipt")
    carry_out(paid.home, now=paid.world.at)
    assert paid.home.lake().read(QUARANTINE, days=[DAY]).is_empty()


def quarantine_and_erase_the_first(paid: Paid) -> None:
    quarantine(paid.home, paid.sessions[0])
    tombstones.add(paid.home.store(), session_id=paid.sessions[0], actor="guest", reason="asked_on_receipt")
    erasures.pseudonymise(paid.home.store(), paid.sessions[0])


@pytest.mark.parametrize(
    ("happens", "sent"),
    [
        (fail_the_day, []),
        (quarantine_the_first, ["acct_2"]),
        (quarantine_and_erase_the_first, ["acct_2"]),
        (quarantine_and_rewrite_the_first, ["acct_2"]),
    ],
)
@pytest.mark.parametrize("is_planned", [True, False])
def test_what_no_longer_passes_is_neither_planned_nor_sent(
    paid: Paid, happens: Callable[[Paid], None], sent: list[str], is_planned: bool
) -> None:
    if is_planned:
        assert paid.run(hours=1) == []
        assert len(batches.instructions(paid.home.store())) == 2
    happens(paid)
    assert paid.run(hours=3) == ([] if not is_planned else sent)
    assert paid.run(hours=5) == sent


def test_a_withheld_payout_is_sent_once_its_day_passes_again(paid: Paid) -> None:
    paid.run(hours=1)
    assert MoneyGate(paid.home).failed("memory", simulated=True) == ()
    fail_the_day(paid)
    assert {each.code for each in MoneyGate(paid.home).failed("memory", simulated=True)} == {"expectation_failed"}
    assert paid.run(hours=3) == []
    validate(paid.home, at=START + timedelta(hours=4))
    assert paid.run(hours=5) == ["acct_1", "acct_2"]
    assert paid.world.broken() == []


def test_a_transfer_of_unknown_outcome_is_not_sent_again_while_withheld(paid: Paid) -> None:
    paid.run(hours=1)
    paid.world.rail.faults.extend(["never_arrives", "never_arrives"])
    assert paid.run(hours=2) == []
    paid.world.rail.faults.clear()
    fail_the_day(paid)
    assert paid.run(hours=3) == []


def test_a_quarantined_session_is_named_and_its_day_passes(claimed: Home) -> None:
    validate(claimed, at=START + timedelta(minutes=1))
    session = "0192f0c4-5e3a-7abc-8def-0123456789ab"
    row = {"table_name": "sessions", "row_key": session, "expectation": "x", "reason": "x", "session_id": session}
    rows = [
        row | {"day": DAY, "judged_at": START, "severity": "stop"},
        row | {"day": DAY, "judged_at": START, "severity": "warn", "session_id": "another", "row_key": "another"},
        # From before the column `session_id`.
        row | {"day": DAY, "judged_at": START, "severity": "stop", "session_id": None, "row_key": "older 2"},
    ]
    frame = pl.DataFrame(rows, schema=polars_schema(QUARANTINE))
    claimed.lake().replace_partition(QUARANTINE, DAY, frame, commit={})
    verdict = MoneyGate(claimed).check("memory", simulated=True, now=START + timedelta(hours=1))
    assert (set(verdict.days), verdict.quarantined) == ({DAY}, sessions_and_rewards(claimed, session, "older"))


def test_the_gate_validates_days_itself_once_if_the_assets_do_not(claimed: Home) -> None:
    validated: list[Collection[date]] = []

    def record_and_validate(home: Home, days: Collection[date], now: datetime) -> None:
        validated.append(days)
        validate(home, at=now)

    gate = MoneyGate(claimed, validate=record_and_validate)
    assert blocks(gate) == ["not_validated"]
    assert blocks(gate, at=START + timedelta(hours=1) + PATIENCE - timedelta(seconds=1)) == ["not_validated"]
    assert validated == []
    assert blocks(gate, at=START + timedelta(hours=1) + PATIENCE) == []
    assert validated == [[DAY]]


def test_the_gate_covers_every_table_behind_a_decision() -> None:
    assert {"sessions", "turns", "scored_feedback", "session_signals", "rewards"} == {one.name for one in GATED_TABLES}
