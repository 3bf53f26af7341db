"""A demo's vouchers are redeemed and refused at the stated rates, at believable moments."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilot.business_days import at_local, business_day
from pilot.cafes import parse_cafes
from pilot.opening_hours import hours_on
from proving.simulator import chances
from proving.simulator.rewarding import Tap, taps

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
ISSUED = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
GUESTS = 4_000


def drawn(seed: int = 1, *, issued: datetime = ISSUED) -> list[list[Tap]]:
    return [
        taps(random.Random(f"{seed}:{n}"), cafes=CAFES, cafe=CAFES.get("aurora"), code_hash=str(n), issued_at=issued)
        for n in range(GUESTS)
    ]


def test_vouchers_are_redeemed_failed_and_refused_at_the_stated_rates() -> None:
    made = [each for each in drawn() if each]
    assert len(made) / GUESTS == pytest.approx(chances.SHARE_REDEEMED, abs=0.03)
    failed = sum(each[0].fails for each in made) / len(made)
    elsewhere = sum(each[0].cafe != "aurora" for each in made) / len(made)
    assert failed == pytest.approx(chances.SHARE_TAP_FAILED, abs=0.006)
    assert elsewhere == pytest.approx(chances.SHARE_TAP_ELSEWHERE, abs=0.006)
    assert all(each[-1].cafe == "aurora" and not each[-1].fails for each in made)


@pytest.mark.parametrize("hour", [0, 6, 12, 17, 23])
def test_every_tap_is_after_the_voucher_and_within_opening_hours(hour: int) -> None:
    issued = ISSUED.replace(hour=hour)
    for tap in (tap for each in drawn(issued=issued) for tap in each):
        assert tap.at >= issued
        day = business_day(tap.at)
        window = hours_on(CAFES.get("aurora"), day).window
        assert window is not None
        assert at_local(day, window[0]) <= tap.at <= at_local(day, window[1])


def test_some_redeem_during_the_visit_and_others_on_later_days() -> None:
    firsts = [each[0].at - ISSUED for each in drawn() if each]
    at_once = sum(waited < timedelta(hours=1) for waited in firsts) / len(firsts)
    assert at_once == pytest.approx(chances.SHARE_REDEEMED_AT_ONCE, abs=0.03)
    assert max(firsts) < timedelta(days=75)


def test_the_same_seed_gives_the_same_taps() -> None:
    assert drawn() == drawn()
    assert drawn(2) != drawn()
