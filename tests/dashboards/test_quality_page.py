"""The quality page and the alarm of urgent feedback, on a real lake."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.parts import feedback_fragments
from pilot.lake_tables.insight_tables import QUARANTINE
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown
from tests.dashboards.verdict_days import SESSION, write_verdicts

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]


def quality(visit_pages: Pages) -> AppTest:
    return visit_pages().run().switch_page("views/quality.py").run()


def test_the_page_says_so_if_no_day_was_validated(visit_pages: Pages):
    assert "Ingen dag har granskats än." in shown(quality(visit_pages))


def test_a_page_without_failures_says_yes_and_lists_no_row(home: Home, visit_pages: Pages):
    for back in range(3):
        write_verdicts(home.lake(), TODAY - timedelta(days=back))
    page = shown(quality(visit_pages))
    assert "Ja. Alla 12 krav på de senaste 3 dagarna håller." in page
    assert "Inga rader bryter mot ett krav." in page
    assert "Granskat 14:25, måndag 23 november" in page


def test_a_stopping_failure_is_shown_with_its_table_days_and_rows(home: Home, visit_pages: Pages):
    for back in range(3):
        write_verdicts(home.lake(), TODAY - timedelta(days=back), broken=back > 0)
    at = quality(visit_pages)
    page = shown(at)
    assert "4 av 12 krav håller inte, och 2 av dem stoppar" in page
    assert "Svar: the stages of a turn follow one another in time" in page
    assert "21 nov. och 22 nov. · 2 rader" in page
    calendar = next(part.value for part in at.html if "pf-heat" in part.value)
    turns = re.search(r"<tr>\s*<th[^>]*>Svar.*?</tr>", calendar, re.DOTALL)
    assert turns is not None
    assert re.findall(r"pf-verdict pf-(\w+)", turns.group()) == ["met", "missed", "missed"]
    assert 'aria-label="stoppar: 1 av 1 krav håller inte"' in turns.group()
    assert re.findall(r'<span aria-hidden="true">(\d+)</span>', turns.group()) == ["1", "1"]
    assert at.dataframe[0].value["Nyckel"].tolist() == [f"{SESSION} 2"] * 2


def test_quarantined_rows_are_counted_and_link_to_their_session(home: Home, visit_pages: Pages):
    write_verdicts(home.lake(), TODAY, broken=True)
    quarantine = home.lake().read(QUARANTINE, days=[TODAY])
    named = quarantine.with_columns(session_id=pl.lit(SESSION))
    home.lake().replace_partition(QUARANTINE, TODAY, named, commit={})
    at = quality(visit_pages)
    page = shown(at)
    assert "En rad är undanställd. 1 stoppar utbetalningen" in page
    assert "rätta orsaken i källan" in page
    (link,) = at.dataframe[0].value["Samtal"]
    assert link == f"/?kafe=aurora&dag={TODAY}&referens={SESSION[:8]}#svar-{SESSION}"


def test_a_quarantined_row_without_a_session_has_no_link(home: Home, visit_pages: Pages):
    write_verdicts(home.lake(), TODAY, broken=True)
    assert quality(visit_pages).dataframe[0].value["Samtal"].isna().all()


def test_the_page_has_an_english_version(home: Home, visit_pages: Pages):
    write_verdicts(home.lake(), TODAY, broken=True)
    at = visit_pages()
    at.session_state["lang"] = "en"
    page = shown(at.run().switch_page("views/quality.py").run())
    assert "Can the figures be trusted?" in page
    assert "Answers: the stages of a turn follow one another in time" in page


def test_urgent_feedback_is_on_top_with_a_link_to_its_words(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    scored = home.lake().read(SCORED_FEEDBACK, days=[TODAY])
    mine = scored.filter(pl.col("cafe") == "aurora").sort("completed_at")["session_id"][0]
    flags = pl.when(pl.col("session_id") == mine).then(pl.lit(["staff_named", "urgent_allergy"])).otherwise("flags")
    home.lake().replace_partition(SCORED_FEEDBACK, TODAY, scored.with_columns(flags=flags), commit={})
    at = visit_pages().run()
    alarm = next(part.value for part in at.html if '<section class="pf-alarm"' in part.value)
    assert "Ett svar bör läsas nu" in alarm
    assert "allergi" in alarm
    assert f'href="#svar-{mine}"' in alarm
    whole = " ".join(part.value for part in at.html)
    assert whole.count(f'id="svar-{mine}"') == 1


def test_the_feedback_is_there_before_the_alarm_that_links_to_it(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
):
    make_day(home.cafes(), TODAY).write(home.lake())
    scored = home.lake().read(SCORED_FEEDBACK, days=[TODAY])
    home.lake().replace_partition(SCORED_FEEDBACK, TODAY, scored.with_columns(flags=["urgent_allergy"]), commit={})
    drawn: list[str] = []
    for name in ("quotes", "urgent", "funnel"):
        original = getattr(feedback_fragments, name)

        def draw(*args: Any, name: str = name, original: Callable[..., Any] = original, **named: Any) -> Any:
            drawn.append(name)
            return original(*args, **named)

        monkeypatch.setattr(feedback_fragments, name, draw)
    visit_pages().run()
    assert drawn == ["quotes", "urgent", "funnel"]


def test_a_day_without_anything_urgent_has_no_alarm(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    assert not any('<section class="pf-alarm"' in part.value for part in visit_pages().run().html)
