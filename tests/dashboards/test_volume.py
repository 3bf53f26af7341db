"""The café's day has a sentence about too little or too much feedback, and none otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from dashboards.visit import Visit
from dashboards.words.volume_words import episode_in_words
from pilot.business_days import at_local
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pilot.lake_tables.tables import SESSIONS
from pipelines.volume.episodes import Episode
from storage.home import Home
from storage.lake import polars_schema
from tests.dashboards.conftest import EVERYONE, NOW, TODAY
from tests.dashboards.lake_days import make_day

Pages = Callable[[], Any]


def at(hour: int, day: date = TODAY) -> datetime:
    return at_local(day, datetime(2000, 1, 1, hour).time())


def hour_row(
    hour: int, verdict: str, *, cafe: str = "aurora", simulated: bool = False, day: date = TODAY
) -> dict[str, Any]:
    return {
        "day": day,
        "cafe": cafe,
        "simulated": simulated,
        "starts_at": at(hour, day),
        "hour": hour,
        "open_minutes": 60.0,
        "away_minutes": 0.0,
        "weight": 60.0,
        "feedbacks": 1 if hour == 8 else 0,
        "expected": 4.0,
        "expected_low": 3.0,
        "expected_high": 14 / 3,
        "basis": "band",
        "settled": True,
        "since": at(8, day),
        "surprise": 0.01 if verdict == "low" else 0.5,
        "verdict": verdict,
        "as_of": NOW,
    }


def write(home: Home, *rows: dict[str, Any]) -> None:
    frame = pl.DataFrame(rows, schema=polars_schema(VOLUME_ANOMALIES), orient="row")
    home.lake().replace_partition(VOLUME_ANOMALIES, rows[0]["day"], frame, commit={})


def shown(pages: Pages) -> str:
    return " ".join(part.value for part in pages().run().html)


def test_too_little_feedback_is_a_note_below_the_first_sentence(home: Home, visit_pages: Pages) -> None:
    make_day(home.cafes(), TODAY).write(home.lake())
    write(home, hour_row(8, "none"), hour_row(9, "none"), hour_row(10, "low"))
    text = shown(visit_pages)
    assert "Mellan klockan 8 och 11 kom ett svar, mot väntade 9–14. Står skylten med koden framme" in text


def test_normal_hours_other_cafes_and_test_clients_add_no_note(home: Home, visit_pages: Pages) -> None:
    make_day(home.cafes(), TODAY).write(home.lake())
    write(
        home,
        hour_row(10, "none"),
        hour_row(10, "low", cafe="goteborg"),
        hour_row(10, "low", simulated=True),
    )
    assert "mot väntade" not in shown(visit_pages)


def test_a_day_is_shown_if_the_volume_table_was_never_built(home: Home, visit_pages: Pages) -> None:
    make_day(home.cafes(), TODAY).write(home.lake())
    at_first = visit_pages().run()
    assert not at_first.exception
    assert "mot väntade" not in " ".join(part.value for part in at_first.html)


@pytest.mark.parametrize(
    ("language", "direction", "count", "said"),
    [
        ("sv", "low", 0, "Mellan klockan 22 och 24 kom inga svar, mot väntade 5."),
        ("sv", "high", 1204, "kom 1\u00a0204 svar, mot väntade 5."),
        ("en", "low", 2, "Between 22:00 and 24:00 you got 2 answers, where 5 could be expected."),
        ("en", "high", 30, "Unless the café was unusually full"),
    ],
)
def test_an_episode_has_words_in_both_languages(
    home: Home, language: Any, direction: str, count: int, said: str
) -> None:
    visit = Visit(home=home, principal=EVERYONE, cafes=home.cafes().cafe, language=language, simulated=False, now=NOW)
    end = at_local(TODAY + timedelta(days=1), datetime(2000, 1, 1).time())
    episode = Episode(date(2026, 11, 23), "aurora", direction, at(22), end, count, 5.0, 4.6, 5.4, 0.001)
    assert said in episode_in_words(visit, episode)


@pytest.mark.parametrize(("cafe", "band"), [("aurora", "50–100"), ("malmohuset", "30–60"), ("goteborg", "40–80")])
def test_a_cafes_day_shows_its_feedback_against_its_own_band(
    home: Home, visit_pages: Pages, cafe: str, band: str
) -> None:
    make_day(home.cafes(), TODAY - timedelta(days=1)).write(home.lake())
    page = visit_pages()
    page.query_params["kafe"] = cafe
    page.query_params["dag"] = str(TODAY - timedelta(days=1))
    text = " ".join(part.value for part in page.run().html)
    completed = home.lake().read(SESSIONS).filter(cafe=cafe, simulated=False, outcome="completed").height
    assert f"väntat: {band} per dag" in text
    assert re.search(rf">{completed}<", text)
