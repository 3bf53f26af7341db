"""A failed step never quotes a guest."""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.framework.failures import failures_without_words
from pilot.errors import PilotError
from tests.events import MORNING, whole_visit

DAY = date(2026, 11, 23)
WORDS = "Kardemummabullen var torr"


def fail(error: BaseException) -> dg.Failure:
    with pytest.raises(dg.Failure) as caught, failures_without_words("sessions for 2026-11-23"):
        raise error
    return caught.value


def test_an_unexpected_exception_is_reported_by_its_type_and_place_only() -> None:
    failure = fail(ValueError(f"cannot cast {WORDS!r}"))
    assert failure.description is not None
    assert "sessions for 2026-11-23: ValueError" in failure.description
    assert "test_failures.py" in str(failure.metadata["places"].value)
    assert not failure.allow_retries


def test_dagster_stores_no_message_of_an_unexpected_exception(instance: dg.DagsterInstance) -> None:
    @dg.op
    def step() -> None:
        with failures_without_words("sessions for 2026-11-23"):
            raise ValueError(f"cannot cast {WORDS!r}")

    @dg.job
    def failing() -> None:
        step()

    result = failing.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    stored = [dg.serialize_value(record) for record in instance.all_logs(result.run_id)]
    assert any("sessions for 2026-11-23: ValueError" in record for record in stored)
    assert not any(WORDS in record for record in stored)


@pytest.mark.parametrize("retryable", [True, False])
def test_a_pilot_error_is_reported_in_full_and_retried_only_if_retryable(retryable: bool) -> None:
    failure = fail(PilotError("The lake is away.", remedy="Look at the disk.", retryable=retryable))
    assert failure.description == "sessions for 2026-11-23: The lake is away. Look at the disk."
    assert failure.allow_retries is retryable


def test_a_disk_or_network_error_is_retried() -> None:
    assert fail(ConnectionResetError("reset")).allow_retries


def test_a_polars_panic_is_reported_like_any_other_exception() -> None:
    panic = pl.exceptions.PanicException(f"called `Result::unwrap()` on an `Err` value: {WORDS}")
    assert "sessions for 2026-11-23: PanicException" in str(fail(panic).description)


@pytest.mark.parametrize("table", ["turns", "scored_feedback"])
def test_a_panic_in_a_rebuild_stores_no_words_and_is_no_disk_error(
    table: str, land: Any, run: Any, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException(f"conversion failed for {WORDS}")

    land(whole_visit(at=MORNING))
    monkeypatch.setattr(f"assets.tables.{table}.{'turns_of' if table == 'turns' else 'scored'}", panic)
    ended = run(DAY, only=("raw_events", "sessions", "turns", "scored_feedback"), raise_on_error=False)
    stored = [dg.serialize_value(record) for record in instance.all_logs(ended.run_id)]
    assert not any(WORDS in record for record in stored)
    reported = [record for record in stored if f"{table} for {DAY}" in record]
    assert reported
    assert all("PanicException" in record and "disk" not in record for record in reported)
