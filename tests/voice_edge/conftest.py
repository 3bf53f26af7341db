"""Fixtures: a home, and replicas of the edge on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pilot.settings import Settings
from pipelines.language.reader import read
from storage.home import Home, open_home
from storage.store.cafes import codes as stored_codes
from tests.voice_edge.replicas import Replica, running_replica
from tests.voice_edge.stand_ins import recognised
from voice_edge.hearing.transcript import Transcript

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def warm_reader() -> None:
    """Load the language model once, because a replica that stops waits for its danger reports."""
    read(["Kaffet var gott."])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml"))
    stored_codes.issue(opened.store(), cafe="aurora", label="table", actor="test")
    return opened


@pytest.fixture
def heard() -> Callable[..., Transcript]:
    """Return a maker of recognitions."""
    return recognised


@pytest.fixture
def running(home: Home) -> Callable[..., Any]:
    """Return a maker of replicas over one home."""
    return lambda **options: running_replica(home, **options)


@pytest.fixture
async def replica(home: Home) -> AsyncIterator[Replica]:
    async with running_replica(home) as opened:
        yield opened
