"""Runs rules on a pandas frame with Great Expectations.

The only module that imports it, and only when called: the import costs seconds. The context is ephemeral (no files,
no network), progress bars are off, and results are asked for without any of the rows' values.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quality.results import ExpectationResult
from quality.rules import Evidence, Rule

if TYPE_CHECKING:
    import pandas as pd

# Counts only: with `partial_unexpected_count` above 0 the results would quote rows.
RESULT_FORMAT: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
FACT_PREFIX = "fact:"


def run(rules: Sequence[Rule], *, frame: pd.DataFrame, evidence: Evidence) -> tuple[ExpectationResult, ...]:
    """Return each rule's verdict on `frame`, in the rules' order.

    A rule whose column is missing, or whose fact cannot be computed for that reason, does not hold.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    definition = asset.add_batch_definition_whole_dataframe("whole")
    plain = definition.get_batch(batch_parameters={"dataframe": frame})
    verdicts: dict[int, ExpectationResult] = {}

    suite = gx.ExpectationSuite(name="plain")
    for place, rule in enumerate(rules):
        if rule.fact is None:
            expectation = getattr(gx.expectations, rule.expectation)(**rule.arguments, meta={"place": place})
            suite.add_expectation(expectation)
    for result in plain.validate(suite, result_format=RESULT_FORMAT).results:
        place = _place(result)
        verdicts[place] = _verdict(rules[place].name, result)

    for place, rule in enumerate(rules):
        if rule.fact is None:
            continue
        verdicts[place] = _fact_verdict(gx, definition, rule, frame=frame, evidence=evidence)
    return tuple(verdicts[place] for place in range(len(rules)))


def _place(result: Any) -> int:
    return int(result.expectation_config.meta["place"])


def _fact_verdict(
    gx: Any, definition: Any, rule: Rule, *, frame: pd.DataFrame, evidence: Evidence
) -> ExpectationResult:
    assert rule.fact is not None
    column = f"{FACT_PREFIX}{rule.name}"
    try:
        facts = rule.fact(frame, evidence).astype(bool).to_frame(name=column)
    except (KeyError, TypeError, ValueError):
        return ExpectationResult(rule.name, passed=False, counts={"rows": len(frame)})
    batch = definition.get_batch(batch_parameters={"dataframe": facts})
    expectation = gx.expectations.ExpectColumnValuesToBeInSet(column=column, value_set=[True])
    return _verdict(rule.name, batch.validate(expectation, result_format=RESULT_FORMAT))


def _verdict(name: str, result: Any) -> ExpectationResult:
    found = result.result or {}
    counts = {"rows": found.get("element_count"), "breaking": found.get("unexpected_count")}
    return ExpectationResult(
        name,
        passed=bool(result.success),
        counts={key: int(value) for key, value in counts.items() if value is not None},
    )
