"""What follows the pilot: priorities, more cafés, changed procedures, the managers' answers."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from pilot.settings import Settings
from pilot.survey import OPTIONS, periods
from pipelines.statistics.queueing import cafes_a_server
from reports.document.after_part import PLANNED_CAFES, expansion_part, priorities_part, procedures_part
from reports.document.blocks import Points, Quote, Table, words_of
from reports.document.guests_part import cases_part, survey_part
from reports.model import Model, build_model, frozen
from reports.procedures import changed_procedures
from reports.scope import Scope
from storage.home import Home, open_home
from storage.store.access import accounts
from storage.store.access.survey_answers import answer


def table(blocks: list[object]) -> Table:
    return next(block for block in blocks if isinstance(block, Table))


def planned(model: Model, *, measured: int | None, server_kr: float | None) -> Model:
    capacity = {**model["capacity"], "measured_at_once": measured} if model["capacity"] else None
    plan = capacity or {
        "most_at_once": 3, "busiest_hour_sessions": 20, "measured_at_once": measured, "bytes_a_day": 2e6,
    }  # fmt: skip
    load = {"busiest_cafe_hour": 30, "mean_seconds": 60.0, "customers_a_day": 400}
    return frozen({**model, "capacity": plan, "load": load, "inputs": {"server_kr": server_kr}})


def test_cafes_a_server_follow_from_the_measured_load_and_the_price_is_an_input(model: Model) -> None:
    one = planned(model, measured=10, server_kr=900)
    blocks = list(expansion_part(one, words_of(one, "sv")))
    carried = cafes_a_server(10, load_a_cafe=0.5)
    rows = table(blocks).rows
    assert [row[0] for row in rows] == [str(cafes) for cafes in PLANNED_CAFES]
    assert [int(row[1]) for row in rows] == [-(-cafes // carried) for cafes in PLANNED_CAFES]
    assert rows[0][2] == "300\u00a0kr"
    (inputs,) = [block for block in blocks if isinstance(block, Points)]
    assert any("30 samtal på 60 sekunder" in item and "0,50" in item for item in inputs.items)
    assert any("900\u00a0kr i månaden" in item for item in inputs.items)
    assert any("400 kunder" in item for item in inputs.items)


def test_without_a_load_test_or_a_price_nothing_is_invented(model: Model) -> None:
    bare = planned(model, measured=None, server_kr=None)
    blocks = list(expansion_part(bare, words_of(bare, "en")))
    assert not any(isinstance(block, Table) for block in blocks)
    assert any("no load test" in getattr(block, "text", "") for block in blocks)
    (inputs,) = [block for block in blocks if isinstance(block, Points)]
    assert any("price of the server was not stated" in item for item in inputs.items)


def test_troubles_are_ranked_by_guests_with_the_supports_answer(model: Model) -> None:
    troubles = {"microphone": 12, "consent": 0, "silent": 40, "closed": 40, "in_app": 3, "unheard": 0, "voucher": 1}
    steps = {"mode": "text", "opened": 100, "started": 100, "consented": 90, "answered": 80, "completed": 70}
    found = frozen({**model, "troubles": troubles, "funnel": [steps]})
    rows = table(list(priorities_part(found, words_of(found, "sv")))).rows
    assert [row[1] for row in rows] == ["40", "40", "12", "3", "1"]
    assert [row[0] for row in rows][:3] == ["Stängde sidan", "Tystnade och lämnade", "Mikrofonen spärrad"]
    assert all(row[3] for row in rows)
    lost = frozen({**found, "funnel": [steps, {**dict.fromkeys(steps, 0), "mode": "none", "opened": 25}]})
    first, second, *_ = table(list(priorities_part(lost, words_of(lost, "sv")))).rows
    assert first[:3] == ("Öppnade sidan men började inte", "25", "20,0\u00a0%")  # of all opened pages
    assert second[:3] == ("Stängde sidan", "40", "40,0\u00a0%")  # of the started sessions


def test_what_incidents_left_to_do_follows_the_troubles_the_worst_first(model: Model) -> None:
    def incident(severity: int, what: str, *, done: bool) -> dict[str, object]:
        return {
            "severity": severity,
            "detected_at": "2026-11-25T12:00:00+00:00",
            "actions": [{"what": what, "done": done}],
        }

    issues = [incident(3, "Färg", done=False), incident(1, "Disk", done=False), incident(2, "Klart", done=True)]
    found = frozen({**model, "incidents": issues, "troubles": {"silent": 2}})
    (points,) = [block for block in priorities_part(found, words_of(found, "sv")) if isinstance(block, Points)]
    assert points.items == ("Disk", "Färg")


def test_changes_of_the_runbook_are_those_of_the_period(tmp_path: Path, model: Model) -> None:
    def git(*arguments: str, day: str = "2026-11-20") -> None:
        environment = {
            "GIT_AUTHOR_DATE": f"{day}T12:00:00Z",
            "GIT_COMMITTER_DATE": f"{day}T12:00:00Z",
            "PATH": "/usr/bin:/bin",
        }
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.se")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)

    pages = tmp_path / "docs" / "operations"
    pages.mkdir(parents=True)
    git("init", "-q")
    for day, name, change in (
        ("2026-11-20", "backups.md", "Before the pilot"),
        ("2026-11-24", "restore.md", "Restore a date"),
        ("2026-11-25", "coverage.md", "Generated"),
    ):
        (pages / name).write_text(change)
        git("add", "-A", day=day)
        git("commit", "-qm", change, day=day)
    found = changed_procedures(date(2026, 11, 23), until=date(2026, 11, 29), checkout=tmp_path)
    assert found == [{"day": "2026-11-24", "change": "Restore a date"}]
    shown = frozen({**model, "procedures": found})
    (points,) = [block for block in procedures_part(shown, words_of(shown, "sv")) if isinstance(block, Points)]
    assert points.items == ("24 nov. Restore a date",)
    assert changed_procedures(date(2026, 11, 23), until=date(2026, 11, 29), checkout=tmp_path / "nowhere") is None


@pytest.fixture(scope="module")
def answered(reported_home: Home, scope: Scope, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return the model of a home in which a manager has answered the survey."""
    root = tmp_path_factory.mktemp("answered") / "home"
    shutil.copytree(reported_home.root, root)
    home = open_home(Settings(home=root))
    account = accounts.invite(
        home.store(), email="m@example.se", role="manager", cafes=["aurora"], known_cafes=["aurora"], actor="test"
    )
    chosen: dict[str, str] = {question: options[-1] for question, options in OPTIONS.items()}
    period = periods(home.cafes().pilot)[0].first
    answer(home.store(), account.id, period=period, answers=chosen, comment="Större skylt vid dörren", simulated=False)
    return build_model(home, scope)


