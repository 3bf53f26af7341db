"""Runs rules on a pandas frame with Great Expectations.

Pandas is used because Great Expectations validates only pandas, Spark and SQL, not polars; the suites convert a day's
frames, and nothing else needs the conversion. This is the only module that imports Great Expectations, and only when
called: the import takes seconds. The context is ephemeral (no files, no network), progress bars are off, and results
hold counts without values. A second validation, only of a failed expectation, returns the positions of the rows that
break it. Validation takes milliseconds for each expectation, so an empty frame is judged without it (on most days most
tables of a pilot are empty), and so is a rule that evaluates its own fact.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from quality.results import ExpectationResult
from quality.rules import Evidence, Rule
from quality.without_spark import without_spark

if TYPE_CHECKING:
    import pandas as pd

# Counts only: with `partial_unexpected_count` above 0 the results would quote rows.
COUNTS: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
# These results include values, which are dropped at once; only positions are kept.
PLACES: dict[str, Any] = {"result_format": "COMPLETE", "partial_unexpected_count": 0}
MOST_OFFENDERS = 1_000  # positions kept for each expectation; the count is of all


def run(rules: Sequence[Rule], *, frame: pd.DataFrame, evidence: Evidence) -> tuple[ExpectationResult, ...]:
    """Return each rule's verdict on `frame`, in the rules' order.

    A rule does not hold if a column that it needs is missing.
    """
    frame = frame.reset_index(drop=True)
    verdicts = {place: _nothing_breaks(rule) for place, rule in enumerate(rules) if _is_vacuous(rule, frame)}
    plain = {place: rule for place, rule in enumerate(rules) if rule.fact is None and place not in verdicts}
    expectations = {place: _expectation(rule, place) for place, rule in plain.items()}
    for result in _validate(frame, list(expectations.values())):
        place = int(result.expectation_config.meta["place"])
        offenders = () if result.success else _offenders(frame, expectations[place])
        verdicts[place] = _verdict(rules[place], result, offenders=offenders)
    verdicts |= {place: _fact_verdict(rule, frame, evidence) for place, rule in enumerate(rules) if rule.fact}
    return tuple(verdicts[place] for place in range(len(rules)))


@cache
def _library() -> Any:
    with without_spark():
        import great_expectations
    return great_expectations


@cache
def _definition() -> Any:
    """Return the process's only batch definition; any frame can be its batch."""
    gx = _library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return (
        context.data_sources.add_pandas("frames")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("whole")
    )


def _expectation(rule: Rule, place: int) -> Any:
    return getattr(_library().expectations, rule.expectation)(**rule.arguments, meta={"place": place})


def _validate(frame: pd.DataFrame, expectations: Sequence[Any]) -> Sequence[Any]:
    if not expectations:
        return []
    batch = _definition().get_batch(batch_parameters={"dataframe": frame})
    suite = _library().ExpectationSuite(name="suite", expectations=list(expectations))
    found: Sequence[Any] = batch.validate(suite, result_format=COUNTS).results
    return found


def _offenders(frame: pd.DataFrame, expectation: Any) -> tuple[int, ...]:
    """Return the positions of rows that break an expectation; none if it concerns the whole table."""
    batch = _definition().get_batch(batch_parameters={"dataframe": frame})
    found = batch.validate(expectation, result_format=PLACES).result or {}
    places = found.get("unexpected_index_list") or ()
    return tuple(sorted(int(place) for place in places)[:MOST_OFFENDERS])


def _is_vacuous(rule: Rule, frame: pd.DataFrame) -> bool:
    """Return whether the frame has the rule's columns but no rows, so that nothing can break it."""
    named = rule.arguments.get("column_list") or [rule.arguments[key] for key in ("column",) if key in rule.arguments]
    by_row = rule.fact is None and not rule.expectation.startswith("ExpectTable")
    return by_row and frame.empty and bool(named) and set(named) <= set(frame.columns)


def _nothing_breaks(rule: Rule) -> ExpectationResult:
    counts = {"rows": 0, "breaking": 0}
    return ExpectationResult(
        rule.code, passed=True, counts=counts, severity=rule.severity, about=rule.about, of_rows=rule.judges_rows
    )


def _fact_verdict(rule: Rule, frame: pd.DataFrame, evidence: Evidence) -> ExpectationResult:
    """Return the verdict of a rule that evaluates its own fact for each row or group."""
    assert rule.fact is not None
    try:
        facts = rule.fact(frame, evidence).astype(bool).reset_index(drop=True)
    except (AttributeError, KeyError, TypeError, ValueError):
        counts = {"rows": len(frame)}
        return ExpectationResult(
            rule.code, passed=False, counts=counts, severity=rule.severity, about=rule.about, of_rows=rule.judges_rows
        )
    breaking = [int(place) for place in facts.index[~facts]]
    return ExpectationResult(
        rule.code,
        passed=not breaking,
        counts={"rows": len(facts), "breaking": len(breaking)},
        severity=rule.severity,
        about=rule.about,
        of_rows=rule.judges_rows,
        offenders=tuple(breaking[:MOST_OFFENDERS]) if rule.of_rows else (),
    )


def _verdict(rule: Rule, result: Any, *, offenders: tuple[int, ...]) -> ExpectationResult:
    found = result.result or {}
    counts = {"rows": found.get("element_count"), "breaking": found.get("unexpected_count")}
    return ExpectationResult(
        rule.code,
        passed=bool(result.success),
        counts={key: int(value) for key, value in counts.items() if value is not None},
        severity=rule.severity,
        about=rule.about,
        of_rows=rule.judges_rows,
        offenders=offenders,
    )
