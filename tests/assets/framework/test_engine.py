"""A day on a real engine: the same rows by the same job, and a clear failure without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from polars.testing import assert_frame_equal

from assets.definitions import build_defs
from assets.framework.engine import EngineResource
from assets.framework.partitions import range_tags
from assets.framework.resources import HomeResource
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSIONS, TURNS
from pilot.settings import read_settings
from storage.home import Home, open_existing_home
from storage.spark import session
from tests.assets.conftest import Computed, copy_home
from tests.assets.stories import DAY, NOON
from tests.ports import free_ports
from tests.sail_server import running_sail

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a computed day")]

HEAVY = (SESSIONS, TURNS, SCORED_FEEDBACK, FINGERPRINTS)


def rebuild(home: HomeResource, address: str, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Rebuild the heavy tables of the day on the engine at an address."""
    resources: dict[str, Any] = {"home": home, "engine": EngineResource(address=address)}
    job = build_defs(resource_overrides=resources).resolve_job_def("rebuild")
    return job.execute_in_process(
        instance=instance,
        tags={**range_tags(DAY, DAY), **NOON},
        asset_selection=[dg.AssetKey(table.name) for table in HEAVY],
        raise_on_error=False,
    )


def metadata(result: dg.ExecuteInProcessResult, name: str) -> dict[str, Any]:
    (found,) = (
        event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(name)
    )
    return {key: value.value for key, value in found.items() if key not in ("table_version", "as_of")}


def test_the_engine_builds_the_rows_and_figures_of_the_embedded_one(
    computed_day: Computed, home_resource: HomeResource, instance: dg.DagsterInstance
) -> None:
    home = copy_home(computed_day.home, home_resource)
    with running_sail() as sail:
        result = rebuild(home_resource, sail.address, instance)
    assert result.success
    for table in HEAVY:
        assert home.lake().version(table) == (computed_day.home.lake().version(table) or 0) + 1
        assert_frame_equal(
            home.lake().read(table, days=[DAY]), computed_day.home.lake().read(table, days=[DAY]), check_exact=True
        )
        assert metadata(result, table.name) == metadata(computed_day.result, table.name)


def test_without_the_engine_the_run_fails_clearly_and_writes_nothing(
    computed_home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READY_SECONDS", 0.1)
    monkeypatch.setattr("dagster._core.definitions.policy.RetryPolicy.calculate_delay", lambda *_: 0)
    (port,) = free_ports(1)
    before = {table.name: computed_home.lake().version(table) for table in HEAVY}
    result = rebuild(home_resource, f"sc://127.0.0.1:{port}", instance)
    assert not result.success
    failures = [str(event.event_specific_data) for event in result.all_events if event.is_step_failure]
    assert any(f"sc://127.0.0.1:{port} does not answer as Spark Connect" in each for each in failures)
    assert {table.name: computed_home.lake().version(table) for table in HEAVY} == before


def test_the_setting_names_the_engine_and_none_is_the_default(tmp_path: Path) -> None:
    plain = open_existing_home(read_settings({"PILOT_HOME": str(tmp_path / "a")}))
    assert EngineResource().open(plain) is None
    with_engine = open_existing_home(
        read_settings({"PILOT_HOME": str(tmp_path / "b"), "PILOT_ENGINE": "sc://127.0.0.1:1"})
    )
    assert EngineResource().open(with_engine) is EngineResource().open(with_engine) is not None
