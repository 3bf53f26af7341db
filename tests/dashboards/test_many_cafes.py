"""The team's pages with more cafés than fit beside each other: those in need first, or those chosen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.large_home import fill
from benchmarks.many_cafes_home import open_large_home
from pilot.lake_tables.tables import PILOT_KPIS
from storage.home import Home
from tests.dashboards.conftest import TODAY
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
CAFES = 9
BESIDE = 5
ROWS_SHOWN = 50  # on the page of cafés


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PILOT_HOME", "")
    monkeypatch.setenv("PILOT_CAFES_FILE", "")
    home = open_large_home(tmp_path, cafes=CAFES)
    fill(home, days=2, last=TODAY)
    return home


def columns(at: AppTest) -> list[str]:
    """Return the names above the grid's columns."""
    grid = next(part.value for part in at.html if "pf-grid" in part.value)
    return re.findall(r'<th scope="col" role="columnheader">(.*?)<', grid)[1:]


def test_the_overview_shows_the_cafes_that_miss_most_and_those_chosen(many: Home, visit_pages: Pages) -> None:
    at = visit_pages().run().switch_page("views/pilot_overview.py").run()
    names = {cafe.id: cafe.name for cafe in many.cafes().cafe}
    kpis = many.lake().read(PILOT_KPIS, days=[TODAY - timedelta(days=1)]).filter(simulated=True)
    missed = Counter(kpis.filter(verdict="missed")["cafe"].to_list())
    met = Counter(kpis.filter(verdict="met")["cafe"].to_list())
    in_need = sorted(names, key=lambda cafe: (-missed[cafe], met[cafe], names[cafe].casefold()))[:BESIDE]

    assert at.multiselect(key="bredvid").value == in_need
    assert sorted(columns(at)) == sorted(names[cafe] for cafe in in_need)
    assert f"av {5 * CAFES} mått" in shown(at)

    chosen = [cafe for cafe in names if cafe not in in_need][:2]
    at.multiselect(key="bredvid").set_value(chosen).run()
    assert columns(at) == [names[cafe] for cafe in chosen]
    assert ",".join(chosen) in at.query_params["bredvid"]


@pytest.mark.parametrize("address", ["nowhere", "aurora,nowhere,aurora", "<script>", ","])
def test_an_address_with_unknown_cafes_shows_the_known_ones(many: Home, visit_pages: Pages, address: str) -> None:
    at = visit_pages()
    at.query_params["bredvid"] = address
    at.run().switch_page("views/pilot_overview.py").run()
    value = at.multiselect(key="bredvid").value
    assert value == ["aurora"] if "aurora" in address else len(value) == BESIDE


def test_the_days_of_many_cafes_are_listed_as_sums(many: Home, visit_pages: Pages) -> None:
    at = visit_pages().run().switch_page("views/kpi.py").run()
    by_day = at.dataframe[0].value
    assert list(by_day.columns)[:2] == ["Dag", "Värde"]
    assert len(by_day) <= 2
    assert "Kafé" in at.dataframe[1].value.columns
    assert len(at.dataframe[1].value) == CAFES


def test_a_thousand_cafes_are_searched_and_only_some_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visit_pages: Pages
) -> None:
    monkeypatch.setenv("PILOT_HOME", "")
    monkeypatch.setenv("PILOT_CAFES_FILE", "")
    cafes = open_large_home(tmp_path, cafes=1_000).cafes().cafe
    at = visit_pages().run().switch_page("views/cafes.py").run(timeout=60)
    assert len(at.dataframe[0].value) == len(at.selectbox(key="kafe").options) == ROWS_SHOWN
    assert "De första 50 visas" in shown(at)
    wanted = cafes[-1]
    at.text_input(key="sok").set_value(wanted.name.upper()).run(timeout=60)
    assert at.dataframe[0].value["Kafé"].tolist() == [wanted.name]
    assert wanted.name.upper() in at.query_params["sok"]
    at.text_input(key="sok").set_value("finns inte").run(timeout=60)
    assert "Inget kafé heter så" in shown(at)
    assert not at.exception
