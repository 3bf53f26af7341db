"""Fixtures of a replica with a public address, at which opening hours apply."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pilot.business_days import at_local
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import codes as stored_codes
from tests.waiting import DEADLINE_SECONDS

CHECKOUT = Path(__file__).parents[2]
PHONE = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(
        Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml", public_url="https://pilot.example")
    )
    stored_codes.issue(opened.store(), cafe="aurora", label="table", actor="test")
    return opened


@pytest.fixture
async def client(replica):
    async with httpx.AsyncClient(
        base_url=replica.url, headers={"accept": "text/html"}, timeout=DEADLINE_SECONDS
    ) as opened:
        yield opened


@pytest.fixture
def aurora(replica):
    return replica.edge.cafe("aurora")


@pytest.fixture
def at(replica):
    """Return a function that sets the replica's clock to a local time."""

    def set_to(text: str) -> None:
        moment = datetime.fromisoformat(text)
        replica.clock._begin = at_local(moment.date(), moment.time()) - timedelta(seconds=replica.clock.monotonic())

    return set_to


@pytest.fixture
def board(replica):
    """Return the function that refreshes the board now."""
    return replica.edge.doors.board.refresh


@pytest.fixture
def with_trial(replica):
    """Return a function that changes Aurora's trial in the replica."""

    def change(limit: int, on_limit: str = "stop") -> None:
        edge = replica.edge
        cafes = tuple(
            cafe.model_copy(update={"trial_limit": limit, "on_trial_limit": on_limit}) if cafe.id == "aurora" else cafe
            for cafe in edge.cafes.cafe
        )
        changed = edge.cafes.model_copy(update={"cafe": cafes})
        edge.cafes = edge.doors.board._cafes = edge.doors.trials._cafes = changed

    return change
