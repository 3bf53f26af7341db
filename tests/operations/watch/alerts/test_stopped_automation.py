"""A stopped sensor or schedule is reported once, and resolved once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from operations.dagster_page import program_ticket
from operations.record_lines import records_of
from operations.system import DAGSTER_FOLDER, RUN_FOLDER
from operations.watch.alerts.stopped_automation import RECORDS_NAME, StoppedAutomationWatcher
from pilot.settings import Settings
from storage.home import Home, open_home

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


class Dagster:
    """A stand-in of Dagster's page that answers only with the home's ticket."""

    def __init__(self, home: Home) -> None:
        self.folder = home.root / DAGSTER_FOLDER
        self.states = {"new_facts": "RUNNING", "closing": "RUNNING", "by_hand": "STOPPED"}
        self.answer: httpx.Response | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not program_ticket.is_valid(self.folder, request.headers.get(program_ticket.HEADER, ""), now=NOW):
            return httpx.Response(401)
        if self.answer is not None:
            return self.answer
        sensor = {"name": "new_facts", "defaultStatus": "RUNNING", "sensorState": {"status": self.states["new_facts"]}}
        schedules = [
            {"name": name, "defaultStatus": default, "scheduleState": {"status": self.states[name]}}
            for name, default in (("closing", "RUNNING"), ("by_hand", "STOPPED"))
        ]
        nodes = [{"sensors": [sensor], "schedules": schedules}]
        return httpx.Response(200, json={"data": {"repositoriesOrError": {"nodes": nodes}}})


def reported(home: Home) -> list[tuple[str, str, str]]:
    records = records_of(home.root / RUN_FOLDER / RECORDS_NAME)
    return [(one["subject"], one["state"], one["severity"]) for one in records]


def watcher(home: Home, dagster: Dagster) -> StoppedAutomationWatcher:
    return StoppedAutomationWatcher(home, clock=lambda: NOW, transport=httpx.MockTransport(dagster))


def test_a_stopped_sensor_and_schedule_are_reported_once_and_resolved(home: Home) -> None:
    dagster = Dagster(home)
    watch = watcher(home, dagster)
    watch()
    assert reported(home) == []
    dagster.states |= {"new_facts": "STOPPED", "closing": "STOPPED"}
    watch()
    watch()
    firing = [("new_facts", "firing", "high"), ("closing", "firing", "high")]
    assert reported(home) == firing
    dagster.states["new_facts"] = "RUNNING"
    watcher(home, dagster)()  # also after a restart of the watch
    assert reported(home) == [*firing, ("new_facts", "resolved", "high")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": None}),
        httpx.Response(200, json={"data": {"repositoriesOrError": {"nodes": []}}}),  # no code server
        httpx.Response(200, json={"data": {"repositoriesOrError": {"__typename": "PythonError"}}}),
        httpx.Response(200, json={"data": {"repositoriesOrError": {"nodes": [{"sensors": None}]}}}),
    ],
)
def test_an_answer_without_states_neither_reports_nor_resolves(home: Home, answer: httpx.Response) -> None:
    dagster = Dagster(home)
    dagster.states["closing"] = "STOPPED"
    watch = watcher(home, dagster)
    watch()
    dagster.answer = answer
    watch()
    assert reported(home) == [("closing", "firing", "high")]
