"""The business page on a real lake: its figures, its steps, its comparison, and its states."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.reading.fair_comparison import fair_comparison
from dashboards.reading.kpi_period import KpiPeriod, Measure
from pilot.kpis import KPIS
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS
from pipelines.statistics.clustered import Ratio, ratio
from storage.home import Home
from storage.lake import polars_schema
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
DAYS = 8


def kpi_page(visit_pages: Pages, **address: str) -> AppTest:
    at = visit_pages()
    for name, value in address.items():
        at.query_params[name] = value
    return at.run().switch_page("views/kpi.py").run()


def write_days(home: Home, *, simulated: bool = False) -> None:
    """Write eight days that end yesterday, with a reward of 25 kronor for each eligible feedback."""
    lake = home.lake()
    for back in range(1, DAYS + 1):
        day = TODAY - timedelta(days=back)
        made = make_day(home.cafes(), day, simulated=simulated)
        made.write(lake)
        eligible = made.scored_feedback.filter("eligible")
        rows = [
            dict.fromkeys(REWARDS.names)
            | row
            | {"outcome": "eligible", "reason": "", "amount_ore": 2500}
            | {"score": 70, "counted_score": 70, "rubric_version": "2026-11", "scorer_version": "1"}
            | {"decided_by": "rewards", "decided_at": NOW}
            for row in eligible.select("day", "session_id", "cafe", "simulated").iter_rows(named=True)
        ]
        frame = pl.DataFrame(rows, schema=polars_schema(REWARDS), orient="row", strict=False)
        lake.replace_partition(REWARDS, day, frame, commit={})


def figures(at: AppTest) -> dict[str, str]:
    page = " ".join(part.value for part in at.html)
    pairs = re.findall(r'<dt>(.*?)</dt>\s*<dd class="pf-value">(.*?)</dd>', page)
    return {label: value.replace("\u00a0", " ") for label, value in pairs}


def percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")


def test_the_figures_are_those_of_an_independent_count(home: Home, visit_pages: Pages):
    write_days(home)
    at = kpi_page(visit_pages)
    kpis = home.lake().read(PILOT_KPIS).filter(pl.col("kpi") == "participation", pl.col("value").is_not_null())
    scored = home.lake().read(SCORED_FEEDBACK)
    sessions = home.lake().read(SESSIONS)
    assert figures(at) == {
        "Deltagande": percent(kpis["numerator"].sum() / kpis["denominator"].sum()),
        "Slutförda samtal": percent(
            sessions.filter(outcome="completed").height / sessions.filter(pl.col("outcome") != "opened_only").height
        ),
        "Användbara svar": percent(scored["eligible"].mean()),
        "Snittpoäng": f"{scored['score'].mean():.1f}".replace(".", ","),
        "Belöning per användbart svar": "25,00 kr",
    }
    assert "Mål: över 10 %" in shown(at).replace("\u00a0", " ")


def test_the_steps_are_counted_by_mode(home: Home, visit_pages: Pages):
    write_days(home)
    at = kpi_page(visit_pages)
    table = next(body for each in at.main.get("html") if "Sätt att svara" in (body := each.proto.body))
    rows = re.findall(r'<th scope="row">([^<]+)</th>.*?>(\d+)</a>.*?<td data-cafe="Spann">([^<]+)<', table, re.DOTALL)
    sessions = home.lake().read(SESSIONS).filter(pl.col("outcome") != "opened_only")
    expected = {"tal": "voice", "text": "text", "tal och text": "mixed"}
    assert {words: count for words, count, _ in rows} == {
        words: str(sessions.filter(mode=mode).height) for words, mode in expected.items()
    }
    assert all(between.startswith("mellan ") for *_, between in rows)


def test_cafes_are_listed_by_name_with_the_number_of_similar_ones(home: Home, visit_pages: Pages):
    write_days(home)
    at = kpi_page(visit_pages, matt="completion")
    table = next(each.value for each in at.dataframe if "Justerat värde" in each.value.columns)
    assert table["Kafé"].tolist() == ["Café Aurora", "Göteborg Café", "Malmö Huset"]
    assert "Det går inte att skilja de 3 kaféerna åt." in shown(at)
    assert set(table["Jämfört med snittet"]) == {"går inte att avgöra"}
    assert set(table["Går inte att skilja från"]) == {"2 av 2 andra"}


def test_too_few_days_are_said_instead_of_a_comparison(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY - timedelta(days=1)).write(home.lake())
    page = shown(kpi_page(visit_pages))
    assert "minst tre kaféer med fem dagar var" in page


def test_the_cafe_and_the_measure_are_in_the_address(home: Home, visit_pages: Pages):
    write_days(home)
    at = kpi_page(visit_pages, kafeet="goteborg", matt="cost", period="7")
    assert at.selectbox(key="kafeet").value == "goteborg"
    assert "Belöning per användbart svar dag för dag" in shown(at)
    scored = (
        home.lake()
        .read(SCORED_FEEDBACK)
        .filter(pl.col("cafe") == "goteborg", pl.col("day") >= TODAY - timedelta(days=7))
    )
    assert figures(at)["Användbara svar"] == percent(scored["eligible"].mean())


@pytest.mark.parametrize("address", [{"kafeet": "nowhere"}, {"matt": "x' or 1=1"}, {"period": "-9"}])
def test_an_unknown_value_in_the_address_shows_the_default(address: dict[str, str], home: Home, visit_pages: Pages):
    write_days(home)
    assert figures(kpi_page(visit_pages, **address)) == figures(kpi_page(visit_pages))


def test_a_home_without_sessions_says_how_to_begin(home: Home, visit_pages: Pages):
    assert "Här kommer gästernas svar" in shown(kpi_page(visit_pages))


def test_without_rewards_the_cost_is_zero_and_the_rest_stays(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY - timedelta(days=1)).write(home.lake())
    assert figures(kpi_page(visit_pages))["Belöning per användbart svar"] == "0,00 kr"


def test_simulated_rows_are_shown_only_in_a_demo(home: Home, visit_pages: Pages):
    write_days(home, simulated=True)
    assert set(figures(kpi_page(visit_pages)).values()) == {"–"}


def test_a_demo_marks_its_figures(demo_home: Home, visit_pages: Pages):
    write_days(demo_home, simulated=True)
    page = shown(kpi_page(visit_pages))
    assert "Simulerade data" in page
    assert "Användbara svar" in page


def compared(*cafes: tuple[str, float]) -> Any:
    made: dict[tuple[Measure, str], Ratio] = {
        ("completion", cafe): ratio([(share * 200, 200)] * 10) for cafe, share in cafes
    }
    period = KpiPeriod({}, made, (), (), 0, ())
    ids = tuple(cafe for cafe, _ in cafes)
    scope: dict[str, Any] = {"first": date(2026, 11, 1), "last": date(2026, 11, 10), "simulated": False}
    return fair_comparison(period, (repr(cafes), ()), cafes=ids, measure="completion", **scope)


def test_a_cafe_that_clearly_differs_is_said_to() -> None:
    found = compared(("a", 0.7), ("b", 0.71), ("c", 0.2), ("d", 0.72))
    assert found.any_differ
    assert [one.side for one in found.cafes][2] == -1
    assert found.cafes[2].alike == 0


def test_a_thousand_cafes_are_compared_and_few_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(*((f"c{place}", 0.7 + place % 7 / 100) for place in range(1000)))
    assert len(found.cafes) == 1000
    assert found.centre == pytest.approx(0.73, abs=0.01)


def test_every_measure_with_a_target_is_one_of_the_pilots() -> None:
    assert {"participation", "completion"} <= set(KPIS)
