"""`pilot payout`: rewards frozen by a restore are listed, booked as redeemed, or released."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payouts.deciding import issuer
from payouts.reconciling import pay_day
from storage.home import Home
from storage.store import audit
from storage.store.payouts import batches, claims, recovery
from storage.store.rewards import decisions, freezing, redemptions, vouchers
from storage.store.rewards.redemptions import RedeemedReward
from tests.cli.conftest import Pilot
from tests.cli.test_commands import opened
from tests.cli.test_payout import decided
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import LIMITS

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return opened(tmp_path)


def restored(home: Home) -> None:
    recovery.recover(home.store(), [], issuer=issuer(home.secret()), recovered_to=AT, actor="restore")


def reward_of(home: Home, session: str) -> str:
    decision = decisions.find(home.store(), session)
    assert decision is not None
    return decision.reward_id


def actions(home: Home) -> list[tuple[str, str]]:
    return [(each.action, each.reason) for each in audit.recent(home.store(), 4)]


def test_a_frozen_reward_is_listed_shown_and_released_by_its_reference(pilot: Pilot, home: Home) -> None:
    one = decided(home, held=False)
    assert pilot("payout", "frozen").stdout == "No reward is frozen.\n"
    restored(home)
    assert "1 frozen by a restore: pilot payout frozen" in pilot("payout", "list").stdout
    listed = pilot("payout", "frozen").stdout
    assert f"{one.session_id} aurora 30\u00a0kr frozen" in listed
    assert "pilot payout release-frozen" in listed
    found = json.loads(pilot("payout", "frozen", "--json").stdout)
    assert [each["session_id"] for each in found["frozen"]] == [one.session_id]
    assert "the voucher may have been redeemed already" in pilot("payout", "show", "H7KM3Q").stdout
    refused = pilot("payout", "release", "H7KM3Q", "--reason", " ")
    assert refused.exit_code == 1
    assert "The reason is empty" in refused.stderr
    done = pilot("payout", "release", "H7KM3Q", "--reason", "On no till's list")
    assert (done.exit_code, done.stdout) == (0, "1 of 1 frozen rewards are released.\n")
    assert ("reward.thaw", "On no till's list") in actions(home)
    assert pilot("payout", "frozen").stdout == "No reward is frozen.\n"


def test_a_reward_on_the_tills_list_is_booked_as_redeemed(pilot: Pilot, home: Home) -> None:
    one = decided(home, held=False)
    early = pilot("payout", "redeemed", one.session_id, "--reason", "On the list")
    assert early.exit_code == 1
    assert "The reward is not frozen" in early.stderr
    restored(home)
    done = pilot("payout", "redeemed", one.session_id, "--reason", "On Tuesday's list")
    assert done.exit_code == 0
    assert "is booked as redeemed: 30\u00a0kr to aurora" in done.stdout
    voucher = vouchers.of_reward(home.store(), reward_of(home, one.session_id))
    assert voucher is not None
    assert voucher.state == "redeemed"
    assert ("reward.found_redeemed", "On Tuesday's list") in actions(home)
    assert pilot("payout", "audit").exit_code == 0


def test_all_frozen_rewards_are_released_at_once_after_a_dry_run(pilot: Pilot, home: Home) -> None:
    for reference in ("H7KM3Q", "H7KM3R"):
        decided(home, held=False, reference=reference)
    restored(home)
    tried = pilot("payout", "release-frozen", "--reason", "Compared", "--dry-run").stdout
    assert tried == "2 rewards, 60\u00a0kr, would be released.\n"
    assert len(freezing.frozen_rewards_of(home.store())) == 2
    done = pilot("payout", "release-frozen", "--reason", "Compared").stdout
    assert done == "2 of 2 frozen rewards (60\u00a0kr) are released.\n"
    assert freezing.frozen_rewards_of(home.store()) == []


def test_a_payout_held_by_a_restore_is_released_with_its_rewards(pilot: Pilot, home: Home) -> None:
    one, store = decided(home, held=False), home.store()
    who = claims.recipient(store, rail="memory", account="acct_1", simulated=True)
    claims.claim(store, reward_of(home, one.session_id), by=who)
    pay_day(store, MemoryRail(now=store.now), AT.date(), simulated=True, limits=LIMITS, actor="test")
    restored(home)
    (payout,) = batches.instructions(store)
    assert "the store was restored" in pilot("payout", "show", payout.id).stdout
    assert pilot("payout", "release", payout.id, "--reason", "On no list").exit_code == 0
    assert [each.state for each in batches.instructions(store)] == ["planned"]
    assert freezing.frozen_rewards_of(store) == []


def test_a_store_put_back_by_hand_is_recovered_by_a_command(pilot: Pilot, home: Home) -> None:
    decided(home, held=False)
    done = pilot("payout", "recover", "--reason", "The database was put back to Tuesday")
    assert done.stdout.splitlines()[0] == "0 redemptions were booked; 0 wait for their reward."
    assert "1 rewards are frozen" in done.stdout
    assert ("store.put_back", "The database was put back to Tuesday") in actions(home)


def test_a_skipped_release_says_why(pilot: Pilot, home: Home) -> None:
    one = decided(home, held=False)
    restored(home)
    reward = reward_of(home, one.session_id)
    with home.store().begin() as connection:
        redemptions.keep(connection, [RedeemedReward(reward, reward, "aurora", one.simulated, 3000, AT)])
    for command in (["release", "H7KM3Q"], ["release-frozen"]):
        done = pilot("payout", *command, "--reason", "Compared").stdout
        assert done.startswith("0 of 1 frozen rewards")
        assert "1 stay frozen: each was redeemed after the backup and is not booked yet." in done
    assert pilot("payout", "redeemed", one.session_id, "--reason", "On the list").exit_code == 0
    assert freezing.frozen_rewards_of(home.store()) == []
