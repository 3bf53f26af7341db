"""A Sail for all tests of this folder, and a home with a simulated day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pilot.cafes import Cafes, parse_cafes
from pilot.settings import read_settings
from proving.simulator.landing_days import write_large_day
from proving.simulator.large_days import LargeDay
from proving.simulator.many_cafes import many_cafes
from storage.home import Home, open_home
from storage.spark.engine import SparkEngine
from tests.sail_server import Sail, running_sail

DAY = date(2026, 9, 1)
GUESTS = 1_500
CAFES = 20


@pytest.fixture(scope="session")
def sail() -> Iterator[Sail]:
    with running_sail() as running:
        yield running


@pytest.fixture(scope="session")
def engine(sail: Sail) -> Iterator[SparkEngine]:
    opened = SparkEngine(sail.address)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def cafes() -> Cafes:
    return many_cafes(parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml"), count=CAFES)


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory, cafes: Cafes) -> Home:
    """A home with the raw events of one day, to be read only."""
    folder = tmp_path_factory.mktemp("simulated") / "home"
    home = open_home(read_settings({"PILOT_HOME": str(folder)}), kind="demo")
    write_large_day(home, LargeDay(cafes=cafes, day=DAY, seed=1, guests=GUESTS))
    return home
