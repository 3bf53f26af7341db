"""Each table has one writer at a time, and no dead run holds its slot for ever."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg
import pytest

from assets.automation.jobs import TABLE_ASSETS
from assets.definitions import build_defs
from tests.assets.dagster_internals import concurrency


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text(Path("dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def test_every_table_is_written_under_its_own_pool_which_a_run_holds_as_a_whole(
    kept: dg.DagsterInstance,
) -> None:
    assert {asset.op.pool for asset in TABLE_ASSETS} == {f"lake_{asset.key.path[0]}" for asset in TABLE_ASSETS}
    pools = kept.get_concurrency_config().pool_config
    assert (str(pools.pool_granularity and pools.pool_granularity.value), pools.default_pool_limit) == ("run", 1)
    assert build_defs().resolve_job_def("rebuild")


def test_a_cancelled_runs_slot_is_free_a_minute_after_its_end(
    kept: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = kept.event_log_storage
    log.set_concurrency_slots("lake_sessions", 1)
    run = kept.create_run_for_job(dg.job(name="alone")(lambda: None), status=dg.DagsterRunStatus.STARTED)
    assert log.claim_concurrency_slot("lake_sessions", run.run_id, "sessions").is_claimed
    kept.report_run_canceled(run)
    assert kept.get_run_by_id(run.run_id).is_finished  # type: ignore[union-attr]

    def slots_in_use(*, after_seconds: int) -> int:
        at = datetime.now(UTC) + timedelta(seconds=after_seconds)
        monkeypatch.setattr(concurrency, "get_current_datetime", lambda: at)
        context = cast("Any", SimpleNamespace(instance=kept))
        list(concurrency.execute_concurrency_slots_iteration(context, logging.getLogger("test")))
        return log.get_concurrency_info("lake_sessions").active_slot_count

    assert slots_in_use(after_seconds=10) == 1
    assert slots_in_use(after_seconds=70) == 0
