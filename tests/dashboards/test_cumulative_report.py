"""The overview's first part on a real lake: the days left and the verdict over all days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from pilot.business_days import STOCKHOLM
from pilot.kpis import KPIS
from pilot.lake_tables.report_tables import ALL_CAFES, PILOT_REPORT
from storage.home import Home
from storage.lake import polars_schema
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import overview, shown
from tests.dashboards.test_reading import every_cafe

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]


def write_report(
    home: Home, day: date, *, verdicts: dict[str, str], simulated: bool = False, excluded: int = 0
) -> None:
    """Write a report of one day, the same for each café and for all of them; other metrics are met."""
    rows = [
        dict.fromkeys(PILOT_REPORT.names)
        | {"day": day, "cafe": cafe, "simulated": simulated, "kpi": code, "first_day": home.cafes().pilot.first_day}
        | {"days": 8, "days_left_out": excluded, "cafe_days": 24, "unknown": 0.0, "numerator": 90.0}
        | {"denominator": 120.0, "value": 0.75, "low": 0.7, "high": 0.8, "interval": "clustered"}
        | {"target": kpi.target, "verdict": verdicts.get(code, "met"), "why": "", "unit": kpi.unit, "as_of": NOW}
        for cafe in (*home.cafes().ids, ALL_CAFES)
        for code, kpi in KPIS.items()
    ]
    frame = pl.DataFrame(rows, schema=polars_schema(PILOT_REPORT), orient="row")
    home.lake().replace_partition(PILOT_REPORT, day, frame, commit={})


def clock_at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=STOCKHOLM)
    monkeypatch.setattr("dashboards.visit.now", lambda: noon)


def test_the_verdict_over_all_days_and_the_days_left_come_before_the_day(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
):
    day = TODAY + timedelta(days=8)
    clock_at(monkeypatch, day)
    make_day(home.cafes(), day - timedelta(days=1)).write(home.lake())
    write_report(home, day - timedelta(days=1), verdicts={"uptime": "missed", "participation": "cannot_tell"})
    page = shown(overview(visit_pages()))
    assert "Dag 9 av 30, 21 dagar kvar. 3 av 5 mått når målet räknat på alla dagar." in page
    assert "1 missar målet och 1 går inte att avgöra." in page
    assert page.index("Hela piloten hittills") < page.index("Samma mått för en dag i taget")
    assert "Alla kaféer" in page
    assert "utelämnade" not in page


def test_a_home_without_a_report_says_when_it_comes(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    page = shown(overview(visit_pages()))
    assert "Dag 1 av 30, 29 dagar kvar." in page
    assert "finns här nästa morgon" in page
    assert "Hela piloten hittills" not in page


def test_a_report_of_simulated_rows_is_not_shown_for_guests(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    write_report(home, TODAY, verdicts={}, simulated=True)
    assert "finns här nästa morgon" in shown(overview(visit_pages()))


def test_left_out_days_and_an_old_report_are_said(home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch):
    day = TODAY + timedelta(days=8)
    clock_at(monkeypatch, day)
    make_day(home.cafes(), day).write(home.lake())
    write_report(home, TODAY, verdicts={}, excluded=2)
    page = shown(overview(visit_pages()))
    assert "Alla 5 mått når målet räknat på alla dagar." in page
    assert "2 av dagarna är utelämnade" in page
    assert "Den senaste bedömningen är från 23 nov." in page


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (-3, "Piloten börjar om 3 dagar, 23 nov., och pågår i 30 dagar."),
        (0, "Dag 1 av 30, 29 dagar kvar."),
        (28, "Dag 29 av 30, en dag kvar."),
        (29, "Dag 30 av 30, sista dagen."),
        (30, "Pilotens 30 dagar är över sedan 22 dec."),
    ],
)
def test_the_days_left_are_counted_from_the_cafes_file(
    offset: int, words: str, home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
):
    day = TODAY + timedelta(days=offset)
    clock_at(monkeypatch, day)
    make_day(home.cafes(), day).write(home.lake())
    assert words in shown(overview(visit_pages()))


def test_a_reader_of_some_cafes_gets_no_sum_over_all(home: Home):
    from dashboards.reading.cumulative_report import TABLES, cumulative_report
    from dashboards.reading.page_snapshot import PageSnapshot

    write_report(home, TODAY, verdicts={})
    with PageSnapshot(every_cafe(home), *TABLES, days=[TODAY]) as snapshot:
        report = cumulative_report(
            snapshot, snapshot.key, cafes=("aurora",), sees_all=False, day=TODAY, simulated=False
        )
    assert report is not None
    assert {cafe for _, cafe in report.figures} == {"aurora"}


def test_an_account_of_one_cafe_reads_its_own_figures_only(
    home: Home, visit_pages: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
):
    make_day(home.cafes(), TODAY).write(home.lake())
    write_report(home, TODAY, verdicts={"uptime": "missed"})
    page = shown(overview(visit_pages("data", ("aurora",))))
    assert "4 av 5 mått når målet räknat på alla dagar." in page
    assert "Alla kaféer" not in page
    assert "Malmö Huset" not in page
