"""Complaints before and after an action, read for all cases at once, as counted case by case."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlalchemy import insert

from pilot.lake_tables.tables import SCORED_FEEDBACK
from pilot.settings import Settings
from pipelines.cases.aftermath import aftermath
from pipelines.cases.feedback_claims import DAYS_A_WEEK, FEEDBACK_COLUMNS, monday_of
from reports import case_readings
from reports.case_readings import cases_read
from reports.scope import Scope
from storage.home import Home, open_home
from storage.store.schemas.cases import cases

ACTED = datetime(2026, 12, 2, 9, tzinfo=ZoneInfo("Europe/Stockholm"))


@pytest.fixture
def home(reported_home: Home, tmp_path: Path) -> Home:
    shutil.copytree(reported_home.root, tmp_path / "home")
    opened = open_home(Settings(home=tmp_path / "home"))
    rows = [
        {"id": f"{cafe}-{theme}", "cafe": cafe, "simulated": False, "subject": theme, "origin": "proposal"}
        | {"week": date(2026, 11, 23), "owner": "", "status": "done", "opened_at": ACTED - timedelta(days=4)}
        | {"first_action_at": ACTED, "closed_at": ACTED, "note": "Gjort", "said": "", "answer": ""}
        | {"answer_language": "sv"}
        for cafe in ("aurora", "goteborg")
        for theme in ("queue", "coffee", "noise")
    ]
    with opened.store().begin() as connection:
        connection.execute(insert(cases), rows)
    return opened


def test_the_complaints_are_those_of_each_case_by_itself(home: Home, scope: Scope) -> None:
    found = cases_read(home, scope, until=ACTED + timedelta(days=20))["changes"]
    feedback = home.lake().read(SCORED_FEEDBACK, columns=(*FEEDBACK_COLUMNS, "cafe", "simulated"))
    week = monday_of(ACTED.date())
    assert len(found) == 6 and any(each["before"][0] for each in found)
    for each in found:
        mine = feedback.filter((pl.col("cafe") == each["cafe"]) & ~pl.col("simulated"))
        before = aftermath(mine, theme=each["theme"], week=week).before
        after = aftermath(mine, theme=each["theme"], week=week + timedelta(days=DAYS_A_WEEK)).after
        assert each["before"] == [before.complaints, before.feedbacks]
        assert each["after"] == [after.complaints, after.feedbacks]


def test_of_very_many_actions_the_themes_sums_are_read(
    home: Home, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = cases_read(home, scope, until=ACTED + timedelta(days=20))["changes"]
    monkeypatch.setattr(case_readings, "MOST_CHANGES", 5)
    monkeypatch.setattr(case_readings, "_is_over", lambda case, scope: True)
    found = cases_read(home, scope, until=ACTED + timedelta(days=20))
    assert (found["changes"], found["changed"]) == ([], 6)
    for row in found["themes"]:
        mine = [one for one in each if one["theme"] == row["theme"]]
        assert row["cases"] == len(mine) == 2
        assert row["before"] == [sum(one["before"][place] for one in mine) for place in (0, 1)]
        assert row["difference"] is None  # two cases have no variance worth an interval
