"""A few broken sessions are set apart; more of them, or a fault without a session, stop the day."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from pilot.identifiers import new_identifier
from quality.results import ExpectationResult, SuiteResult
from quality.set_apart import set_apart

RULE = "between:duration_s:0:86400"


def day(sessions: int, *, turns: int = 1) -> pl.DataFrame:
    """Return a frame with some rows for each session."""
    return pl.DataFrame({"session_id": [each for _ in range(sessions) for each in [new_identifier()] * turns]})


def breaking(rows: int, *, first: int = 0) -> ExpectationResult:
    places = tuple(range(first, first + rows))
    return ExpectationResult(RULE, passed=False, counts={"rows": 1_000, "breaking": rows}, offenders=places)


def stops(*items: ExpectationResult, frame: pl.DataFrame) -> bool:
    (found,) = set_apart([SuiteResult(table="sessions", expectations=items)], frames={"sessions": frame})
    return found.stops


@pytest.mark.parametrize(
    ("tables", "broken", "sessions", "stopping"),
    [
        (2, 2, 40, False),
        (2, 3, 40, True),
        (3, 2, 40, True),
        (5, 1, 40, False),
        (6, 1, 40, True),
        (2, 25, 1_000, False),
        (2, 26, 1_000, True),
        (2, 1, 2, True),
    ],
)
def test_a_day_has_one_allowance_over_all_its_tables(tables: int, broken: int, sessions: int, stopping: bool) -> None:
    frame, names = day(sessions), [f"table_{number}" for number in range(tables)]
    results = [
        SuiteResult(table=name, expectations=(breaking(broken, first=number * broken),))
        for number, name in enumerate(names)
    ]
    found = set_apart(results, frames=dict.fromkeys(names, frame))
    assert [each.stops for each in found] == [stopping] * tables


def test_one_session_broken_in_every_table_counts_once() -> None:
    frame, names = day(10), [f"table_{number}" for number in range(9)]
    results = [SuiteResult(table=name, expectations=(breaking(1),)) for name in names]
    assert not any(each.stops for each in set_apart(results, frames=dict.fromkeys(names, frame)))


def test_a_table_of_many_broken_sessions_stops_and_others_few_do_not() -> None:
    frames = {"sessions": day(40), "turns": day(40)}
    results = [SuiteResult("sessions", (breaking(9),)), SuiteResult("turns", (breaking(2),))]
    assert [each.stops for each in set_apart(results, frames=frames)] == [True, False]


@pytest.mark.parametrize(
    ("broken", "sessions", "stopping"),
    [
        (1, 1, False),
        (1, 2, False),
        (2, 3, True),
        (2, 4, False),
        (5, 10, False),
        (6, 20, True),
        (50, 1_000, False),
        (51, 1_000, True),
    ],
)
def test_a_day_stops_by_the_number_and_share_of_its_broken_sessions(broken: int, sessions: int, stopping: bool) -> None:
    assert stops(breaking(broken), frame=day(sessions)) is stopping


def test_all_turns_of_one_guest_count_once() -> None:
    assert not stops(breaking(12), frame=day(10, turns=12))


def test_different_faults_of_a_table_are_counted_together() -> None:
    assert not stops(breaking(3), breaking(3), frame=day(40))
    assert stops(breaking(3), breaking(3, first=3), frame=day(40))


@pytest.mark.parametrize(
    "item",
    [
        replace(breaking(1), of_rows=False),
        replace(breaking(1), offenders=()),
        replace(breaking(1), counts={"rows": 1_000}),
        replace(breaking(2), offenders=(0,)),  # Not every broken row is known.
    ],
)
def test_a_fault_without_known_rows_stops_the_day(item: ExpectationResult) -> None:
    assert stops(item, frame=day(40))


@pytest.mark.parametrize("frame", [pl.DataFrame({"session_id": ["bullen", None]}), pl.DataFrame({"cafe": ["aurora"]})])
def test_a_broken_row_that_names_no_session_stops_the_day(frame: pl.DataFrame) -> None:
    assert stops(breaking(1), frame=frame)


def test_a_fault_of_the_table_beside_one_of_a_row_still_stops() -> None:
    assert stops(breaking(1), replace(breaking(1), code="unique:session_id", of_rows=False), frame=day(40))


def test_a_warning_stays_a_warning() -> None:
    result = SuiteResult(table="sessions", expectations=(replace(breaking(30), severity="warn"),))
    assert set_apart([result], frames={"sessions": day(40)}) == [result]
