"""Runs fork from a process that has imported the code, and compute as in a process of their own."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import polars as pl
import pytest

from assets import code_server
from assets.code_server import run_context
from pilot.lake_tables.tables import CUSTOMER_COUNTS
from storage.lake import Lake
from tests.assets.framework.test_checks import DAY, counts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
RUNS = 12
ENDS_WITHIN_SECONDS = 120


def _write(folder: str, cafe: str) -> None:
    """Use every engine: Polars, Delta and DuckDB."""
    lake = Lake(folder)
    frame = counts(cafe).lazy().group_by(pl.all()).agg().collect()
    lake.replace_partition(CUSTOMER_COUNTS, DAY, frame, commit={})
    if lake.read(CUSTOMER_COUNTS, days=[DAY])["cafe"].to_list() != [cafe]:
        raise SystemExit(1)


def test_forked_runs_use_every_engine_one_after_another(tmp_path: Path) -> None:
    for number in range(RUNS):
        process = run_context().Process(target=_write, args=(str(tmp_path), f"cafe{number}"))
        process.start()
        process.join(ENDS_WITHIN_SECONDS)
        assert process.exitcode == 0
    assert Lake(str(tmp_path)).version(CUSTOMER_COUNTS) == RUNS


def _imported(result: multiprocessing.connection.Connection) -> None:
    import sys

    result.send([name for name in code_server.PRELOADED if name not in sys.modules])


def test_a_forked_run_finds_the_code_imported(tmp_path: Path) -> None:
    reading, writing = run_context().Pipe(duplex=False)
    process = run_context().Process(target=_imported, args=(writing,))
    process.start()
    assert reading.recv() == []
    process.join(ENDS_WITHIN_SECONDS)


def test_the_code_server_starts_its_runs_from_that_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster._grpc import server

    class Server:
        def __init__(self) -> None:
            self._mp_ctx = multiprocessing.get_context("spawn")

    monkeypatch.setattr(server, "DagsterApiServer", Server)
    code_server.fork_runs()
    made = server.DagsterApiServer()  # type: ignore[call-arg]
    assert made._mp_ctx.get_start_method() == "forkserver"
