"""A run without its process is ended, whatever its job and whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys

import dagster as dg
import psutil
import pytest

from assets.definitions import build_defs
from assets.framework.dead_runs import PROCESS_TAG, end_dead_runs, this_process
from tests.assets.dagster_internals import record_process

STARTED, STARTING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING


@pytest.fixture
def killed() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def started(
    instance: dg.DagsterInstance,
    *,
    job: str = "rebuild",
    status: dg.DagsterRunStatus = STARTED,
    pid: int | None = None,
    tags: dict[str, str] | None = None,
) -> str:
    run = instance.create_run_for_job(build_defs().resolve_job_def(job), status=status, tags=tags)
    if pid is not None:
        record_process(instance, run, pid)
    return run.run_id


def under_way(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs() if not run.is_finished}


def test_a_run_that_a_command_started_is_ended_with_its_process(instance: dg.DagsterInstance) -> None:
    alive = started(instance, tags={PROCESS_TAG: this_process()})
    started(instance, tags={PROCESS_TAG: "999999999 1.00"})
    assert end_dead_runs(instance) == 1
    assert under_way(instance) == {alive}


@pytest.mark.parametrize("job", ["rebuild", "judging", "quality", "erasing", "keeping_limits"])
@pytest.mark.parametrize("status", [STARTING, STARTED])
def test_a_run_of_any_job_that_a_dead_code_server_left_is_ended(
    instance: dg.DagsterInstance, killed: int, job: str, status: dg.DagsterRunStatus
) -> None:
    alive = started(instance, job=job, status=status, pid=os.getpid())
    started(instance, job=job, status=status, pid=killed)
    assert end_dead_runs(instance) == 1
    assert under_way(instance) == {alive}


def test_a_process_with_a_reused_id_does_not_keep_the_dead_ones_run(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(instance, pid=os.getpid())
    later = psutil.Process().create_time() + 86_400
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: later)
    assert end_dead_runs(instance) == 1


def test_a_run_that_no_process_has_started_is_left_to_dagster(instance: dg.DagsterInstance) -> None:
    waiting = started(instance, status=STARTING)
    assert end_dead_runs(instance) == 0
    assert under_way(instance) == {waiting}


def test_a_run_that_ended_in_the_meantime_keeps_its_status(
    instance: dg.DagsterInstance, killed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = instance.get_run_by_id(started(instance, pid=killed))
    assert run is not None
    monkeypatch.setattr(instance, "get_runs", lambda *_: [run])
    instance.report_run_canceled(run)
    assert end_dead_runs(instance) == 0
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.CANCELED  # type: ignore[union-attr]
