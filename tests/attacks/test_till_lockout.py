"""The attack on the till: known tills never wait, and strangers get few guesses from many addresses."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.attacks.till_lockout import PINS, attack_new_replica
from voice_edge.doors.rates import DAY, HOUR, RATES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("strangers", [1, 6])
async def test_wrong_pins_from_a_few_addresses_lock_no_till_but_one_new_at_theirs(
    tmp_path: Path, strangers: int
) -> None:
    found = await attack_new_replica(tmp_path / "home", strangers=strangers)
    waiting = {name for name, minutes in found.waits.items() if minutes}
    assert waiting == {"new till, on the attacked Wi-Fi"}
    assert found.waits["new till, on the attacked Wi-Fi"] <= 10


async def test_many_addresses_get_a_bounded_number_of_guesses_and_lock_no_known_till(tmp_path: Path) -> None:
    begun = time.time() // HOUR
    found = await attack_new_replica(tmp_path / "home", strangers=40, tries=3)
    if time.time() // HOUR != begun:  # The limiter's window follows the clock, and turned meanwhile.
        found = await attack_new_replica(tmp_path / "again", strangers=40, tries=3)
    first, others = RATES["till_first_pins_of_cafe"].times, RATES["till_pins_of_cafe"].times
    assert found.checked <= first + others
    known = [minutes for name, minutes in found.waits.items() if not name.startswith("new till, ")]
    assert len(known) == 3 and not any(known)


def test_guessing_a_pin_takes_most_of_a_year_on_average() -> None:
    rates = (RATES["till_first_pins_of_cafe"], RATES["till_pins_of_cafe"])
    guesses_a_day = sum(rate.times * DAY // rate.seconds for rate in rates)
    assert guesses_a_day == 2160 and all(rate.seconds == HOUR for rate in rates)
    assert PINS / 2 / guesses_a_day > 230


def test_guessing_with_marks_of_known_tills_takes_months_on_average() -> None:
    rates = [rate for scope, rate in RATES.items() if scope.endswith("pins_of_cafe")]
    guesses_a_day = sum(rate.times * DAY // rate.seconds for rate in rates)
    assert guesses_a_day == 3600
    assert PINS / 2 / guesses_a_day > 138
