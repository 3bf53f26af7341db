"""Every code is decoded and opened each night; one that cannot be used is an alert until it works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.record_lines import records_of
from operations.system import RUN_FOLDER
from operations.watch.alerts.codes import RECORDS_NAME, CodeWatcher
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import codes, switches
from tests.answering import Answer, Answering, answering

NIGHT = datetime(2026, 11, 24, 2, 31, tzinfo=UTC)  # 03:31 in Stockholm


class World:
    """A home whose guests' pages are a small server, at a moment of the test's choice."""

    def __init__(self, folder: Path, server: Answering, pages: dict[str, Answer]) -> None:
        self.home: Home = open_home(Settings(home=folder / "hem", public_url=server.url))
        self.server, self.pages, self.now = server, pages, NIGHT
        for cafe in self.home.cafes().cafe:
            code = codes.issue(self.home.store(), cafe=cafe.id, label="bord", actor="siv").code
            pages[f"/c/{code}"] = Answer(200, f"<h1>{cafe.name}</h1>".encode())
        self.watcher = CodeWatcher(self.home, clock=lambda: self.now)

    def openings(self) -> int:
        return sum(path.startswith("/c/") for _, path, _ in self.server.requests)

    def records(self) -> list[tuple[str, str]]:
        return [(each["name"], each["state"]) for each in records_of(self.home.root / RUN_FOLDER / RECORDS_NAME)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    pages: dict[str, Answer] = {}
    with answering(pages) as server:
        yield World(tmp_path, server, pages)


def test_every_code_is_checked_once_a_night(world: World) -> None:
    world.now = NIGHT - timedelta(minutes=2)
    world.watcher()
    assert world.openings() == 0
    for minutes in range(0, 60 * 20, 10):
        world.now = NIGHT + timedelta(minutes=minutes)
        world.watcher()
    assert world.openings() == 3
    world.now = NIGHT + timedelta(days=1)
    world.watcher()
    assert world.openings() == 6
    assert world.records() == []


@pytest.mark.parametrize("change", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)])
def test_a_clock_change_has_one_check_too(world: World, change: datetime) -> None:
    world.now = change - timedelta(hours=12)
    world.watcher()
    before = world.openings()
    for minutes in range(0, 60 * 20, 10):
        world.now = change + timedelta(minutes=minutes - 60)
        world.watcher()
    assert world.openings() == before + 3


def test_a_broken_code_alerts_until_it_works_again(world: World) -> None:
    path = next(iter(world.pages))
    whole = world.pages[path]
    world.pages[path] = replace(whole, status=404)
    world.watcher()
    assert world.records() == [("code_broken", "firing")]
    world.pages[path] = whole
    world.now = NIGHT + timedelta(days=1)
    world.watcher()
    assert world.records() == [("code_broken", "firing"), ("code_broken", "resolved")]


def test_a_page_that_is_away_or_in_maintenance_is_no_broken_code(world: World) -> None:
    switches.turn(world.home.store(), "maintenance", on=True, actor="siv", reason="ny disk")
    world.watcher()
    switches.turn(world.home.store(), "maintenance", on=False, actor="siv", reason="klart")
    away = CodeWatcher(
        open_home(Settings(home=world.home.root, public_url="http://127.0.0.1:9")), clock=lambda: world.now
    )
    away()
    assert world.openings() == 0 and world.records() == []
    world.watcher()
    assert world.openings() == 3
