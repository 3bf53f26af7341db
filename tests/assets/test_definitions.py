"""What Dagster loads: complete, valid, and without surprises in its lineage."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from assets.automation.schedules import judge_rebuilt_days, settle_yesterday
from assets.definitions import build_defs
from pilot.lake_tables.tables import TABLES
from quality.day_verdicts import tables_with_suites


def test_the_definitions_load_and_every_table_has_one_asset() -> None:
    definitions = build_defs()
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.materializable_asset_keys} == {*TABLES, "lake_upkeep", "report_files"}
    assert {key.to_user_string() for key in graph.external_asset_keys} == {"landing", "store"}


def jobs_of(definitions: dg.Definitions) -> dict[str, list[str]]:
    """Return the jobs that build each asset."""
    jobs = {job.name: job for job in definitions.jobs or []}
    built: dict[str, list[str]] = {}
    for name in sorted(jobs):
        for key in definitions.resolve_job_def(name).asset_layer.executable_asset_keys:
            built.setdefault(key.to_user_string(), []).append(name)
    return built


def test_the_assets_are_as_reviewed(snapshot: SnapshotAssertion) -> None:
    definitions = build_defs()
    graph, jobs = definitions.resolve_asset_graph(), jobs_of(definitions)
    specs = sorted(definitions.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string())
    assert [
        {
            "key": spec.key.to_user_string(),
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "group": spec.group_name,
            "owners": list(spec.owners),
            "kinds": sorted(spec.kinds),
            "code_version": spec.code_version,
            "built_by": jobs.get(spec.key.to_user_string(), []),
            "automation": spec.automation_condition and spec.automation_condition.get_label(),
            "partitions": str(spec.partitions_def),
            "backfill": str(graph.get(spec.key).backfill_policy),
            "freshness": str(spec.freshness_policy),
            "checks": sorted(check.name for check in graph.get(spec.key).check_keys),
            "description": spec.description,
            "columns": [
                f"{column.name}: {column.type}, {column.description}"
                for column in spec.metadata.get("dagster/column_schema", dg.TableSchema([])).columns
            ],
        }
        for spec in specs
    ] == snapshot


def test_every_built_asset_has_an_owner_and_a_freshness_policy() -> None:
    graph = build_defs().resolve_asset_graph()
    for node in (graph.get(key) for key in graph.materializable_asset_keys):
        assert node.owners, node.key
        assert node.kinds, node.key
        assert node.group_name != "default", node.key
        assert node.freshness_policy is not None, node.key
        if node.is_partitioned:
            assert node.backfill_policy == dg.BackfillPolicy.single_run(), node.key
        row, _, more = (node.description or "").partition("\n\n")
        assert row.endswith("."), node.key
        assert not more or more.endswith("."), node.key
        assert "\n  " not in more, node.key


def test_every_column_is_described_with_its_unit() -> None:
    columns = {
        spec.key.to_user_string(): spec.metadata["dagster/column_schema"].columns
        for spec in build_defs().resolve_all_asset_specs()
        if spec.key.to_user_string() in TABLES
    }
    for name, table in TABLES.items():
        schema = {column.name: column.description or "" for column in columns[name]}
        assert list(schema) == list(table.names)
        assert all(f"Unit: {column.unit}." in schema[column.name] for column in table.columns if column.unit)


def test_the_path_from_a_guest_to_a_page_runs_no_suite() -> None:
    definitions = build_defs()
    steps = {job: set(definitions.resolve_job_def(job).graph.node_dict) for job in ("rebuild", "quality")}
    assert "judge_days" not in steps["rebuild"]
    assert not any(step.endswith("_suite") for step in steps["rebuild"])
    assert steps["quality"] == {f"{table.name}_suite" for table in tables_with_suites()} | {
        "judge_days",
        "quality_verdicts_nothing_stops",
    }


def test_loading_the_definitions_imports_neither_great_expectations_nor_pandas() -> None:
    program = (
        "import sys, assets.definitions\n"
        "sys.exit(', '.join({'great_expectations', 'pandas', 'streamlit'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_dagster_accepts_the_template_and_stores_all_state_in_its_own_folder(tmp_path: Path) -> None:
    template = Path("dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(template, encoding="utf-8")
    before = set(os.environ)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.root_directory == str(tmp_path)
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        assert not instance.telemetry_enabled
        instance.get_run_records()
    assert set(os.environ) == before
    assert any(tmp_path.rglob("*.db"))


@pytest.mark.parametrize(
    ("tick", "day"),
    [("2026-11-23T23:20:00+00:00", "2026-11-23"), ("2026-11-24T11:10:00+00:00", "2026-11-23")],
)
def test_yesterday_is_settled_after_midnight_and_at_noon(tick: str, day: str, instance: dg.DagsterInstance) -> None:
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=datetime.fromisoformat(tick))
    request = settle_yesterday(context)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["dagster/asset_partition_range_start"] == day
    assert request.tags["dagster/asset_partition_range_end"] == day


def test_the_suites_are_requested_for_rebuilt_days(run: Any, tmp_path: Path) -> None:
    def asked(instance: dg.DagsterInstance, *, after_minutes: float) -> list[tuple[str, str]]:
        at = datetime.now(UTC) + timedelta(minutes=after_minutes)
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
        requests = [each for each in judge_rebuilt_days(context) if isinstance(each, dg.RunRequest)]
        names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        return [(request.tags[names[0]], request.tags[names[1]]) for request in requests]

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert asked(instance, after_minutes=0) == []
        run(date(2026, 11, 12), date(2026, 11, 13), only=["sessions"], within=instance)
        assert asked(instance, after_minutes=30) == [("2026-11-12", "2026-11-13")]
        assert asked(instance, after_minutes=120) == []
