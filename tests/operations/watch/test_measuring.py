"""The watch's metrics show services, backups, alerts, Dagster's runs and the lake's figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import graphql
import httpx
import polars as pl
import pytest
from dagster_graphql.schema import create_schema
from prometheus_client import CollectorRegistry

from operations.backup.ages import PlaceAges
from operations.record_lines import append_record
from operations.system import DAGSTER_FOLDER, HEARTBEAT_NAME, RUN_FOLDER
from operations.watch import measuring
from operations.watch.business_metrics import BusinessMetrics
from operations.watch.measuring import RUNS_QUERY, Measuring
from operations.watch.metrics import WatchMetrics
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.lake import polars_schema
from storage.store.cafes import switches

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def measured(home: Home, answer: httpx.Response | None = None) -> tuple[Measuring, WatchMetrics]:
    metrics = WatchMetrics()
    transport = httpx.MockTransport(lambda _: answer or httpx.Response(503))
    (home.root / DAGSTER_FOLDER).mkdir(exist_ok=True)
    return Measuring(home, metrics, system=None, clock=lambda: NOW, transport=transport), metrics


def value(registry: CollectorRegistry, metric: str, /, **labels: str) -> float | None:
    return registry.get_sample_value(metric, labels)


def test_the_store_its_maintenance_the_probes_and_the_alerts_are_measured(home: Home) -> None:
    reader, metrics = measured(home)
    folder = home.root / RUN_FOLDER
    folder.mkdir(exist_ok=True)
    (folder / HEARTBEAT_NAME).write_text(json.dumps({"probed": 3, "failed": ["aurora"]}))
    line = {"name": "dip", "subject": "aurora", "severity": "medium", "state": "firing"}
    append_record(folder / "dips.ndjson", line)
    append_record(folder / "dips.ndjson", line | {"subject": "goteborg"})
    append_record(folder / "dips.ndjson", line | {"subject": "goteborg", "state": "resolved"})
    switches.turn(home.store(), "maintenance", on=True, actor="tests", reason="tests")
    reader.services()
    assert value(metrics.registry, "pilot_service_up", name="store") == 1
    assert value(metrics.registry, "pilot_maintenance") == 1
    assert value(metrics.registry, "pilot_probes", result="failed") == 1
    assert value(metrics.registry, "pilot_probes", result="good") == 2
    assert value(metrics.registry, "pilot_alerts_firing", name="dip", severity="medium") == 1


def test_a_store_that_is_away_is_a_service_that_is_down(tmp_path: Path, home: Home) -> None:
    reader, metrics = measured(home)
    reader.services()
    for path in home.root.glob("store*"):
        path.write_bytes(b"damaged") if path.is_file() else None
    home.store().close()
    reader.services()
    assert value(metrics.registry, "pilot_service_up", name="store") == 0


def test_the_age_of_the_last_good_backup_is_read_from_its_place(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [PlaceAges("folder", store_at=NOW - timedelta(hours=1)), PlaceAges("s3://b", fault="away")]
    monkeypatch.setattr(measuring, "ages", lambda _: found)
    reader, metrics = measured(home)
    reader.backups()
    assert value(metrics.registry, "pilot_backup_age_seconds", place="folder", kind="store") == 3600
    assert value(metrics.registry, "pilot_backup_age_seconds", place="folder", kind="whole home") is None


def test_dagsters_runs_are_counted_and_those_queued_are_a_queue(home: Home) -> None:
    data = {"queued": {"count": 120}, "running": {"count": 2}, "failed": {"count": 1}}
    reader, metrics = measured(home, httpx.Response(200, json={"data": data}))
    reader.runs()
    assert value(metrics.registry, "pilot_dagster_runs", state="failed") == 1
    assert value(metrics.registry, "pilot_queue_pending", queue="dagster_runs") == 120


def test_while_dagster_is_away_the_last_counts_stay(home: Home) -> None:
    reader, metrics = measured(home)
    metrics.set_runs({"queued": 4, "running": 0, "failed": 0})
    reader.runs()
    assert value(metrics.registry, "pilot_queue_pending", queue="dagster_runs") == 4


def test_dagster_understands_the_query_of_its_runs() -> None:
    schema = create_schema().graphql_schema
    assert graphql.validate(schema, graphql.parse(RUNS_QUERY)) == []


def test_the_kpis_of_the_last_complete_day_are_metrics_beside_their_targets(home: Home) -> None:
    yesterday, today = NOW.date() - timedelta(days=1), NOW.date()
    for day, share in ((yesterday, 0.12), (today, 0.5)):
        row = {"day": day, "cafe": "aurora", "simulated": False, "kpi": "participation", "value": share, "low": 0.1}
        row |= {"high": 0.2, "as_of": NOW, "unit": "share", "target": 0.1, "verdict": "met"}
        frame = pl.DataFrame([dict.fromkeys(PILOT_KPIS.names) | row], schema=polars_schema(PILOT_KPIS), orient="row")
        home.lake().replace_partition(PILOT_KPIS, day, frame, commit={})
    registry = CollectorRegistry()
    BusinessMetrics(home.lake(), registry, simulated=False, clock=lambda: NOW)()
    labels = {"kpi": "participation", "cafe": "aurora", "period": "day"}
    assert value(registry, "pilot_kpi", **labels) == 0.12
    assert (value(registry, "pilot_kpi_low", **labels), value(registry, "pilot_kpi_high", **labels)) == (0.1, 0.2)
    assert value(registry, "pilot_kpi_target", kpi="participation") == 0.1
