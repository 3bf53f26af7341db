"""Every expectation of every suite has a break; every table of the lake has a suite."""

from __future__ import annotations

import pytest

from pilot.lake_tables.tables import TABLES
from quality.day_verdicts import NOT_JUDGED, tables_with_suites
from quality.suites import OWN, rules
from tests.quality import test_payment_suites, test_reward_suites, test_suites, test_whole_day
from tests.quality.whole_day import CAFES

TRIED = (test_suites, test_whole_day, test_payment_suites, test_reward_suites)
BREAKS = {table: breaks for module in TRIED for table, breaks in module.BREAKS.items()}


def untried(breaks: dict[str, set[str]]) -> list[str]:
    """Return the expectations, of every table that the lake has, that nothing breaks."""
    known = {table: {rule.code for rule in rules(table, cafes=CAFES)} for table in TABLES}
    return sorted(f"{table}: {name}" for table, names in known.items() for name in names - breaks.get(table, set()))


def test_every_expectation_of_every_suite_has_a_test_that_breaks_it() -> None:
    assert untried({table: set(breaks) for table, breaks in BREAKS.items()}) == []


def test_every_break_is_of_a_known_expectation() -> None:
    for table, breaks in BREAKS.items():
        assert set(breaks) <= {rule.code for rule in rules(table, cafes=CAFES)}, table


@pytest.mark.parametrize("module", TRIED, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
def test_each_module_runs_what_it_names(module: object) -> None:
    assert any(name.startswith("test_each_break_fails_its_expectation") for name in vars(module))


def test_every_table_has_a_suite_of_its_own_but_the_judges_books() -> None:
    assert set(TABLES) - set(OWN) == NOT_JUDGED
    assert {table.name for table in tables_with_suites()} == set(OWN)


def test_an_expectation_without_a_break_would_be_named() -> None:
    some = {table: set(breaks) for table, breaks in BREAKS.items()}
    some["turns"].discard("stages_in_order")
    assert untried(some) == ["turns: stages_in_order"]


def test_no_two_expectations_of_a_suite_share_a_name() -> None:
    for table in TABLES:
        names = [rule.code for rule in rules(table, cafes=CAFES)]
        assert len(names) == len(set(names)), table
