"""The table of volume anomalies, and the episodes in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pilot.business_days import at_local, day_bounds
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pilot.lake_tables.tables import SESSIONS
from pipelines.figures.uptime import outages
from pipelines.shapes import schema
from pipelines.volume.anomalies import (
    HISTORY_COLUMNS,
    HISTORY_DAYS,
    SESSION_COLUMNS,
    unavailable_windows,
    volume_anomalies,
)
from pipelines.volume.episodes import COLUMNS, episodes
from tests.events import probes, raw_events
from tests.pipelines.volume.days import AURORA, CAFES, MONDAY, as_usual, sent, weekdays_before

LATER = date(2026, 12, 7)
NO_HISTORY = pl.DataFrame(schema={name: schema(VOLUME_ANOMALIES)[name] for name in HISTORY_COLUMNS})


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return at_local(day, datetime(2000, 1, 1, hour, minute).time())


def sessions(*moments: datetime, cafe: str = "aurora", simulated: bool = False) -> pl.DataFrame:
    rows = [(cafe, simulated, moment) for moment in moments]
    return pl.DataFrame(rows, schema={name: schema(SESSIONS)[name] for name in SESSION_COLUMNS}, orient="row")


def of_day(given: pl.DataFrame, day: date = MONDAY, **changes: Any) -> pl.DataFrame:
    usual = {"as_of": day_bounds(day)[1] + timedelta(hours=12), "cafes": CAFES, "history": NO_HISTORY, "away": {}}
    return volume_anomalies(given, day=day, **usual | changes)


def gone_from_eleven(weight: float, hour: int) -> int:
    return as_usual(weight, hour) if hour < 11 else 0


def test_each_cafe_has_a_row_for_each_of_its_open_hours_and_the_tables_shape() -> None:
    frame = of_day(sessions(*sent(AURORA, MONDAY)))
    assert dict(frame.schema) == schema(VOLUME_ANOMALIES)
    hours = dict(frame.group_by("cafe").agg(pl.col("hour").sort()).iter_rows())
    assert hours == {"aurora": list(range(7, 19)), "goteborg": list(range(7, 18)), "malmohuset": list(range(7, 18))}
    assert frame.filter(pl.col("cafe") == "aurora")["feedbacks"].sum() == len(sent(AURORA, MONDAY))


def test_test_clients_owe_nothing_and_never_fill_a_guests_place() -> None:
    frame = of_day(sessions(*sent(AURORA, MONDAY), simulated=True))
    assert frame["simulated"].to_list() == [False] * frame.height
    assert frame["feedbacks"].sum() == 0
    demo = of_day(sessions(*sent(AURORA, MONDAY), simulated=True), simulated=True)
    assert demo["simulated"].all()
    assert demo["feedbacks"].sum() == len(sent(AURORA, MONDAY))


def test_before_the_pilot_begins_no_cafe_owes_feedback() -> None:
    before = MONDAY - timedelta(days=3)
    assert of_day(sessions(), before).height == 0
    assert of_day(sessions(), before, simulated=True).height > 0


def test_a_closed_cafe_has_no_rows() -> None:
    assert set(of_day(sessions(), date(2026, 12, 24))["cafe"]) == {"goteborg"}


def test_history_is_the_tables_own_earlier_days_of_the_same_guests() -> None:
    def earlier(*, simulated: bool) -> pl.DataFrame:
        days = weekdays_before(LATER, 6)
        return pl.concat(
            of_day(sessions(*sent(AURORA, day), simulated=simulated), day, simulated=simulated) for day in days
        ).select(HISTORY_COLUMNS)

    own = of_day(sessions(), LATER, history=earlier(simulated=False))
    others = of_day(sessions(), LATER, history=earlier(simulated=True))
    assert set(own.filter(pl.col("cafe") == "aurora")["basis"]) == {"history"}
    assert set(others["basis"]) == {"band"}
    assert HISTORY_DAYS >= 4 * 7


def test_the_order_of_the_sessions_changes_nothing() -> None:
    given = sessions(*sent(AURORA, MONDAY))
    assert of_day(given).equals(of_day(given.reverse()))


def test_a_sign_that_is_gone_is_one_episode_from_when_it_went_to_the_last_hour() -> None:
    frame = of_day(sessions(*sent(AURORA, MONDAY, gone_from_eleven)))
    (episode,) = [each for each in episodes(frame.select(COLUMNS)) if each.cafe == "aurora"]
    assert (episode.day, episode.direction, episode.start, episode.end) == (MONDAY, "low", at(11), at(19))
    assert episode.feedbacks == 0
    assert episode.expected_low < episode.expected < episode.expected_high
    assert episode.expected == pytest.approx(75 * (6 * 60 + 2 * 240) / 1440)


def test_an_outage_that_the_probes_saw_is_no_episode() -> None:
    down = probes(start=at(11), outcomes=[False] * 480, every_seconds=60)
    seen = outages(raw_events(down), day=MONDAY, as_of=day_bounds(MONDAY)[1])
    assert seen == {("aurora", False): [(at(11), at(19))]}
    away = unavailable_windows(CAFES, down=seen, shut={}, simulated=False)
    frame = of_day(sessions(*sent(AURORA, MONDAY, gone_from_eleven)), away=away)
    assert [each for each in episodes(frame) if each.cafe == "aurora"] == []
    assert frame.filter(cafe="aurora", verdict="too_little_open")["hour"].to_list() == list(range(11, 19))


def test_hours_that_are_left_out_are_not_in_an_episodes_sums() -> None:
    away = {"aurora": [(at(14), at(15))]}
    frame = of_day(sessions(*sent(AURORA, MONDAY, gone_from_eleven)), away=away)
    (episode,) = [each for each in episodes(frame) if each.cafe == "aurora"]
    assert episode.expected == pytest.approx(75 * (5 * 60 + 2 * 240) / 1440)


def test_a_quiet_morning_and_a_burst_in_the_afternoon_are_two_episodes() -> None:
    def odd(weight: float, hour: int) -> int:
        return 0 if hour < 11 else as_usual(weight, hour) + 60 * (hour in (15, 16))

    found = [each for each in episodes(of_day(sessions(*sent(AURORA, MONDAY, odd)))) if each.cafe == "aurora"]
    assert [each.direction for each in found] == ["high", "low"]
    assert found[0].start >= at(14)
    assert found[1].start == at(7)
    assert found[1].end <= at(15)


def test_a_table_without_anomalies_has_no_episodes() -> None:
    assert episodes(of_day(sessions(*sent(AURORA, MONDAY))).filter(cafe="aurora")) == []
    assert episodes(of_day(sessions()).clear()) == []
