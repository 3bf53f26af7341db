"""Payouts run once a day behind the gate, survive outages, and stop while rewards are stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from operations.watch.money.money_gate import GateBlock, GateVerdict
from operations.watch.money.paying import Pace, PayoutRunner, kinds_paid
from payouts.rail import ProviderError, Transfer
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store import outbox
from storage.store.cafes import switches
from storage.store.payouts import awaiting, batches, reconciliations
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World

MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 08:00 in Stockholm, before the batch is planned
AFTER = datetime(2026, 11, 24, 8, 31, tzinfo=UTC)  # 09:31


class Gate:
    """A gate under the test's control; `meanwhile` runs between the check and the planning of the batch."""

    blocks: tuple[GateBlock, ...] = ()
    quarantined: frozenset[str] = frozenset()
    sends_withheld: frozenset[str] = frozenset()
    failed_later: tuple[GateBlock, ...] = ()
    waits = False

    def __init__(self, home: Home) -> None:
        self.home = home
        self.meanwhile: Callable[[], object] = lambda: None

    def check(self, rail: str, *, simulated: bool, now: datetime) -> GateVerdict:
        days = awaiting.decided_days(self.home.store(), rail=rail, simulated=simulated)
        if simulated:
            self.meanwhile()
        blocked = {each.day for each in self.blocks}
        passed = {day: decided for day, decided in days.items() if day not in blocked}
        return GateVerdict(passed, self.blocks, waits=self.waits, quarantined=self.quarantined)

    def failed(self, rail: str, *, simulated: bool) -> tuple[GateBlock, ...]:
        return self.failed_later if simulated else ()

    def withheld(self, rail: str, *, simulated: bool) -> frozenset[str]:
        return self.sends_withheld


class InterruptibleRail(MemoryRail):
    """A provider that can stop answering."""

    is_away = False

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        if self.is_away:
            raise ProviderError("The provider does not answer.", remedy="It is called again.", retryable=True)
        yield from super().transfers(since=since)


class Watched:
    """A payout runner with a world of guests."""

    def __init__(self, home: Home) -> None:
        self.home = home
        store = home.store()
        self.world = World(home.root / "unused.sqlite", store=store, rail=InterruptibleRail)
        self.world.at = MORNING
        self.gate = Gate(home)
        self.runner = self.started()

    def started(self) -> PayoutRunner:
        return PayoutRunner(self.home, self.world.rail, clock=lambda: self.world.at, gate=self.gate)

    def run(self, at: datetime) -> list[str]:
        self.world.at = at
        self.runner()
        return [each.state for each in batches.instructions(self.home.store())]

    def approve(self) -> None:
        self.world.approve_all()


@pytest.fixture
def watched(home: Home) -> Watched:
    return Watched(home)


def test_the_days_batch_is_planned_once_and_sent_as_soon_as_it_is_approved(watched: Watched) -> None:
    watched.world.earn("acct_1")
    assert watched.run(MORNING) == []
    assert watched.run(AFTER) == ["planned"]
    assert watched.world.rail.made == {}
    watched.approve()
    assert watched.run(AFTER + timedelta(seconds=15)) == ["paid"]
    watched.world.earn("acct_2")
    assert watched.run(AFTER + timedelta(hours=5)) == ["paid"]
    assert watched.run(AFTER + timedelta(days=1)) == ["paid", "paid"]
    assert {each.day for each in batches.batches(watched.home.store())} == {date(2026, 11, 24), date(2026, 11, 25)}
    last = reconciliations.last(watched.home.store(), "memory")
    assert last is not None
    assert last.agrees


def test_the_first_batch_with_money_needs_approval_even_after_empty_ones(watched: Watched) -> None:
    assert watched.run(AFTER) == []
    watched.world.earn("acct_1")
    assert watched.run(AFTER + timedelta(days=1)) == ["planned"]


