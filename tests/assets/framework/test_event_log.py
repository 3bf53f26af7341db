"""A run records the events that Dagster's own connections record, over a few connections."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from assets.framework import event_log
from assets.framework.event_log import ENGINES, INDEX, LOG


@dg.asset
def noted() -> None:
    """Count nothing."""


def kinds(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [
        entry.dagster_event.event_type_value for entry in instance.all_logs(run_id) if entry.dagster_event is not None
    ]


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(tmp_path))


def test_a_run_opens_one_connection_to_each_file(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    event_log.reuse_connections()
    opened: list[str] = []
    create = event_log.create_engine
    monkeypatch.setattr(
        event_log, "create_engine", lambda address, **options: opened.append(address) or create(address, **options)
    )
    runs = [dg.materialize([noted], instance=instance).run_id for _ in range(2)]
    log = instance.event_log_storage
    # The index is open since the instance began.
    assert opened == [log.conn_string_for_shard(name) for name in runs]
    assert set(log.__dict__[ENGINES]) == {runs[-1], INDEX}
    assert instance.get_latest_materialization_event(dg.AssetKey("noted")).run_id == runs[-1]


def test_the_events_are_those_of_dagsters_own_connections(tmp_path: Path) -> None:
    own = LOG.__dict__["_connect"]
    recorded = []
    for name, connect in (("reused", event_log._connect), ("dagsters", event_log.DAGSTERS_OWN)):
        LOG._connect = connect  # type: ignore[method-assign]
        (tmp_path / name).mkdir()
        with dg.DagsterInstance.local_temp(str(tmp_path / name)) as instance:
            recorded.append(kinds(instance, dg.materialize([noted], instance=instance).run_id))
    LOG._connect = own  # type: ignore[method-assign]
    assert recorded[0] == recorded[1]
    assert "ASSET_MATERIALIZATION" in recorded[0]
