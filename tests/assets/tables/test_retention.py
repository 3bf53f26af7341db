"""The nightly removal at time limits; the day's figures stay and its suites still pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.automation.schedules import keep_limits_nightly
from assets.definitions import build_defs
from assets.framework.reporting import GATING_TABLES
from assets.framework.resources import HomeResource
from operations.erasure.carry_out import carry_out
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.tables import FINGERPRINTS, PILOT_KPIS, RAW_EVENTS, TABLES, TURNS
from quality.gate import gate
from storage.home import Home
from storage.store.privacy import day_states, expirations, tombstones
from tests.assets.conftest import copy_home, land_stories, run_days
from tests.events import Story, whole_visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a computed day of January")]

SPOKE = datetime(2026, 1, 7, 8, 30, tzinfo=UTC)  # longer ago than any limit, whenever this runs
DAY = SPOKE.date()
EMPTIED = {RAW_EVENTS.name, TURNS.name, FINGERPRINTS.name, RETENTION.name, "sessions"}
WORDS = "Kardemummabullen"


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return [whole_visit(at=SPOKE), whole_visit("malmohuset", at=SPOKE + timedelta(minutes=4))]


@pytest.fixture(scope="module")
def computed(stories: list[Story], tmp_path_factory: pytest.TempPathFactory) -> Home:
    resource = HomeResource(home=str(tmp_path_factory.mktemp("computed") / "home"))
    home = resource.open()
    land_stories(home, *stories)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_days(resource, instance, DAY).success
    return home


@pytest.fixture
def computed_home(computed: Home, home_resource: HomeResource) -> Home:
    return copy_home(computed, home_resource)


@pytest.fixture(scope="module")
def redacted(computed: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    resource = HomeResource(home=str(tmp_path_factory.mktemp("redacted") / "home"))
    home = copy_home(computed, resource)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_days(resource, instance, DAY, job="keeping_limits").success
    return home


def rows(home: Home) -> dict[str, pl.DataFrame]:
    return {name: home.lake().read(table, days=[DAY]) for name, table in TABLES.items()}


def test_a_redacted_day_keeps_its_figures_passes_its_suites_and_is_never_rebuilt(
    computed: Home, redacted: Home, home_resource: HomeResource, run: Any
) -> None:
    before = rows(computed)
    assert WORDS in before["turns"].write_json()
    home = copy_home(redacted, home_resource)
    assert run(DAY, job="quality").success
    after = rows(home)
    for name in TABLES.keys() - EMPTIED - {"quality_verdicts"}:
        assert_frame_equal(after[name], before[name])
    assert WORDS not in after["turns"].write_json() + after["raw_events"].write_json()
    assert after["retention"]["kind"].to_list() == ["devices", "words"]
    assert after["quality_verdicts"].filter(~pl.col("passed"))["expectation"].to_list() == []
    assert "retention" in after["quality_verdicts"]["table_name"].to_list()

    land_stories(home, whole_visit(at=SPOKE + timedelta(minutes=9)))
    result = run(DAY)
    assert result.success
    for name, frame in rows(home).items():
        assert_frame_equal(frame, after[name])
    metadata = [
        event.step_materialization_data.materialization.metadata["day_state"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(PILOT_KPIS.name)
    ]
    assert metadata == ["redacted"]


def test_the_nightly_job_covers_due_days_and_days_to_verify(
    computed_home: Home, home_resource: HomeResource, run: Any, instance: dg.DagsterInstance
) -> None:
    home = computed_home

    def asked(at: datetime) -> list[Any]:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
        found = list(keep_limits_nightly(context, home=home_resource))
        return [each.tags["dagster/asset_partition_range_start"] for each in found if isinstance(each, dg.RunRequest)]

    assert asked(SPOKE + timedelta(days=29)) == []
    assert asked(SPOKE + timedelta(days=90)) == [DAY.isoformat()]
    assert run(DAY, job="keeping_limits").success
    removed = expirations.all_expirations(home.store())[0].removed_at
    assert asked(removed + timedelta(seconds=30)) == []
    assert asked(removed + timedelta(minutes=15)) == [DAY.isoformat()]


def test_signals_based_on_removed_data_stay_unchanged(
    home: Home, land: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOT_WORDS_DAYS", "3650")
    land(*(whole_visit(at=SPOKE + timedelta(minutes=minutes)) for minutes in (0, 5, 10, 15, 20)))
    assert run(DAY).success
    before = home.lake().read(TABLES["session_signals"], days=[DAY])
    assert "device_often" in before["signal"].to_list()
    assert run(DAY, job="keeping_limits").success
    assert home.lake().read(TABLES["sessions"], days=[DAY])["device_hash"].null_count() == 5
    assert run(DAY).success
    assert_frame_equal(home.lake().read(TABLES["session_signals"], days=[DAY]), before)


def test_the_upkeep_says_what_every_table_consists_of(
    computed_home: Home, home_resource: HomeResource, run: Any
) -> None:
    home = computed_home
    assert run(DAY).success
    definitions = build_defs(resource_overrides={"home": home_resource})
    result = definitions.resolve_job_def("upkeep").execute_in_process(instance=dg.DagsterInstance.ephemeral())
    (event,) = result.get_asset_materialization_events()
    metadata = {name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()}
    written = {name for name, table in TABLES.items() if home.lake().version(table) is not None}
    assert {each["table"] for each in metadata["tables"]} == written
    assert metadata["data_files"] > 0
    assert metadata["bytes_after"] > 0


@pytest.mark.parametrize("state", ["closed", "redacted"])
def test_an_erasure_on_a_redacted_day_does_not_drop_it_from_reports(
    state: str, computed: Home, redacted: Home, stories: list[Story], home_resource: HomeResource, run: Any
) -> None:
    one = stories[0]
    if state == "closed":
        home = copy_home(computed, home_resource)
        day_states.put(home.store(), DAY, "closed", actor="test", reason="reported")
    else:
        home = copy_home(redacted, home_resource)
    figures = rows(home)["pilot_kpis"]
    tombstones.add(home.store(), session_id=one.session_id, actor="guest", reason="asked")
    for _ in range(2):
        carry_out(home, now=home.store().now(), grace=timedelta(0))
    assert run(DAY).success
    assert run(DAY, job="quality").success
    after = rows(home)
    assert_frame_equal(after["pilot_kpis"], figures)
    assert one.session_id not in after["sessions"]["session_id"].to_list()
    assert gate(home.lake(), GATING_TABLES, days=[DAY]).stops == ()
