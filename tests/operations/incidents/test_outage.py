"""An outage from the watch's rounds in virtual time: opened, managers notified after 15 minutes, over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.incidents.outage import OutageWatcher
from operations.incidents.root_cause import clock_line, root_cause
from operations.system import CHECKOUT
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import switches
from storage.store.incidents import incidents, notices
from storage.store.incidents.incidents import Incident

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
ALL = ("aurora", "malmohuset", "goteborg")


class Watched:
    """A home whose watch runs a round every half a minute, in virtual time."""

    def __init__(self, home: Home, *, now: datetime = NOON) -> None:
        self.home, self.now = home, now
        self.watcher = OutageWatcher(home, clock=lambda: self.now)
        self.store = home.store()
        self.store.now = lambda: self.now

    def rounds(self, minutes: float, *, failed: tuple[str, ...] = ()) -> None:
        for _ in range(round(minutes * 2)):
            beat = {"at": self.now.isoformat(), "failed": list(failed), "probed": 3}
            (self.home.root / ".run").mkdir(exist_ok=True)
            (self.home.root / ".run/watch.json").write_text(json.dumps(beat))
            self.watcher()
            self.now += timedelta(seconds=30)

    @property
    def open(self) -> list[Incident]:
        return incidents.latest(self.store, only_open=True)

    def texts(self) -> list[tuple[str, str]]:
        return [(each.cafe, each.kind) for one in self.open for each in notices.notices_of(self.store, one.id)]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    settings = Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml", status_url="https://status.example")
    home = open_home(settings)
    store = home.store()
    home.store = lambda: store  # type: ignore[method-assign] # one store, for its clock
    return Watched(home)


def test_an_outage_is_opened_after_two_minutes_from_its_first_failed_round(watched: Watched) -> None:
    watched.rounds(5)
    watched.rounds(2, failed=ALL)
    assert watched.open == []
    watched.rounds(0.5, failed=ALL)
    one = watched.open[0]
    assert (one.kind, one.severity, one.cafes) == ("down", 1, ALL)
    assert one.detected_at == NOON + timedelta(minutes=5)
    assert "Tjänsten ligger nere" in (watched.home.root / ".status/index.html").read_text()
    watched.rounds(10, failed=ALL)
    assert len(watched.open) == 1


@pytest.mark.parametrize(("minutes", "expected"), [(15, []), (15.5, [("aurora", "down")]), (40, [("aurora", "down")])])
def test_managers_of_affected_cafes_are_notified_once_after_15_minutes(
    watched: Watched, minutes: float, expected: list[tuple[str, str]]
) -> None:
    watched.rounds(minutes, failed=("aurora",))
    assert watched.texts() == expected
    assert watched.open[0].severity == 2
    for each in notices.notices_of(watched.store, watched.open[0].id):
        assert each.message == (
            "Driftstörning: gäster på Café Aurora kan inte lämna svar sedan kl. 12.00. Vi arbetar med felet. "
            "Du behöver inte göra något. Läget: https://status.example"
        )


def test_a_short_outage_sends_nothing_and_stays_open_for_its_cause(watched: Watched) -> None:
    watched.rounds(6, failed=ALL)
    watched.rounds(30)
    assert watched.texts() == []
    kinds = [each.kind for each in incidents.timeline(watched.store, watched.open[0].id)]
    assert kinds == ["opened", "recovered"]
    page = (watched.home.root / ".status/index.html").read_text()
    assert "Allt fungerar</h1>" in page and "Felet är avhjälpt." in page


def test_managers_read_when_it_is_over_and_a_relapse_is_noted(watched: Watched) -> None:
    watched.rounds(20, failed=ALL)
    watched.rounds(6)
    assert watched.texts() == [*((cafe, "down") for cafe in ALL), *((cafe, "over") for cafe in ALL)]
    over = notices.notices_of(watched.store, watched.open[0].id)[-1]
    assert over.message.startswith("Nu kan gäster på Göteborg Café lämna svar igen.")
    assert "från kl. 12.00 till kl. 12.20" in over.message
    watched.rounds(3, failed=("aurora",))
    assert incidents.timeline(watched.store, watched.open[0].id)[-1].kind == "relapsed"
    assert len(watched.texts()) == 6


def test_maintenance_is_no_outage(watched: Watched) -> None:
    switches.turn(watched.store, "maintenance", on=True, actor="siv", reason="new disk")
    watched.rounds(60, failed=ALL)
    assert watched.open == []
    switches.turn(watched.store, "maintenance", on=False, actor="siv", reason="done")
    watched.rounds(2, failed=ALL)
    assert watched.open == []  # The time counts from the end of maintenance.
    watched.rounds(1, failed=ALL)
    assert len(watched.open) == 1


@pytest.mark.parametrize("content", ["", "{}", '{"at": "x", "failed": []}', "[]", None])
def test_a_heartbeat_that_says_nothing_opens_nothing(watched: Watched, content: str | None) -> None:
    if content is not None:
        (watched.home.root / ".run").mkdir(exist_ok=True)
        (watched.home.root / ".run/watch.json").write_text(content)
    for _ in range(20):
        watched.watcher()
        watched.now += timedelta(minutes=1)
    assert watched.open == []


def test_a_watch_that_starts_anew_goes_on_with_the_open_incident(watched: Watched) -> None:
    watched.rounds(10, failed=ALL)
    watched.watcher = OutageWatcher(watched.home, clock=lambda: watched.now)
    watched.rounds(6, failed=ALL)
    assert len(watched.open) == 1 and len(watched.texts()) == 3


def test_the_root_cause_is_filled_in_from_the_timeline(watched: Watched) -> None:
    one = incidents.open_incident(
        watched.store,
        kind="security",
        severity=1,
        title="A till | was stolen",
        cafes=["aurora"],
        actor="siv",
        detected_at=NOON - timedelta(minutes=30),
    )
    watched.now += timedelta(minutes=45)
    entries = incidents.timeline(watched.store, one.id)
    text = root_cause(one, entries=entries, actions=[], notices=[], now=watched.now)
    assert "Detected 2026-11-23 11:30 +0100, recorded 30 min later by siv; open for 75 min." in text
    assert "| 2026-11-23 12:00 +0100 | siv | opened | A till / was stolen |" in text
    assert "before 2026-11-26 11:30 +0100, 72 hours after the detection" in text and "Not notified yet." in text
    assert "notify IMY before 2026-11-26 11:30 +0100, 71 h left" in clock_line(one, now=watched.now, notified=False)
    late = clock_line(one, now=NOON + timedelta(hours=80), notified=False)
    assert late.startswith("DATA PROTECTION: the 72 hours passed 8 h ago")
    assert "is notified" in clock_line(one, now=watched.now, notified=True)
