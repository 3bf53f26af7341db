"""One script in small: what it takes, and what the guests beside it are paid."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipelines.signals.networks import MANY_AN_HOUR, OTHERS_OPEN
from tests.attacks.one_script import SCRIPTS, Typist, addresses, answers, attack, new_home, scripted

FAST, TEN_AT_ONCE, IN_A_ROW, WAVES, _ = SCRIPTS
SESSIONS = 30  # whole waves of each script


async def test_a_fast_script_earns_nothing_and_uses_up_no_trial(tmp_path: Path) -> None:
    typists = scripted(FAST, at=addresses(1))[:30]
    takings = await attack(new_home(tmp_path / "home", trial=35), typists)
    assert takings.sent == 30
    assert takings.eligible == 0
    assert takings.slots == 0


@pytest.mark.parametrize(("script", "most"), [(TEN_AT_ONCE, 3 * OTHERS_OPEN), (IN_A_ROW, 7), (WAVES, MANY_AN_HOUR)])
async def test_a_patient_script_earns_a_bounded_number(tmp_path: Path, script, most: int) -> None:
    takings = await attack(new_home(tmp_path / "home"), scripted(script, at=addresses(1))[:SESSIONS])
    assert takings.sent == SESSIONS
    assert takings.eligible <= most
    assert takings.eligible + takings.held >= SESSIONS - 5  # The scorer finds a few of the answers too thin.


async def test_twenty_guests_on_one_wifi_are_paid_through_the_real_edge(tmp_path: Path) -> None:
    rng = random.Random(7)
    guests = [
        Typist(
            opens_s=opens,
            address="203.0.113.7",
            user_agent=f"Safari {number % 4}",
            text=answers()[number],
            characters_per_second=rng.uniform(2.5, 7),
            reads_s=rng.uniform(2, 10),
        )
        for number, opens in enumerate(sorted(rng.uniform(0, 3600) for _ in range(20)))
    ]
    takings = await attack(new_home(tmp_path / "home"), guests)
    assert (takings.sent, takings.held) == (20, 0)
    assert takings.eligible >= 18  # The scorer finds one or two of the answers too thin.


async def test_ten_addresses_of_one_script_are_bounded_by_the_cafe(tmp_path: Path) -> None:
    takings = await attack(new_home(tmp_path / "home"), scripted(WAVES, at=addresses(10), seconds=60)[:40])
    assert takings.eligible <= 34