def test_a_managers_answers_and_own_words_are_in_the_report(answered: Model) -> None:
    blocks = list(survey_part(answered, words_of(answered, "sv")))
    rows = dict(table(blocks).rows)
    assert "Stämmer helt (" in rows["Det gästerna säger hjälper oss att göra kaféet bättre."]
    assert len(rows) == len(OPTIONS)
    quotes = [block for block in blocks if isinstance(block, Quote)]
    assert ("Större skylt vid dörren", "Café Aurora") in [(each.text, each.by) for each in quotes]
    assert "m@example.se" not in str(answered)


def test_complaints_before_and_after_an_action_stand_beside_it_without_a_cause(model: Model) -> None:
    change = {
        "cafe": "aurora", "theme": "queue", "status": "done", "note": "Öppnade en andra kassa", "before": [12, 80],
        "after": [5, 90], "difference": [-0.18, -0.014], "week_after": "2026-12-07", "complete": True,
    }  # fmt: skip
    cases = {**model["cases"], "cases": 4, "done": 1, "changes": [change], "first_action_hours": [5.5, 2.0, None]}
    found = frozen({**model, "cases": {**cases, "replies": 9, "better": [0.6, 0.35, 0.8]}})
    blocks = list(cases_part(found, words_of(found, "sv")))
    assert table(blocks).rows == (
        ("Café Aurora", "Kö", "Öppnade en andra kassa", "12 av 80", "5 av 90", "−18…−1\u00a0%-e"),
    )
    texts = " ".join(getattr(block, "text", "") for block in blocks)
    for words in (
        "inom 5,5 timmar (spann: minst 2,0)",
        "tyckte 60\u00a0% att det blivit bättre",
        "visar inte att åtgärden är orsaken",
    ):
        assert words in texts
