"""The watch decides when the assets are late; both decide alike, and a difference is reported."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from operations.watch.money import overdue_rewards
from operations.watch.money.overdue_rewards import PATIENCE, RETRY_AFTER, OverdueRewards, VoucherExpiry, decide_day
from payouts.rewards import VOUCHER_DAYS
from pilot.identifiers import new_identifier
from pilot.lake_tables.money_tables import REWARD_PARITY, REWARDS
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.figures.reward_parity import reward_parity
from storage.errors import StoreAway
from storage.home import Home
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import SegmentName, publish, validate_body
from storage.store import outbox
from storage.store.cafes import switches, trial_slots
from storage.store.privacy import tombstones
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.receipts import Receipt, save
from tests.events import MORNING, Story, probes, whole_visit

DAY = date(2026, 11, 23)
UP_TO_PARITY = (
    "raw_events",
    "sessions",
    "turns",
    "scored_feedback",
    "fingerprints",
    "session_signals",
    "rewards",
    "reward_parity",
)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def sent(home: Home, story: Story, *, at: datetime = NOON) -> str:
    """Save the story's receipt, as the edge does when it is sent."""
    session = story.session_id
    receipt = Receipt(session, "H7KM3Q", session, story.cafe, DAY, "sv", story.simulated, at, 70, True, "1")
    save(home.store(), receipt)
    return session


@pytest.fixture
def visits(home: Home, land: Any) -> list[str]:
    stories = [whole_visit(at=MORNING + timedelta(minutes=3 * n), simulated=True) for n in range(2)]
    land(*stories)
    return [sent(home, story) for story in stories]


def watch(home: Home, moment: list[datetime]) -> OverdueRewards:
    return OverdueRewards(home, clock=lambda: moment[0])


def test_the_watch_waits_for_the_assets_and_then_decides_without_them(home: Home, visits: list[str]) -> None:
    moment = [NOON + PATIENCE - timedelta(seconds=1)]
    poller = watch(home, moment)
    poller()
    assert decisions.of_day(home.store(), DAY) == []
    moment[0] = NOON + PATIENCE
    poller()
    made = decisions.of_day(home.store(), DAY)
    assert {each.session_id for each in made} == set(visits)
    assert {each.decided_by for each in made} == {"watch"}
    _, touched = outbox.touched_days(home.store(), after=0)
    assert DAY in touched


def test_assets_and_watch_decide_alike(home: Home, visits: list[str], run: Any) -> None:
    decide_day(home, DAY, now=NOON)
    assert run(DAY, tags={"pilot/as_of": NOON.isoformat()}, only=UP_TO_PARITY).success
    parity = home.lake().read(REWARD_PARITY, days=[DAY])
    assert parity["session_id"].to_list() == sorted(visits)
    assert parity["same"].all()
    copied = home.lake().read(REWARDS, days=[DAY])
    again = decide_day(home, DAY, now=NOON)
    assert again == []
    assert copied["score"].to_list() == home.lake().read(SCORED_FEEDBACK, days=[DAY])["score"].to_list()


def test_the_watch_reads_no_probes_to_decide(home: Home, visits: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    segments = home.segments()
    for prober in ("watch", "probe2"):
        publish(segments, probes(start=MORNING, outcomes=[True] * 5), replica=prober, identifier=new_identifier())
    read: list[str] = []

    def reading(self: FolderSegments, name: SegmentName) -> bytes:
        read.append(name.replica)
        return validate_body(name, self.read_unchecked(name))

    monkeypatch.setattr(FolderSegments, "read", reading)
    assert {each.session_id for each in decide_day(home, DAY, now=NOON)} == set(visits)
    assert read
    assert not {"watch", "probe2"} & set(read)


@pytest.mark.parametrize(
    "changed",
    [
        pl.col("score") + 1,
        pl.lit(None, pl.Int64).alias("score"),
    ],
    ids=["another score", "no session"],
)
def test_a_difference_between_the_paths_is_in_reward_parity(
    home: Home, visits: list[str], run: Any, changed: pl.Expr
) -> None:
    decide_day(home, DAY, now=NOON)
    assert run(DAY, tags={"pilot/as_of": NOON.isoformat()}, only=UP_TO_PARITY).success
    lake = home.lake()
    scored = lake.read(SCORED_FEEDBACK, days=[DAY])
    # The second visit says the same as the first and is held; without signals only the first is as it was.
    rewards = lake.read(REWARDS, days=[DAY]).filter(pl.col("outcome") == "eligible")
    assert rewards.height == 1
    nothing = pl.DataFrame(schema={"session_id": pl.String, "cap": pl.Int64, "held_until": pl.Datetime("us", "UTC")})
    assert reward_parity(rewards, scored, nothing)["same"].all()
    assert not reward_parity(rewards, scored.with_columns(changed), nothing)["same"].any()
    assert not reward_parity(rewards, scored.clear(), nothing)["same"].any()
    held = rewards.with_columns(outcome=pl.lit("held"), reason=pl.lit("ring"))
    assert not reward_parity(held, scored, nothing)["same"].any()
    assert reward_parity(rewards.with_columns(decided_by=pl.lit("assets")), scored, nothing).is_empty()


def test_an_undecidable_session_is_retried_after_a_pause(
    home: Home, land: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = whole_visit()
    land(story)
    session = sent(home, story)
    asked: list[date] = []
    real = overdue_rewards.decide_day
    monkeypatch.setattr(overdue_rewards, "decide_day", lambda *a, **k: asked.append(a[1]) or real(*a, **k))
    moment = [NOON + PATIENCE]
    poller = watch(home, moment)
    poller()
    poller()
    assert len(asked) == 1
    trial_slots.use(home.store(), session_id=session, cafe=home.cafes().get("aurora"))
    moment[0] += RETRY_AFTER
    poller()
    assert len(asked) == 2
    assert decisions.find(home.store(), session) is not None
    poller()
    assert len(asked) == 2


def test_erased_and_stopped_sessions_stay_undecided(home: Home, visits: list[str]) -> None:
    tombstones.add(home.store(), session_id=visits[0], actor="guest", reason="asked")
    switches.turn(home.store(), "rewards_stopped", on=True, actor="test", reason="test")
    moment = [NOON + PATIENCE]
    poller = watch(home, moment)
    poller()
    assert decisions.of_day(home.store(), DAY) == []
    switches.turn(home.store(), "rewards_stopped", on=False, actor="test", reason="test")
    moment[0] += RETRY_AFTER
    poller()
    assert [each.session_id for each in decisions.of_day(home.store(), DAY)] == visits[1:]


def test_an_unavailable_store_is_logged_and_tried_again(
    home: Home, visits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [NOON + PATIENCE]
    poller = watch(home, moment)

    def away(*_: object, **__: object) -> None:
        raise StoreAway("The store does not answer.", remedy="Wait.")

    with monkeypatch.context() as broken:
        broken.setattr(overdue_rewards.undecided, "sessions_by_day", away)
        poller()
    poller()
    assert len(decisions.of_day(home.store(), DAY)) == 2


def test_vouchers_lapse_when_their_time_is_over(home: Home, visits: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    store = home.store()
    decide_day(home, DAY, now=NOON)
    (reward,) = {each.reward_id for each in decisions.of_day(store, DAY) if each.outcome == "eligible"}
    VoucherExpiry(home)()
    assert vouchers.of_reward(store, reward).state == "issued"
    late = store.now() + timedelta(days=VOUCHER_DAYS)
    monkeypatch.setattr(store, "now", lambda: late)
    VoucherExpiry(home)()
    assert vouchers.of_reward(store, reward).state == "expired"
