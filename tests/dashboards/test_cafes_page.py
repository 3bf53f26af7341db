"""The page of cafés: each action needs a reason and a confirmation, and is audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.page_registry import PAGES
from pilot.access import OF_ROLE, Role
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS
from storage.home import Home
from storage.store import audit
from storage.store.cafes import cafe_states, codes
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]


def cafes_page(visit_pages: Pages, *account: Any) -> AppTest:
    return visit_pages(*account).run().switch_page("views/cafes.py").run()


def send(at: AppTest, key: str, *, reason: str, sure: bool = True) -> AppTest:
    at.text_input(key=f"{key}-reason").set_value(reason)
    if sure:
        at.checkbox(key=f"{key}-sure").check()
    return at.button(key=f"{key}-send").click().run()


def entries(home: Home, action: str) -> list[tuple[str, str, str]]:
    return [(one.actor, one.subject, one.reason) for one in audit.recent(home.store(), 50) if one.action == action]


def test_a_cafe_is_paused_and_resumed_with_a_reason(home: Home, visit_pages: Pages):
    at = send(cafes_page(visit_pages), "pause-aurora", reason="vattenläcka")
    assert "Café Aurora är pausat." in shown(at)
    assert cafe_states.find(home.store(), "aurora").paused
    assert entries(home, "cafe.pause") == [("admin@example.se", "aurora", "vattenläcka")]
    assert "pausat av admin@example.se: vattenläcka" in at.dataframe[0].value["Läge"].tolist()
    at = send(at, "resume-aurora", reason="lagat")
    assert not cafe_states.find(home.store(), "aurora").paused
    assert entries(home, "cafe.resume") == [("admin@example.se", "aurora", "lagat")]


@pytest.mark.parametrize(
    ("reason", "sure", "words"),
    [("", True, "Skriv en orsak"), ("   ", True, "Skriv en orsak"), ("x", False, "Kryssa i")],
)
def test_an_unconfirmed_action_changes_nothing(reason: str, sure: bool, words: str, home: Home, visit_pages: Pages):
    at = send(cafes_page(visit_pages), "pause-aurora", reason=reason, sure=sure)
    assert words in shown(at)
    assert not cafe_states.find(home.store(), "aurora").paused


def test_the_trials_limit_is_changed(home: Home, visit_pages: Pages):
    at = cafes_page(visit_pages)
    at.number_input(key="limit-aurora").set_value(250).run()
    at = send(at, "trial-aurora", reason="förlängd")
    assert "Gränsen för Café Aurora är nu 250." in shown(at)
    assert cafe_states.find(home.store(), "aurora").trial_limit == 250
    assert entries(home, "cafe.trial_limit") == [("admin@example.se", "aurora", "förlängd")]


def test_codes_show_their_last_scan_and_can_be_retired(home: Home, visit_pages: Pages):
    scanned = codes.issue(home.store(), cafe="aurora", label="bord", actor="tests")
    unused = codes.issue(home.store(), cafe="aurora", label="kassa", actor="tests")
    other = codes.issue(home.store(), cafe="goteborg", label="bord", actor="tests")
    make_day(home.cafes(), TODAY).write(home.lake())
    sessions = home.lake().read(SESSIONS, days=[TODAY]).with_columns(code=pl.lit(scanned.code))
    home.lake().replace_partition(SESSIONS, TODAY, sessions, commit={})
    at = cafes_page(visit_pages)
    table = next(each.value for each in at.dataframe if "Senast skannad" in each.value.columns)
    by_code = dict(zip(table["Kod"], table["Senast skannad"], strict=True))
    assert by_code[unused.code] == "inte under perioden"
    assert by_code[scanned.code].startswith("23 nov.")
    assert other.code not in by_code
    at.selectbox(key="code-aurora").set_value(unused.code).run()
    at = send(at, "retire-aurora", reason="skylten borta")
    assert f"Koden {unused.code} är indragen." in shown(at)
    assert unused.code not in {one.code for one in codes.active(home.store())}
    assert entries(home, "code.retire") == [("admin@example.se", unused.code, "skylten borta")]


def test_a_cafe_without_codes_and_its_week_are_shown(home: Home, visit_pages: Pages):
    at = cafes_page(visit_pages)
    assert "Kaféet har ingen kod." in shown(at)
    week = next(each.value for each in at.dataframe if "Avvikelse" in each.value.columns)
    assert week["Öppet"].tolist()[:1] == ["07:00–19:00"]
    assert len(week) == 7


def test_an_account_of_one_cafe_sees_and_changes_that_cafe_only(home: Home, visit_pages: Pages):
    at = cafes_page(visit_pages, "pilot_manager", ("goteborg",))
    assert at.dataframe[0].value["Kafé"].tolist() == ["Göteborg Café"]
    assert at.selectbox(key="kafe").options == ["Göteborg Café"]


@pytest.mark.parametrize("role", ["manager", "support", "data"])
def test_other_roles_have_no_such_page(role: Role):
    entry = next(page for page in PAGES if page.url_path == "kafeer")
    assert entry.permission not in OF_ROLE[role]


def test_the_cafes_that_missed_targets_yesterday_are_named_first(home: Home, visit_pages: Pages):
    assert "Behöver hjälp" not in shown(cafes_page(visit_pages))
    yesterday = TODAY - timedelta(days=1)
    make_day(home.cafes(), yesterday).write(home.lake())
    rows = home.lake().read(PILOT_KPIS, days=[yesterday])
    missed = {("goteborg", "participation"), ("goteborg", "completion"), ("aurora", "completion")}
    verdicts = ["missed" if (row["cafe"], row["kpi"]) in missed else "met" for row in rows.iter_rows(named=True)]
    home.lake().replace_partition(PILOT_KPIS, yesterday, rows.with_columns(verdict=pl.Series(verdicts)), commit={})
    text = shown(cafes_page(visit_pages))
    first = text.index("Behöver hjälp: Göteborg Café missade i går Deltagande och Slutförda samtal.")
    assert first < text.index("Behöver hjälp: Café Aurora missade i går Slutförda samtal.")
    home.lake().replace_partition(PILOT_KPIS, yesterday, rows.with_columns(verdict=pl.lit("met")), commit={})
    assert "Inget kafé missade säkert något mål i går." in shown(cafes_page(visit_pages))
