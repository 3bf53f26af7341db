"""A metric is defined once: its entry and its words reach every table, expectation and page."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from dashboards.parts import kpi_grid
from dashboards.reading.kpi_figures import figures_from
from dashboards.visit import Visit
from dashboards.words.kpi_words import shown_value, target_in_words
from pilot.kpis import KPIS, DayFacts, Kpi, Measure
from pilot.words import say, section
from quality.suites import validate
from tests.quality import whole_day

WORDS = {"kpi.decided.name": "Decided", "kpi.decided.what": "share of started sessions that are decided"}


def _decided(facts: DayFacts) -> Measure:
    if not facts.started:
        return Measure(missing_reason="not_started")
    return Measure(numerator=facts.started - facts.open, denominator=facts.started)


@pytest.fixture
def sixth(monkeypatch: pytest.MonkeyPatch) -> Kpi:
    """Register a sixth metric for one test, in the registry and in the words."""
    kpi = Kpi(code="decided", measure=_decided, interval="wilson", target=0.9, unit="share", decimals=3)
    monkeypatch.setitem(KPIS, kpi.code, kpi)
    for key, text in WORDS.items():
        monkeypatch.setitem(section("dashboards", "en"), key, text)
    return kpi


def _visit() -> Visit:
    visit = SimpleNamespace(language="en", say=lambda key, **fields: say("dashboards", key, "en", **fields))
    return cast(Visit, visit)


def test_a_sixth_metric_is_in_the_tables_once_it_is_registered(sixth: Kpi) -> None:
    day = whole_day.polars_day()
    for table, cafe in (("pilot_kpis", "aurora"), ("pilot_report", "all")):
        (row,) = day[table].filter(kpi=sixth.code, cafe=cafe, simulated=False).to_dicts()
        assert row["value"] == 1.0
        assert (row["target"], row["unit"]) == (0.9, "share")
    registered = {"kpi": list(KPIS)}
    assert set(day["pilot_report"]["kpi"]) == set(registered["kpi"])


def test_a_sixth_metric_passes_the_expectations_without_a_change(sixth: Kpi) -> None:
    frames: dict[str, pd.DataFrame] = {name: frame.to_pandas() for name, frame in whole_day.polars_day().items()}
    for table in ("pilot_kpis", "pilot_report"):
        judged: Any = validate(
            table, frames[table], references={"sessions": frames["sessions"]}, cafes=whole_day.CAFES, day=whole_day.DAY
        )
        assert judged.failed == ()


def test_a_sixth_metric_is_on_the_page_with_its_words_and_decimals(sixth: Kpi) -> None:
    rows = whole_day.polars_day()["pilot_kpis"].filter(simulated=False)
    shown = {(figure.kpi, figure.cafe): figure for figure in figures_from(rows.drop("simulated", "why_details"))}
    visit, cafes = _visit(), whole_day.CAFES.cafe
    assert shown_value(visit, shown[sixth.code, "aurora"]) == "100.000%"
    assert target_in_words(visit, sixth.code) == "above 90%"
    page = kpi_grid.kpi_grid(visit, {cafe.id: cafe.name for cafe in cafes}, shown)
    assert "Decided" in page
    assert "share of started sessions that are decided" in page
    assert isinstance(shown[sixth.code, "aurora"].as_of, datetime)
    assert shown[sixth.code, "aurora"].as_of - whole_day.AS_OF == timedelta()
