"""The pages on a real lake: they show the tables' figures, without mixing simulated and real rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pilot.kpis import KPIS
from pilot.lake_tables.tables import (
    CUSTOMER_COUNTS,
    PILOT_KPIS,
    SCORED_FEEDBACK,
    SESSIONS,
    TABLES,
    TURNS,
    UPTIME,
)
from pipelines.figures.kpis import pilot_kpis
from storage.home import Home
from storage.lake import polars_schema
from storage.store.cafes import customer_counts
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
OVERVIEW = "views/pilot_overview.py"
YESTERDAY = TODAY - timedelta(days=1)


def shown(at: AppTest) -> str:
    """Return the text of the page's HTML without tags."""
    assert not at.exception
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(part.value for part in at.html)))


def figures(at: AppTest) -> dict[str, str]:
    page = " ".join(part.value for part in at.html)
    pairs = re.findall(r'<dt>(.*?)</dt>\s*<dd class="pf-value">(.*?)</dd>', page)
    return {label: re.sub(r"<[^>]+>", "", value).replace("\u00a0", " ") for label, value in pairs}


def overview(at: AppTest) -> AppTest:
    return at.run().switch_page(OVERVIEW).run()


def test_a_day_shows_the_figures_of_an_independent_query(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    sessions = home.lake().read(SESSIONS).filter(cafe="aurora", simulated=False)
    scored = home.lake().read(SCORED_FEEDBACK).filter(cafe="aurora", simulated=False)
    completed = sessions.filter(outcome="completed").height
    started = sessions.filter(pl.col("started_at").is_not_null()).height

    at = visit_pages().run()

    assert figures(at)["Inskickade svar"] == str(completed)
    assert figures(at)["Påbörjade samtal"] == str(started)
    assert figures(at)["Slutförda samtal"] == f"{100 * completed / started:.1f} %".replace(".", ",")
    assert figures(at)["Snittpoäng för svaren"] == f"{scored['score'].mean():.0f}"
    funnel = [
        int(count)
        for count in re.findall(r'class="pf-count">(?:<a [^>]*>)?(\d+)<', " ".join(part.value for part in at.html))
    ]
    assert funnel == [
        sessions.height,
        started,
        sessions.filter(pl.col("consent")).height,
        sessions.filter(pl.col("first_turn_at").is_not_null()).height,
        completed,
    ]


def test_every_quote_of_the_day_can_be_shown_latest_first(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    scored = home.lake().read(SCORED_FEEDBACK).filter(cafe="aurora")
    at = visit_pages().run()
    at.toggle(key="all_said").set_value(True).run()
    listed = next(part.value for part in at.html if "pf-quotes" in part.value)
    times = re.findall(r"<span>(\d\d:\d\d) · ", listed)
    assert len(times) == scored.filter(pl.col("signals").list.len() == 0).height
    assert times == sorted(times, reverse=True)


def test_feedback_to_act_on_first_is_useful_actionable_and_varied(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    act = next(part.value for part in at.html if "pf-act" in part.value)
    scores = [int(score) for score in re.findall(r"(\d+) poäng", act)]
    assert len(scores) == 3
    assert min(scores) > 60
    quotes = re.findall(r'class="pf-said">(.*?)</span>', act)
    assert len(set(quotes)) == len(quotes)
    assert "poäng och högsta belöningen" not in act


def test_an_injection_is_listed_apart_with_its_signal(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    aside = next(box for box in at.expander if "Bortsorterade" in box.label)
    assert "försöker styra poängen" in " ".join(part.value for part in aside.get("html"))


def test_a_real_home_shows_simulated_rows_only_after_the_toggle(home: Home, visit_pages: Pages):
    real, tests = make_day(home.cafes(), TODAY, busy=0.4), make_day(home.cafes(), TODAY, simulated=True, seed=2)
    lake = home.lake()
    for table, ours, theirs in (
        (SESSIONS, real.sessions, tests.sessions),
        (TURNS, real.turns, tests.turns),
        (SCORED_FEEDBACK, real.scored_feedback, tests.scored_feedback),
        (PILOT_KPIS, real.pilot_kpis, tests.pilot_kpis.filter(pl.col("simulated"))),
    ):
        both = pl.concat([ours, theirs.with_columns(simulated=pl.lit(True))])
        lake.replace_partition(table, TODAY, both, commit={})

    def completed(frame: pl.DataFrame) -> str:
        return str(frame.filter(cafe="aurora", outcome="completed").height)

    assert completed(real.sessions) != completed(tests.sessions)
    at = visit_pages().run()
    assert figures(at)["Inskickade svar"] == completed(real.sessions)
    assert "Testsessioner" not in shown(at)
    at.toggle(key="tests").set_value(True).run()
    assert figures(at)["Inskickade svar"] == completed(tests.sessions)
    assert "Testsessioner" in shown(at)
    at = at.switch_page(OVERVIEW).run()
    started = tests.sessions.filter(pl.col("cafe") == "aurora", pl.col("started_at").is_not_null()).height
    assert f"{completed(tests.sessions)} av {started}" in shown(at)


def test_a_demo_says_on_every_page_that_its_data_is_simulated(demo_home: Home, visit_pages: Pages):
    make_day(demo_home.cafes(), TODAY, simulated=True).write(demo_home.lake())
    at = visit_pages().run()
    assert "Simulerade data" in shown(at)
    assert not [toggle for toggle in at.toggle if toggle.key == "tests"]
    assert "Simulerade data" in shown(at.switch_page(OVERVIEW).run())


def test_the_overview_shows_each_metric_of_each_cafe_as_stored(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY, seed=3).write(home.lake())
    rows = home.lake().read(PILOT_KPIS).filter(simulated=False)
    at = overview(visit_pages())
    grid = next(part.value for part in at.html if "pf-grid" in part.value)
    cells = re.findall(r'data-cafe="(.*?)">(.*?)</td>', grid, re.DOTALL)
    assert len(cells) == 3 * len(KPIS)
    words = {"met": "Når målet", "missed": "Missar målet", "cannot_tell": "Går inte att avgöra"}
    words["missing"] = "Underlag saknas"
    order = ["participation", "completion", "voice_response", "uptime", "payment_success"]
    expected = [
        (cafe.name, words[rows.filter(cafe=cafe.id, kpi=kpi)["verdict"].item()])
        for kpi in order
        for cafe in home.cafes().cafe
    ]
    assert [(name, re.search(r"pf-verdict [^>]*>([^<]*)<", cell).group(1)) for name, cell in cells] == expected
    completion = rows.filter(cafe="aurora", kpi="completion").row(0, named=True)
    assert f"{100 * completion['value']:.1f} %".replace(".", ",") in cells[3][1].replace("\u00a0", " ")


def test_a_missing_customer_count_is_shown_with_the_command_that_reports_it(home: Home, visit_pages: Pages):
    make_day(home.cafes(), YESTERDAY, busy=0).write(home.lake())
    at = overview(visit_pages())
    assert "Antalet kunder är inte rapporterat" in shown(at)
    assert "pilot counts report aurora 2026-11-22 ANTAL" in at.code[0].value


def test_the_overview_opens_on_the_latest_past_day_with_sessions(home: Home, visit_pages: Pages):
    for back in (0, 2):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    at = visit_pages().run()
    assert at.selectbox(key="dag").value == "2026-11-23"
    at = at.switch_page(OVERVIEW).run()
    assert at.selectbox(key="dag").value == "2026-11-21"
    at.selectbox(key="dag").select("2026-11-23").run()
    assert at.selectbox(key="dag").value == "2026-11-23"
    assert at.run().selectbox(key="dag").value == "2026-11-23"
    assert "Dagen pågår" in shown(at)


def test_a_chosen_day_stays_chosen_on_another_page(home: Home, visit_pages: Pages):
    for back in range(4):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    at = visit_pages().run()
    at.selectbox(key="dag").select("2026-11-20").run()
    assert at.switch_page(OVERVIEW).run().selectbox(key="dag").value == "2026-11-20"
    at.selectbox(key="dag").select("2026-11-21").run()
    assert at.switch_page("views/cafe_day.py").run().selectbox(key="dag").value == "2026-11-21"


def test_a_day_in_progress_shows_no_missing_data(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY, busy=0, until=NOW).write(home.lake())
    at = overview(visit_pages())
    assert at.selectbox(key="dag").value == "2026-11-23"
    assert "Det här saknas" not in shown(at)
    assert "Kontrollera att skylten" not in shown(at)
    assert not at.code


def test_the_trend_and_the_volume_follow_the_chosen_period(home: Home, visit_pages: Pages):
    for back in range(10):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    at = overview(visit_pages())
    verdicts = home.lake().read(PILOT_KPIS).filter(cafe="aurora", kpi="completion")
    met = verdicts.filter(pl.col("verdict") == "met", pl.col("day") <= YESTERDAY)
    assert f"{met.height} nådda" in shown(at)
    at.segmented_control(key="trend_days").set_value(7).run()
    week = met.filter(pl.col("day") > YESTERDAY - timedelta(days=7))
    assert f"{week.height} nådda" in shown(at)


def test_a_day_without_sessions_is_called_quiet(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY - timedelta(days=2)).write(home.lake())
    at = visit_pages().run()
    assert "lördag 21 november" in at.selectbox(key="dag").format_func("2026-11-21").lower()
    at.selectbox(key="dag").select("2026-11-22").run()
    assert "En tyst dag" in shown(at)
    assert "söndag 22 november" in shown(at)


def test_a_closed_day_does_not_suggest_checking_the_sign(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    make_day(home.cafes(), TODAY - timedelta(days=2)).write(home.lake())
    special = '\n[[cafe.special_days]]\nday = 2026-11-22\nreason = { sv = "Inventering", en = "Stocktaking" }\n'
    given = Path("cafes.toml").read_text(encoding="utf-8")
    (tmp_path / "cafes.toml").write_text(given.replace("\n[[cafe.areas]]", special + "[[cafe.areas]]", 1))
    monkeypatch.setenv("PILOT_CAFES_FILE", str(tmp_path / "cafes.toml"))
    at = visit_pages().run()
    at.selectbox(key="dag").select("2026-11-22").run()
    assert "Stängt i går, söndag 22 november (Inventering). Inga svar väntas." in shown(at)
    assert "Stod skylten" not in shown(at)


def test_days_without_sessions_count_in_the_volume(home: Home, visit_pages: Pages):
    for back in (4, 1):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    assert re.search(r"av 4 dagar", shown(overview(visit_pages())))


@pytest.mark.parametrize("tests", [False, True], ids=["guests", "tests"])
def test_an_empty_home_shows_the_first_steps_and_commands_to_the_team_only(tests: bool, home: Home, visit_pages: Pages):
    at = visit_pages().run()
    at.toggle(key="tests").set_value(tests).run()
    assert "Här kommer gästernas svar" in shown(at)
    assert not at.code
    assert "terminal" not in shown(at)
    at = at.switch_page(OVERVIEW).run()
    assert "Här kommer gästernas svar" in shown(at)
    assert "pilot journey aurora" in at.code[0].value


def test_a_day_with_openings_only_says_so_without_a_warning(home: Home, visit_pages: Pages):
    day = make_day(home.cafes(), YESTERDAY)
    lake = home.lake()
    opened = day.sessions.filter(outcome="opened_only")
    none = pilot_kpis(
        day=YESTERDAY, as_of=NOW, cafes=home.cafes(), sessions=opened, turns=day.turns.clear(),
        uptime=pl.DataFrame(schema=polars_schema(UPTIME)),
        customer_counts=pl.DataFrame(schema=polars_schema(CUSTOMER_COUNTS)),
    )  # fmt: skip
    tables = ((SESSIONS, opened), (TURNS, day.turns.clear()), (SCORED_FEEDBACK, day.scored_feedback.clear()))
    for table, frame in (*tables, (PILOT_KPIS, none)):
        lake.replace_partition(table, YESTERDAY, frame, commit={})
    at = visit_pages().run()
    assert "Ingen började svara, men sidan öppnades" in shown(at)
    assert "Inga samtal påbörjades." in shown(at)
    assert "inga avslutade samtal att räkna på" in shown(at)
    at = overview(visit_pages())
    assert "inga samtal" in shown(at)
    grid = next(part.value for part in at.html if "pf-grid" in part.value)
    assert set(re.findall(r"pf-verdict pf-(\w+)", grid)) == {"missing"}


def test_stale_figures_name_support_and_no_command(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY, until=NOW - timedelta(hours=1)).write(home.lake())
    text = shown(visit_pages().run())
    assert "Siffrorna har inte räknats om sedan 13:32. Säg till pilotens support." in text
    assert "pilot health" not in text


def test_a_failing_page_says_so_in_the_readers_words(home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch):
    make_day(home.cafes(), TODAY).write(home.lake())

    def fail(*given: object) -> None:
        raise ValueError("words of a guest")

    monkeypatch.setattr("dashboards.parts.feedback_fragments.quotes", fail)
    text = shown(visit_pages().run())
    assert "Hjälper det inte, säg till pilotens support och uppge felkoden: ValueError." in text
    assert "words of a guest" not in text


def test_erased_words_say_how_long_they_are_kept(home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PILOT_WORDS_DAYS", "60")
    day = make_day(home.cafes(), TODAY)
    day.write(home.lake())
    home.lake().replace_partition(TURNS, TODAY, day.turns.with_columns(transcript=pl.lit(None)), commit={})
    assert "Texten är raderad (sparas i 60 dagar)." in shown(visit_pages().run())


@pytest.mark.parametrize("name", ["sessions", "turns", "scored_feedback", "pilot_kpis"])
def test_a_damaged_table_is_named_without_words_or_a_traceback(name: str, home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    for file in (home.root / "lake" / TABLES[name].name).rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            file.write_bytes(b"PAR1 not any more")
    at = visit_pages().run()
    assert re.search(rf"Inget är förlorat\. Säg till pilotens support och uppge felkoden: \w+, {name}\.", shown(at))
    assert not re.search(r"materialisera|Dagster|landning|råhändelser", shown(at))
    assert "Traceback" not in shown(at)


def test_a_guests_words_are_always_escaped(home: Home, visit_pages: Pages):
    hostile = '<img src="https://evil.example/x.png" onerror=alert(1)> ![](https://evil.example/y.png) **fet**'
    day = make_day(home.cafes(), TODAY)
    lake = home.lake()
    day.write(lake)
    turns = day.turns.with_columns(transcript=pl.lit(hostile), question=pl.lit(hostile))
    lake.replace_partition(TURNS, TODAY, turns, commit={})
    page = " ".join(part.value for part in visit_pages().run().html)
    assert "&lt;img src=" in page
    assert "<img" not in page
    assert not [text for text in visit_pages().run().markdown if "evil" in text.value]


@pytest.mark.parametrize("address", [None, "0.0.0.0", "192.168.1.20", "pilot.example"])
def test_the_pages_refuse_an_address_that_the_network_can_reach(
    address: str | None, home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages()
    monkeypatch.setattr(st, "get_option", lambda name: address)
    at.run()
    assert "Sidorna är stängda" in shown(at)
    assert "Café Aurora" not in shown(at)


def test_the_pages_have_an_english_version(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    at.segmented_control(key="lang").set_value("en").run()
    text = shown(at)
    assert "guests" in text
    assert "gäster" not in re.sub(r"”[^”]*”", "", text)
    assert "Start here" in text


def test_the_address_names_the_cafe_and_the_day(home: Home, visit_pages: Pages):
    for back in range(3):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    at = visit_pages()
    at.query_params["kafe"] = "goteborg"
    at.query_params["dag"] = "2026-11-22"
    at.run()
    assert "Göteborg Café" in shown(at)
    assert at.selectbox(key="dag").value == "2026-11-22"
    at.query_params["kafe"] = "nowhere"
    other = visit_pages()
    other.query_params["kafe"] = "nowhere"
    assert "Café Aurora" in shown(other.run())


def test_a_rebuilt_day_invalidates_the_cache(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY, busy=0.3).write(home.lake())
    at = visit_pages().run()
    before = figures(at)["Inskickade svar"]
    make_day(home.cafes(), TODAY).write(home.lake())
    assert figures(at.run())["Inskickade svar"] != before


def test_a_day_in_progress_is_not_compared_with_the_band(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY, busy=0.3, until=NOW).write(home.lake())
    text = shown(visit_pages().run())
    assert "Hittills har" in text
    assert "färre än" not in text
    assert "Uppdaterat 14:32" in text


def test_an_unknown_setting_is_shown_with_a_suggestion(
    monkeypatch: pytest.MonkeyPatch, visit_pages: Pages, tmp_path: Path
):
    monkeypatch.setenv("PILOT_HOEM", str(tmp_path))
    text = shown(visit_pages().run())
    assert "did you mean PILOT_HOME" in text


def test_a_manager_reports_the_days_customers_and_corrects_them(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    assert "Antalet saknas" in shown(at)
    at.number_input[0].set_value(742)
    at.button[0].click().run()
    assert "Sparat: 742 kunder" in shown(at)
    at.number_input[0].set_value(1204)
    at.button[0].click().run()
    assert "Skriv varför talet rättas" in shown(at)
    at.text_input[0].set_value("en kassa saknades")
    at.button[0].click().run()
    assert "Sparat: 1 204 kunder" in shown(at)
    assert "Rapporterat: 1 204 kunder (rapporterat för hand" in shown(at).replace("\u00a0", " ")
    said = customer_counts.history(home.store(), cafe="aurora", day=TODAY, simulated=False)
    assert [(one.customers, one.source, one.actor) for one in said] == [
        (1204, "manager", "admin@example.se"),
        (742, "manager", "admin@example.se"),
    ]


def test_a_quiet_day_has_an_empty_count_form(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    lake = home.lake()
    lake.replace_partition(SESSIONS, TODAY, lake.read(SESSIONS).filter(pl.col("cafe") != "aurora"), commit={})
    at = visit_pages().run()
    at.button[0].click().run()
    assert "Skriv ett antal först" in shown(at)
    assert customer_counts.history(home.store(), cafe="aurora", day=TODAY, simulated=False) == []


def test_test_sessions_have_no_customers(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    at.toggle(key="tests").set_value(True).run()
    assert not at.number_input
