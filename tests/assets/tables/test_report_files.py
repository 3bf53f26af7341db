"""The monthly report: the files of the newest reported day, and none before there is one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.automation.schedules import REPORT_AT
from assets.framework.resources import HomeResource
from assets.tables.report_files import MAKE_AT, report_files, report_monthly
from reports.files import saved_model
from storage.home import Home
from tests.reports.conftest import reported_home as reported_home

pytestmark = pytest.mark.slow


def make(root: Path) -> dg.ExecuteInProcessResult:
    resource = HomeResource(home=str(root))
    return dg.materialize(
        [report_files],
        resources={"home": resource},
        selection=dg.AssetSelection.assets(report_files),
        instance=dg.DagsterInstance.ephemeral(),
    )


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_the_newest_reported_day_is_made_in_both_languages(reported_home: Home, tmp_path: Path) -> None:
    root = tmp_path / "home"
    shutil.copytree(reported_home.root, root)
    found = metadata(make(root))
    assert (found["files"], found["last_day"]) == (5, "2026-11-29")
    model = saved_model(HomeResource(home=str(root)).open(), "2026-11-29")
    assert model is not None and model["hash"] == found["hash"]
    assert set(found["verdicts"]) == {row["kpi"] for row in model["kpis"]}


def test_before_the_first_reported_day_nothing_is_made(tmp_path: Path) -> None:
    assert metadata(make(tmp_path / "home")) == {"files": 0}
    assert not (tmp_path / "home" / "reports").exists()


def test_it_is_made_on_the_first_day_of_each_month_after_that_days_reports() -> None:
    assert (report_monthly.cron_schedule, report_monthly.execution_timezone) == (MAKE_AT, "Europe/Stockholm")
    minute, hour = (int(each) for each in MAKE_AT.split()[:2])
    reports_minute, reports_hour = (int(each) for each in REPORT_AT.split()[:2])
    assert (hour, minute) > (reports_hour, reports_minute)
    assert MAKE_AT.split()[2:] == ["1", "*", "*"]