def test_a_batch_waits_while_the_gate_is_closed(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.gate.blocks = (GateBlock("not_validated", date(2026, 11, 24)),)
    assert watched.run(AFTER) == []
    assert watched.runner.state.gate_closed_since == AFTER
    watched.gate.blocks = ()
    assert watched.run(AFTER + timedelta(minutes=5)) == ["planned"]
    assert watched.runner.state.gate_closed_since is None


def test_a_blocked_day_holds_back_its_own_rewards_only(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.world.at = MORNING - timedelta(days=1)
    watched.world.earn("acct_2")
    watched.gate.blocks = (GateBlock("expectation_failed", date(2026, 11, 23), "turns", "x"),)
    watched.run(AFTER)
    store = watched.home.store()
    assert [each.account for each in batches.instructions(store)] == ["acct_1"]
    assert watched.runner.state.gate_blocks == watched.gate.blocks
    watched.gate.blocks = ()
    watched.run(AFTER + timedelta(days=1))
    assert {each.account for each in batches.instructions(store)} == {"acct_1", "acct_2"}
    assert watched.runner.state.gate_closed_since is None


def test_a_batch_waits_for_a_day_that_may_still_be_validated(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.gate.waits = True
    assert watched.run(AFTER) == []
    watched.gate.waits = False
    assert watched.run(AFTER + timedelta(minutes=5)) == ["planned"]


def test_a_quarantined_sessions_reward_waits_and_the_others_are_paid(watched: Watched) -> None:
    reward = watched.world.earn("acct_1")
    assert reward is not None
    watched.world.earn("acct_2")
    watched.gate.quarantined = frozenset([watched.world.session_of[reward]])
    watched.run(AFTER)
    store = watched.home.store()
    assert [each.account for each in batches.instructions(store)] == ["acct_2"]
    watched.gate.quarantined = frozenset()
    watched.run(AFTER + timedelta(days=1))
    assert {each.account for each in batches.instructions(store)} == {"acct_1", "acct_2"}


def test_a_withheld_payout_of_an_approved_batch_waits_and_the_others_are_sent(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.world.earn("acct_2")
    watched.run(AFTER)
    store = watched.home.store()
    one, other = batches.instructions(store)
    watched.gate.sends_withheld = frozenset([one.id])
    watched.approve()
    watched.run(AFTER + timedelta(minutes=1))
    assert {each.id: each.state for each in batches.instructions(store)} == {one.id: "planned", other.id: "paid"}
    watched.gate.sends_withheld = frozenset()
    assert watched.run(AFTER + timedelta(hours=1)) == ["paid", "paid"]


@pytest.mark.parametrize("approved", [True, False])
def test_a_day_that_fails_after_planning_is_known_to_the_alerts_until_it_passes(
    watched: Watched, approved: bool
) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    (one,) = batches.instructions(watched.home.store())
    blocks = (GateBlock("expectation_failed", date(2026, 11, 24), "turns", "x"),)
    watched.gate.failed_later, watched.gate.sends_withheld = blocks, frozenset([one.id])
    if approved:
        watched.approve()
    failed_at = AFTER + timedelta(minutes=20)
    watched.run(failed_at)
    state = watched.runner.state
    assert (state.gate_closed_since, state.gate_blocks) == (failed_at, blocks)
    watched.gate.failed_later, watched.gate.sends_withheld = (), frozenset()
    watched.run(AFTER + timedelta(minutes=40))
    assert (state.gate_closed_since, state.gate_blocks) == (None, ())


@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(days=1)])
def test_a_reward_claimed_after_the_gate_check_waits_for_the_next_batch(watched: Watched, later: timedelta) -> None:
    watched.world.earn("acct_1")

    def another_guest() -> None:
        watched.world.at = AFTER + later
        watched.world.earn("acct_2")
        watched.world.at = AFTER

    watched.gate.meanwhile = another_guest
    watched.run(AFTER)
    watched.gate.meanwhile = lambda: None
    assert [each.account for each in batches.instructions(watched.home.store())] == ["acct_1"]
    watched.run(AFTER + timedelta(days=1))
    assert {each.account for each in batches.instructions(watched.home.store())} == {"acct_1", "acct_2"}


def test_stopped_rewards_are_neither_planned_nor_sent_but_reconciled(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    watched.approve()
    store = watched.home.store()
    switches.turn(store, "rewards_stopped", on=True, actor="anna", reason="a burst")
    assert watched.run(AFTER + timedelta(hours=2)) == ["planned"]
    assert watched.run(AFTER + timedelta(days=1)) == ["planned"]
    assert len(batches.batches(store)) == 1
    last = reconciliations.last(store, "memory")
    assert last is not None
    assert last.at == AFTER + timedelta(days=1)
    switches.turn(store, "rewards_stopped", on=False, actor="anna", reason="over")
    assert watched.run(AFTER + timedelta(days=1, minutes=1)) == ["paid"]


def test_an_outage_of_the_provider_is_recorded_and_fails_no_payout(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    watched.approve()
    watched.world.rail.is_away = True
    away = AFTER + timedelta(hours=1)
    assert watched.run(away) == ["planned"]
    assert watched.run(away + timedelta(hours=1)) == ["planned"]
    assert watched.runner.state.away_since == away
    watched.world.rail.is_away = False
    assert watched.run(away + timedelta(hours=2)) == ["paid"]
    assert watched.runner.state.away_since is None


def test_a_transfer_with_unknown_outcome_is_retried_under_its_key_after_a_pause(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    watched.approve()
    watched.world.rail.faults.extend(["answer_lost", "never_arrives"])
    # The reconciliation after the sending finds the transfer whose answer was lost.
    assert watched.run(AFTER + timedelta(seconds=15)) == ["paid"]
    watched.world.earn("acct_2")
    watched.world.rail.faults.clear()
    watched.world.rail.faults.append("never_arrives")
    tomorrow = AFTER + timedelta(days=1)
    assert watched.run(tomorrow) == ["paid", "in_flight"]
    assert watched.run(tomorrow + timedelta(seconds=30)) == ["paid", "in_flight"]
    assert watched.run(tomorrow + timedelta(seconds=61)) == ["paid", "paid"]
    assert watched.world.broken() == []


def test_a_restarted_watch_continues_where_it_stopped(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    watched.approve()
    watched.runner = watched.started()
    assert watched.run(AFTER + timedelta(minutes=1)) == ["paid"]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # 23:30 UTC is half past midnight in Stockholm: already the next day, whose batch is planned later.
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), None),
        (datetime(2026, 11, 25, 8, 30, tzinfo=UTC), date(2026, 11, 25)),  # winter: 09:30
        (datetime(2026, 10, 25, 8, 30, tzinfo=UTC), date(2026, 10, 25)),  # the day of 25 hours
        (datetime(2026, 10, 24, 7, 30, tzinfo=UTC), date(2026, 10, 24)),  # summer: 09:30
        (datetime(2026, 3, 29, 7, 30, tzinfo=UTC), date(2026, 3, 29)),  # the day of 23 hours
        (datetime(2026, 3, 28, 8, 29, tzinfo=UTC), None),  # 09:29
    ],
)
def test_a_batch_follows_the_stockholm_day_and_time(watched: Watched, moment: datetime, day: date | None) -> None:
    watched.run(moment)
    assert {each.day for each in batches.batches(watched.home.store())} == ({day} if day else set())


def test_only_real_guests_of_a_real_home_receive_money() -> None:
    assert kinds_paid("stripe", "real") == (False,)
    assert kinds_paid("stripe", "demo") == ()
    assert kinds_paid("stripe_fake", "real") == kinds_paid("stripe_test", "demo") == (True,)


def test_the_retry_pause_doubles_up_to_half_an_hour_and_new_payouts_skip_it() -> None:
    pace, now = Pace(), AFTER
    waits = []
    for _ in range(7):
        pace.record_pass(frozenset("a"), frozenset("a"), now=now)
        assert pace.next_at is not None
        waits.append((pace.next_at - now).total_seconds() / 60)
        assert not pace.due(frozenset("a"), now=now)
        now = pace.next_at
        assert pace.due(frozenset("a"), now=now)
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    pace.record_pass(frozenset("a"), frozenset("a"), now=now)
    assert pace.due(frozenset("ab"), now=now)
    assert not pace.due(frozenset(), now=now + timedelta(days=1))


def test_each_change_of_a_payout_touches_its_days(watched: Watched) -> None:
    watched.world.earn("acct_1")
    watched.run(AFTER)
    watched.approve()
    store = watched.home.store()
    cursor, _ = outbox.touched_days(store, after=0)
    watched.run(AFTER + timedelta(days=2))
    _, days = outbox.touched_days(store, after=cursor)
    assert {date(2026, 11, 24), date(2026, 11, 26)} <= days


def test_a_demo_home_with_a_live_key_pays_nobody(settings: Settings) -> None:
    home = open_home(settings, kind="demo")
    watched = Watched(home)
    watched.world.rail.name = "stripe"
    watched.world.earn(None)  # The guest cannot even claim it.
    assert watched.run(AFTER) == []
    assert batches.batches(home.store()) == []
