"""What guests say: filters, search, labels and exports, and what an erased word leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.entitled_lake import EntitledLake
from dashboards.reading.cover import Cover
from dashboards.reading.guests_say import TABLES, Filter, Found, find
from dashboards.reading.page_snapshot import PageSnapshot
from pilot.identifiers import new_receipt_token, receipt_hash
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from storage.home import Home
from storage.store.cafes.feedback_labels import history
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.dashboards.conftest import EVERYONE, NOW, TODAY
from tests.dashboards.lake_days import make_day

Pages = Callable[..., AppTest]
PAGE = "views/guests_say.py"


def wrote(home: Home, days: int = 3) -> None:
    for back in range(days):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())


def found(home: Home, **wanted: str) -> Found:
    lake = EntitledLake(home.lake(), EVERYONE, home_key=str(home.root), confirm=lambda: None)
    with PageSnapshot(lake, *TABLES) as shot:
        return find(
            shot,
            shot.key,
            cafe="aurora",
            first=TODAY - timedelta(days=2),
            last=TODAY,
            simulated=False,
            wanted=Filter(**wanted),
            most=500,
            cover=Cover(True),
        )


def page(at: AppTest) -> AppTest:
    return at.run().switch_page(PAGE).run()


def shown(at: AppTest) -> str:
    assert not at.exception
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(part.value for part in at.html)))


@pytest.mark.parametrize("words", ["kassan", "KASSAN", "kvart", "Öppna den", "öPPNA DEN"])
def test_the_search_folds_case_and_keeps_swedish_letters(words: str, home: Home) -> None:
    wrote(home)
    turns = home.lake().read(TURNS).filter(cafe="aurora")
    said = turns.filter(pl.col("transcript").str.to_lowercase().str.contains(words.lower(), literal=True))
    assert found(home, words=words).total == said["session_id"].n_unique() > 0
    assert found(home, words=words.replace("ö", "o").replace("Ö", "O")).total == (
        0 if "ö" in words.lower() else said["session_id"].n_unique()
    )


@pytest.mark.parametrize("words", ["%", "_", "'; drop table turns; --", "100 % säker"])
def test_a_search_is_never_a_pattern_or_a_query(words: str, home: Home) -> None:
    wrote(home, days=1)
    assert found(home, words=words).total == 0


def test_erased_words_are_never_found(home: Home) -> None:
    wrote(home)
    before = found(home, words="kassan")
    lost = before.shown[0].session_id
    for table in (TURNS, SCORED_FEEDBACK):
        for back in range(3):
            day = TODAY - timedelta(days=back)
            kept = home.lake().read(table, days=[day]).filter(pl.col("session_id") != lost)
            home.lake().replace_partition(table, day, kept, commit={})
    after = found(home, words="kassan")
    assert after.total == before.total - 1
    assert lost not in {one.session_id for one in after.shown}


@pytest.mark.parametrize("polarity", ["positive", "mixed", "negative"])
def test_a_theme_and_a_polarity_find_the_sessions_behind_their_number(polarity: str, home: Home) -> None:
    wrote(home)
    rows = home.lake().read(THEME_DAYPARTS).filter(cafe="aurora", theme="service")
    assert found(home, theme="service", polarity=polarity).total == rows[polarity].sum()


@pytest.mark.parametrize("kind", ["positive", "mixed", "negative", "neutral"])
@pytest.mark.parametrize("part", ["morning", "lunch", "afternoon", "evening"])
def test_each_kind_and_daypart_find_as_many_sessions_as_the_table_counts(kind: str, part: str, home: Home) -> None:
    wrote(home)
    rows = home.lake().read(SATISFACTION).filter(cafe="aurora", daypart=part)
    assert found(home, polarity=kind, daypart=part).total == rows[kind].sum()


def test_the_page_shows_shares_themes_and_quotes(home: Home, visit_pages: Pages) -> None:
    wrote(home)
    text = shown(page(visit_pages()))
    rows = home.lake().read(SATISFACTION).filter(cafe="aurora")
    assert f"Räknat på {rows['usable'].sum()} svar" in text.replace("\u00a0", " ")
    assert "Vad de pratar om" in text
    assert "poäng" in text


def test_a_number_opens_its_sessions_with_one_press(home: Home, visit_pages: Pages) -> None:
    wrote(home)
    at = page(visit_pages())
    at.button(key="open-service-alla").click().run()
    rows = home.lake().read(THEME_DAYPARTS).filter(cafe="aurora", theme="service")
    assert f"{rows['mentions'].sum()} svar, senaste först" in shown(at)
    assert at.query_params["tema"] in ("service", ["service"])


def test_a_deep_link_sets_the_filters(home: Home, visit_pages: Pages) -> None:
    wrote(home)
    at = visit_pages()
    at.run()
    at.query_params["omdome"] = "positive"
    at.query_params["sok"] = "kaffe"
    at.switch_page(PAGE).run()
    total = found(home, polarity="positive", words="kaffe").total
    assert f"{total} svar" in shown(at)


def test_missing_tables_and_an_empty_lake_are_said(home: Home, visit_pages: Pages) -> None:
    assert "Här kommer gästernas svar" in shown(page(visit_pages()))
    wrote(home, days=1)
    for table in (SATISFACTION, THEME_DAYPARTS):
        home.lake().replace_partition(table, TODAY, home.lake().read(table).clear(), commit={})
    assert "Det finns inga svar att räkna på" in shown(page(visit_pages()))


def test_a_manager_of_another_cafe_sees_nothing_of_this_one(home: Home, visit_pages: Pages) -> None:
    wrote(home, days=1)
    at = visit_pages(role="manager", cafes=("goteborg",))
    at.query_params["kafe"] = "aurora"
    text = shown(page(at))
    assert "Göteborg" in text
    assert "Aurora" not in text


def test_a_label_is_saved_under_the_readers_name_and_shown_and_withdrawn(home: Home, visit_pages: Pages) -> None:
    wrote(home, days=1)
    session = found(home).shown[0].session_id
    token = receipt_hash(new_receipt_token())
    receipts.save(
        home.store(), Receipt(token, "K7M2QP", session, "aurora", TODAY, "sv", False, NOW, 71, True, "2026-11")
    )
    at = page(visit_pages(role="manager", cafes=("aurora",)))
    at.button(key=f"useful-{session}").click().run()
    (label,) = history(home.store(), session)
    assert (label.useful, label.actor) == (True, "manager@example.se")
    assert "Ditt omdöme: användbart" in shown(at)
    at.button(key=f"useful-{session}").click().run()
    assert history(home.store(), session)[0].withdraws
    assert "Ditt omdöme" not in shown(at)


def test_support_reads_and_cannot_label(home: Home, visit_pages: Pages) -> None:
    wrote(home, days=1)
    at = page(visit_pages(role="support"))
    assert shown(at)
    assert not [each for each in at.button if str(each.key).startswith("useful-")]
