"""Fixtures of guests with vouchers, and a till."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from payouts.deciding import decide_sessions
from payouts.till_sign_in import pin_hash
from payouts.voucher_codes import voucher_code
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import codes as stored_codes
from storage.store.rewards import till_pins, vouchers
from tests.payouts.test_deciding import candidate
from tests.voice_edge.public_replica import CHECKOUT
from tests.waiting import DEADLINE_SECONDS

PIN = "402913"
SAME_SITE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def home(tmp_path) -> Home:
    opened = open_home(
        Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml", public_url="https://pilot.example")
    )
    stored_codes.issue(opened.store(), cafe="aurora", label="table", actor="test")
    return opened


@pytest.fixture
def pin(home: Home):
    secret = home.secret()

    def made(digits: str = PIN) -> None:
        till_pins.replace(
            home.store(),
            "aurora",
            pin_hash=lambda number: pin_hash(secret, cafe="aurora", number=number, pin=digits),
            actor="test",
            reason="test",
        )

    made()
    return made


@pytest.fixture
def reward(home: Home, replica):
    """Return a function that decides on a session and returns the decision, voucher and code."""

    home.store().now = replica.clock.now

    def decided(**changes: object):
        defaults = {"session_id": "guest-1", "cafe": "aurora", "simulated": True, "score": 90, "counted_score": 90}
        one = candidate(**(defaults | changes))
        (decision,) = decide_sessions(home.store(), [one], cafes=home.cafes(), secret=home.secret(), decided_by="watch")
        voucher = vouchers.of_reward(home.store(), decision.reward_id)
        return decision, voucher, voucher_code(home.secret(), decision.reward_id, 1)

    return decided


@pytest.fixture
async def till(replica, pin):
    async with httpx.AsyncClient(
        base_url=replica.url, headers={"accept": "text/html", **SAME_SITE}, timeout=DEADLINE_SECONDS
    ) as opened:
        yield opened


@pytest.fixture
async def signed_in(till):
    answer = await till.post("/till/aurora/sign-in", data={"pin": PIN, "code": ""})
    assert answer.status_code == 303
    return till


@pytest.fixture
def later(replica):
    """Return a function that advances the replica's clock."""

    def move(by: timedelta) -> None:
        replica.clock.jump(by.total_seconds())

    return move
