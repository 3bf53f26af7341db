"""A failed step never quotes a guest."""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster._serdes import serialize_value
from dagster._utils.error import serializable_error_info_from_exc_info

from assets.framework.failures import failures_without_words
from pilot.errors import PilotError
from tests.events import MORNING, whole_visit

DAY = date(2026, 11, 23)
WORDS = "Kardemummabullen var torr"


def fail(error: BaseException) -> dg.Failure:
    with pytest.raises(dg.Failure) as caught, failures_without_words("sessions for 2026-11-23"):
        raise error
    return caught.value


def test_an_unexpected_exception_is_told_by_its_kind_and_place_only() -> None:
    failure = fail(ValueError(f"cannot cast {WORDS!r}"))
    assert failure.description is not None
    assert "sessions for 2026-11-23: ValueError" in failure.description
    assert "test_failures.py" in str(failure.metadata["places"].value)
    assert not failure.allow_retries


def test_nothing_that_dagster_keeps_of_a_failure_holds_the_message() -> None:
    try:
        with failures_without_words("sessions for 2026-11-23"):
            raise ValueError(f"cannot cast {WORDS!r}")
    except dg.Failure as failure:
        import sys

        kept = serializable_error_info_from_exc_info(sys.exc_info())
        assert WORDS not in kept.to_string()
        assert WORDS not in str(kept)
        assert WORDS not in str(failure.metadata)


@pytest.mark.parametrize("retryable", [True, False])
def test_an_error_of_the_house_is_told_in_full_and_retried_only_if_it_may_pass(retryable: bool) -> None:
    failure = fail(PilotError("The lake is away.", remedy="Look at the disk.", retryable=retryable))
    assert failure.description == "sessions for 2026-11-23: The lake is away. Look at the disk."
    assert failure.allow_retries is retryable


def test_an_error_of_the_disk_or_the_network_is_retried() -> None:
    assert fail(ConnectionResetError("reset")).allow_retries


def test_a_panic_of_the_frames_engine_is_told_like_any_other_exception() -> None:
    panic = pl.exceptions.PanicException(f"called `Result::unwrap()` on an `Err` value: {WORDS}")
    assert "sessions for 2026-11-23: PanicException" in str(fail(panic).description)


@pytest.mark.parametrize("table", ["turns", "scored_feedback"])
def test_a_panic_in_a_rebuild_leaves_no_word_and_is_no_trouble_of_the_disk(
    table: str, land: Any, run: Any, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException(f"conversion failed for {WORDS}")

    land(whole_visit(at=MORNING))
    monkeypatch.setattr(f"assets.tables.{table}.{'turns_of' if table == 'turns' else 'scored'}", panic)
    ended = run(DAY, raise_on_error=False)
    kept = [serialize_value(record) for record in instance.all_logs(ended.run_id)]
    assert not any(WORDS in record for record in kept)
    told = [record for record in kept if f"{table} for {DAY}" in record]
    assert told
    assert all("PanicException" in record and "disk" not in record for record in told)
