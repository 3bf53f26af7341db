"""The weekly maintenance announces, silences, runs every step and takes both back, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from operations.checks.finding import Finding, judged
from operations.system import RUN_FOLDER
from operations.weekly.due import FINISHED, STARTED
from operations.weekly.maintenance import ENGLISH, STEP, MaintenanceRuns, read_state, run_week
from operations.weekly.silence import Silence, begin_silence, current_silence
from operations.weekly.steps import Step
from pilot.errors import PilotError
from storage.home import Home
from storage.store import audit
from storage.store.incidents.public_status import find_status, set_status

NOW = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


def step(name: str, run: Callable[[], object] = lambda: None) -> Step:
    def finding() -> Finding:
        found = run()
        return found if isinstance(found, Finding) else judged(name, ok=True, found="done")

    return Step(name, "does something", finding)


def actions(home: Home) -> list[tuple[str, str]]:
    return [(each.action, each.subject) for each in reversed(audit.recent(home.store(), 50)) if "weekly" in each.action]


def run(home: Home, *steps: Step) -> list[tuple[str, str]]:
    ticks = iter(range(100))
    done = run_week(home, steps, now=NOW, actor="test", timer=lambda: float(next(ticks)))
    return [(each.finding.name, each.finding.state) for each in done]


def test_it_is_announced_and_alerts_are_silenced_only_while_it_runs(home: Home) -> None:
    seen = []

    def inside() -> None:
        status = find_status(home.store())
        silence = current_silence(home.root / RUN_FOLDER, now=NOW)
        seen.append((status and (status.level, status.text_en), silence and silence.actor))

    run(home, step("a", inside))
    assert seen == [(("ok", ENGLISH), "test")]
    assert find_status(home.store()) is None
    assert current_silence(home.root / RUN_FOLDER, now=NOW) is None


def test_a_failing_step_stops_no_other_and_each_is_recorded_with_its_time(home: Home) -> None:
    def refuse() -> None:
        raise PilotError("The tool refused.", remedy="Call it again.")

    def surprise() -> None:
        raise ZeroDivisionError

    done = run(home, step("a", refuse), step("b", surprise), step("c"))
    assert done == [("a", "not_ok"), ("b", "not_ok"), ("c", "ok")]
    opening = "2026-11-29T01:00:00+00:00"
    assert actions(home) == [(STARTED, opening), (STEP, "a"), (STEP, "b"), (STEP, "c"), (FINISHED, opening)]
    entries = {each.subject: each for each in reversed(audit.recent(home.store(), 50))}
    assert entries["a"].details["finding"]["remedy"] == "Call it again."
    assert entries["c"].details["seconds"] == 1.0
    assert entries[opening].details["failed"] == ["a", "b"]
    assert read_state(home)["finished"] is True


def test_a_run_that_died_is_continued_and_its_good_steps_are_not_repeated(home: Home) -> None:
    ran: list[str] = []

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        run(
            home,
            step("a", lambda: ran.append("a")),
            step("b", lambda: judged("b", ok=False, found="no")),
            step("c", die),
        )
    assert current_silence(home.root / RUN_FOLDER, now=NOW) is None
    assert find_status(home.store()) is None
    again = [step(name, lambda name=name: ran.append(name)) for name in "abc"]
    assert run(home, *again) == [("a", "ok"), ("b", "ok"), ("c", "ok")]
    assert ran == ["a", "b", "c"]
    run(home, *again)  # It has ended: by hand all of it runs again.
    assert ran == ["a", "b", "c", "a", "b", "c"]


def test_a_silence_ends_by_itself_if_the_process_was_killed(home: Home) -> None:
    folder = home.root / RUN_FOLDER
    folder.mkdir(exist_ok=True)
    begin_silence(folder, Silence(NOW, NOW + timedelta(hours=2), "test", "maintenance"))
    assert current_silence(folder, now=NOW + timedelta(minutes=119)) is not None
    assert current_silence(folder, now=NOW + timedelta(minutes=120)) is None
    (folder / "silence.json").write_text("{", encoding="utf-8")
    assert current_silence(folder, now=NOW) is None


def test_the_words_of_a_person_on_the_status_page_are_left(home: Home) -> None:
    set_status(home.store(), level="degraded", text_sv="Kuponger dröjer.", text_en="Late.", actor="lo", reason="till")
    run(home, step("a"))
    said = find_status(home.store())
    assert said is not None
    assert said.text_sv == "Kuponger dröjer."


def test_it_never_runs_twice_at_once(home: Home) -> None:
    holding, leave = threading.Event(), threading.Event()

    def wait() -> None:
        holding.set()
        leave.wait(60)

    other = threading.Thread(target=run, args=(home, step("a", wait)))
    other.start()
    try:
        assert holding.wait(60)
        with pytest.raises(MaintenanceRuns):
            run(home, step("a"))
    finally:
        leave.set()
        other.join(60)
    assert run(home, step("a")) == [("a", "ok")]
